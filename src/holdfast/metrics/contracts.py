"""Contracts that fall due, and what those in force are worth: M34 and the contract side of M29."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points
from holdfast.warehouse.marts.contract_term import GRACE_DAYS

DUE = "the day a contract is due for renewal; 30 days later it is decided"
VALUE = "value of a year of a contract, without one-off charges and use"
AUTOMATIC = (
    "A contract that renews itself and was not ended counts as renewed; how it was is shown apart. Renewal is not"
    " retention: contracts not yet due are in neither number."
)


def _due(facts: Facts, as_of: date) -> ibis.Table:
    c = facts.mart("contract_term")
    return c.filter(c.due_on <= as_of)


def _units(c: ibis.Table, counted: ibis.Value, out_of: ibis.Value) -> ibis.Table:
    decided = (c.due_on + ibis.interval(days=GRACE_DAYS + 1)).cast("timestamp").cast("date")
    return c.select(
        "shop_id",
        "customer_id",
        "how",
        unit_id=c.contract_id,
        anchor=c.due_on,
        matures_on=decided,
        counted=counted.cast("float64"),
        out_of=out_of.cast("float64"),
    )


@metric(
    number="M34",
    name="Renewal rate",
    question="Of the contracts that fell due, how many were renewed?",
    unit="contracts",
    counted="were followed by another term within 30 days of the due day, or long before it",
    out_of="contracts that fell due at least 31 days ago",
    window=DUE,
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0033",
    needs=("contract",),
    left_out=("terms of several years that are not due yet",),
    differs=f"{AUTOMATIC} One that was renewed early counts in the period in which it would have been due.",
    own=("how",),
    opens="contract",
)
def renewal_rate(facts: Facts, as_of: date) -> ibis.Table:
    c = _due(facts, as_of)
    return _units(c, c.renewed, ibis.literal(1.0))


@metric(
    number="M34b",
    name="Renewal rate by value",
    question="Of the yearly value of the contracts that fell due, how much was renewed?",
    unit="contracts",
    counted="yearly value renewed, no more than the contract that fell due was worth",
    out_of="yearly value of contracts that fell due at least 31 days ago",
    window=DUE,
    kind="ratio",
    scale="share",
    ends=(0.0, 1.0),
    span="matured",
    version=1,
    decision="0033",
    needs=("contract", "contract.value_minor"),
    basis=VALUE,
    left_out=("contracts that state no value, or one in another currency than the shop's",),
    differs=f"{AUTOMATIC} What a new term adds is expansion; what it cuts is missing here.",
    own=("how",),
    opens="contract",
)
def renewal_rate_by_value(facts: Facts, as_of: date) -> ibis.Table:
    c = _due(facts, as_of)
    c = c.filter(c.value_minor.notnull(), c.own_currency)
    kept = ibis.cases((c.renewed, ibis.least(ibis.coalesce(c.next_minor, c.value_minor), c.value_minor)), else_=0)
    return _units(c, kept, c.value_minor)


def _in_force(facts: Facts, as_of: date, n: int) -> ibis.Table:
    c = facts.mart("contract_term").cross_join(points(facts.month_point(), as_of, n))
    c = c.filter(c.year_minor.notnull(), c.own_currency, c.starts_on <= c.stands_on)
    c = c.filter(c.until_on.isnull() | (c.until_on > c.stands_on))
    return c.select(
        "shop_id",
        "customer_id",
        unit_id=c.contract_id,
        anchor=c.stands_on,
        matures_on=c.stands_on,
        counted=c.year_minor.cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M29b",
    name="Net annual recurring revenue, contracts",
    question="What are the contracts in force worth a year?",
    unit="contracts",
    counted="value of a year, and the use committed to, of each contract in force",
    out_of="one for each of them",
    window="as of the day",
    kind="total",
    scale="money",
    span="state",
    version=1,
    decision="0032",
    needs=("contract", "contract.value_minor"),
    basis="value of a year of contracts in force; one-off charges left out, use only where it is committed",
    left_out=("contracts that state no value, or one in another currency than the shop's",),
    differs="The other meaning of ARR is 12 × MRR of monthly books. Never add the two: an account may be in both.",
    series=lambda facts, as_of: _in_force(facts, as_of, POINTS),
    opens="contract",
)
def contract_arr(facts: Facts, as_of: date) -> ibis.Table:
    return _in_force(facts, as_of, 1)
