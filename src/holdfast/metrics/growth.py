"""Where revenue growth comes from: M30 taken apart. Every part is out of the same sum, so the parts make the growth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.money import NET
from holdfast.metrics.possible import SIGNED
from holdfast.warehouse.marts.product_year import PARTS, sold

YEAR = 12
_A_YEAR = (1 << YEAR) - 1
BEFORE = "net merchandise of all buyers in the twelve months before"
GUESTS = "orders of unknown buyers: nobody can say whether they are new; they are a part of their own (M30f)"
ADDS_UP = (
    "New, returning, reactivated, lost and unknown buyers add up to the growth of M30; price and volume add up to"
    " returning."
)
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


@lru_cache(maxsize=4)
def _changed(facts: Facts, as_of: date) -> ibis.Table:
    """Each buyer of the last two years: net merchandise of both, and what they are by when they bought."""
    m = facts.customer_year(as_of)
    units = m.group_by("shop_id", "customer_id", "unit_id").agg(
        now=m.net_minor.sum(where=m.year_back == 0).fill_null(0).cast("int64"),
        was=m.net_minor.sum(where=m.year_back == 1).fill_null(0).cast("int64"),
    )
    h = facts.history(as_of)
    bought = h.select(
        buyer="customer_id",
        came=h.first_on > months_before(as_of, YEAR),
        lately=(h.months & _A_YEAR) != 0,
        earlier=((h.months >> YEAR) & _A_YEAR) != 0,
    )
    told = units.left_join(bought, units.customer_id == bought.buyer)
    lately, earlier = told.lately.fill_null(False), told.earlier.fill_null(False)
    part = ibis.cases(
        (told.customer_id.isnull(), "unknown"),
        (lately & earlier, "returning"),
        (lately & told.came, "new"),
        (lately, "reactivated"),
        else_="lost",
    )
    return told.select("shop_id", "customer_id", "unit_id", "now", "was", part=part, day=ibis.date(as_of))


def _units(rows: ibis.Table, counted: ibis.Value, out_of: ibis.Value | None = None) -> ibis.Table:
    return rows.select(
        "shop_id",
        "customer_id",
        "unit_id",
        anchor=rows.day,
        matures_on=rows.day,
        counted=counted.cast("float64"),
        out_of=(rows.was if out_of is None else out_of).cast("float64"),
    )


def _part(facts: Facts, as_of: date, name: str) -> ibis.Table:
    rows = _changed(facts, as_of)
    return _units(rows, ibis.cases((rows.part == name, rows.now - rows.was), else_=0))


def _share_of_growth(number: str, name: str, question: str, counted: str, differs: str = "") -> Declare:
    """What the parts by customer have in common."""
    return metric(
        number=number,
        name=name,
        question=question,
        unit="customers",
        counted=counted,
        out_of=BEFORE,
        window="twelve months against the twelve before",
        kind="ratio",
        scale="share",
        ends=SIGNED,
        span="state",
        on_the_day=True,
        version=1,
        decision="0047",
        needs=("order", "order.customer_id"),
        needs_months=24,
        better="up",
        basis=NET,
        left_out=(GUESTS,) if name != "Growth from unknown buyers" else (),
        differs=f"{differs} {ADDS_UP}".strip(),
    )


@_share_of_growth(
    "M30b",
    "Growth from new customers",
    "How much of the growth came with customers who first bought this year?",
    "net merchandise of customers who first bought in the twelve months",
    "Where the data begin just two years ago, somebody who was away for longer looks new.",
)
def growth_from_new(facts: Facts, as_of: date) -> ibis.Table:
    return _part(facts, as_of, "new")


@_share_of_growth(
    "M30c",
    "Growth from returning customers",
    "How much of the growth came with customers who bought in both years?",
    "what customers of both years bought more (or less, below 0) than the year before",
)
def growth_from_returning(facts: Facts, as_of: date) -> ibis.Table:
    return _part(facts, as_of, "returning")


@_share_of_growth(
    "M30d",
    "Growth from reactivated customers",
    "How much of the growth came with customers who had stayed away for the year before?",
    "net merchandise of customers who bought before, not in the year before, and now",
)
def growth_from_reactivated(facts: Facts, as_of: date) -> ibis.Table:
    return _part(facts, as_of, "reactivated")


@_share_of_growth(
    "M30e",
    "Growth lost with customers who stayed away",
    "How much was lost with customers of the year before who did not buy this year?",
    "what they bought the year before, below 0; also what anybody gave back who bought nothing this year",
)
def growth_lost(facts: Facts, as_of: date) -> ibis.Table:
    return _part(facts, as_of, "lost")


@_share_of_growth(
    "M30f",
    "Growth from unknown buyers",
    "How much of the growth came with buyers nobody knows?",
    "what unknown buyers bought more (or less, below 0) than the year before",
)
def growth_from_unknown(facts: Facts, as_of: date) -> ibis.Table:
    return _part(facts, as_of, "unknown")


def _price_change(facts: Facts, as_of: date) -> ibis.Table:
    """What a piece of a product brought more than the year before, on average; of products of both years only.

    The years end with the last closed month: a price is the same through the month that runs (decision 0095).
    """
    years = facts.product_year(as_of)
    new, old = (years.filter(years.year_back == back).select("product_id", "pieces", "minor") for back in (0, 1))
    both = new.join(old.rename(sold="pieces", brought="minor"), "product_id")
    both = both.filter(both.pieces > 0, both.sold > 0)
    return both.select("product_id", more=both.minor / both.pieces - both.brought / both.sold)


def _dearer(facts: Facts, as_of: date) -> ibis.Table:
    """What the pieces each customer bought this year cost more than the same pieces the year before: whole minor units.

    Prices are the shop's averages of a product over a year; a product of one year only has no change of price. Added
    up in whole thousandths of minor units, so that no order of lines makes another sum.
    """
    o = facts.order_value()
    o = o.filter(o.placed_on > months_before(as_of, YEAR), o.placed_on <= as_of, o.customer_id.notnull())
    rows = sold(o, facts.table("order_line"), "customer_id")
    mine = rows.join(_price_change(facts, as_of), "product_id")
    mine = mine.group_by(payer="customer_id").agg(more=(mine.pieces * mine.more).round().cast("int64").sum())
    return mine.select("payer", dearer=(mine.more / PARTS).round().cast("int64"))


@lru_cache(maxsize=4)
def _priced(facts: Facts, as_of: date) -> ibis.Table:
    rows, dearer = _changed(facts, as_of), _dearer(facts, as_of)
    told = rows.left_join(dearer, rows.customer_id == dearer.payer)
    return told.select(*rows.columns, dearer=ibis.cases((told.part == "returning", told.dearer.fill_null(0)), else_=0))


def _of_returning(number: str, name: str, question: str, counted: str, differs: str) -> Declare:
    return metric(
        number=number,
        name=name,
        question=question,
        unit="customers",
        counted=counted,
        out_of=BEFORE,
        window="twelve months against the twelve before",
        kind="ratio",
        scale="share",
        ends=SIGNED,
        span="state",
        on_the_day=True,
        version=1,
        decision="0047",
        needs=("order", "order.customer_id", "order_line"),
        needs_months=24,
        better="neither",
        basis=NET,
        left_out=("customers who did not buy in both years",),
        differs=f"{differs} {ADDS_UP}",
    )


@_of_returning(
    "M30g",
    "Growth from prices",
    "How much of the growth of returning customers is that the same things cost more?",
    "pieces that returning customers bought, times what a piece of the same product cost more than the year before",
    "A product's price is what it brought on average in the twelve months up to the last closed month, after discounts"
    " and without tax.",
)
def growth_from_price(facts: Facts, as_of: date) -> ibis.Table:
    rows = _priced(facts, as_of)
    return _units(rows, rows.dearer)


@_of_returning(
    "M30h",
    "Growth from volume",
    "How much of the growth of returning customers is that they bought more, or other things?",
    "what returning customers bought more than the year before, without what is price",
    "Pieces that came back, new products and dearer products instead of cheaper ones are volume.",
)
def growth_from_volume(facts: Facts, as_of: date) -> ibis.Table:
    rows = _priced(facts, as_of)
    more = ibis.cases((rows.part == "returning", rows.now - rows.was), else_=0)
    return _units(rows, more - rows.dearer)


@metric(
    number="M30i",
    name="Share of growth from returning customers",
    question="How much of what was sold more was sold to customers of both years?",
    unit="customers",
    counted="what customers of both years bought more than the year before",
    out_of="what all buyers together bought more than the year before",
    window="twelve months against the twelve before",
    kind="ratio",
    scale="share",
    ends=SIGNED,
    span="state",
    on_the_day=True,
    version=1,
    decision="0047",
    needs=("order", "order.customer_id"),
    needs_months=24,
    better="neither",
    basis=NET,
    left_out=("orders of unknown buyers are in the growth, never in the share",),
    differs=(
        "“Customer-driven growth” elsewhere is often the share of revenue from returning customers (M62), which is high"
        " also when they buy less than before. It says nothing where sales did not grow."
    ),
)
def growth_share_returning(facts: Facts, as_of: date) -> ibis.Table:
    rows = _changed(facts, as_of)
    more = rows.now - rows.was
    return _units(rows, ibis.cases((rows.part == "returning", more), else_=0), more)
