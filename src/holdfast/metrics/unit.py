"""One unit of a number: whether the number counts it at all, and what people call it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.metrics.declare import Metric
from holdfast.metrics.measure import series_sql, units_sql
from holdfast.metrics.published import need_published
from holdfast.metrics.registry import find
from holdfast.metrics.values import Scope
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Unit:
    """unit_id: a customer's, above 0; below 0 an unknown buyer's order; 0 what unknown people gave back.

    number: the shop's own number of the customer or of the order, where it has one.
    """

    unit_id: int
    number: str | None


def find_unit(home: Home, metric_id: str, unit_id: int, scope: Scope = Scope()) -> Unit:  # noqa: B008 (frozen)
    """The unit of a metric, in its headline or its past. Raises LookupError for what the metric does not count."""
    metric, source = find(metric_id), need_published(home)
    for asked in _asked(metric, source.manifest):
        if _holds(home, source.manifest, asked, unit_id, source.shops_of(scope)):
            of_sales = not metric.opens  # other units are no customers, whatever their number
            return Unit(unit_id, _number(home, source.manifest, unit_id) if of_sales else None)
    raise LookupError(f"{metric.name} counts no unit {unit_id}")


def find_buyer(home: Home, customer_id: int, scope: Scope = Scope()) -> Unit:  # noqa: B008 (frozen)
    """Somebody who stands in a cohort. Raises LookupError for who never bought."""
    source = need_published(home)
    bought = "SELECT customer_id AS unit_id, shop_id FROM history"
    if not _holds(home, source.manifest, bought, customer_id, source.shops_of(scope)):
        raise LookupError(f"no customer {customer_id} ever bought")
    return Unit(customer_id, _number(home, source.manifest, customer_id))


def _asked(metric: Metric, snapshot: Snapshot) -> list[str]:
    marts = Marts(snapshot.as_of)
    now = units_sql(metric, marts, snapshot.as_of)
    return [now] if metric.series is None else [now, series_sql(metric, marts, snapshot.as_of)]


def _holds(home: Home, snapshot: Snapshot, asked: str, unit_id: int, shops: tuple[Shop, ...]) -> bool:
    own = ", ".join(str(shop.shop_id) for shop in shops) or "NULL"
    select = f"SELECT 1 FROM ({asked}) WHERE unit_id = {unit_id} AND shop_id IN ({own}) LIMIT 1"
    return _first(home, snapshot, select) is not None


def _number(home: Home, snapshot: Snapshot, unit_id: int) -> str | None:
    if unit_id == 0:
        return None
    select = f"SELECT customer_number FROM customer WHERE customer_id = {unit_id}"
    if unit_id < 0:
        select = f'SELECT order_number FROM "order" WHERE order_id = {-unit_id}'
    found = _first(home, snapshot, select)
    return None if found is None else found[0]


def _first(home: Home, snapshot: Snapshot, select: str) -> tuple[str | None, ...] | None:
    with kept_reader(home, snapshot) as connection:
        found: tuple[str | None, ...] | None = connection.execute(select).fetchone()
    return found
