"""What a customer is worth: M23, by the age of the customer, to date, and (not yet) to come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import accumulate
from operator import add

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Facts, Metric, metric
from holdfast.metrics.effects import nobody
from holdfast.metrics.months import points
from holdfast.metrics.shared import shared
from holdfast.warehouse.marts.month_bucket import as_day

YEAR = 12
REFUND_LAG = 30  # days after the age is reached, in which what was bought may still come back: decision 0046
AGES = (90, 180, 365)  # days
YEARS_SHOWN = 4  # the series of value to date stands on as_of and on the same day of three years before
BASIS = "net merchandise by the order's day, less incentives booked to the customer"
LEFT_OUT = (
    "orders of unknown buyers: they cannot be told apart",
    "tax, shipping, tips and gift cards",
    "costs other than incentives: see contribution per customer (M32)",
)
Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]


def _received(facts: Facts, as_of: date) -> tuple[ibis.Table, ibis.Table]:
    """What customers brought by day: their orders less what came back of them; loose refunds and incentives, below 0.

    Orders are many and the rest is little: each is added up apart.
    """
    o, c = facts.order_value(), facts.mart("cost_told")
    r = facts.refund_value()
    o = o.filter(o.counts, o.shop_money, o.customer_id.notnull(), o.placed_on <= as_of)
    r = r.filter(r.order_id.isnull(), r.shop_money, r.customer_id.notnull(), r.refunded_on <= as_of)
    c = c.filter(c.type == "incentive", c.customer_id.notnull(), c.until <= as_of)
    bought = o.select("customer_id", day="placed_on", minor=o.placed_minor - o.returned_minor)
    back = r.select("customer_id", day="refunded_on", minor=-r.merch_minor)
    given = c.select("customer_id", day="until", minor=-c.amount_minor)
    return bought, back.union(given)


@shared
def customer_worth(facts: Facts, as_of: date) -> ibis.Table:
    """One row per customer who ever bought: what they brought up to each age, and up to as_of and as many years before.

    aged_n: on days 0 … n − 1 of being a customer; upto_n: up to the day n years before as_of. Minor units.
    """
    h = facts.history(as_of)
    bought, less = (_by_customer(rows, h, as_of) for rows in _received(facts, as_of))
    told = h.select("shop_id", "customer_id", "first_on").left_join(bought, "customer_id").drop("customer_id_right")
    told = told.left_join(less, "customer_id", rname="{name}_less")
    sums = {name: told[name].fill_null(0) + told[f"{name}_less"].fill_null(0) for name in _WORTH}
    return told.select("shop_id", "customer_id", "first_on", **sums)


_WORTH = (*(f"aged_{days}" for days in AGES), *(f"upto_{n}" for n in range(YEARS_SHOWN)))


def _by_customer(rows: ibis.Table, history: ibis.Table, as_of: date) -> ibis.Table:
    rows = rows.join(history.select("customer_id", "first_on"), "customer_id")
    age = rows.day.delta(rows.first_on, unit="day")
    ages = [age < days for days in AGES]
    years = [rows.day <= end for end in reversed(_yearly(as_of))]
    # Each holds the one before it. An order is added to the first that holds it, which costs less than to all of them.
    names = [[f"aged_{days}" for days in AGES], [f"upto_{n}" for n in reversed(range(YEARS_SHOWN))]]
    first: dict[str, ibis.Value] = {}
    for those, within in zip(names, (ages, years), strict=True):
        first |= {those[0]: within[0]}
        first |= {name: one & ~less for name, less, one in zip(those[1:], within, within[1:], strict=False)}
    told = rows.group_by("customer_id").agg(**{name: rows.minor.sum(where=held) for name, held in first.items()})
    sums = [list(accumulate((told[name].fill_null(0) for name in those), add)) for those in names]
    return told.select(
        "customer_id",
        **dict(zip((n for those in names for n in those), (n for each in sums for n in each), strict=True)),
    )


def _yearly(as_of: date) -> list[date]:
    return [as_of if not n else months_before(as_of, YEAR * n) for n in range(YEARS_SHOWN)]


def _by_age(facts: Facts, as_of: date, days: int) -> ibis.Table:
    """One row per customer who ever bought: what they brought on days 0 … days − 1 of being one."""
    c = customer_worth(facts, as_of)
    return c.select(
        "shop_id",
        "customer_id",
        unit_id=c.customer_id,
        anchor=c.first_on,
        matures_on=as_day(c.first_on + ibis.interval(days=days + REFUND_LAG)),
        counted=c[f"aged_{days}"].cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _at_age(number: str, days: int, aliases: tuple[str, ...] = ()) -> Declare:
    """What the values at three ages have in common."""
    return metric(
        number=number,
        name=f"Customer lifetime value, first {days} days",
        question=f"What does an acquired customer bring in the first {days} days?",
        aliases=aliases,
        unit="customers",
        counted=f"net merchandise of a customer's first {days} days, less incentives",
        out_of=f"first-time buyers with {days + REFUND_LAG} days behind them",
        window=f"{days} days from the first purchase, and {REFUND_LAG} days for returns",
        kind="mean",
        scale="money",
        span="matured",
        version=1,
        decision="0046",
        needs=("order", "order.customer_id"),
        basis=BASIS,
        left_out=LEFT_OUT,
        differs=(
            "Klaviyo shows what was spent to date and a forecast of a year, added up; ProfitWell divides revenue per"
            " customer by churn, which a shop without contracts does not have. Here every customer is seen to the same"
            " age, and nothing is forecast."
        ),
    )


@_at_age("M23", 365, ("clv", "ltv", "customer_lifetime_value"))
def lifetime_value_365(facts: Facts, as_of: date) -> ibis.Table:
    return _by_age(facts, as_of, 365)


@_at_age("M23b", 180)
def lifetime_value_180(facts: Facts, as_of: date) -> ibis.Table:
    return _by_age(facts, as_of, 180)


@_at_age("M23c", 90)
def lifetime_value_90(facts: Facts, as_of: date) -> ibis.Table:
    return _by_age(facts, as_of, 90)


def _to_date(facts: Facts, as_of: date, years: int) -> ibis.Table:
    """Every customer at each point, a year apart: what they had brought up to it."""
    p = points(facts.month_point(), as_of, YEAR * years - YEAR + 1)
    p = p.filter(p.k % YEAR == 0)
    told = customer_worth(facts, as_of).cross_join(p)
    told = told.filter(told.first_on <= told.stands_on)
    minor = ibis.cases(*((told.k == YEAR * n, told[f"upto_{n}"]) for n in range(years)))
    return told.select(
        "shop_id",
        "customer_id",
        unit_id=told.customer_id,
        anchor=told.stands_on,
        matures_on=told.stands_on,
        counted=minor.fill_null(0).cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M23d",
    name="Customer value to date",
    question="What has a customer brought so far?",
    aliases=("historic_clv",),
    unit="customers",
    counted="net merchandise of a customer to date, less incentives",
    out_of="customers who ever bought",
    window="from the first purchase to the day",
    kind="mean",
    scale="money",
    span="state",
    version=1,
    decision="0046",
    needs=("order", "order.customer_id"),
    better="neither",
    basis=BASIS,
    left_out=LEFT_OUT,
    differs=(
        "Rises with the age of the data alone, and falls when many new customers come; compare shops or years by the"
        " value at an age (M23). Shopify's “amount spent” includes tax and shipping."
    ),
    series=lambda facts, as_of: _to_date(facts, as_of, YEARS_SHOWN),
)
def value_to_date(facts: Facts, as_of: date) -> ibis.Table:
    return _to_date(facts, as_of, 1)


@metric(
    number="M23e",
    name="Predicted customer lifetime value",
    question="What will a customer bring in the next 365 days?",
    aliases=("predicted_clv",),
    unit="customers",
    counted="expected contribution of the next 365 days, discounted",
    out_of="customers who ever bought",
    window="365 days from the day",
    kind="mean",
    scale="money",
    span="state",
    version=1,
    decision="0046",
    needs=("order", "order.customer_id"),
    basis=BASIS,
    differs="Klaviyo shows one from 500 customers on, without an interval and without saying how well it has done.",
    never=Unknown(
        "no model of this shop's customers stands yet",
        "a forecast that was fitted on this shop's own orders and scored against what then happened",
    ),
)
def predicted_lifetime_value(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)
