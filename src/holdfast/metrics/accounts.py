"""Companies that stay and buy more: M20, and M26 where there is no contract."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points
from holdfast.warehouse.marts.month_bucket import KEPT, bucket
from holdfast.warehouse.marts.party import of_survivors
from holdfast.warehouse.marts.real_people import real_accounts

YEAR = 12


def _survivors(facts: Facts, rows: ibis.Table) -> ibis.Table:
    """Rows under the account that survived a merger; without test accounts."""
    return real_accounts(of_survivors(rows, facts.mart("account_survivor")), facts.table("account"))


def account_orders(facts: Facts, as_of: date) -> ibis.Table:
    """Orders of accounts that count, as known now: shop, account, month bucket before as_of, net merchandise."""
    o = facts.order_value()
    o = o.filter(o.counts, o.account_id.notnull(), o.placed_on <= as_of)
    o = o.mutate(b=bucket(o.placed_on, as_of))
    return _survivors(facts, o.filter(o.b < KEPT))


def _buying_months(facts: Facts, as_of: date) -> ibis.Table:
    """One row per account that ordered: a bit for each rolling month in which it did."""
    o = account_orders(facts, as_of)
    o = o.filter(o.void_on.isnull())
    bit = ibis.literal(1).cast("int64") << ibis.least(o.b, KEPT - 1)
    return o.group_by("shop_id", "account_id").agg(months=bit.bit_or())


def _terms(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """One row per account with a contract and point: had it one, and one in force, now and a year before."""
    p = points(facts.month_point(), as_of, n)
    a_year = points(facts.month_point(), as_of, n + YEAR).select(earlier=lambda t: t.k, then_on="stands_on")
    p = p.join(a_year, p.k + YEAR == a_year.earlier)
    c = facts.mart("contract_term")
    c = c.filter(c.account_id.notnull()).cross_join(p)
    told = {}
    for name, day in (("now", c.stands_on), ("then", c.then_on)):
        begun = c.starts_on <= day
        told[f"{name}_known"] = begun.max()
        told[f"{name}_in_force"] = (begun & (c.until_on.isnull() | (c.until_on > day))).max()
    return c.group_by("shop_id", "account_id", "k").agg(**told)


def standing_accounts(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Accounts at each of n month points: is_now, active at it, and was, active twelve months before."""
    bought = _buying_months(facts, as_of)
    terms = _terms(facts, as_of, n)
    whose = terms.select("shop_id", "account_id").union(bought.select("shop_id", "account_id"), distinct=True)
    rows = whose.cross_join(points(facts.month_point(), as_of, n))
    rows = rows.left_join(bought.drop("shop_id"), "account_id").drop("account_id_right")
    rows = rows.left_join(terms.drop("shop_id"), ["account_id", "k"])
    year = (1 << YEAR) - 1
    months = rows.months.fill_null(0)

    def active(name: str, since: int) -> ibis.Value:
        ordered = ((months >> (rows.k + since)) & year) != 0
        return ibis.cases((rows[f"{name}_known"].fill_null(False), rows[f"{name}_in_force"]), else_=ordered)

    return rows.mutate(was=active("then", YEAR), is_now=active("now", 0))


def _kept(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Accounts active twelve months before each point, and whether they still are at it."""
    rows = standing_accounts(facts, as_of, n)
    rows = rows.filter(rows.was)
    return account_units(rows, rows.is_now, ibis.literal(1.0))


def account_units(rows: ibis.Table, counted: ibis.Value, out_of: ibis.Value) -> ibis.Table:
    """Unit rows of accounts as they stand on each point (`stands_on`)."""
    return rows.select(
        "shop_id",
        customer_id=ibis.null("int64"),
        unit_id=rows.account_id,
        anchor=rows.stands_on,
        matures_on=rows.stands_on,
        counted=counted.cast("float64"),
        out_of=out_of.cast("float64"),
    )


@metric(
    number="M20",
    name="Account retention",
    question="Of the accounts that were active a year ago, how many still are?",
    unit="accounts",
    counted="have a contract in force, or without one ordered in the last twelve months",
    out_of="accounts active twelve months before, by the same rule",
    window="as of the day, against twelve months before",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0034",
    needs=("account_activity",),
    left_out=("test accounts", "accounts won within the twelve months"),
    differs=(
        "Accounts, not money: revenue retention stands beside it. An account that ever had a contract is judged by its"
        " contracts; one that became part of another lives on in it. The interval is exact, since accounts are few."
    ),
    series=lambda facts, as_of: _kept(facts, as_of, POINTS),
    opens="account",
    exact=True,
)
def account_retention(facts: Facts, as_of: date) -> ibis.Table:
    return _kept(facts, as_of, 1)


def _account_years(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Net merchandise of each account in the year that ends on each point, and in the year before."""
    o = account_orders(facts, as_of)
    o = o.filter(o.shop_money)
    net = (o.placed_minor - o.returned_minor).sum().cast("int64")
    m = o.group_by("shop_id", "account_id", "b").agg(net=net)
    first = ibis.greatest(m.b - (2 * YEAR - 1), 0)
    m = m.mutate(k=ibis.range(first, ibis.least(m.b + 1, n)).unnest())
    recent = m.b < m.k + YEAR
    years = m.group_by("shop_id", "account_id", "k").agg(
        now=m.net.sum(where=recent).fill_null(0).cast("int64"),
        before=m.net.sum(where=~recent).fill_null(0).cast("int64"),
    )
    years = years.filter(years.before > 0).join(points(facts.month_point(), as_of, n), "k")
    return account_units(years, ibis.greatest(years.now - years.before, 0), years.before)


@metric(
    number="M26b",
    name="Expansion revenue of accounts without contract",
    question="How much more did the accounts of the year before buy in the last year?",
    unit="accounts",
    counted="what an account bought above its year before, never below nothing",
    out_of="net merchandise of the same accounts in the year before",
    window="twelve months ending on the day against the twelve before",
    kind="ratio",
    scale="share",
    span="state",
    version=1,
    decision="0034",
    needs=("order", "order.account_id"),
    needs_months=2 * YEAR,
    reach_months=2 * YEAR,
    basis="net merchandise: gross − discounts − returns, without tax, shipping, tips and gift cards",
    left_out=("accounts that bought nothing in the year before", "orders for no account", "test accounts"),
    differs="An account that bought less takes nothing off; that is what revenue retention is for.",
    series=lambda facts, as_of: _account_years(facts, as_of, POINTS),
    opens="account",
)
def account_expansion(facts: Facts, as_of: date) -> ibis.Table:
    return _account_years(facts, as_of, 1)
