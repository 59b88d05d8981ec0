"""What really happened in an invented shop, counted here once more and apart from how Holdfast counts it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from holdfast.commerce.calendar import last_closed_month, months_before
from holdfast.simulate import columns as c
from holdfast.simulate.buyers import NEVER, Buyers
from holdfast.simulate.clock import day_number, first_days, months_of
from holdfast.simulate.desk import Tickets
from holdfast.simulate.draws import Ints
from holdfast.simulate.laws import Treatment
from holdfast.simulate.recurring import Agreements, Standing, standing
from holdfast.simulate.sales import Sales
from holdfast.simulate.shop import Shop
from holdfast.simulate.voice import NPS, Answers

YEAR, MONTH = 365, 30


@dataclass(slots=True)
class Tally:
    """Counts that add up chunk by chunk."""

    customers: int = 0
    buyers: int = 0
    orders: int = 0
    order_lines: int = 0
    orders_of_nobody_known: int = 0
    orders_that_count: int = 0
    matured: dict[int, int] = field(default_factory=lambda: {YEAR: 0, MONTH: 0})
    came_back: dict[int, int] = field(default_factory=lambda: {YEAR: 0, MONTH: 0})
    bought_last_year: int = 0
    bought_both_years: int = 0
    year_orders: int = 0
    year_minor: int = 0
    stopped: int = 0
    tickets: int = 0
    tickets_unsolved: int = 0
    tickets_waiting: int = 0
    nps: dict[str, int] = field(default_factory=lambda: {"answers": 0, "promoters": 0, "detractors": 0})
    effect: dict[str, dict[str, int]] = field(default_factory=dict)
    months: dict[int, list[int]] = field(default_factory=dict)  # month → orders and minor units that count
    agreed: list[Standing] = field(default_factory=list)

    def add_buyers(self, shop: Shop, buyers: Buyers, sales: Sales) -> None:
        self.customers += len(buyers)
        self.orders += len(sales.number)
        self.order_lines += sales.lines
        self.orders_of_nobody_known += int((sales.who < 0).sum())
        self.stopped += int((buyers.stopped_on != NEVER).sum())
        placed = sales.valid & (sales.placed > 0)
        self.orders_that_count += int(placed.sum())
        year = placed & (sales.on > day_number(months_before(shop.until, 12)))
        self.year_orders += int(year.sum())
        self.year_minor += int(sales.placed[year].sum())
        months = months_of(sales.on[placed])
        for month, (orders, minor) in _by_month(months, sales.placed[placed]).items():
            had = self.months.setdefault(month, [0, 0])
            had[0], had[1] = had[0] + orders, had[1] + minor
        kept = sales.counts & (sales.who >= 0)
        self._add_returns(shop, sales.who[kept], sales.on[kept])
        self._add_effect(buyers)

    def _add_returns(self, shop: Shop, who: Ints, on: Ints) -> None:
        """Purchase occasions: days on which somebody known bought something that they kept."""
        occasion = np.unique(who * (1 << 20) + on)
        who, on = occasion >> 20, occasion & ((1 << 20) - 1)
        first = np.flatnonzero(np.r_[True, who[1:] != who[:-1]]) if len(who) else np.zeros(0, np.int64)
        self.buyers += len(first)
        second = np.full(len(first), np.iinfo(np.int64).max)
        again = first + 1 < np.r_[first[1:], len(who)] if len(first) else first.astype(bool)
        second[again] = on[first[again] + 1]
        for window in (YEAR, MONTH):
            old = on[first] + window <= shop.last
            self.matured[window] += int(old.sum())
            self.came_back[window] += int((old & (second < on[first] + window)).sum())
        one, two = (day_number(months_before(shop.until, n)) for n in (12, 24))
        before, since = np.unique(who[(on > two) & (on <= one)]), np.unique(who[on > one])
        self.bought_last_year += len(before)
        self.bought_both_years += len(np.intersect1d(before, since))

    def _add_effect(self, buyers: Buyers) -> None:
        for arm, there in (("control", ~buyers.treated), ("treated", buyers.treated)):
            there = there & (buyers.assigned_on != NEVER)
            told = self.effect.setdefault(arm, {})
            told["customers"] = told.get("customers", 0) + int(there.sum())
            for name, values in buyers.outcome.items():
                told[name] = told.get(name, 0) + int(values[there].sum())

    def add_tickets(self, tickets: Tickets) -> None:
        self.tickets += int(tickets.real.sum())
        self.tickets_unsolved += int(tickets.unsolved.sum())
        self.tickets_waiting += int(tickets.waiting.sum())

    def add_answers(self, shop: Shop, answers: Answers) -> None:
        recent = (answers.survey == NPS) & (shop.clock.day(answers.at) > day_number(months_before(shop.until, 12)))
        score = answers.score[recent]
        for what, there in (("answers", score >= 0), ("promoters", score >= 9), ("detractors", score <= 6)):
            self.nps[what] += int(there.sum())

    def add_agreements(self, shop: Shop, agreements: Agreements) -> None:
        self.agreed.append(standing(shop, agreements))


def _by_month(months: Ints, minor: Ints) -> dict[int, tuple[int, int]]:
    if not len(months):
        return {}
    low = int(months.min())
    orders = np.bincount(months - low)
    sums = np.bincount(months - low, minor)
    return {low + place: (int(n), int(s)) for place, (n, s) in enumerate(zip(orders, sums, strict=True)) if n}


def facts(shop: Shop, tally: Tally) -> dict[str, Any]:
    """The facts of the whole shop, as of the end of its last day; money in minor units, shares as two counts."""
    return {
        "as_of": shop.until.isoformat(),
        "customers": tally.customers, "buyers": tally.buyers, "buyers_who_stopped": tally.stopped,
        "orders": tally.orders, "order_lines": tally.order_lines,
        "orders_of_nobody_known": tally.orders_of_nobody_known, "orders_that_count": tally.orders_that_count,
        "second_purchase_within_30_days": {"counted": tally.came_back[MONTH], "out_of": tally.matured[MONTH]},
        "repeat_purchase_rate": {"counted": tally.came_back[YEAR], "out_of": tally.matured[YEAR]},
        "annual_retention": {"counted": tally.bought_both_years, "out_of": tally.bought_last_year},
        "average_order_value": {"counted_minor": tally.year_minor, "out_of": tally.year_orders},
        "merchandise_by_month": {
            str(np.datetime64(month, "M")): {"orders": orders, "minor": minor}
            for month, (orders, minor) in sorted(tally.months.items())
        },
        "tickets": tally.tickets, "tickets_unsolved": tally.tickets_unsolved, "tickets_waiting": tally.tickets_waiting,
        "nps": tally.nps, **_recurring(shop, tally), "treatment_effect": _effect(tally),
    }  # fmt: skip


def _recurring(shop: Shop, tally: Tally) -> dict[str, Any]:
    """MRR at the end of each month that is over, and who left in each."""
    whole = Standing(*(np.concatenate([getattr(a, f.name) for a in tally.agreed]) for f in fields(Standing)))
    payer, place = np.unique(whole.payer, return_inverse=True)
    newest = last_closed_month(shop.until)
    told, before = {}, np.zeros(len(payer), bool)
    mrr_at: dict[int, Ints] = {}
    month = int(months_of(np.array([shop.first]))[0])
    while month <= int(months_of(np.array([day_number(newest)]))[0]):
        worth, there = whole.at(int(first_days(np.array([month + 1]))[0]) - 1)
        mrr = np.bincount(place, worth, len(payer)).astype(np.int64)
        held = np.bincount(place, there, len(payer)) > 0
        told[str(np.datetime64(month, "M"))] = {
            "mrr_minor": int(mrr.sum()), "payers": int((mrr > 0).sum()),
            "churned": int((before & ~held).sum()), "held_at_start": int(before.sum()),
        }  # fmt: skip
        mrr_at[month], before, month = mrr, held, month + 1
    nrr = _retention(mrr_at)
    return {"subscriptions": len(whole.payer), "recurring_by_month": told, **nrr}


def _retention(mrr_at: dict[int, Ints]) -> dict[str, Any]:
    if len(mrr_at) <= 12:
        return {}
    newest = max(mrr_at)
    now, then = mrr_at[newest], mrr_at[newest - 12]
    had = then > 0
    return {
        "net_revenue_retention": {"counted_minor": int(now[had].sum()), "out_of_minor": int(then.sum())},
        "gross_revenue_retention": {
            "counted_minor": int(np.minimum(now, then)[had].sum()), "out_of_minor": int(then.sum()),
        },
    }  # fmt: skip


def _effect(tally: Tally) -> dict[str, Any]:
    """The true effect on all who were assigned, and what the two arms show of it."""
    arms = tally.effect
    assigned = sum(arm["customers"] for arm in arms.values())
    told: dict[str, Any] = {"assigned": assigned, "treated": arms["treated"]["customers"]}
    for what in ("orders", "value"):
        name = what if what == "orders" else "value_minor"
        both = {world: sum(arm[f"{what}_{world}"] for arm in arms.values()) for world in ("control", "treated")}
        told[f"true_effect_on_{name}"] = (both["treated"] - both["control"]) / max(assigned, 1)
        means = {arm: arms[arm][f"{what}_{arm}"] / max(arms[arm]["customers"], 1) for arm in ("control", "treated")}
        told[f"seen_difference_of_{name}"] = means["treated"] - means["control"]
    return told


def write_hidden(shop: Shop, sink: Any, buyers: Buyers) -> None:
    """What nobody can see of each customer: their rate, whether they are gone, what the other world would have been."""
    bought, assigned = buyers.first_on != NEVER, buyers.assigned_on != NEVER
    sink.add("customers", {
        "customer_id": c.number(buyers.number), "rate_per_day": c.real(buyers.rate),
        "chance_to_stop": c.real(buyers.stops), "mean_order_minor": c.real(buyers.mean_value),
        "first_on": c.day(buyers.first_on, bought), "stopped_on": c.day(buyers.stopped_on, buyers.stopped_on != NEVER),
        "assigned_on": c.day(buyers.assigned_on, assigned), "treated": c.flag(buyers.treated, assigned),
        **{name: c.number(values, assigned) for name, values in buyers.outcome.items()},
    })  # fmt: skip
    at = np.flatnonzero(assigned)
    if shop.laws.treatment != Treatment() and len(at):
        # who was treated, as a mail tool would hand it over: `holdfast experiments take` reads it
        sink.add("assigned", {
            "customer": c.number(buyers.number[at]), "assigned_on": c.day(buyers.assigned_on[at]),
            "arm": c.word(buyers.treated[at].astype(np.int64), ("held out", "treated")),
        })  # fmt: skip
