"""Canonical tables written as rows, and the marts over them, in one connection: no files, no home, no build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache

import duckdb
import ibis.expr.operations as ops

from holdfast.warehouse.engine import compiled, quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.declare import SQL_TYPES, Given
from holdfast.warehouse.marts.registry import DECLARED, Earlier
from holdfast.warehouse.tables import TABLES
from holdfast.warehouse.versions import none

EARLY, LATE = datetime(2015, 1, 1), datetime(2030, 1, 1)
LEARNED = datetime(2026, 7, 1)
RECURRING = {"subscription", "contract", "account"}
SALES = ("order_value", "refund_value", "purchase", "history", "account_opening", "customer_month", "customer_year")


def marts_of(
    tables: Mapping[str, Sequence[Mapping[str, object]]], *, zone: str = "UTC", shops: Sequence[int] = (1,)
) -> duckdb.DuckDBPyConnection:
    """Every table (empty where nothing is said) and every mart of subscriptions, contracts and accounts over them.

    Rows name canonical columns, keys as whole numbers; shop 1 and EUR where they say nothing.
    """
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(_empty_tables())
    shop_rows = [{"shop_id": n, "name": f"shop{n}", "account": "all", "iana_timezone": zone} for n in shops]
    for name, told in ({"shop": shop_rows} | dict(tables)).items():
        given = {"recorded_at": LEARNED, "load_id": 1, "shop_id": 1} if name in TABLES else {}
        if name in TABLES and any(column.name == "currency" for column in TABLES[name].columns):
            given["currency"] = "EUR"
        for row in told:
            filled = given | dict(row)
            names, marks = ", ".join(map(quoted, filled)), ", ".join("?" for _ in filled)
            connection.execute(f"INSERT INTO {quoted(name)} ({names}) VALUES ({marks})", list(filled.values()))
    connection.execute(_marts(zone, tuple(shops)))
    return connection


@cache
def _empty_tables() -> str:
    script = ["CREATE TABLE month_point AS SELECT range AS k FROM range(120)"]
    script.append("CREATE TABLE excluded_person (customer_id BIGINT)")
    script += [f"CREATE TABLE {quoted(name)} AS {none(table)}" for name, table in TABLES.items()]
    for mart in SALES:
        columns = ", ".join(
            f"{quoted(c)} {SQL_TYPES.get(str(t), 'VARCHAR')}" for c, t in unbound(mart).schema().items()
        )
        script.append(f"CREATE TABLE {mart} ({columns})")
    return ";\n".join(script)


@cache
def rests_on(name: str) -> frozenset[str]:
    """The canonical tables under a declared mart."""
    made = DECLARED[name](Given({1: "UTC"}, EARLY, LATE, Earlier()))
    below = {table.name for table in made.op().find(ops.UnboundTable)}
    return frozenset(below & TABLES.keys()).union(*(rests_on(mart) for mart in below & DECLARED.keys()))


@cache
def _marts(zone: str, shops: tuple[int, ...]) -> str:
    """Compiling takes longer than running on a few rows."""
    given, script = Given(dict.fromkeys(shops, zone), EARLY, LATE, Earlier()), []
    for name, make in DECLARED.items():
        if rests_on(name).isdisjoint(RECURRING):
            continue
        expression = make(given)
        casts = ", ".join(
            f"CAST({quoted(c)} AS {SQL_TYPES.get(str(t), 'VARCHAR')}) AS {quoted(c)}"
            for c, t in expression.schema().items()
        )
        script.append(f"CREATE TABLE {quoted(name)} AS SELECT {casts} FROM ({compiled(expression)})")
    return ";\n".join(script)


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> list[dict[str, object]]:
    found = connection.execute(sql, list(parameters))
    names = [d[0] for d in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def moment(day: date | str, hour: int = 12) -> datetime:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour)
