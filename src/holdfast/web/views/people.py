"""A person's own things: how pages look, password, sessions, second factor; and the command palette."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from holdfast.web.models import Preference
from holdfast.web.views.deeds import way_back


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """How pages look."""

    class Meta:
        model = Preference
        fields = ("theme", "density", "shortcuts")


def _preference(request: HttpRequest) -> Preference:
    assert request.user.is_authenticated  # noqa: S101 - nobody else comes this far
    return Preference.objects.get_or_create(user=request.user)[0]


BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


def device(user_agent: str) -> str:
    """ "Firefox on Linux": enough to tell one's own devices apart."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "A program")
    system = next((name for name in SYSTEMS if name in user_agent), "")
    return f"{browser} on {system}" if system else browser


def settings_page(request: HttpRequest) -> HttpResponseBase:
    preference = _preference(request)
    form = PreferenceForm(request.POST or None, instance=preference)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("settings")
    sessions = UserSession.objects.purge_and_list(request.user)
    context: dict[str, Any] = {
        "title": "Settings",
        "preference": preference,
        "themes": Preference.Theme.choices,
        "densities": Preference.Density.choices,
        "sessions": [(s, device(s.user_agent), s.session_key == request.session.session_key) for s in sessions],
        "two_factor": Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists(),
    }
    return render(request, "settings.html", context)


@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """The button in the top bar. Answers with nothing to a script, with the page to a plain form."""
    wanted = request.POST.get("theme", "")
    if wanted in Preference.Theme.values:
        preference = _preference(request)
        preference.theme = wanted
        preference.save(update_fields=["theme"])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect(way_back(request, "/"))


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponseBase:
    """Sign out another device of the same person."""
    get_object_or_404(UserSession, pk=session_id, user=request.user).end()
    messages.success(request, "The session was ended.")
    return redirect("settings")


def not_offered(request: HttpRequest) -> HttpResponseBase:
    """Addresses that allauth wants to name but Holdfast does not offer: no sign-up, no mail."""
    return redirect("settings")
