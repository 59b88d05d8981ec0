"""What is foretold, fixed per segment before anybody looks: who leaves, and who orders within 30, 60 and 90 days.

Shops: nothing bought within 90 days, or within the gap that four in five gaps of the first half of the data do not
exceed, whichever is longer. Subscriptions: none is paid for any more within 60 days. Companies that buy: as
companies, by their contracts and by what they order (companies.py), not one buyer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal

import ibis
import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.predictions.companies import SAID
from holdfast.predictions.features.declare import ASKED
from holdfast.predictions.features.purchases import orders
from holdfast.predictions.shop import ShopRows
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.registry import unbound as mart

SUBSCRIPTION_DAYS, LEAST_DAYS, COMPANY_DAYS = 60, 90, 180
USUAL = 0.8  # of the shop's gaps
SOON = (30, 60, 90)
LEAVES = "leaves"
Who = Literal["buyers", "subscribers", "companies"]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Label:
    """who: whom it is asked of. days: how long it is watched. happens: whether the event is that what is waited for (an
    order, the end of a subscription, the loss of a company) comes within the days, or that it does not. said: the rule
    in words."""

    id: str
    who: Who
    days: int
    waits_for: Literal["order", "end", "loss"]
    happens: bool
    said: str

    @property
    def noun(self) -> str:
        return "buyers of a year" if self.who == "buyers" else self.who

    def event(self, came_in: npt.NDArray[np.float64]) -> Bools:
        """came_in: shape (n,), days until what is waited for came; NaN where it did not."""
        within: Bools = came_in <= self.days
        return within if self.happens else ~within


def labels_for(segment: str, rows: ShopRows, first: date, last: date) -> tuple[Label, ...] | Unknown:
    """Every label of a shop whose data lie between two days, that of leaving first."""
    if segment == "b2b_platform":
        return (Label(LEAVES, "companies", COMPANY_DAYS, "loss", True, SAID.format(days=COMPANY_DAYS)),)
    if segment == "subscription":
        said = f"no subscription is paid for any more within {SUBSCRIPTION_DAYS} days"
        return (Label(LEAVES, "subscribers", SUBSCRIPTION_DAYS, "end", True, said),)
    gap, middle = usual_gap(rows, first, last)
    if gap is None:
        return Unknown("nobody bought twice in the first half of the data", "more orders")
    days = max(LEAST_DAYS, ceil(gap))
    said = f"nothing bought within {days} days (four in five gaps up to {middle} are of {gap:.0f} days or fewer)"
    soon = [
        Label(f"orders_{n}", "buyers", n, "order", True, f"an order within {n} days that is not wholly given back")
        for n in SOON
    ]
    return (Label(LEAVES, "buyers", days, "order", False, said), *soon)


def usual_gap(rows: ShopRows, first: date, last: date) -> tuple[float | None, date]:
    """The gap between purchases up to the middle of the data that four in five do not exceed, and that middle."""
    middle = first + timedelta(days=(last - first).days // 2)
    p = unbound("purchase")
    seen = p.filter(p.next_on <= ibis.literal(middle))
    told = seen.agg(gap=seen.next_on.delta(seen.day, unit="day").cast("float64").quantile(USUAL))
    ((found,),) = rows.rows(told, (middle,))
    return (None if found is None else float(found)), middle


def next_order(days: int) -> ibis.Table:
    """as_of, customer_id, came_in: days until the next order, of who ordered within so many."""
    o = orders()
    told = ASKED.join(o.filter(o.void_on.isnull()), o.placed_on > ASKED.as_of)
    told = told.filter(told.placed_on <= told.as_of + ibis.interval(days=days))
    return _came(told, "placed_on")


def end_of_subscription(days: int) -> ibis.Table:
    """As next_order, of the day on which nothing was paid for any more."""
    led = mart("mrr_ledger")
    gone = led.filter(led.account_id.isnull(), led.customer_id.notnull(), led.standing == "gone")
    gone = gone.select("customer_id", "day")
    told = ASKED.join(gone, gone.day > ASKED.as_of)
    told = told.filter(told.day <= told.as_of + ibis.interval(days=days))
    return _came(told, "day")


def _came(told: ibis.Table, day: str) -> ibis.Table:
    first = told.group_by("as_of", "customer_id").agg(first=told[day].min())
    return first.select("as_of", "customer_id", came_in=first.first.delta(first.as_of, unit="day").cast("float64"))
