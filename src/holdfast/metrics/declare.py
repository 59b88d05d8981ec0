"""The metric contract: what a metric says about itself, and the unit rows it answers with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import ibis

from holdfast.commerce.peak import Period
from holdfast.commerce.unknown import Unknown

Kind = Literal["proportion", "mean", "ratio", "growth", "median", "p90", "total", "net", "stated", "quotient"]
Scale = Literal["share", "money", "days", "hours", "minutes", "count", "mean_1_5", "points"]
WAITS = ("median", "p90")  # kinds that speak of a waiting time: everybody counts, who still waits is censored
# Which units a headline speaks of, when nobody chose a period:
#   matured  every unit whose window has closed by as_of
#   trailing units anchored in the twelve months that end on as_of
#   state    units as they stand on as_of
Span = Literal["matured", "trailing", "state"]

UNIT_COLUMNS = ("unit_id", "shop_id", "customer_id", "anchor", "matures_on", "counted", "out_of")


class Facts(Protocol):
    """What a metric may read: marts as Ibis tables, as they stood on a day. The same facts hash alike, so that what
    several metrics read is worked out once."""

    def __hash__(self) -> int: ...
    def order_value(self) -> ibis.Table: ...
    def refund_value(self) -> ibis.Table: ...
    def excluded_person(self) -> ibis.Table: ...
    def account_opening(self) -> ibis.Table: ...
    def purchase(self, as_of: date) -> ibis.Table: ...
    def history(self, as_of: date) -> ibis.Table: ...
    def usual_gap(self, as_of: date) -> ibis.Table: ...
    def product_year(self, as_of: date) -> ibis.Table: ...
    def customer_month(self, as_of: date) -> ibis.Table: ...
    def customer_year(self, as_of: date) -> ibis.Table: ...
    def customer_week(self, as_of: date, days: Sequence[Period]) -> ibis.Table: ...
    def month_point(self) -> ibis.Table: ...
    def shared(self, name: str, as_of: date, rows: ibis.Table) -> ibis.Table: ...
    def table(self, name: str) -> ibis.Table: ...
    def mart(self, name: str) -> ibis.Table: ...


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared metric. Everything a page prints about it comes from here.

    units(facts, as_of) returns UNIT_COLUMNS, one row per unit, and the columns named in `own`; money is in minor units.
    `point` gives the rows of one past point of the series, for where that reads less than the whole series.
    A state metric stands on as_of; its `series` gives the same rows for earlier days, the day in `anchor`. `turns` says
    the same of all points at once and far cheaper, where its units count 1 or 0: rows shop_id, day, counted, out_of, of
    which those up to a point add up to it.
    A median or p90 metric puts the waiting time in `out_of` (days, or hours where that is its scale) and 1 or 0 for
    "it happened" in `counted`.
    A quotient's units are whole periods.
    A net metric counts 1, 0 or −1. A stated one carries a figure from outside, and who says so in `source`.
    """

    id: str
    number: str
    name: str
    question: str
    unit: str  # plural noun: "customers", "orders"
    counted: str  # words for the numerator: "bought again within 365 days"
    out_of: str  # words for the denominator: "first-time buyers with 365 days behind them"
    window: str
    kind: Kind
    scale: Scale
    span: Span
    version: int
    decision: str
    needs: tuple[str, ...]  # "order", or "customer.account_created_at" for a filled column
    units: Callable[[Facts, date], ibis.Table]
    better: Literal["up", "down", "neither"] = "up"
    basis: str | None = None  # revenue basis, where money is counted
    left_out: tuple[str, ...] = ()  # exclusions beyond the base set
    differs: str = ""  # known difference to the platform's own number
    source: str = ""
    needs_months: int = 0  # whole months of orders before as_of, without which the headline says nothing
    reach_months: int = 0  # how far back the units look: earlier points of a series see only part of their base
    aliases: tuple[str, ...] = ()  # other names people type for it
    series: Callable[[Facts, date], ibis.Table] | None = None  # unit rows over past periods, where they differ
    own: tuple[str, ...] = ()  # text columns of the unit rows to break down by, before those of the customer
    opens: str = ""  # the noun whose key unit_id holds ("payer", "contract"); empty: a customer's or an order's
    ends: tuple[float, float] | None = None  # the least and the most it can be, where its scale does not say
    exact: bool = False  # a proportion of few units: its interval is Clopper and Pearson's
    monthly: bool = False  # a state metric of the last calendar month that is over; each month under its first day
    point: Callable[[Facts, date, date], ibis.Table] | None = None
    turns: Callable[[Facts, date], ibis.Table] | None = None
    weeks: Callable[[Facts, date, Sequence[Period]], ibis.Table] | None = None  # unit rows by week: see customer_week
    each: Callable[[ibis.Table], ibis.Table] | None = None  # its unit rows of any days: see customer_window
    on_the_day: bool = False  # a state metric without past points: its units are anchored on as_of, all of them
    never: Unknown | None = None  # why this metric has no value of its own, whatever is connected
    panel: tuple[str, ...] = ()  # numbers of the metrics that stand for this one
    beside: tuple[str, ...] = ()  # numbers of the metrics without which this one misleads: shown with it
    covered_by: str = ""  # id of the share below whose WELL_COVERED no verdict on this one is given

    @property
    def rests_on(self) -> str:
        """The table whose first and last day say how far the metric can see; sales are told by orders."""
        table = self.needs[0].partition(".")[0]
        return "order" if table in ("refund", "customer", "account_activity") else table


_REGISTRY: dict[str, Metric] = {}


def metric(**facts: object) -> Callable[[Callable[[Facts, date], ibis.Table]], Metric]:
    """Declare a metric: decorates the function that answers with unit rows."""

    def declare(units: Callable[[Facts, date], ibis.Table]) -> Metric:
        declared = Metric(id=units.__name__, units=units, **facts)  # type: ignore[arg-type]
        if declared.id in _REGISTRY:
            raise ValueError(f"metric {declared.id} is declared twice")
        _REGISTRY[declared.id] = declared
        return declared

    return declare
