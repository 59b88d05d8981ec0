"""Pages that a link in a message opens: whoever holds it needs no sign-in, and no cookie stands for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is the key: it goes nowhere with a click
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class FromNowhere(CsrfViewMiddleware):
    """As everywhere, but without the origin: a page that sends no referrer sends the origin "null" with its forms."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        return request.META.get("HTTP_ORIGIN") == "null" or super()._origin_verified(request)  # type: ignore[misc]


def quiet(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Nothing of it is kept, told onward or found by a search."""

    @wraps(view)
    def answer(*args: Any, **more: Any) -> HttpResponseBase:
        response = view(*args, **more)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return answer
