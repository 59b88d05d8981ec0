"""Customers as the models see them: lists by risk, by what they spend and by what is at stake, and one customer.

A list is an Arrow table, a row a customer; what a person reads of one customer is a frozen record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.label import LEAVES
from holdfast.predictions.model import Refused, newest
from holdfast.predictions.objections import OBJECTED, objected
from holdfast.predictions.publish import Published, newest_published, published
from holdfast.predictions.reasons import SOONER, reasons_of
from holdfast.predictions.risk import NOT_FITTED
from holdfast.predictions.timeline import Event, timeline
from holdfast.warehouse.home import Home, Shop

Order = Literal["stake", "risk", "value", "soon"]
BY: Mapping[Order, str] = {
    "stake": "stake_minor", "risk": LEAVES, "value": "spent_minor", "soon": "orders_30",
}  # fmt: skip
NOT_PUBLISHED = Unknown("nothing has been said of the customers of this shop yet", "run `holdfast models publish`")
_OF_EACH = (("customer", pa.string()), ("last_on", pa.date32()), ("occasions", pa.int64()))


class NoSuchCustomer(Exception):
    """Nobody in the snapshot goes by this number."""


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
            return _not_said(home, shop.shop_id)
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


@dataclass(frozen=True, slots=True)
class Said:
    """What a snapshot said of one customer. reasons: sentence and log odds (above 0: likelier to leave); sooner: the
    same for an order within the shortest time that is foretold."""

    snapshot: str
    as_of: date
    word: str
    leaves: float | None
    label: str
    orders: Mapping[str, float | None]
    reasons: tuple[tuple[str, float], ...]
    sooner: tuple[tuple[str, float], ...]
    value: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same person in another shop of the account: what was said there. value_minor: in that shop's money."""

    customer_id: int
    number: str | None
    shop: Shop
    last_on: date | None
    leaves: float | None
    value_minor: float | None


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, whole. before: what was said on earlier days, newest first. events: the newest, as many as are
    LISTED (timeline.py). elsewhere: by shop."""

    customer_id: int
    number: str | None
    shop: Shop
    first_on: date | None
    last_on: date | None
    occasions: int
    spent_minor: int
    tags: str | None
    said: Said | Unknown
    before: tuple[Said, ...]
    events: tuple[Event, ...]
    elsewhere: tuple[Elsewhere, ...] = ()


def customer(home: Home, asked_for: str, shop: Shop | None = None, *, before: int = 12) -> Customer:
    """By the number that the shop gives them, or by ours ("#12"); a profile that became part of another's person is led
    there. Raises NoSuchCustomer, NothingBuilt and DamagedSnapshot."""
    with opened(home) as (connection, snapshot):
        shops = {one.shop_id: one for one in snapshot.shops}
        id, number, shop_id, tags = _found(connection, asked_for, shop)
        first_on, last_on, occasions = connection.execute(
            "SELECT first_on, last_on, occasions FROM history WHERE customer_id = ? AND shop_id = ?", [id, shop_id]
        ).fetchone() or (None, None, 0)
        (spent,) = connection.execute(
            "SELECT coalesce(sum(placed_minor - returned_minor), 0)::BIGINT FROM order_value"
            " WHERE customer_id = ? AND shop_id = ? AND counts AND shop_money AND placed_on <= ?",
            [id, shop_id, snapshot.as_of],
        ).fetchone() or (0,)  # fmt: skip
        of_people = [one for one in published(home, "risk", shop_id) if not one.of_companies]
        said = [told for one in reversed(of_people[-before:]) if (told := _said(home, one, id))]
        why = _absent(home, shop_id)
        if id in objected(home, connection):
            said, why = [], OBJECTED
        said = [one for place, one in enumerate(said) if one.as_of not in {other.as_of for other in said[:place]}]
        now = next((one for one in said), None)
        return Customer(
            id, number, shops[shop_id], first_on, last_on, occasions, spent, tags, now or why, tuple(said[1:]),
            tuple(timeline(connection, id, shop_id, snapshot.as_of)),
            tuple(_elsewhere(home, connection, id, shops, silent=why is OBJECTED)),
        )  # fmt: skip


def happened(home: Home, one: Customer) -> Sequence[Event]:
    """Everything that happened with a customer, the newest first. Raises NothingBuilt and DamagedSnapshot."""
    with opened(home) as (connection, snapshot):
        return timeline(connection, one.customer_id, one.shop.shop_id, snapshot.as_of, None)


def _found(connection: duckdb.DuckDBPyConnection, asked_for: str, shop: Shop | None) -> tuple[int, str, int, str]:
    ours = asked_for.removeprefix("#")
    where, given = "p.customer_number = $asked", {"asked": asked_for}
    if asked_for.startswith("#") and ours.isdigit():
        where, given = "p.customer_id = $asked::BIGINT", {"asked": ours}
    shop_only = "" if shop is None else f" AND p.shop_id = {shop.shop_id}"
    # Profiles, not persons: one that was merged away is still known by the number it had.
    found = connection.execute(
        "WITH known AS (SELECT DISTINCT coalesce(m.shop_key, p.customer_id) AS customer_id FROM customer_profile AS p"
        f" LEFT JOIN merged_profile AS m ON m.customer_id = p.customer_id WHERE {where}{shop_only})"
        " SELECT customer_id, customer_number, shop_id, tags FROM customer JOIN known USING (customer_id)"
        " ORDER BY customer_id LIMIT 2", given,
    ).fetchall()  # fmt: skip
    if not found:
        raise NoSuchCustomer(f"no customer goes by {asked_for!r}; a number such as #12 is ours, others are the shop's")
    if len(found) > 1:
        raise NoSuchCustomer(f"{asked_for!r} is a customer of more than one shop: say which with --shop")
    return found[0]


def _elsewhere(
    home: Home, connection: duckdb.DuckDBPyConnection, id: int, shops: Mapping[int, Shop], *, silent: bool
) -> Iterator[Elsewhere]:  # fmt: skip
    """silent: nothing may be foretold of them. By decision 0119 a person is foretold in each shop apart."""
    rows = connection.execute(
        "SELECT DISTINCT c.customer_id, c.customer_number, c.shop_id, h.last_on FROM merged_profile AS mine"
        " JOIN merged_profile AS other USING (customer_key) JOIN customer AS c ON c.customer_id = other.shop_key"
        " LEFT JOIN history AS h ON h.customer_id = c.customer_id AND h.shop_id = c.shop_id"
        " WHERE mine.shop_key = $id AND other.shop_key <> $id ORDER BY c.shop_id, c.customer_id", {"id": id},
    ).fetchall()  # fmt: skip
    for key, number, shop_id, last_on in rows:
        said = None if silent else newest_published(home, "risk", shop_id)
        told = None if said is None or said.of_companies else _said(home, said, key)
        value = None if told is None else told.value.get("value_minor")
        leaves = None if told is None else told.leaves
        yield Elsewhere(key, number, shops[shop_id], last_on, leaves, value)


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


def _absent(home: Home, shop_id: int) -> Unknown:
    said = newest_published(home, "risk", shop_id)
    if said is None:
        return _not_said(home, shop_id)
    if said.of_companies:
        return Unknown("the customers of this shop are foretold as companies", "`holdfast customers` lists them")
    return Unknown(f"not among the customers that the model spoke of on {said.as_of}", "an order within the year")


def _not_said(home: Home, shop_id: int) -> Unknown:
    """Why nothing was ever said of a shop: what the fit refused it for, where it was tried."""
    model = newest(home, shop_id, LEAVES)
    return NOT_FITTED if model is None else model.unknown if isinstance(model, Refused) else NOT_PUBLISHED


def _said(home: Home, one: Published, id: int) -> Said | None:
    rows = one.rows_of([id])
    if not rows:
        return None
    (row,), card = rows, one.card
    values = [v for v in published(home, "value", one.shop_id) if v.snapshot == one.snapshot]
    worth = values[-1].rows_of([id]) if values else []
    reasons = tuple((r.said(card["currency"]), r.worth) for r in reasons_of(row, card["peers"]))
    sooner = tuple((r.said(card["currency"]), r.worth) for r in reasons_of(row, card["peers"], SOONER))
    model = card["models"][LEAVES]
    return Said(
        one.snapshot, one.as_of, model["word"], row[LEAVES], model["label"]["said"],
        {name: row[name] for name in ("orders_30", "orders_60", "orders_90")}, reasons, sooner,
        {k: v for k, v in worth[0].items() if k != "customer_id"} if worth else {},
    )  # fmt: skip
