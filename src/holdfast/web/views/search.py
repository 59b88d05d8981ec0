"""The command palette, and the page of the same answers for whoever has no JavaScript or wants more of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from holdfast.accounts.access import Need, may
from holdfast.accounts.reading.search import Hit, search
from holdfast.accounts.words import words_in
from holdfast.metrics.declare import Metric
from holdfast.web import reading
from holdfast.web.frame import PLACES
from holdfast.web.jinja import url

MANY = 40  # of each kind on the page; the palette shows few
ICONS = {"account": "users", "contact": "user", "work": "list-checks", "colleague": "user"}


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the palette. about: small at its end; key: what opens it by G and a letter; post: a deed, no page."""

    icon: str
    words: str
    href: str
    about: str = ""
    key: str = ""
    post: bool = False
    does: str = ""  # what the page itself does: "theme"


# What can be begun from anywhere: words, icon, address, and what one must be allowed to.
BEGUN: tuple[tuple[str, str, str, Need], ...] = (
    ("Begin a plan", "plus", "work_new", "note"),
    ("Take in a file of accounts, people or contracts", "upload", "files", "note"),
    ("Add a person, a team or a book", "plus", "house", "people"),
    ("Bring in orders", "upload", "start", "people"),
    ("Look through what was done", "clock", "activity", "read"),
    ("Open the bank of questions", "circle-question-mark", "discovery", "read"),
    ("Set targets and seasons", "target", "targets", "plan"),
    ("Read notices", "bell", "notices", "read"),
)
# What can be begun with an account that is named after the word: what is said, an icon, what one must be allowed to.
WITH: dict[str, tuple[str, str, Need]] = {
    "plan": ("Begin a plan with", "list-checks", "note"),
    "note": ("Note something about", "file-text", "note"),
    "review": ("Draft a review with", "file-text", "plan"),
}


def palette(request: HttpRequest) -> HttpResponseBase:
    """?q=: what is found in the book of work; without it what is always there, which the page sifts by itself."""
    said = request.GET.get("q", "")
    options = list(_found(request, said, 6) if said else _always(request))
    return render(request, "palette.html", {"options": options, "found": bool(said)})


def page(request: HttpRequest) -> HttpResponseBase:
    said = request.GET.get("q", "").strip()
    words = words_in(said)
    always = [one for one in _always(request) if words and not one.does and _holds(one.words, words)]
    context = {
        "title": "Search",
        "said": said,
        "groups": [
            ("In the book of work", list(_found(request, said, MANY))),
            ("Metrics", [_metric(metric) for metric in _metrics(words)]),
            ("Pages and actions", [one for one in always if one.icon != "chart-line"]),
        ],
    }
    return render(request, "search.html", context)


def _always(request: HttpRequest) -> Iterator[Option]:
    for place in PLACES:
        yield Option(place.icon, f"Go to {place.title}", url(place.name), key=f"G {place.key.upper()}")
    for words, icon, name, need in BEGUN:
        if may(request.user, need):
            yield Option(icon, words, url(name))
    yield Option("sun", "Change theme", "", does="theme")
    for metric in reading.metrics().values():
        yield _metric(metric)


def _found(request: HttpRequest, said: str, most: int) -> Iterator[Option]:
    """Rows by their names; and what can be done with an account where the first word begins to say so."""
    first, *others = words_in(said) or [""]
    for word, (words, icon, need) in WITH.items():
        if others and word.startswith(first) and may(request.user, need):
            named = [hit for hit in search(request.user, " ".join(others), most=most) if hit.kind == "account"]
            for hit in named:
                yield Option(icon, f"{words} {hit.name}", _begin(word, hit), hit.about, post=word == "review")
    if others and "explain".startswith(first):
        for metric in _metrics(others):
            yield Option("circle-question-mark", f"Explain {metric.name}", url("explain", metric.id), metric.number)
    for hit in search(request.user, said, most=most):
        yield Option(ICONS[hit.kind], hit.name, _address(hit), hit.about)


def _begin(word: str, hit: Hit) -> str:
    if word == "plan":
        return url("work_new", account=hit.row_id)
    return url("new_review", hit.row_id) if word == "review" else f"{url('account', hit.row_id)}#timeline"


def _address(hit: Hit) -> str:
    match hit.kind:
        case "work":
            return url("work", hit.row_id)
        case "colleague":
            return url("accounts", owner=hit.row_id)
        case "contact":
            return f"{url('account', hit.account_id)}#people"
    return url("account", hit.row_id)


def _metric(metric: Metric) -> Option:
    return Option("chart-line", metric.name, url("metric", metric.id), metric.number)


def _metrics(words: list[str]) -> list[Metric]:
    return [one for one in reading.metrics().values() if words and _holds(f"{one.name} {one.number}", words)]


def _holds(text: str, words: list[str]) -> bool:
    """Whether each word begins one of the text's."""
    there = words_in(text)
    return all(any(one.startswith(word) for one in there) for word in words)
