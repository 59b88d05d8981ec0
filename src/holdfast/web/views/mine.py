"""What a person is told: notices, the mail of the day, and their calendar at a secret address."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from holdfast.accounts.actions.feed import make_feed, revoke_feed
from holdfast.accounts.actions.notices import choose_mail, see_notices
from holdfast.accounts.models import CalendarFeed, MailChoice
from holdfast.accounts.reading.feed import calendar_of, owner_of
from holdfast.accounts.reading.notices import notices_of
from holdfast.accounts.telling.calendar import calendar_text
from holdfast.web import deciding
from holdfast.web.jinja import url
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format
from holdfast.web.views.deeds import by

COLUMNS = ("at", "text", "account_id", "seen")
SHOWN = 200


def notices(request: HttpRequest) -> HttpResponseBase:
    """What the person was told, and what they choose to be told; seeing the page marks nothing."""
    told = notices_of(request.user, SHOWN)
    taken = file_format(request)
    if taken:
        return download(Table("notices", COLUMNS, [(n.at, n.text, n.account_id, n.seen) for n in told]), taken)
    choice = MailChoice.objects.filter(user=request.user.pk).first()
    context = {
        "title": "Notices",
        "told": told,
        "digest": choice is None or choice.digest,
        "has_feed": CalendarFeed.objects.filter(user=request.user.pk, revoked_at=None).exists(),
    }
    return render(request, "notices.html", context)


@require_POST
def seen(request: HttpRequest) -> HttpResponseBase:
    ids = [told.notice_id for told in notices_of(request.user, SHOWN) if not told.seen]
    see_notices(ids, at=timezone.now(), by=by(request))
    return redirect("notices")


@require_POST
def mail(request: HttpRequest) -> HttpResponseBase:
    choose_mail(digest="digest" in request.POST, by=by(request))
    messages.success(request, "Saved.")
    return redirect("notices")


@require_POST
def feed(request: HttpRequest) -> HttpResponseBase:
    """Make a new secret address, shown once, or revoke the one there is."""
    if request.POST.get("do") == "revoke":
        revoke_feed(at=timezone.now(), by=by(request))
        messages.success(request, "The address opens nothing any more.")
        return redirect("notices")
    token = make_feed(at=timezone.now(), by=by(request))
    address = request.build_absolute_uri(url("calendar", token))
    return render(request, "feed.html", {"title": "Your calendar", "address": address})


@require_GET
@login_not_required
def ics(request: HttpRequest, token: str) -> HttpResponse:
    """For a calendar program, which cannot sign in: the secret of the address is the key. Raises NotThere."""
    try:
        owner = owner_of(token)
    except LookupError as problem:
        raise Http404("There is no calendar at this address.") from problem
    body = calendar_text(calendar_of(owner, deciding.today()), now=timezone.now(), host=request.get_host())
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
