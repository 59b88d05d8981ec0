"""What rows say of parties on days: one query an input, over a snapshot that is open for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.health.rows.registry import ROWS, Rows
from holdfast.health.subject import Kind
from holdfast.metrics.needs import shops_with
from holdfast.predictions.lots import Lots, lots
from holdfast.warehouse.engine import compiled

Columns = dict[str, npt.NDArray[np.generic]]
SAMPLED = ("order_value", "mrr_ledger", "message_told", "ticket_times")
NOT_MADE = Unknown("not made yet by this snapshot", "run `holdfast build`")


@dataclass(frozen=True, slots=True)
class Sum:
    """counted and out_of as the input has them; parties: how many customers or companies stand behind it."""

    counted: float
    out_of: float
    n: int
    parties: int
    told_on: date | None


@dataclass(frozen=True, slots=True)
class Facts:
    """connection: over a snapshot's tables and marts. shop_ids: whose rows are read. sample: the share of the customers
    that is read, drawn: their keys, where that is not everybody; what is told of all of a shop, such as its usual gap,
    is then told of them."""

    connection: duckdb.DuckDBPyConnection
    shop_ids: tuple[int, ...]
    sample: float = 1.0
    drawn: tuple[int, ...] = ()

    def sampled(self, share: float) -> Facts:
        """A part of the customers, always the same ones."""
        return replace(self, sample=share, drawn=self.lots("customer").drawn(share))

    def lots(self, kind: Kind) -> Lots:
        """By which people or companies are parted."""
        return lots(self.connection, self.shop_ids, companies=kind == "company")

    def missing(self, rows: Rows) -> Unknown | None:
        """Why none of the shops can say anything: a table of which they have no rows."""
        for need in rows.needs:
            query, why = shops_with(need)
            try:
                asked = f"SELECT 1 FROM ({query}) WHERE shop_id IN {_listed(self.shop_ids)}"
                (found,) = self._row(f"SELECT EXISTS ({asked})")
            except duckdb.CatalogException:
                return NOT_MADE
            if not found:
                return why
        return None

    def newest(self, rows: Rows, as_of: date) -> date | None:
        """The newest day of what keeps coming, for an input that says something by nothing having happened."""
        if rows.alive is None:
            return None
        told = f"SELECT max(day)::DATE FROM ({compiled(rows.alive())}) WHERE shop_id IN {_listed(self.shop_ids)}"
        found: date | None = self._row(f"{told} AND day <= DATE '{as_of}'")[0]
        return found

    def summed(self, rows: Rows, as_of: date) -> Sum | None:
        """All customers of the shops together; None where nobody has a row."""
        counted, out_of, n, parties, told_on = self._row(
            "SELECT sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT, count(*), max(told_on)::DATE FROM "
            + self._asked(rows.id, "account", (as_of,))
        )
        return Sum(counted, out_of, n, parties, told_on) if parties and out_of else None

    def behind(self, rows: Rows, as_of: date, limit: int = 50, offset: int = 0) -> list[tuple[int, float, float, int]]:
        """The customers behind an account's number: key, counted, out_of, n; those that weigh most first."""
        return self.connection.execute(
            "SELECT party, sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT FROM "
            + self._asked(rows.id, "account", (as_of,))
            + f" GROUP BY party ORDER BY 2 DESC, 3 DESC, 1 LIMIT {int(limit)} OFFSET {int(offset)}"
        ).fetchall()

    def of_party(self, rows: Rows, kind: Kind, party: int, as_of: date) -> Sum | None:
        """One party in all of the shops."""
        counted, out_of, n, told_on = self._row(
            "SELECT sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT, max(told_on)::DATE FROM "
            + self._asked(rows.id, kind, (as_of,))
            + f" AND party = {int(party)}"
        )
        return Sum(counted, out_of, n, 1, told_on) if out_of else None

    def sums(self, rows: Rows, kind: Kind, as_of: date) -> dict[int, Sum]:
        """Every party that has rows."""
        found = self.connection.execute(
            "SELECT party, sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT, max(told_on)::DATE FROM "
            + self._asked(rows.id, kind, (as_of,))
            + " GROUP BY party"
        ).fetchall()
        return {
            party: Sum(counted, out_of, int(n), 1, told_on) for party, counted, out_of, n, told_on in found if out_of
        }

    def parties(self, rows: Rows, kind: Kind, days: Sequence[date]) -> Columns:
        """Arrays of equal length, one row a day and party: as_of (datetime64[D]), party, value, told_on;
        sorted by both."""
        asked = self._asked(rows.id, kind, days)
        found = self.connection.execute(
            "SELECT as_of, party, sum(counted)::DOUBLE / sum(out_of)::DOUBLE AS value, max(told_on)::DATE AS told_on"
            f" FROM {asked} GROUP BY as_of, party HAVING sum(out_of) > 0 ORDER BY as_of, party"
        ).fetchnumpy()
        return {name: _filled(column) for name, column in found.items()}

    def newest_by_day(self, rows: Rows, days: Sequence[date]) -> dict[date, date]:
        """`newest` for many days at once; a day before anything happened is not there."""
        if rows.alive is None:
            return {}
        alive = f"(SELECT day FROM ({compiled(rows.alive())}) WHERE shop_id IN {_listed(self.shop_ids)})"
        asked = f"(VALUES {_values(days)}) AS asked(as_of)"
        query = f"SELECT as_of, max(day)::DATE FROM {asked} JOIN {alive} ON day <= as_of GROUP BY 1"
        return dict(self.connection.execute(query).fetchall())

    def span(self) -> tuple[date, date] | None:
        """The days of the first and the last order that counts, or movement of recurring revenue."""
        orders = "SELECT placed_on AS day, shop_id FROM order_value WHERE counts AND customer_id IS NOT NULL"
        first, last = self._row(
            f"SELECT min(day), max(day) FROM ({orders} UNION ALL SELECT day, shop_id FROM mrr_ledger)"
            f" WHERE shop_id IN {_listed(self.shop_ids)}"
        )
        return (first, last) if first else None

    def recorded(self, days: Sequence[date]) -> tuple[float, ...]:
        """Of the orders and subscriptions up to each day, the share that Holdfast had learned of by the day after."""
        orders = 'SELECT recorded_at, placed_on AS day, v.shop_id FROM "order" JOIN order_value AS v USING (order_id)'
        agreed = "SELECT recorded_at, started_at::DATE AS day, shop_id FROM subscription"
        shares = (f"avg((recorded_at::DATE <= DATE '{d}' + 1)::INT) FILTER (WHERE day <= DATE '{d}')" for d in days)
        return tuple(
            float(share or 0.0)
            for share in self._row(
                f"SELECT {', '.join(shares)} FROM ({orders} UNION ALL {agreed})"
                f" WHERE shop_id IN {_listed(self.shop_ids)}"
            )
        )

    def listed(self, told: ibis.Table, days: Sequence[date], columns: str, rest: str) -> Columns:
        """Columns of an expression over the days asked about, as arrays; rest: grouping and order."""
        given = self._given(days)
        found = self.connection.execute(
            f"{given} SELECT {columns} FROM ({compiled(told)}) WHERE shop_id IN {_listed(self.shop_ids)} {rest}"
        ).fetchnumpy()
        return {name: _filled(column) for name, column in found.items()}

    def number(self, told: ibis.Table, days: Sequence[date]) -> float | None:
        """The greatest number that an expression with one column beside shop_id answers for the shops."""
        (column,) = (name for name in told.columns if name != "shop_id")
        asked = f"SELECT max({column}) FROM ({compiled(told)}) WHERE shop_id IN {_listed(self.shop_ids)}"
        query = f"{self._given(days)} {asked}"
        found: float | None = self._row(query)[0]
        return found

    def customers(self) -> int:
        """Who ever bought."""
        (found,) = self._row(
            f"SELECT count(DISTINCT customer_id) FROM order_value WHERE counts AND shop_id IN {_listed(self.shop_ids)}"
        )
        return int(found)

    def _asked(self, id: str, kind: Kind, days: Sequence[date]) -> str:
        """The rows of an input for some days, as something to select from."""
        return f"({self._given(days)} SELECT * FROM ({_sql(id, kind)})) WHERE shop_id IN {_listed(self.shop_ids)}"

    def _given(self, days: Sequence[date]) -> str:
        """The days asked about and, where it is of a sample, only its customers' rows of the large tables."""
        given = [f"asked_day(as_of) AS (VALUES {_values(days)})"]
        if self.sample < 1:
            # one text, not a number each: a list of so many would take longer to parse than all that is asked of it
            keys = ", ".join(map(str, self.drawn))
            given.append(f"drawn AS (SELECT unnest('[{keys}]'::BIGINT[]) AS customer_id)")
            ours = "customer_id IS NULL OR customer_id IN (SELECT customer_id FROM drawn)"
            given += [f"{table} AS (SELECT * FROM {table} WHERE {ours})" for table in SAMPLED]
        return "WITH " + ", ".join(given)

    def _row(self, query: str) -> tuple[Any, ...]:
        """The one row of sums over everything."""
        (row,) = self.connection.execute(query).fetchall()
        return row


def _values(days: Sequence[date]) -> str:
    return ", ".join(f"(DATE '{day}')" for day in days)


def _filled(column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Null is NaN or NaT; days are days."""
    told = np.ma.getdata(column)
    if told.dtype.kind == "M":
        told = told.astype("datetime64[D]")
        told[np.ma.getmaskarray(column)] = np.datetime64("NaT")
    elif told.dtype.kind == "f":
        told = np.where(np.ma.getmaskarray(column), np.nan, told)
    return told


@lru_cache(maxsize=256)
def _sql(id: str, kind: Kind) -> str:
    return compiled(ROWS[id].make(kind))


def _listed(shop_ids: Sequence[int]) -> str:
    return f"({', '.join(str(int(id)) for id in shop_ids) or 'NULL'})"
