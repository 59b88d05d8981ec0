"""A shop written by hand: rows in, a home with a built snapshot out. Small enough to count on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import measured
from holdfast.metrics.ground import write_ground
from holdfast.metrics.registry import METRICS, find
from holdfast.metrics.valuation import Ground
from holdfast.metrics.values import Scope, Value
from holdfast.warehouse.build import build_snapshot
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.landing import land
from holdfast.warehouse.lock import writing
from holdfast.warehouse.receipts import Receipt
from holdfast.warehouse.snapshot import Snapshot, current_snapshot
from holdfast.warehouse.staging import LINE_TABLES, REJECT_COLUMNS, Staged, staged_columns

Rows = Sequence[Mapping[str, object]]
_WRITTEN = {
    "order", "order.customer_id", "order.account_id", "order.channel", "order_line", "refund", "customer_identifier",
    "customer.account_created_at", "account_activity",
}  # fmt: skip
# What a shop of orders, refunds and accounts can say. Of all else Saltmarsh tells (test_saltmarsh_opens).
OF_ORDERS = tuple(metric.id for metric in METRICS.values() if set(metric.needs) <= _WRITTEN)


def stage(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Rows], name: str = "paper.csv") -> Staged:
    """Stage rows written as dicts; columns not named are null."""
    read = 0
    for table, rows in tables.items():
        columns = staged_columns(table)
        described = ", ".join(f'"{c}" {t}' for c, t in columns.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE stage_{table} ({described})")
        filled = [({"file_no": 0} if table in LINE_TABLES else {}) | dict(row) for row in rows]
        for names, alike in groupby(filled, key=tuple):
            assert set(names) <= set(columns), set(names) - set(columns)
            told, marks = ", ".join(f'"{c}"' for c in names), ", ".join("?" for _ in names)
            cells = [list(row.values()) for row in alike]
            connection.executemany(f"INSERT INTO stage_{table} ({told}) VALUES ({marks})", cells)
        read += len(rows)
    described = ", ".join(f'"{c}" {t}' for c, t in REJECT_COLUMNS.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stage_reject ({described})")
    fingerprint = (
        f"{name}:{hash(repr(sorted((t, [sorted(r.items(), key=str) for r in rs]) for t, rs in tables.items())))}"
    )
    return Staged(tuple(tables), (name,), (fingerprint,), read, 0)


def paper_home(folder: Path, *, zone: str = "UTC", currency: str = "EUR", name: str = "paper") -> tuple[Home, Shop]:
    home = Home(folder / "home")
    home.create()
    return home, home.add_shop(name, account=name, zone=zone, currency=currency)


def land_rows(
    home: Home, shop: Shop, tables: Mapping[str, Rows], *, now: datetime | None = None, name: str = "paper.csv"
) -> Receipt:
    connection = duckdb.connect()
    try:
        with writing(home, "import"):
            return land(home, shop, stage(connection, tables, name), connection, mapping_name="paper", now=now)
    finally:
        connection.close()


def sold(
    *orders: tuple[str, str | None, object], price: str = "10.00", currency: str = "EUR"
) -> dict[str, list[dict[str, object]]]:
    """Orders as (number, customer, day or moment), one line of one product each."""
    order_rows, line_rows = [], []
    for number, customer, when in orders:
        moment = when if isinstance(when, datetime) else datetime(when.year, when.month, when.day, 12)  # type: ignore[union-attr]
        order_rows.append(
            {
                "order_source": number,
                "customer_source": customer,
                "order_number": number,
                "processed_at": moment,
                "currency": currency,
            }
        )
        line_rows.append(line(number, "mug", 1, price))
    customers = sorted({c for _, c, _ in orders if c})
    return {
        "customer": [{"customer_source": c} for c in customers],
        "product": [{"product_source": "mug", "sku": "mug"}],
        "order": order_rows,
        "order_line": line_rows,
    }


def line(order: str, product: str, quantity: int, price: str, **more: object) -> dict[str, object]:
    from decimal import Decimal

    gross = int(quantity * Decimal(price) * 100)
    return {
        "order_source": order, "product_source": product, "kind": "merchandise", "quantity": quantity,
        "price": Decimal(price), "gross_minor": gross,
    } | more  # fmt: skip


def order(
    number: str,
    customer: str | None,
    when: date,
    amount: str = "10.00",
    *,
    lines: Rows | None = None,
    **columns: object,
) -> dict[str, Rows]:
    """One order with one line of merchandise, or with the lines given; further columns are the order's."""
    moment = when if isinstance(when, datetime) else datetime(when.year, when.month, when.day, 12)
    told = {"order_source": number, "customer_source": customer, "order_number": number, "processed_at": moment}
    return {
        "customer": [{"customer_source": customer}] if customer else [],
        "order": [told | {"currency": "EUR"} | columns],
        "order_line": [line(number, "mug", 1, amount)] if lines is None else lines,
    }


def refund(
    number: str, when: date, amount: str, *, of: str | None = None, customer: str | None = None, currency: str = "EUR"
) -> dict[str, Rows]:
    """One mug given back: of an order, of a customer, or of nobody known."""
    from decimal import Decimal

    moment = datetime(when.year, when.month, when.day, 15)
    head = {"refund_source": number, "order_source": of, "customer_source": customer, "refund_number": number}
    back = {"refund_source": number, "product_source": "mug", "kind": "merchandise", "quantity": 1}
    return {
        "customer": [{"customer_source": customer}] if customer else [],
        "refund": [head | {"processed_at": moment, "currency": currency}],
        "refund_line": [back | {"price": Decimal(amount), "subtotal_minor": int(Decimal(amount) * 100)}],
    }


def account(customer: str, opened_at: datetime | None, **columns: object) -> dict[str, Rows]:
    return {"customer": [{"customer_source": customer, "account_created_at": opened_at} | columns]}


def book(*parts: Mapping[str, Rows]) -> dict[str, list[Mapping[str, object]]]:
    """Several parts as one import; a customer told more than once keeps what any of them says."""
    tables: dict[str, list[Mapping[str, object]]] = {"product": [{"product_source": "mug", "sku": "mug"}]}
    people: dict[object, dict[str, object]] = {}
    for part in parts:
        for table, rows in part.items():
            if table == "customer":
                for row in rows:
                    people.setdefault(row["customer_source"], {}).update(row)
            elif rows:
                tables.setdefault(table, []).extend(rows)
    return {"customer": list(people.values())} | tables if people else tables


def value_on(home: Home, metric_id: str, scope: Scope, as_of: date | None, known_at: datetime | None = None) -> Value:
    """A headline measured afresh."""
    metric = find(metric_id)
    return measured(home, [metric], scope, as_of, known_at).value(metric.id, scope)


def series_on(home: Home, metric_id: str, scope: Scope, as_of: date | None) -> tuple[Value, ...]:
    """All past points measured afresh as of a day."""
    metric = find(metric_id)
    return measured(home, [metric], scope, as_of).series(metric.id, scope)


def breakdown_on(home: Home, metric_id: str, by: str, scope: Scope, as_of: date | None) -> tuple[Value, ...]:
    """The members of a dimension measured afresh as of a day."""
    metric = find(metric_id)
    return measured(home, [metric], scope, as_of, dimensions=(by,)).breakdown(metric.id, by, scope)


def said(value: Value) -> tuple[int, int, float, float, float | str]:
    """(n, still open, counted, out of, point or why not), as one writes it on paper."""
    reading = value.reading
    return (
        value.n,
        value.still_open,
        value.counted,
        value.out_of,
        reading.why if isinstance(reading, Unknown) else reading.point,
    )


def build_rows(home: Home, *, today: date = date(2100, 1, 1)) -> Snapshot:
    """Build without metrics: marts only."""
    return build_snapshot(home, today=today, finish=lambda *_: None)


def data_end(home: Home, **days: date) -> None:
    """As a build that measures leaves it: of each shop, by its name, the day of its newest row."""
    built = current_snapshot(home)
    assert built is not None
    last = {shop.shop_id: days[shop.name] for shop in built.shops}
    write_ground(Ground(built.shops, built.as_of, {}, {}, {}, built.id, {"order": last}), built.path)
