"""What a feature is: a number that was known of a customer on a day, and the words a person reads for it.

Features of one file answer together, by one expression for many days at once. The days asked about are a table. Only
what had happened by a day is read: an order that went back later counts until then, a ticket solved later is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis

ASKED = ibis.table({"as_of": "date"}, name="asked_day")
MONTH, QUARTER, HALF, YEAR = 30, 90, 180, 365  # days that features look back
Unit = Literal["days", "count", "money", "share", "grade", "points", "times", "standing"]
Make = Callable[[], ibis.Table]


@dataclass(frozen=True, slots=True)
class Feature:
    """name: what a person reads before the value. absent: the value of a customer without rows; None: not known."""

    id: str
    name: str
    unit: Unit
    absent: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Features that say nearly the same: a reason adds them up and names the first of them that is known.

    unknown: what is said of a customer of whom none is.
    """

    id: str
    name: str
    features: tuple[Feature, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One query. make: as_of, customer_id and a column for each feature, one row a day and customer.

    needs: the table, mart or column without which nothing of it is known in a shop. only: whom it is asked of, where
    that is not everybody.
    """

    id: str
    make: Make
    needs: str
    groups: tuple[Group, ...]
    only: str = ""

    @property
    def features(self) -> tuple[Feature, ...]:
        return tuple(feature for group in self.groups for feature in group.features)


def upto(table: ibis.Table, day: str, days: int | None = None) -> ibis.Table:
    """Each row once for every day asked about on which it had happened, and not longer than so many days before."""
    told = ASKED.join(table, table[day] <= ASKED.as_of)
    return told if days is None else told.filter(told[day] > told.as_of - ibis.interval(days=days))


def within(told: ibis.Table, day: str, days: int) -> ibis.Value:
    """Whether a row lies in so many days up to the day asked about."""
    found: ibis.Value = told[day] > told.as_of - ibis.interval(days=days)
    return found


def days_since(told: ibis.Table, day: ibis.Value) -> ibis.Value:
    since: ibis.Value = told.as_of.delta(day, unit="day").cast("float64")
    return since
