"""Pages for when something is not there, not allowed, or broken: what happened and what to do."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def _page(request: HttpRequest, status: int, heading: str, sentence: str) -> HttpResponse:
    context = {"title": heading, "heading": heading, "sentence": sentence, "status": status}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(400, "This request could not be read", "Go back, load the page again and try once more.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    told = "Ask an administrator of this installation to do it or to let you."
    return _page(request, 403, "This is not yours to open", told)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Our own 404s carry a sentence; Django's routing error is a dictionary of addresses and is not shown."""
    told = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return _page(request, 404, "There is nothing here", told or "The address may be old, or a link may be cut off.")


def broken(request: HttpRequest) -> HttpResponse:
    """Without the page frame: what broke may be what the frame reads. A file that is amiss says what to do about it."""
    from holdfast.metrics.networks import NetworksProblem
    from holdfast.metrics.section import FrameworkProblem
    from holdfast.warehouse.receipts import DamagedLoad
    from holdfast.warehouse.snapshot import DamagedSnapshot

    problem = sys.exc_info()[1]
    said = str(problem).rstrip(".")
    if isinstance(problem, (DamagedSnapshot, DamagedLoad)):
        return _plain(500, "A file of this installation is damaged", f"{said[:1].upper()}{said[1:]}.")
    if isinstance(problem, (FrameworkProblem, NetworksProblem)):  # files that people edit by hand
        return _plain(500, "A file of targets cannot be used", f"{said}.")
    return _plain(500, "Something broke on our side", "Nothing was changed. The server's log has the details.")


def _plain(status: int, heading: str, sentence: str) -> HttpResponse:
    context = {"title": heading, "heading": heading, "sentence": sentence, "status": status}
    return HttpResponse(render_to_string("error_alone.html", context), status=status)
