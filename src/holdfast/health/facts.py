"""What rows say of parties on days: one query an input, over a snapshot that is open for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.health.rows.declare import COLUMNS
from holdfast.health.rows.registry import ROWS, Rows
from holdfast.health.subject import Kind
from holdfast.metrics.needs import shops_with
from holdfast.warehouse.engine import compiled

Columns = dict[str, npt.NDArray[np.generic]]
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
    """connection: over a snapshot's tables and marts. shop_ids: whose rows are read."""

    connection: duckdb.DuckDBPyConnection
    shop_ids: tuple[int, ...]

    def missing(self, rows: Rows) -> Unknown | None:
        """Why none of the shops can say anything: a table of which they have no rows."""
        for need in rows.needs:
            query, why = shops_with(need)
            try:
                (found,) = self._row(f"SELECT count(*) FROM ({query}) WHERE shop_id IN {_listed(self.shop_ids)}")
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
            + _asked(rows.id, "account", (as_of,), self.shop_ids)
        )
        return Sum(counted, out_of, n, parties, told_on) if parties and out_of else None

    def of_party(self, rows: Rows, kind: Kind, party: int, as_of: date) -> Sum | None:
        """One party in all of the shops."""
        counted, out_of, n, told_on = self._row(
            "SELECT sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT, max(told_on)::DATE FROM "
            + _asked(rows.id, kind, (as_of,), self.shop_ids)
            + f" AND party = {int(party)}"
        )
        return Sum(counted, out_of, n, 1, told_on) if out_of else None

    def sums(self, rows: Rows, kind: Kind, as_of: date) -> dict[int, Sum]:
        """Every party that has rows."""
        found = self.connection.execute(
            "SELECT party, sum(counted)::DOUBLE, sum(out_of)::DOUBLE, sum(n)::BIGINT, max(told_on)::DATE FROM "
            + _asked(rows.id, kind, (as_of,), self.shop_ids)
            + " GROUP BY party"
        ).fetchall()
        return {
            party: Sum(counted, out_of, int(n), 1, told_on) for party, counted, out_of, n, told_on in found if out_of
        }

    def parties(self, rows: Rows, kind: Kind, days: Sequence[date]) -> Columns:
        """Arrays of equal length, one row a day and party: as_of (datetime64[D]), party, value, told_on;
        sorted by both."""
        asked = _asked(rows.id, kind, tuple(days), self.shop_ids)
        found = self.connection.execute(
            "SELECT as_of, party, sum(counted)::DOUBLE / sum(out_of)::DOUBLE AS value, max(told_on)::DATE AS told_on"
            f" FROM {asked} GROUP BY as_of, party HAVING sum(out_of) > 0 ORDER BY as_of, party"
        ).fetchnumpy()
        told = {name: np.ma.getdata(column) for name, column in found.items()}
        return told | {name: told[name].astype("datetime64[D]") for name in ("as_of", "told_on")}

    def _row(self, query: str) -> tuple[Any, ...]:
        return self.connection.execute(query).fetchone() or (None,) * len(COLUMNS)


def _asked(id: str, kind: Kind, days: tuple[date, ...], shop_ids: tuple[int, ...]) -> str:
    """The rows of an input for some days and shops, as something to select from."""
    listed = ", ".join(f"(DATE '{day}')" for day in days)
    given = f"WITH asked_day(as_of) AS (VALUES {listed})"
    return f"({given} SELECT * FROM ({_sql(id, kind)})) WHERE shop_id IN {_listed(shop_ids)}"


@lru_cache(maxsize=256)
def _sql(id: str, kind: Kind) -> str:
    return compiled(ROWS[id].make(kind))


def _listed(shop_ids: Sequence[int]) -> str:
    return f"({', '.join(str(int(id)) for id in shop_ids) or 'NULL'})"
