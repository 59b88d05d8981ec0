"""What stands around every answer: headers that Django does not set by itself, and of which shops it speaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from holdfast.accounts import access
from holdfast.warehouse.simulated import telling
from holdfast.web import reading

SEEN_EVERY = timedelta(minutes=5)
NO_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def quiet_headers(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Ask for no device features, keep signed-in pages out of shared caches, and say how long the page took."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began, worked = time.perf_counter(), time.thread_time()
        response = get_response(request)
        took, cpu = (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000
        response.headers["Server-Timing"] = f"page;dur={took:.1f}, cpu;dur={cpu:.1f}"
        response.headers.setdefault("Permissions-Policy", NO_FEATURES)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def last_seen(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Keep when each session was last used, to a few minutes.

    allauth's own middleware writes at every click. SQLite has one writer at a time, so a page that only reads would
    wait for whatever job is writing.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and (key := request.session.session_key):
            since = timezone.now() - SEEN_EVERY
            if not UserSession.objects.filter(session_key=key, last_seen_at__gt=since).exists():
                with suppress(OperationalError):  # somebody writes for long: the next click tries again
                    UserSession.objects.create_from_request(request)
        return get_response(request)

    return answer


def only_text(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """No address asks for a zero character: no text has one, and PostgreSQL takes it for an error of ours."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            raise BadRequest("a zero character in an address")
        return get_response(request)

    return answer


def signed_out_of_a_part(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Who is signed out by now and asks for a part of a page signs in on a whole one, and comes back to theirs."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if "HX-Request" in request.headers and response.headers.get("Location", "").startswith(settings.LOGIN_URL):
            page = urlsplit(request.headers.get("HX-Current-URL", ""))
            back = urlencode({"next": page._replace(scheme="", netloc="", fragment="").geturl()}) if page.path else ""
            return HttpResponseClientRedirect(settings.LOGIN_URL + (f"?{back}" if back else ""))
        return response

    return answer


def as_seen_by(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Whoever is signed in sees numbers of the shops of their own accounts; who is not, of none."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        sees = partial(access.sees_accounts, request.user)
        with access.asked_once(), reading.seeing(lambda: access.facts_of(request.user), sees):
            return get_response(request)

    return answer


def of_which_shops(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Pages, their titles and files taken from them say where the shops asked for are simulated (decision 0053)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        with telling(lambda: reading.shops_asked(request.GET.get("scope", ""))):
            return get_response(request)

    return answer
