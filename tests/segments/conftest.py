"""Marts written by hand, asked as a snapshot is."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from plain_segments import Asked

from holdfast.warehouse.engine import quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.home import Shop
from holdfast.warehouse.marts.declare import SQL_TYPES
from holdfast.warehouse.marts.registry import DECLARED
from holdfast.warehouse.marts.registry import unbound as declared
from holdfast.warehouse.tables import TABLES
from holdfast.warehouse.versions import none

SHOP = Shop(1, "paper", "paper", "UTC", "EUR")
SOLD = ("order_value", "refund_value", "purchase", "history", "account_opening")


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 1})
    for name, table in TABLES.items():
        connection.execute(f"CREATE TABLE {quoted(name)} AS {none(table)}")
    schemas = {name: unbound(name).schema() for name in SOLD} | {name: declared(name).schema() for name in DECLARED}
    for name, schema in schemas.items():
        columns = ", ".join(f"{quoted(c)} {SQL_TYPES.get(str(t), 'VARCHAR')}" for c, t in schema.items())
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
    connection.execute("CREATE TABLE excluded_person (customer_id BIGINT)")
    yield connection
    connection.close()


@pytest.fixture
def shop(empty: duckdb.DuckDBPyConnection) -> Iterator[Asked]:
    empty.execute("BEGIN")
    yield Asked(empty, (SHOP,))
    empty.execute("ROLLBACK")
