"""What measuring returns: values, with how many were counted and how many are still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from holdfast.commerce.peak import Period
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate

if TYPE_CHECKING:
    from holdfast.warehouse.home import Shop

Verdict = Literal["met", "stretch", "missed", "undecided", "unknown", "no target"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose numbers: every shop, one account's shops, or one shop."""

    kind: Literal["all", "account", "shop"] = "all"
    name: str = ""

    @property
    def label(self) -> str:
        return self.name if self.kind != "all" else "all shops"

    def of(self, shops: Iterable[Shop]) -> tuple[Shop, ...]:
        """Those of the shops that it means."""
        if self.kind == "all":
            return tuple(shops)
        return tuple(s for s in shops if self.name == (s.name if self.kind == "shop" else s.account))


# A point with its 95 % interval; low and high are None for a full count.
Reading = Estimate


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one metric.

    Money is in major units of `currency`; shares are 0…1; days are days. Where money of several currencies
    could not be added, the reading says so and the sums of money are 0.
    since/until bound the anchors of the units counted (both inclusive).
    member names the slice of a breakdown, else None.
    """

    metric: str
    version: int
    scope: Scope
    as_of: date
    since: date | None
    until: date | None
    n: int
    still_open: int
    counted: float
    out_of: float
    reading: Reading | Unknown
    currency: str | None = None
    member: str | None = None
    snapshot: str = ""
    left_out: str = ""  # "12 orders in EUR"
    strangers: int = 0  # of n, those that are no customer: orders of buyers nobody knows


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of two values of a metric, with its 95 % interval (None for full counts)."""

    point: float
    low: float | None
    high: float | None
    before: Value
    periods: tuple[Period, Period] | None = None  # whose units are compared, now and then; None: not known

    @property
    def surely(self) -> bool:
        """The interval excludes zero."""
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)


@dataclass(frozen=True, slots=True)
class CohortCell:
    """Customers of one first-purchase month who bought again in a later month (month 0 is the first)."""

    cohort: date
    month: int
    customers: int  # in the cohort
    active: int  # of those, bought in this month
    complete: bool  # the calendar month is over


@dataclass(frozen=True, slots=True)
class ResponseCell:
    """Tickets whose first reply, or resolution, took from `since` up to `until` hours.

    calendar and business: how many by each clock; business is None where no schedule applies. since is None for those
    that still wait, until is None for the last bucket.
    """

    measure: str
    since: int | None
    until: int | None
    calendar: int
    business: int | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How long first replies or resolutions took by one clock, in hours; who still waits is followed, not dropped."""

    measure: str
    clock: str  # "business" or "calendar"
    done: int
    waiting: int
    median: Reading | Unknown
    p90: Reading | Unknown


@dataclass(frozen=True, slots=True)
class PhaseCell:
    """Customers of one cohort in one phase: its days are half-open, from_day counts and until_day does not.

    The first phase holds accounts by the month of their opening, the others buyers by that of their first purchase.
    """

    phase: str  # its name
    from_day: int
    until_day: int | None
    cohort: date
    entered: int  # old enough to be in it
    over: int  # of those, whose phase is over; all of them where it has no end
    reached: int  # of those, bought in it
    reactivated: int  # of those, came back to it after a gap longer than is usual in the shop
