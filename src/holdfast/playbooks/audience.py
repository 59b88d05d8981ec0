"""How large an audience is, how many enter it in a time, and who was in it on a day: before anything is switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from holdfast.playbooks.declare import Playbook
from holdfast.playbooks.due_sets import inside_sql
from holdfast.playbooks.live import Live
from holdfast.playbooks.tick import Load
from holdfast.warehouse.engine import open_writer, quoted, text
from holdfast.warehouse.home import Home, scratch


@dataclass(frozen=True, slots=True)
class Audience:
    """Of one shop (0: accounts). inside: now; began: who would have begun in the days before, had it been on."""

    inside: int
    began: int


def sizes(home: Home, it: Playbook, load: Load) -> Mapping[int, int]:
    """Who is in the audience, by shop; 0 stands for accounts, which have none."""
    with _facts(home, it, load) as (connection, day):
        return {} if day is None else _counted(connection, f"SELECT *, true AS now FROM ({_inside(it, day)})", "now")


def audiences(home: Home, it: Playbook, load: Load, before: Load, days: int) -> Mapping[int, Audience]:
    """With how many would have begun in the `days` behind: who is in it now and was not at their beginning, who is not
    any more, or whose day fell into them. before: loads the day at their beginning."""
    with _facts(home, it, load) as (connection, day):
        if day is None:
            return {}
        connection.execute(f"CREATE TEMP TABLE inside_now AS {_inside(it, day)}")
        began = _begun(home, connection, it, before, day, days)
        inside = _counted(connection, "SELECT *, true AS yes FROM inside_now", "yes")
    return {shop: Audience(n, began.get(shop, 0)) for shop, n in (dict.fromkeys(began, 0) | dict(inside)).items()}


def write_inside(home: Home, it: Playbook, load: Load, path: Path) -> None:
    """A Parquet file (customer_id) of who was in the audience on the day that is loaded."""
    with _facts(home, it, load) as (connection, day):
        who = "SELECT NULL::BIGINT AS customer_id WHERE false"
        if day is not None:
            who = f"SELECT subject AS customer_id FROM ({_inside(it, day)})"
        connection.execute(f"COPY ({who}) TO {text(str(path))} (FORMAT parquet)")


def _begun(
    home: Home, connection: duckdb.DuckDBPyConnection, it: Playbook, before: Load, day: date, days: int
) -> Mapping[int, int]:
    t = it.trigger
    if t.on in ("date", "event"):
        moved = f"f.{quoted(t.fact)} + ({t.days})"
        since = f"DATE '{day - timedelta(days=days)}'"
        asked = f"SELECT i.*, coalesce({moved} > {since} AND {moved} <= DATE '{day}', false) AS yes"
        return _counted(connection, f"{asked} FROM inside_now AS i JOIN fact AS f USING (subject)", "yes")
    with scratch(home, "before") as folder:
        write_inside(home, it, before, folder / "inside.parquet")
        connection.execute(
            f"CREATE TEMP TABLE inside_then AS SELECT customer_id AS subject"
            f" FROM read_parquet({text(str(folder / 'inside.parquet'))})"
        )
    others, mine = ("inside_then", "inside_now") if t.on == "enter" else ("inside_now", "inside_then")
    shop = "f.shop_id" if it.who == "customers" else "0"
    select = f"SELECT m.subject, {shop} AS shop_id, true AS yes FROM {mine} AS m JOIN fact AS f USING (subject)"
    return _counted(connection, f"{select} ANTI JOIN {others} AS o ON o.subject = m.subject", "yes")


def _counted(connection: duckdb.DuckDBPyConnection, rows: str, yes: str) -> Mapping[int, int]:
    told = connection.execute(f"SELECT shop_id, count(*) FILTER ({yes}) FROM ({rows}) GROUP BY 1").fetchall()
    return {shop or 0: n for shop, n in told}


def _inside(it: Playbook, day: date) -> str:
    shop = "f.shop_id" if it.who == "customers" else "0"
    return f"SELECT f.subject, {shop} AS shop_id FROM fact AS f WHERE {inside_sql(it, day)}"


@contextmanager
def _facts(home: Home, it: Playbook, load: Load) -> Iterator[tuple[duckdb.DuckDBPyConnection, date | None]]:
    """Everybody with what the playbook asks of them, and the day it is known of; None: there is nobody."""
    with scratch(home, "audience") as folder, closing(open_writer(folder)) as connection:
        known = load(connection, [Live(0, 1, it, {})])
        yield connection, None if known is None else known.as_of
