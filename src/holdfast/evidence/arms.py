"""Both arms of a comparison, added up: everybody assigned counts, in the arm they were assigned to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np

from holdfast.estimates.moments import Moments
from holdfast.evidence.registration import Outcome
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.marts import customer_window
from holdfast.warehouse.marts.customer_window import AFTER, BEFORE

ASSIGNED = ibis.table({"customer_id": "int64", "assigned_on": "date"}, name="assigned")
COLUMNS = ("c", "d", "x", "k")  # counted, out of, the same beforehand, known beforehand


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read: the outcome in `days` after the assignment, of those for whom they are over by as_of."""

    outcome: Outcome
    days: int
    covariate_days: int
    as_of: date
    winsorized: float = 1.0
    by: str = ""  # a column of history


def arms_sql(asked: Asked, marts: Marts) -> str:
    """Rows (arm, member, n, sums …, products …) over `assigned` (customer_id, arm, assigned_on), in one query."""
    window = customer_window(
        marts.order_value(), marts.refund_value(), ASSIGNED, asked.as_of, after=asked.days, before=asked.covariate_days
    )
    rows = {side: compiled(_rows(asked.outcome, window.filter(window.since == side))) for side in (AFTER, BEFORE)}
    counted, out_of = _read(asked.outcome)
    member = f"coalesce(CAST(h.{asked.by} AS VARCHAR), 'not known')" if asked.by else "''"
    sums = ", ".join(f"sum({one})" for one in COLUMNS)
    products = ", ".join(f"sum({one} * {other})" for one in COLUMNS for other in COLUMNS)
    cap = "c" if asked.winsorized == 1 else f"least(c, quantile_cont(c, {asked.winsorized}) OVER ())"
    return (
        f"WITH after AS ({_summed(rows[AFTER])}), before AS ({_summed(rows[BEFORE])}),"
        f" told AS (SELECT a.arm, {member} AS member, {counted} AS c, {out_of} AS d,"
        " coalesce(b.counted, 0) AS x, CAST(h.first_on IS NOT NULL AND h.first_on <= a.assigned_on AS DOUBLE) AS k"
        " FROM assigned AS a LEFT JOIN after AS u USING (customer_id) LEFT JOIN before AS b USING (customer_id)"
        " LEFT JOIN history AS h USING (customer_id)"
        f" WHERE a.assigned_on + {asked.days} <= DATE '{asked.as_of}'),"
        f" capped AS (SELECT arm, member, {cap} AS c, d, x, k FROM told)"
        f" SELECT arm, member, count(*), {sums}, {products} FROM capped GROUP BY ALL ORDER BY ALL"
    )


def moments_of(row: tuple[object, ...]) -> Moments:
    """What follows arm and member in a row of `arms_sql`."""
    n, *numbers = (float(str(one)) for one in row)
    k = len(COLUMNS)
    return Moments(int(n), np.array(numbers[:k]), np.array(numbers[k:]).reshape(k, k))


def by_arm(rows: list[tuple[object, ...]]) -> Mapping[str, Moments]:
    """All members together."""
    found: dict[str, Moments] = {}
    for arm, _, *rest in rows:
        one = moments_of(tuple(rest))
        found[str(arm)] = found[str(arm)] + one if str(arm) in found else one
    return found


def _rows(outcome: Outcome, window: ibis.Table) -> ibis.Table:
    each = outcome.declared.each
    if each is None:
        raise ValueError(f"{outcome.metric} cannot be told of any days")
    return each(window)


def _summed(rows: str) -> str:
    """Of several shops one row."""
    return f"SELECT customer_id, sum(counted) AS counted, sum(out_of) AS out_of FROM ({rows}) GROUP BY 1"


def _read(outcome: Outcome) -> tuple[str, str]:
    """Counted and out of a person, in SQL."""
    counted, out_of = "coalesce(u.counted, 0)", "coalesce(u.out_of, 0)"
    return {
        "assigned": (counted, "1.0"),
        "own": (counted, out_of),
        "times": (out_of, "1.0"),
        "any": ("CAST(u.customer_id IS NOT NULL AS DOUBLE)", "1.0"),
        "none": ("CAST(u.customer_id IS NULL AS DOUBLE)", "1.0"),
    }[outcome.per]
