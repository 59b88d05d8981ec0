"""One customer as the models see them: what was said and why, what happened, and the same person in other shops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.customers import not_said
from holdfast.predictions.label import LEAVES
from holdfast.predictions.objections import OBJECTED, objected
from holdfast.predictions.publish import Published, newest_published, published
from holdfast.predictions.reasons import SOONER, reasons_of
from holdfast.predictions.timeline import Event, timeline
from holdfast.warehouse.home import Home, Shop


class NoSuchCustomer(Exception):
    """Nobody in the snapshot goes by this number."""


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
class Subscribed:
    """What was said last of a subscriber. months: renewed so far; stays: the chance to be there `within` months on;
    renewals: expected of these; value_minor: what they bring, discounted, and its ends."""

    as_of: date
    word: str
    within: int
    months: int
    stays: float
    renewals: float
    value_minor: float
    low_minor: float
    high_minor: float


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
    subscribed: Subscribed | None = None


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
            None if why is OBJECTED else _subscribed(home, shop_id, id),
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


def _absent(home: Home, shop_id: int) -> Unknown:
    said = newest_published(home, "risk", shop_id)
    if said is None:
        return not_said(home, shop_id)
    if said.of_companies:
        return Unknown("the customers of this shop are foretold as companies", "`holdfast customers` lists them")
    return Unknown(f"not among the customers that the model spoke of on {said.as_of}", "an order within the year")


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


def _subscribed(home: Home, shop_id: int, id: int) -> Subscribed | None:
    """None of somebody who did not subscribe on that day."""
    said = newest_published(home, "staying", shop_id)
    rows = [] if said is None else said.rows_of([id])
    if said is None or not rows:
        return None
    (row,), card = rows, said.card
    told = {name: row[name] for name in ("months", "stays", "renewals", "value_minor", "low_minor", "high_minor")}
    return Subscribed(said.as_of, card["word"], card["horizon_months"], **told)
