"""How long each subscriber has stayed or did stay, in months, as it stood on a day: what contractual models learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.renewals import Renewals, tally

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_SPELLS = (
    "WITH led AS (SELECT customer_id, day, standing, after_minor, count(*) FILTER (WHERE standing = 'gone') OVER"
    " (PARTITION BY customer_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS turn FROM mrr_ledger"
    " WHERE shop_id = $shop AND account_id IS NULL AND customer_id IS NOT NULL AND day <= $day"
    " AND NOT list_contains($left_out::BIGINT[], customer_id)),"
    " spell AS (SELECT customer_id, coalesce(turn, 0) AS turn, min(day) AS started,"
    " max(day) FILTER (WHERE standing = 'gone') AS gone_on, arg_max(after_minor, day) AS monthly_minor,"
    " max(after_minor) AS highest_minor FROM led GROUP BY 1, 2),"
    " counted AS (SELECT *, date_sub('month', started, $day::DATE) AS renewed,"
    " greatest(date_sub('month', started, greatest(gone_on - 1, started)) + 1, 1) AS lost_at FROM spell)"
    " SELECT customer_id, turn, gone_on IS NOT NULL AS gone, gone_on IS NOT NULL AND lost_at <= renewed AS lost,"
    " CASE WHEN gone_on IS NOT NULL AND lost_at <= renewed THEN lost_at ELSE renewed END AS months, monthly_minor,"
    " highest_minor, started FROM counted ORDER BY customer_id, turn"
)


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """One row a customer and time that they stayed without a break, by both; all of shape (n,). Who comes back begins
    anew: turn 0, 1, ….

    gone: no longer there. lost: gone, and the day of the renewal at which they were lost has come: before it those who
    stayed are not counted at it either. months: that renewal, from 1; of the others whole months renewed. monthly:
    minor units a month, now; highest: the most it was. started: days since 1970.
    """

    customer: Ints
    turn: Ints
    gone: Bools
    lost: Bools
    months: Ints
    monthly: Floats
    highest: Floats
    started: Ints

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, rows: Bools) -> Spells:
        return Spells(*(getattr(self, name)[rows] for name in self.__slots__))

    def tallied(self) -> Renewals | Unknown:
        return tally(self.months, self.lost.astype(float), (~self.lost).astype(float))


def spells(connection: duckdb.DuckDBPyConnection, shop_id: int, day: date, left_out: Sequence[int] = ()) -> Spells:
    """Of whoever ever subscribed for themselves, not for a company, up to a day. A pause is no end.

    Raises duckdb.Error.
    """
    found = connection.execute(_SPELLS, {"shop": shop_id, "day": day, "left_out": list(left_out)}).fetchnumpy()
    columns = {name: np.ma.getdata(column) for name, column in found.items()}
    names = ("customer_id", "turn", "gone", "lost", "months", "monthly_minor", "highest_minor")
    customer, turn, gone, lost, months, monthly, highest = (columns[name] for name in names)
    started = columns["started"].astype("datetime64[D]").astype(np.int64)
    return Spells(
        customer.astype(np.int64), turn.astype(np.int64), gone.astype(bool), lost.astype(bool),
        months.astype(np.int64), monthly.astype(float), highest.astype(float), started,
    )  # fmt: skip


def whose(told: Spells) -> Ints:
    """A number for each customer and turn, the same whatever the day."""
    return np.asarray(told.customer * 1000 + np.minimum(told.turn, 999))
