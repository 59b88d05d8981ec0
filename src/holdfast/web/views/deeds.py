"""What a form asks to be done: by whom, which of a page's deeds, and how what came of it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from holdfast.accounts.act import By
from holdfast.accounts.models import Audit

D = TypeVar("D")
S = TypeVar("S")


def by(request: HttpRequest) -> By:
    """Whoever asks, through this door."""
    return By(request.user, "web")


def deed_of(request: HttpRequest, deeds: Mapping[str, D]) -> D:
    """The one that the form names. Raises Http404 where the page has none of that name."""
    deed = deeds.get(request.POST.get("do", ""))
    if deed is None:
        raise Http404("There is nothing like this to do here.")
    return deed


@contextmanager
def telling(request: HttpRequest) -> Iterator[None]:
    """Why a deed was refused is told to the person. Raises Http404 where the form lacked something."""
    try:
        yield
    except ValidationError as problem:
        messages.error(request, sentence(problem))
    except (KeyError, ValueError) as problem:
        raise Http404("Something of this request is missing.") from problem


def carry_out(request: HttpRequest, deeds: Mapping[str, Callable[..., S]], *on: object) -> S | None:
    """Do what the form names, to what it is `on`, and tell what the deed says; what it said, None where refused.

    A deed takes who does it, what it is done to, and what the form held. Raises Http404.
    """
    deed, said = deed_of(request, deeds), None
    with telling(request):
        said = deed(by(request), *on, request.POST.dict())
        if isinstance(said, str):
            messages.success(request, said)
    return said


def newest_deed(request: HttpRequest) -> int:
    """The key of the person's newest deed."""
    return Audit.objects.filter(by=request.user.pk).values_list("pk", flat=True).first() or 0


def told_with_way_back(request: HttpRequest, words: str, before: int) -> None:
    """What was done, with the way back. before: the newest deed until then, which is not taken back for this one."""
    entry = newest_deed(request)
    messages.success(request, words, extra_tags=f"undo:{entry}" if entry > before else "")


def sentence(problem: ValidationError) -> str:
    """ "a stance needs what they said" → "A stance needs what they said." """
    said = "; ".join(dict.fromkeys(problem.messages))
    return f"{said[:1].upper()}{said[1:]}".rstrip(".") + "."


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of this installation that a form says it came from; else another."""
    said = request.POST.get("next", "")
    return said if url_has_allowed_host_and_scheme(said, {request.get_host()}) else otherwise
