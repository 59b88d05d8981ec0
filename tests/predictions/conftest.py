"""Marts without rows, to be written by hand; and two real shops, built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from paper_shop import build_rows
from shop_in_arrays import Paper

import holdfast
from holdfast.sources.files.load import load
from holdfast.warehouse.engine import quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.home import Home
from holdfast.warehouse.marts.declare import SQL_TYPES
from holdfast.warehouse.marts.registry import DECLARED
from holdfast.warehouse.marts.registry import unbound as declared
from holdfast.warehouse.tables import TABLES
from holdfast.warehouse.versions import none

CDNOW = Path(__file__).parents[1] / "data" / "cdnow" / "cdnow_master.csv"
RETAIL = Path(holdfast.__file__).parent / "examples" / "online_retail_ii"


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and mart that models read, without rows."""
    connection = duckdb.connect(config={"threads": 1})
    for name, table in TABLES.items():
        connection.execute(f"CREATE TABLE {quoted(name)} AS {none(table)}")
    schemas = {name: unbound(name).schema() for name in ("order_value", "refund_value", "purchase", "history")}
    schemas |= {name: declared(name).schema() for name in DECLARED}
    for name, schema in schemas.items():
        columns = ", ".join(f"{quoted(c)} {SQL_TYPES.get(str(t), 'VARCHAR')}" for c, t in schema.items())
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns})")
    connection.execute("CREATE TABLE merged_profile (customer_id BIGINT, customer_key BIGINT, shop_key BIGINT)")
    connection.execute("CREATE VIEW customer_profile AS FROM customer")
    yield connection
    connection.close()


@pytest.fixture
def paper(empty: duckdb.DuckDBPyConnection) -> Iterator[Paper]:
    empty.execute("BEGIN")
    yield Paper(empty)
    empty.execute("ROLLBACK")


def _built(folder: Path, paths: list[Path], zone: str, currency: str) -> Home:
    home = Home(folder / "home")
    home.create()
    load(home, paths, shop="real", zone=zone, currency=currency)
    build_rows(home)
    return home


@pytest.fixture(scope="session")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return _built(tmp_path_factory.mktemp("cdnow"), [CDNOW], "America/New_York", "USD")


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return _built(tmp_path_factory.mktemp("retail"), [RETAIL], "Europe/London", "GBP")
