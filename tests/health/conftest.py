"""Rows of marts written by hand, and a snapshot of Saltmarsh to read."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from holdfast.health.facts import Facts
from holdfast.health.taking import taking
from holdfast.warehouse.engine import quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.declare import SQL_TYPES
from holdfast.warehouse.marts.registry import DECLARED
from holdfast.warehouse.marts.registry import unbound as declared
from holdfast.warehouse.tables import TABLES
from holdfast.warehouse.versions import none


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and mart that health reads, without rows."""
    connection = duckdb.connect(config={"threads": 1})
    for name, table in TABLES.items():
        connection.execute(f"CREATE TABLE {quoted(name)} AS {none(table)}")
    schemas = {name: unbound(name).schema() for name in ("order_value", "refund_value")}
    schemas |= {name: declared(name).schema() for name in DECLARED}
    for name, schema in schemas.items():
        columns = ", ".join(f"{quoted(c)} {SQL_TYPES.get(str(t), 'VARCHAR')}" for c, t in schema.items())
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
    connection.execute("CREATE TABLE merged_profile (customer_id BIGINT, customer_key BIGINT, shop_key BIGINT)")
    connection.execute("CREATE VIEW customer_profile AS FROM customer")
    yield connection
    connection.close()


@pytest.fixture
def told(empty):
    """Rows by table or mart, of shop 1 unless they say otherwise → facts over them."""
    filled = set()

    def write(**tables):
        for name, rows in tables.items():
            filled.add(name)
            for row in rows:
                given = {"shop_id": 1} | row
                columns = ", ".join(quoted(c) for c in given)
                empty.execute(
                    f"INSERT INTO {quoted(name)} ({columns}) VALUES ({', '.join('?' * len(given))})",
                    list(given.values()),
                )
        return Facts(empty, (1,))

    yield write
    for name in filled:
        empty.execute(f"DELETE FROM {quoted(name)} WHERE shop_id = 1")


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_home):
    with taking(saltmarsh_home) as taker:
        yield taker
