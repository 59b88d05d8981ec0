"""What counts as leaving, fixed before anybody looks: who was there on a day, and who of them left afterwards.

Subscriptions: no subscription is paid for any more within 60 days. Shops without them: nothing bought within 90 days,
or within the gap that four in five gaps of the shop do not exceed, whichever is longer. Companies: a contract due
within 180 days is not renewed, or the orders of 180 days are worth less than half of those of 180 days before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import ibis

from holdfast.commerce.unknown import Unknown
from holdfast.health.facts import Columns, Facts
from holdfast.health.rows.declare import ASKED, of_party, upto
from holdfast.health.rows.purchases import buyers_of_a_year, occasions, with_gaps
from holdfast.health.subject import Kind
from holdfast.predictions.companies import SAID, lost
from holdfast.predictions.label import COMPANY_DAYS, LEAST_DAYS, SUBSCRIPTION_DAYS
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.registry import unbound as mart

USUAL = 0.8  # of the shop's gaps


@dataclass(frozen=True, slots=True)
class Label:
    """kind: whose. days: how long after a day it is watched whether they leave. said: the rule in words."""

    id: str
    kind: Kind
    days: int
    said: str
    noun: str  # "subscribers"


def label_for(segment: str, facts: Facts, first: date, last: date) -> Label | Unknown:
    """The rule of a segment for data between two days; Unknown where there is nobody to follow."""
    if segment == "subscription":
        return Label(
            "subscription", "customer", SUBSCRIPTION_DAYS, "no subscription is paid for any more within 60 days",
            "subscribers",
        )  # fmt: skip
    if segment == "b2b_platform":
        return Label("company", "company", COMPANY_DAYS, SAID.format(days=COMPANY_DAYS), "companies")
    middle = first + timedelta(days=(last - first).days // 2)
    gap = facts.number(usual_gap(), (middle,))
    if gap is None:
        return Unknown("nobody bought twice in the first half of the data", "more orders")
    days = max(LEAST_DAYS, ceil(gap))
    said = f"nothing bought within {days} days (four in five gaps up to {middle} are of {gap:.0f} days or fewer)"
    return Label("no purchase", "customer", days, said, "customers")


def usual_gap() -> ibis.Table:
    """One row: the gap between purchases that four in five do not exceed."""
    o = with_gaps(occasions("customer"))
    return o.group_by("shop_id").agg(gap=o.gap.quantile(USUAL))


def followed(label: Label) -> ibis.Table:
    """as_of, shop_id, party, left (whether they did within the days), left_on (null: they stayed)."""
    make = {"subscription": _subscribers, "company": _companies, "no purchase": _buyers}[label.id]
    return make(label.days)


def _later(day: str, days: int, table: ibis.Table) -> ibis.Table:
    """Rows after a day asked about, within so many days."""
    told = ASKED.join(table, table[day] > ASKED.as_of)
    return told.filter(told[day] <= told.as_of + ibis.interval(days=days))


def _buyers(days: int) -> ibis.Table:
    """Who bought in the year up to the day."""
    here = buyers_of_a_year()
    sold = unbound("order_value")
    after = _later("placed_on", days, of_party(sold.filter(sold.counts, sold.void_on.isnull()), "customer"))
    again = after.select("as_of", "shop_id", "party", stayed=ibis.literal(True)).distinct()
    told = here.left_join(again, ["as_of", "shop_id", "party"])
    gone_on = (told.last_on.cast("timestamp") + ibis.interval(days=days)).cast("date")
    left = ~told.stayed.fill_null(False)
    return told.select("as_of", "shop_id", "party", left=left, left_on=ibis.cases((left, gone_on)))


def _subscribers(days: int) -> ibis.Table:
    """Who paid for a subscription, or had paused one, on the day."""
    led = mart("mrr_ledger")
    led = of_party(led.filter(led.account_id.isnull()).mutate(place=led.day.epoch_seconds()), "customer")
    told = upto(led, "day")
    now = told.group_by("as_of", "shop_id", "party").agg(standing=told.standing.argmax(told.place))
    now = now.filter(now.standing != "gone")
    gone = _later("day", days, led.filter(led.standing == "gone"))
    gone = gone.group_by("as_of", "shop_id", "party").agg(left_on=gone.day.min())
    both = now.left_join(gone, ["as_of", "shop_id", "party"])
    return both.select("as_of", "shop_id", "party", left=both.left_on.notnull(), left_on=both.left_on)


def _companies(days: int) -> ibis.Table:
    """Who has a contract in force on the day, or ordered in the days before it."""
    o = unbound("order_value")
    o = of_party(o.filter(o.counts, o.account_id.notnull(), o.shop_money), "company")
    c = mart("contract_term")
    return lost(o, c.filter(c.account_id.notnull()).mutate(party=c.account_id), days)


def people(facts: Facts, label: Label, days: Sequence[date]) -> Columns:
    """Arrays, one row a day and party, sorted by both: as_of, party, left, left_on (NaT: stayed)."""
    return facts.listed(
        followed(label), days, "as_of, party, bool_and(\"left\") AS \"left\", max(left_on)::DATE AS left_on",
        "GROUP BY as_of, party ORDER BY as_of, party",
    )  # fmt: skip
