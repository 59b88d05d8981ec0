"""A shop of a few people who may or may not be written to, and messages that are due to them."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from paper_shop import build_rows

from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
BUYERS = ("customer id", "email", "phone", "first name", "country", "email consent", "sms consent")
PEOPLE = (
    ("1", "ann@kelp.example", "+44 20 7946 0018", "Ann", "GB", "yes", "yes"),
    ("2", "bo@kelp.example", "", "Bo", "US", "yes", ""),
    ("3", "cy@kelp.example", "", "", "GB", "no", ""),
    ("4", "", "", "Dee", "GB", "yes", ""),
    ("5", "not an address", "", "Eli", "GB", "yes", ""),
    ("6", "fay@kelp.example", "", "Fay", "GB", "", ""),
)
ORDERS = ("order id", "customer id", "order date", "sku", "quantity", "price", "email")


def made(folder: Path, people: tuple[tuple[str, ...], ...] = PEOPLE) -> Home:
    """A built home of one shop in London, whose people each bought once."""
    home = Home(folder / "home")
    home.create()
    files = folder / "files"
    files.mkdir()
    _write(files / "customers.csv", BUYERS, people)
    orders = [(f"o{p[0]}", p[0], "2026-03-01 12:00", "MUG", "1", "10.00", p[1]) for p in people]
    _write(files / "orders.csv", ORDERS, orders)
    load(home, [files], shop="Kelp", zone="Europe/London", currency="GBP")
    build_rows(home, today=date(2026, 6, 1))
    return home


def add_orders(home: Home, folder: Path, rows: list[tuple[str, ...]]) -> None:
    _write(folder / "more.csv", ORDERS, rows)
    load(home, [folder / "more.csv"], shop="Kelp", zone="Europe/London", currency="GBP")
    build_rows(home, today=date(2026, 6, 1))


def _write(path: Path, columns: tuple[str, ...], rows: object) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])  # type: ignore[misc]


def keys(home: Home) -> dict[str, int]:
    """The shop's number of a buyer → ours."""
    snapshot = current_snapshot(home)
    assert snapshot is not None
    reader = open_snapshot(home, snapshot, "customer")
    try:
        return dict(reader.execute("SELECT customer_number, customer_id FROM customer").fetchall())
    finally:
        reader.close()


def due(*rows: dict[str, object]) -> duckdb.DuckDBPyConnection:
    """A connection with `candidate`: a mail of step "write" of "welcome", where a row says nothing else."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE candidate (run BIGINT, playbook VARCHAR, version INT, step VARCHAR, turn INT, shop_id BIGINT,"
        " customer_id BIGINT, account_id BIGINT, channel VARCHAR, class VARCHAR, priority INT, due_at TIMESTAMPTZ)"
    )
    usual = {"playbook": "welcome", "version": 1, "step": "write", "turn": 1, "shop_id": 1, "account_id": None,
             "channel": "email", "class": "marketing", "priority": 5, "due_at": NOON.isoformat()}  # fmt: skip
    for number, row in enumerate(rows, start=1):
        told = usual | {"run": number} | row
        names = ", ".join(f'"{name}"' for name in told)
        connection.execute(
            f"INSERT INTO candidate ({names}) VALUES ({', '.join('?' * len(told))})", list(told.values())
        )
    return connection


def verdicts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute("SELECT verdict, why FROM judged ORDER BY run, step, turn").fetchall()
