"""What stands around every answer: headers that Django does not set by itself, and of which shops it speaks."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from holdfast.accounts import access
from holdfast.warehouse.simulated import telling
from holdfast.web import reading

NO_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def quiet_headers(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Ask for no device features, keep signed-in pages out of shared caches, and say how long the page took."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        response.headers["Server-Timing"] = f"page;dur={(time.perf_counter() - began) * 1000:.1f}"
        response.headers.setdefault("Permissions-Policy", NO_FEATURES)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def as_seen_by(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Whoever is signed in sees numbers of the shops of their own accounts; who is not, of none."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        with reading.seeing(lambda: access.facts_of(request.user)):
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
