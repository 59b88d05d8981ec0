"""What changed in a pipeline from one week to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from holdfast.commerce.money import Money

What = Literal["new", "gone", "stage", "slipped", "earlier", "value", "probability"]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A renewal as a snapshot holds it. value in minor units."""

    renewal_id: int
    stage: str
    closes_on: date
    value_minor: int | None
    currency: str
    probability: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """was and now are of the kind that `what` says: Money of a value, None where there was none.

    days: how far a close day moved, later is more than 0.
    """

    renewal_id: int
    what: What
    was: object = None
    now: object = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Slips:
    """How often a close day was later than the week before, and by how many days in all of those times."""

    times: int
    days: int


def changes(before: Mapping[int, Frozen], now: Mapping[int, Frozen]) -> tuple[Change, ...]:
    """Between two snapshots, by renewal."""
    found = [Change(key, "new", now=now[key].stage) for key in now if key not in before]
    found += [Change(key, "gone", was=before[key].stage) for key in before if key not in now]
    for key in now.keys() & before.keys():
        found += _moved(before[key], now[key])
    return tuple(sorted(found, key=lambda change: (change.renewal_id, change.what)))


def slips(days: Iterable[date]) -> Slips:
    """The close day of one renewal in each snapshot, oldest first. A day that came earlier again takes nothing off."""
    told = list(days)
    later = [(b - a).days for a, b in pairwise(told) if b > a]
    return Slips(len(later), sum(later))


def iso_week(day: date) -> str:
    """The week a day belongs to: "2026-W10"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _moved(a: Frozen, b: Frozen) -> list[Change]:
    found = []
    if a.stage != b.stage:
        found.append(Change(a.renewal_id, "stage", a.stage, b.stage))
    if a.closes_on != b.closes_on:
        days = (b.closes_on - a.closes_on).days
        found.append(Change(a.renewal_id, "slipped" if days > 0 else "earlier", a.closes_on, b.closes_on, days))
    if (a.value_minor, a.currency) != (b.value_minor, b.currency):
        found.append(Change(a.renewal_id, "value", _worth(a), _worth(b)))
    if a.probability != b.probability:
        found.append(Change(a.renewal_id, "probability", a.probability, b.probability))
    return found


def _worth(one: Frozen) -> Money | None:
    return None if one.value_minor is None else Money(one.value_minor, one.currency)
