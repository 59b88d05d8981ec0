"""What stands around every page: navigation, freshness, a person's preferences."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from django.http import HttpRequest

from holdfast.accounts.reading import notices
from holdfast.playbooks.channels.settings import messages
from holdfast.warehouse.home import HomeProblem
from holdfast.warehouse.simulated import told
from holdfast.web import reading
from holdfast.web.models import Preference


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation; `key` is what `G` and then this letter opens."""

    name: str
    title: str
    icon: str
    key: str
    small: bool = True  # also in the bar of a small screen, which has room for six
    group: str = "Measures"
    scoped: bool = True  # shows the numbers of the shops chosen, so that links to it keep the choice


VERSION = version("holdfast")  # looked up once: it reads a file
PLACES = (
    Place("today", "Today", "inbox", "t", group="Daily work", scoped=False),
    Place("accounts", "Accounts", "users", "a", group="Daily work", scoped=False),
    Place("coverage", "Coverage", "target", "k", group="Daily work", scoped=False, small=False),
    Place("renewals", "Renewals", "calendar-clock", "n", group="Daily work", scoped=False, small=False),
    Place("works", "Plans", "list-checks", "w", group="Daily work", scoped=False, small=False),
    Place("reviews", "Reviews", "file-text", "v", group="Daily work", scoped=False, small=False),
    Place("playbooks", "Playbooks", "play", "y", group="Daily work", scoped=False, small=False),
    Place("outbox", "Outbox", "inbox", "q", group="Daily work", scoped=False, small=False),
    Place("scorecard", "Scorecard", "gauge", "s"),
    Place("metrics", "Metrics", "chart-line", "m"),
    Place("cohorts", "Cohorts", "grid-3x3", "c", small=False),
    Place("recurring", "Recurring", "refresh-cw", "r", small=False),
    Place("support", "Support", "clock", "u", small=False),
    Place("customers", "Customers", "user", "b", small=False, scoped=False),
    Place("segments", "Segments", "filter", "i", small=False, scoped=False),
    Place("models", "Models", "target", "d", small=False, scoped=False),
    Place("experiments", "Experiments", "list-checks", "x", small=False, scoped=False),
    Place("claims", "Value", "scale", "l", small=False, scoped=False),
    Place("health_cards", "Health", "shield-check", "h", small=False, scoped=False),
    Place("parity", "Parity", "scale", "p", small=False),
    Place("sources", "Sources", "database", "o", group="House", scoped=False),
    Place("settings", "Settings", "settings", "e", group="House", scoped=False),
)
SECTIONS = tuple(
    (group, tuple(p for p in PLACES if p.group == group)) for group in dict.fromkeys(p.group for p in PLACES)
)


@dataclass(frozen=True, slots=True)
class Looks:
    """A person's preferences; the device's for those who are not signed in."""

    theme: str = "auto"
    density: str = "comfortable"
    shortcuts: bool = True


def looks_of(request: HttpRequest) -> Looks:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Looks()
    found = Preference.objects.filter(user=user).first()
    return Looks(found.theme, found.density, found.shortcuts) if found else Looks()


def scope_kept(request: HttpRequest) -> str:
    """The shops chosen on this page, as addresses name them; empty for all, and where there are no such shops."""
    chosen = request.GET.get("scope", "")
    if not chosen:
        return ""
    try:
        return reading.scope_text(reading.scope_of(reading.published(), chosen))
    except LookupError:
        return ""


def messages_are_live() -> bool:
    """Whether messages of playbooks leave this machine by themselves."""
    try:
        return messages(reading.home()).live
    except (HomeProblem, OSError):
        return False


def frame(request: HttpRequest) -> dict[str, Any]:
    """A context processor. Freshness is read only for pages that people see signed in."""
    user = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    match = request.resolver_match
    return {
        "places": PLACES,
        "sections": SECTIONS,
        "here": match.url_name if match else "",
        "scope_kept": scope_kept(request) if signed_in else "",
        "looks": looks_of(request),
        "user": user,
        "signed_in": signed_in,
        "freshness": reading.published() if signed_in else None,
        "unseen": notices.unseen(user) if user is not None and signed_in else 0,
        "simulated": told() if signed_in else "",
        "version": VERSION,
        "live": signed_in and messages_are_live(),
    }
