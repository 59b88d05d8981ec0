"""Which unit of a metric a person means who types its id, or the shop's own number of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from holdfast.metrics.declare import Metric
from holdfast.metrics.drill import opened
from holdfast.metrics.unit import find_unit
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home
from holdfast.warehouse.keys import LARGEST


@dataclass(frozen=True, slots=True)
class Called:
    """One unit of a metric. customer: the shop's own number of the buyer, where there is one.

    taken_as: "unit" or "customer", which of the two a number was taken for. also: another unit it could have meant.
    """

    unit_id: int
    shop: str
    customer: str | None
    taken_as: Literal["unit", "customer"]
    also: int | None = None


CUSTOMER = "customer:"  # before a number: it is the shop's own number, whatever else it could be


class NoSuchUnit(Exception):
    """Nothing is called so, or several things are; the message says what to write."""


def unit_called(home: Home, said: str, scope: Scope = Scope(), metric: Metric | None = None) -> Called:  # noqa: B008
    """The unit that a person means: by the id that lists of units show, else by the shop's own customer number.

    metric: units that are no customers are called by their id alone.

    Raises NoSuchUnit.
    """
    if metric is not None and metric.opens:
        return _own_unit(home, said, scope, metric)
    name = said.strip().removeprefix(CUSTOMER)
    with opened(home) as (connection, snapshot):
        shops = {shop.shop_id: shop.name for shop in scope.of(snapshot.shops)}
        listed = ", ".join(map(str, shops)) or "NULL"
        numbered = connection.execute(
            f"SELECT customer_id, shop_id FROM customer WHERE customer_number = ? AND shop_id IN ({listed})"
            " ORDER BY customer_id",
            [name],
        ).fetchall()
        unit = None if said.strip().startswith(CUSTOMER) else _unit(connection, name, listed)
    if unit is not None:
        also = next((c for c, _ in numbered if c != unit[0]), None)
        return Called(unit[0], shops.get(unit[1] or 0, ""), unit[2], "unit", also)
    if not numbered:
        raise NoSuchUnit(f"nothing stands behind unit {name}: no unit and no customer of these shops is called so")
    if len(numbered) > 1:
        which = ", ".join(f"{shops[shop]} (unit {customer})" for customer, shop in numbered)
        raise NoSuchUnit(f"several customers have the number {name!r}: {which}; say --shop, or give the unit's id")
    return Called(numbered[0][0], shops[numbered[0][1]], name, "customer")


def _own_unit(home: Home, said: str, scope: Scope, metric: Metric) -> Called:
    try:
        return Called(find_unit(home, metric.id, int(said), scope).unit_id, "", None, "unit")
    except (ValueError, LookupError) as problem:
        raise NoSuchUnit(f"nothing stands behind unit {said}: {metric.name} counts no such unit") from problem


def _unit(connection: duckdb.DuckDBPyConnection, name: str, shops: str) -> tuple[int, int | None, str | None] | None:
    """(unit, shop, customer number) of a unit's id; None when no unit has it."""
    try:
        number = int(name)
    except ValueError:
        return None
    if number == 0:
        return 0, None, None
    if abs(number) > LARGEST:
        return None
    table, key, of = ('"order"', "order_id", "NULL") if number < 0 else ("customer", "customer_id", "customer_number")
    select = f"SELECT shop_id, {of} FROM {table} WHERE {key} = ? AND shop_id IN ({shops})"
    found = connection.execute(select, [abs(number)]).fetchone()
    return (number, int(found[0]), found[1]) if found else None
