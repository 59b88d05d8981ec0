"""The rows as they came in behind one unit: its orders, their lines, and what was given back."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.receipts import Page, receipts
from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, current_snapshot


def rows_behind(home: Home, unit_id: int) -> dict[str, Page]:
    """Orders, order lines and refunds of a customer, each with its file and line.

    unit_id: below 0, of one order; 0: what nobody known gave back.

    Raises NothingBuilt.
    """
    snapshot = current_snapshot(home)
    if snapshot is None:
        raise NothingBuilt(NOTHING_BUILT)
    with kept_reader(home, snapshot) as connection:
        named, orders = file_names(home), _page(connection, _orders_sql(unit_id))
        numbers = {row[0]: (place, row[1]) for place, row in enumerate(orders.rows)}
        return {
            "orders": with_files(Page(orders.columns[1:], [row[1:] for row in orders.rows], orders.total), named),
            "order lines": with_files(_page(connection, _lines_sql(numbers)), named),
            "refunds": with_files(_page(connection, _refunds_sql(unit_id, numbers)), named),
        }


def file_names(home: Home) -> dict[tuple[object, object], str]:
    """(load, number of a file in it) → its name."""
    return {(r.load_id, number): name for r in receipts(home) for number, name in enumerate(r.files)}


def with_files(page: Page, named: dict[tuple[object, object], str]) -> Page:
    """The rows with the name of a file in place of its number; a page that knows no files as it is."""
    if "file_no" not in page.columns:
        return page
    load, number = page.columns.index("load_id"), page.columns.index("file_no")
    shown = tuple("file" if column == "file_no" else column for column in page.columns)
    files = [named.get((row[load], row[number])) for row in page.rows]
    told = [(*row[:number], file, *row[number + 1 :]) for row, file in zip(page.rows, files, strict=True)]
    return Page(shown, told, page.total)


def _orders_sql(unit_id: int) -> str:
    whose = f"order_id = {-unit_id}" if unit_id < 0 else f"customer_id = {unit_id or 'NULL'}"
    return (
        "SELECT o.order_id, o.order_number, v.placed_on, o.currency, v.placed_minor, v.returned_minor, v.valid,"
        ' v.counts, o.channel, o.country, o.load_id, o.file_no, o.line FROM "order" AS o'
        f" JOIN (SELECT * FROM order_value WHERE {whose}) AS v USING (order_id) ORDER BY v.placed_at, o.order_number"
    )


def _lines_sql(orders: dict[object, tuple[int, object]]) -> str:
    """orders: id → (place, number). Named one by one they filter what is read of the lines, which a join does not."""
    own = [f"({order_id}, {place}, {_text(number)})" for order_id, (place, number) in orders.items()]
    return (
        "SELECT o.order_number, p.sku, p.title, l.kind, l.quantity, l.price, l.gross_minor, l.discount_minor,"
        " l.load_id, l.file_no, l.line"
        f" FROM (SELECT * FROM order_line WHERE order_id IN ({_ids(orders)})) AS l"
        f" JOIN (VALUES {', '.join(own) or '(NULL, NULL, NULL)'}) AS o(order_id, place, order_number) USING (order_id)"
        " LEFT JOIN product AS p USING (product_id) ORDER BY o.place, p.sku"
    )


def _refunds_sql(unit_id: int, orders: dict[object, tuple[int, object]]) -> str:
    returned, of_own = f"order_id = {-unit_id}", f"t.order_id IN ({_ids(orders)})"
    if unit_id == 0:
        returned, of_own = "order_id IS NULL AND customer_id IS NULL", "true"
    elif unit_id > 0:  # a refund may name only the order, and then belongs to the order's buyer
        returned, of_own = f"order_id IN ({_ids(orders)}) OR customer_id = {unit_id}", f"t.order_id IS NULL OR {of_own}"
    return (
        "SELECT o.refund_number, v.refunded_on, v.currency, v.merch_minor, t.order_number AS gives_back,"
        " o.load_id, o.file_no, o.line"
        f" FROM (SELECT * FROM refund_value WHERE {returned}) AS v JOIN refund AS o USING (refund_id)"
        f' LEFT JOIN "order" AS t ON t.order_id = v.order_id WHERE {of_own} ORDER BY v.refunded_on, o.refund_number'
    )


def _ids(orders: Iterable[object]) -> str:
    return ", ".join(map(str, orders)) or "NULL"


def _text(number: object) -> str:
    return "NULL" if number is None else text(str(number))


def _page(connection: duckdb.DuckDBPyConnection, select: str) -> Page:
    result = connection.execute(select)
    columns = tuple(str(d[0]) for d in result.description or ())
    rows = result.fetchall()
    return Page(columns, rows, len(rows))
