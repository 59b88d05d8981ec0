"""Opening a number: its SQL, its units, and the rows behind one unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Literal

import duckdb

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Metric
from holdfast.metrics.measure import DIMENSIONS, PHASE, headline, headline_sql, months, units_sql
from holdfast.metrics.publish import survey
from holdfast.metrics.registry import find
from holdfast.metrics.valuation import Valuer
from holdfast.metrics.values import Scope, Value
from holdfast.warehouse.build import construct
from holdfast.warehouse.engine import compiled, quoted, text
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home, Shop, scratch
from holdfast.warehouse.receipts import Page
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, Snapshot, current_snapshot, open_snapshot
from holdfast.warehouse.tables import TABLES, Table

Status = Literal["counted", "open", "all"]
Format = Literal["csv", "parquet", "xlsx"]


@contextmanager
def opened(home: Home, known_at: datetime | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, Snapshot]]:
    """The serving snapshot, or what would have been built from the loads known at a past moment."""
    if known_at is None:
        snapshot = current_snapshot(home)
        if snapshot is None:
            raise NothingBuilt(NOTHING_BUILT)
        connection = open_snapshot(home, snapshot)
        try:
            yield connection, snapshot
        finally:
            connection.close()
        return
    with scratch(home, f"then-{token_hex(4)}") as beside:  # two pages may look back at once
        snapshot = construct(
            home, beside, today=known_at.date(), finish=lambda *_: None, now=known_at, known_at=known_at
        )
        connection = open_snapshot(home, snapshot)
        try:
            yield connection, snapshot
        finally:
            connection.close()


def value_on(home: Home, metric_id: str, scope: Scope, as_of: date | None, known_at: datetime | None = None) -> Value:
    """A headline measured afresh, for any day, from what is known now or was known at a moment."""
    metric = find(metric_id)
    with opened(home, known_at) as (connection, snapshot):
        day = as_of or snapshot.as_of
        valuer = Valuer(metric, survey(connection, snapshot, day))
        if not valuer.worth_asking():
            return valuer.headline((), scope)
        return valuer.headline(headline(connection, metric, Marts(snapshot.as_of), day, snapshot.shops, ()), scope)


def series_on(
    home: Home, metric_id: str, scope: Scope, as_of: date | None, known_at: datetime | None = None
) -> list[Value]:
    """All past periods measured afresh as of a day."""
    metric = find(metric_id)
    with opened(home, known_at) as (connection, snapshot):
        day = as_of or snapshot.as_of
        valuer = Valuer(metric, survey(connection, snapshot, day))
        return valuer.by_month(months(connection, metric, Marts(snapshot.as_of), day, snapshot.shops), scope)


def breakdown_on(home: Home, metric_id: str, by: str, scope: Scope, as_of: date | None) -> list[Value]:
    """Members of one dimension measured afresh as of a day."""
    metric = find(metric_id)
    with opened(home) as (connection, snapshot):
        day = as_of or snapshot.as_of
        valuer = Valuer(metric, survey(connection, snapshot, day))
        slices = headline(connection, metric, Marts(snapshot.as_of), day, snapshot.shops, DIMENSIONS)
        if by == "shop":
            return [replace(valuer.headline(slices, Scope("shop", s.name)), member=s.name) for s in snapshot.shops]
        return valuer.by(by, slices, scope)


def sql(home: Home, metric_id: str, as_of: date | None = None) -> str:
    """The text that a headline runs, from marts to tally. Raises NothingBuilt."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    return headline_sql(find(metric_id), Marts(snapshot.as_of), as_of or snapshot.as_of, snapshot.shops[:1])


def units(
    home: Home, metric_id: str, scope: Scope = Scope(), *, limit: int = 50, offset: int = 0,  # noqa: B008
    status: Status = "all", as_of: date | None = None, month: str | None = None,
    member: tuple[str, str] | None = None,
) -> Page:  # fmt: skip
    """Unit rows of a headline, newest anchor first; money in minor units as counted.

    month: a point of the series, by its `member`. member: (dimension, member) of a breakdown.
    """
    with opened(home) as (connection, snapshot):
        metric, day = find(metric_id), as_of or snapshot.as_of
        shops = Valuer(metric, survey(connection, snapshot, day)).counted_shops(scope)
        select = units_select(metric, snapshot, shops, status, day, month, member)
        (total,) = connection.execute(f"SELECT count(*) FROM ({select})").fetchone() or (0,)
        result = connection.execute(f"{select} ORDER BY anchor DESC, unit_id, shop LIMIT ? OFFSET ?", [limit, offset])
        columns = tuple(str(d[0]) for d in result.description or ())
        return Page(columns, result.fetchall(), total)


def units_select(
    metric: Metric, snapshot: Snapshot, shops: Sequence[Shop], status: Status, as_of: date,
    month: str | None = None, member: tuple[str, str] | None = None,
) -> str:  # fmt: skip
    """One row per unit of the headline: id, shop, customer, days, what it counts, and whether it counts yet.

    shops: those the number speaks of.
    """
    marts = Marts(snapshot.as_of)
    asked = units_sql(metric, marts, as_of)
    rows = f"SELECT u.*, matures_on <= DATE '{as_of}' AS mature FROM ({asked}) AS u"
    if month is not None:
        asked = compiled((metric.series or metric.units)(marts, as_of))
        point = date.fromisoformat(month)
        grain = "CAST(anchor AS DATE)" if metric.span == "state" else "CAST(date_trunc('month', anchor) AS DATE)"
        rows = f"SELECT u.*, matures_on <= DATE '{as_of}' AS mature FROM ({asked}) AS u WHERE {grain} = DATE '{point}'"
    elif metric.span == "trailing":
        rows += f" WHERE anchor > DATE '{months_before(as_of, 12)}'"
    kept = [f"r.shop_id IN ({', '.join(str(shop.shop_id) for shop in shops) or 'NULL'})"]
    kept += {"counted": ["mature"], "open": ["NOT mature"], "all": []}[status]
    beside = ""
    if member is not None:
        beside = f" LEFT JOIN ({compiled(marts.history(as_of))}) AS h ON h.customer_id = r.customer_id"
        kept.append(_is_member(*member, as_of))
    return (
        "SELECT unit_id, s.name AS shop, c.customer_number AS customer, anchor, matures_on, counted, out_of,"
        f" CASE WHEN mature THEN 'counted' ELSE 'still open' END AS status FROM ({rows}) AS r JOIN shop AS s"
        " ON s.shop_id = r.shop_id LEFT JOIN customer AS c ON c.customer_id = r.customer_id"
        f"{beside} WHERE {' AND '.join(kept)}"
    )


def _is_member(dimension: str, member: str, as_of: date) -> str:
    """A condition on `s` and `h`. Raises ValueError for a dimension or a rest that cannot be opened."""
    if dimension not in DIMENSIONS or member.startswith("all others ("):
        raise ValueError(f"{dimension} {member!r} cannot be opened: choose one member of {', '.join(DIMENSIONS)}")
    if dimension == "shop":
        return f"s.name = {text(member)}"
    column = PHASE.format(as_of=f"DATE '{as_of}'") if dimension == "phase" else f"h.{dimension}"
    return f"({column}) IS NULL" if member == "not known" else f"({column}) = {text(member)}"


def source_rows(home: Home, metric_id: str, unit_id: int) -> dict[str, Page]:
    """The rows behind one unit, over all time: its own row where the metric counts one, else orders, lines and refunds.

    unit_id: the key of that row; else a customer's; below 0, one unknown buyer's order; 0, what unknown people gave
    back that fits no order.
    """
    metric = find(metric_id)
    if metric.opens:
        with opened(home) as (connection, _):
            return {TABLES[metric.opens].rows: _own_row(connection, TABLES[metric.opens], unit_id)}
    whose = "o.customer_id = $unit" if unit_id > 0 else "o.order_id = -$unit"
    returned = "v.order_id = -$unit"
    if unit_id == 0:
        returned = "v.order_id IS NULL AND v.customer_id IS NULL AND $unit = 0"
    elif unit_id > 0:  # a refund may name only the order, and then belongs to the order's buyer
        returned = "t.customer_id = $unit OR (t.order_id IS NULL AND v.customer_id = $unit)"
    asked = {
        "orders": 'SELECT o.order_number, v.placed_on, o.currency, v.placed_minor, v.returned_minor, v.valid,'
        ' v.counts, o.channel, o.country, o.load_id FROM "order" AS o JOIN order_value AS v USING (order_id)'
        f" WHERE {whose} ORDER BY v.placed_at, o.order_number",
        "order lines": "SELECT o.order_number, p.sku, p.title, l.kind, l.quantity, l.price, l.gross_minor,"
        ' l.discount_minor, l.load_id FROM order_line AS l JOIN "order" AS o USING (order_id)'
        f" LEFT JOIN product AS p USING (product_id) WHERE {whose} ORDER BY o.processed_at, o.order_number, p.sku",
        "refunds": "SELECT o.refund_number, v.refunded_on, v.currency, v.merch_minor, t.order_number AS gives_back,"
        " o.load_id"
        " FROM refund AS o JOIN refund_value AS v USING (refund_id)"
        ' LEFT JOIN "order" AS t ON t.order_id = v.order_id'
        f" WHERE {returned} ORDER BY v.refunded_on, o.refund_number",
    }  # fmt: skip
    pages = {}
    with opened(home) as (connection, _):
        for name, select in asked.items():
            result = connection.execute(select, {"unit": unit_id})
            columns = tuple(str(d[0]) for d in result.description or ())
            rows = result.fetchall()
            pages[name] = Page(columns, rows, len(rows))
    return pages


def _own_row(connection: duckdb.DuckDBPyConnection, table: Table, unit_id: int) -> Page:
    """The source row a unit stands for, without what may name people; a table without keys has a shop's rows."""
    key = f"{table.owner}_id" if table.owner else "shop_id"
    shown = ", ".join(quoted(column.name) for column in table.columns if not column.pii)
    asked = f"SELECT {shown}, load_id FROM {quoted(table.name)} WHERE {quoted(key)} = $unit"
    result = connection.execute(asked, {"unit": unit_id})
    columns = tuple(str(d[0]) for d in result.description or ())
    rows = result.fetchall()
    return Page(columns, rows, len(rows))


def export_units(
    home: Home, metric_id: str, scope: Scope, path: Path, format: Format, *, status: Status = "all",
    as_of: date | None = None,
) -> int:  # fmt: skip
    """Write all unit rows to a file; returns how many. The file appears whole or not at all."""
    from holdfast.metrics.export import write

    with opened(home) as (connection, snapshot):
        metric, day = find(metric_id), as_of or snapshot.as_of
        shops = Valuer(metric, survey(connection, snapshot, day)).counted_shops(scope)
        select = units_select(metric, snapshot, shops, status, day)
        return write(connection.sql(f"{select} ORDER BY anchor DESC, unit_id, shop"), path, format)
