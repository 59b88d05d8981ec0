"""Customers as the models see them: lists by risk, by what they spend and by what is at stake.

A list is an Arrow table, a row a customer; one customer, whole, is in customer.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.label import LEAVES
from holdfast.predictions.model import Refused, newest
from holdfast.predictions.objections import objected
from holdfast.predictions.publish import Published, newest_published, published
from holdfast.predictions.reasons import SOONER, reasons_of
from holdfast.predictions.risk import NOT_FITTED
from holdfast.warehouse.home import Home, Shop

Order = Literal["stake", "risk", "value", "soon"]
BY: Mapping[Order, str] = {
    "stake": "stake_minor", "risk": LEAVES, "value": "spent_minor", "soon": "orders_30",
}  # fmt: skip
NOT_PUBLISHED = Unknown("nothing has been said of the customers of this shop yet", "run `holdfast models publish`")
_OF_EACH = (("customer", pa.string()), ("last_on", pa.date32()), ("occasions", pa.int64()))


@dataclass(frozen=True, slots=True)
class Listed:
    """table: customer_id, customer, leaves, orders_30/60/90, spent_minor, stake_minor, value columns where values are
    published, last_on, occasions, reasons (a list of sentences), toward (what all of them speak for: "leaving" or
    "staying"; null without any). total: customers there are, before limit and offset.
    stale: what was said is of an older snapshot than the one that serves.
    """

    table: pa.Table
    total: int
    card: Mapping[str, Any]
    word: str
    stale: bool


def customers(
    home: Home, shop: Shop, *, by: Order = "stake", limit: int | None = 50, offset: int = 0
) -> Listed | Unknown:  # fmt: skip
    """Customers of a shop, those with the most first. stake: the chance of leaving × what they bought in a year. value:
    what they will still bring, where that is published; else what they bought in a year.

    Of what was published last. Unknown where nothing was. Raises NothingBuilt and DamagedSnapshot.
    """
    with opened(home) as (connection, snapshot):
        said = newest_published(home, "risk", shop.shop_id)
        if said is None:
            return not_said(home, shop.shop_id)
        card, table = said.card, said.table() if said.of_companies else _with_value(home, said, said.table())
        if (left_out := objected(home, connection)) and not said.of_companies:
            table = table.filter(pc.invert(pc.is_in(table["customer_id"], pa.array(left_out, pa.int64()))))
        stake = pc.multiply(table[LEAVES].cast(pa.float64()), pc.fill_null(table["spent_minor"], 0.0))
        table = table.append_column("stake_minor", stake)
        worth = by == "value" and "value_minor" in table.schema.names
        indices = _ordered(table, "value_minor" if worth else BY[by])
        wanted = indices[offset:] if limit is None else indices[offset : offset + limit]
        named = _companies_named if said.of_companies else _named
        found = named(connection, shop.shop_id, table.take(wanted))
        found = found.append_column("reasons", _sentences(found, card)).append_column("toward", _toward(found))
        drop = [name for name in found.schema.names if name.startswith(("reason_", "worth_", "value_", SOONER))]
        found = found.drop_columns([name for name in drop if name != "value_minor"])
        word = str(card["models"][LEAVES]["word"])
        return Listed(found, len(table), card, word, said.snapshot != snapshot.id)


def _ordered(table: pa.Table, column: str) -> pa.Array:
    """Places of the rows, the highest first, then by key; rows without a value are last."""
    most = pc.fill_null(table[column], float("-inf")).to_numpy().astype(float)
    return pa.array(np.lexsort((table["customer_id"].to_numpy(), -most)))


def _with_value(home: Home, said: Published, table: pa.Table) -> pa.Table:
    """With what each is worth, where that was published for the same snapshot."""
    value = [one for one in published(home, "value", said.shop_id) if one.snapshot == said.snapshot]
    if not value:
        return table
    return table.join(value[-1].table(), "customer_id").sort_by("customer_id")


def _named(connection: duckdb.DuckDBPyConnection, shop_id: int, table: pa.Table) -> pa.Table:
    """With the number that the shop itself gives each, and their last purchase."""
    ids = table["customer_id"].to_pylist()
    rows = connection.execute(
        "SELECT w.id, c.customer_number, h.last_on, h.occasions FROM (SELECT unnest($ids::BIGINT[]) AS id) AS w"
        " LEFT JOIN customer AS c ON c.customer_id = w.id LEFT JOIN history AS h ON h.customer_id = w.id"
        " AND h.shop_id = $shop", {"ids": ids, "shop": shop_id},
    ).fetchall()  # fmt: skip
    return _with_each(table, rows)


def _companies_named(connection: duckdb.DuckDBPyConnection, shop_id: int, table: pa.Table) -> pa.Table:
    """As `_named`, of companies: their name, and the days on which they ordered."""
    ids = table["customer_id"].to_pylist()
    rows = connection.execute(
        "SELECT w.id, any_value(coalesce(a.name, a.account_number)), max(o.placed_on), count(DISTINCT o.placed_on)"
        " FROM (SELECT unnest($ids::BIGINT[]) AS id) AS w LEFT JOIN account AS a ON a.account_id = w.id LEFT JOIN"
        " (SELECT coalesce(s.survivor_id, v.account_id) AS id, placed_on FROM order_value AS v LEFT JOIN"
        " account_survivor AS s ON s.account_id = v.account_id WHERE v.counts AND v.shop_id = $shop) AS o"
        " ON o.id = w.id GROUP BY 1",
        {"ids": ids, "shop": shop_id},
    ).fetchall()  # fmt: skip
    return _with_each(table, rows)


def _with_each(table: pa.Table, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    """With the columns `_OF_EACH`. rows: the key, then those."""
    told = {id: rest for id, *rest in rows}
    columns = list(zip(*(told[id] for id in table["customer_id"].to_pylist()), strict=True)) or [(), (), ()]
    for (name, kind), values in zip(_OF_EACH, columns, strict=True):
        table = table.append_column(name, pa.array(values, kind))
    return table


def _sentences(table: pa.Table, card: Mapping[str, Any]) -> pa.Array:
    currency, peers = card["currency"], card["peers"]
    return pa.array(
        [[reason.said(currency) for reason in reasons_of(row, peers)] for row in table.to_pylist()],
        pa.list_(pa.string()),
    )


def _toward(table: pa.Table) -> pa.Array:
    """The reasons of a row all weigh the way in which it differs from the middle, so the first tells of them all."""
    worth = table["worth_1"].cast(pa.float64())
    told = pc.if_else(pc.greater(worth, 0.0), "leaving", "staying")
    return pc.if_else(pc.is_valid(table["reason_1"]), told, None)


def in_several(home: Home, shops: Sequence[Shop]) -> int:
    """People who have bought in more than one of these shops. Raises NothingBuilt and DamagedSnapshot."""
    with opened(home) as (connection, _):
        ((found,),) = connection.execute(
            "SELECT count(*) FROM (SELECT m.customer_key FROM (SELECT DISTINCT customer_key, shop_key FROM"
            " merged_profile) AS m JOIN history AS h ON h.customer_id = m.shop_key"
            " WHERE h.shop_id IN (SELECT unnest($shops::BIGINT[])) GROUP BY 1 HAVING count(DISTINCT h.shop_id) > 1)",
            {"shops": [shop.shop_id for shop in shops]},
        ).fetchall()  # fmt: skip
    return int(found)


def not_said(home: Home, shop_id: int) -> Unknown:
    """Why nothing was ever said of a shop: what the fit refused it for, where it was tried."""
    model = newest(home, shop_id, LEAVES)
    return NOT_FITTED if model is None else model.unknown if isinstance(model, Refused) else NOT_PUBLISHED
