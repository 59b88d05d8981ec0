"""The first account of an installation, for whoever holds the address that `holdfast serve` printed."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal import ratelimit
from django import forms
from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from holdfast.web import reading, tokens
from holdfast.web.adapter import first_page

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class WelcomeForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Name and password of the first administrator."""

    token = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = get_user_model()
        fields = ("username",)


@sensitive_post_parameters()
@never_cache
@login_not_required
def page(request: HttpRequest) -> HttpResponseBase:
    if not tokens.nobody_yet():
        return redirect("account_login")
    # Opening it is a try as well: the token stands in the address.
    if not ratelimit.consume(request, app="allauth.account", action="welcome", limit_get=True):
        return render(request, "429.html", status=429)
    given = request.POST.get("token") or request.GET.get("token", "")
    if not tokens.is_right(reading.home(), given):
        return render(request, "welcome_closed.html", {"title": "Welcome"}, status=403)
    kept = tokens.kept_place()
    form = WelcomeForm(request.POST or None, initial={"token": given, "username": ""}, instance=kept)
    if request.method == "POST" and form.is_valid():
        return _claimed(request, form)
    return render(request, "welcome.html", {"title": "Welcome", "form": form, "token": given})


def _claimed(request: HttpRequest, form: WelcomeForm) -> HttpResponseBase:
    """The first account, once: two people with the address cannot both become the first."""
    with transaction.atomic():
        if not tokens.nobody_yet():
            return redirect("account_login")
        person = form.save(commit=False)
        person.is_active = person.is_staff = person.is_superuser = True
        person.save()
    tokens.spend(reading.home())
    login(request, person, backend=BACKEND)
    record_authentication(request, person, "password")
    return redirect(first_page(person))
