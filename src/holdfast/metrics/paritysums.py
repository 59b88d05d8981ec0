"""What leads from a tool's number to ours, added up once per snapshot: orders and refunds by what they are, people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb
import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts
from holdfast.metrics.platforms import KIND_SUMS, SUMS, YEAR, kind_word, payments, sold_by_kind, told_buyers
from holdfast.warehouse.engine import compiled, quoted, text
from holdfast.warehouse.home import Shop
from holdfast.warehouse.marts.order_value import SORTS, TEST
from holdfast.warehouse.snapshot import Snapshot

FILE = "parity.parquet"
PAYMENT, PEOPLE = "payment", "people"

Sums = dict[tuple[str, str], int]  # (kind, part) → sum over the scope's shops; money in minor units


def sum_rows(facts: Facts, as_of: date) -> list[ibis.Table]:
    """Tables of one row per shop and kind: the columns are parts, whole numbers; `rows` says of how many rows.

    What comes of payments is the last but one.
    """
    p = payments(facts, as_of)
    paid = p.group_by("shop_id", kind=ibis.literal(PAYMENT)).agg(orders=p.count(), total=p.amount_minor.sum())
    return [_of_orders(facts, as_of), paid, _people(facts, as_of)]


def _of_orders(facts: Facts, as_of: date) -> ibis.Table:
    """The year's orders and what was given back, by what the orders are to us. other: what totals hold besides
    merchandise, tax, shipping and tips (gift cards, fees)."""
    r, sold = told_buyers(facts, as_of), sold_by_kind(facts, as_of)
    parts = (part for part in SUMS if part not in ("beside", "of_lines"))
    told = r.group_by("shop_id", "kind").agg(rows=r.count(), **{part: r[part].sum() for part in parts})
    told = told.left_join(sold, ["shop_id", "kind"]).drop("shop_id_right", "kind_right")
    told = told.mutate(kind=kind_word(told.kind), **{part: told[part].fill_null(0) for part in KIND_SUMS})
    return told.mutate(other=told.total - told.placed - told.tax - told.shipping - told.tip)


def _people(facts: Facts, as_of: date) -> ibis.Table:
    """Buyers of the year: all, and those who ever ordered twice, by ever fewer of their orders.

    returning: with any two orders but tests; valid_returning: with two purchases; valid_by_day: on two days.
    """
    o, since = facts.order_value(), months_before(as_of, YEAR)
    o = o.filter(o.placed_on <= as_of)
    is_purchase = o.counts & o.void_on.isnull()
    others = o.filter(~is_purchase, o.customer_id.notnull(), o.sort != SORTS.index(TEST))
    others = others.group_by("shop_id", "customer_id").agg(others=others.count(), other_on=others.placed_on.max())
    c = _buyers(facts, as_of).outer_join(others, ["shop_id", "customer_id"])
    bought_lately = (c.last_on > since).fill_null(False)
    lately, two_days = bought_lately | (c.other_on > since).fill_null(False), (c.last_on > c.first_on).fill_null(False)
    bought = ibis.cases((c.last_on.isnull(), 0), else_=c.once.fill_null(2))  # who came on two days has two
    c = c.select(
        shop_id=ibis.coalesce(c.shop_id, c.shop_id_right), lately=lately, bought_lately=bought_lately,
        several=bought > 1, again=bought + c.others.fill_null(0) > 1, two_days=two_days,
    )  # fmt: skip
    sums = c.group_by("shop_id", kind=ibis.literal(PEOPLE)).agg(
        buyers=c.lately.sum(), returning=(c.lately & c.again).sum(), valid_buyers=c.bought_lately.sum(),
        valid_returning=(c.bought_lately & c.several).sum(), valid_by_day=(c.bought_lately & c.two_days).sum(),
        rows=c.count(),
    )  # fmt: skip
    guests = (
        o.filter(o.placed_on > since, is_purchase, o.customer_id.isnull())
        .group_by("shop_id")
        .agg(strangers=lambda x: x.count())
    )
    told = sums.outer_join(guests, "shop_id")
    parts = [c for c in sums.columns if c not in ("shop_id", "kind")]
    return told.select(
        shop_id=ibis.coalesce(told.shop_id, told.shop_id_right), kind=ibis.literal(PEOPLE),
        **{part: told[part].fill_null(0) for part in (*parts, "strangers")},
    )  # fmt: skip


def _buyers(facts: Facts, as_of: date) -> ibis.Table:
    """Everybody who ever bought: first and last day, and how often, of those who came on one day (once)."""
    h, p = facts.history(as_of), facts.purchase(as_of)
    once = p.filter(p.seq == 0, p.next_on.isnull()).select("customer_id", once="orders")
    c = h.select("shop_id", "customer_id", "first_on", "last_on").left_join(once, "customer_id")
    return c.select("shop_id", "customer_id", "first_on", "last_on", "once")


def sums_sql(facts: Facts, as_of: date) -> str:
    """One row per shop, kind and part."""
    return _tall(sum_rows(facts, as_of))


def unit_sums_sql(facts: Facts, as_of: date) -> str:
    """Those that are sums over units, of which some may be added up by themselves; without payments."""
    of_orders, _, people = sum_rows(facts, as_of)
    return _tall([of_orders, people])


def payment_sums_sql(facts: Facts, as_of: date) -> str:
    return _tall([sum_rows(facts, as_of)[1]])


def _tall(tables: Iterable[ibis.Table]) -> str:
    tall = []
    for rows in tables:
        parts = ", ".join(quoted(c) for c in rows.columns if c not in ("shop_id", "kind"))
        whole = f"SELECT shop_id, kind, {', '.join(f'CAST({c} AS BIGINT) AS {c}' for c in parts.split(', '))}"
        tall.append(
            "SELECT shop_id, kind, part, value FROM (UNPIVOT"
            f" ({whole} FROM ({compiled(rows)})) ON {parts} INTO NAME part VALUE value)"
        )
    return " UNION ALL ".join(tall)


def write_sums(connection: duckdb.DuckDBPyConnection, sql: str, folder: Path) -> None:
    """Into a snapshot being built; nothing where there are no orders."""
    if connection.execute("SELECT 1 FROM order_value LIMIT 1").fetchone() is not None:
        connection.execute(f"COPY ({sql}) TO {text(str(folder / FILE))} (FORMAT parquet)")


def read_sums(snapshot: Snapshot, shops: tuple[Shop, ...]) -> Sums | None:
    """Over these shops; None where the snapshot has none (it was built before, or holds no orders)."""
    path = snapshot.path / FILE
    if not path.is_file():
        return None
    own, sums = {shop.shop_id for shop in shops}, Sums()
    for shop_id, kind, part, value in _read(path):
        if shop_id in own:
            sums[kind, part] = sums.get((kind, part), 0) + value
    return sums


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[tuple[int, str, str, int], ...]:
    with duckdb.connect() as connection:
        return tuple(
            connection.execute("SELECT shop_id, kind, part, value FROM read_parquet(?)", [str(path)]).fetchall()
        )
