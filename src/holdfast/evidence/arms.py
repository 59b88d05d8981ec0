"""Both arms of a comparison, added up: everybody assigned counts, in the arm they were assigned to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np

from holdfast.estimates.moments import Moments
from holdfast.evidence.registration import Outcome
from holdfast.metrics.measure import units_sql
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
    by: tuple[str, ...] = ()  # columns of history, each read apart


def arms_sql(asked: Asked, marts: Marts) -> str:
    """Rows (arm, place, member, n, sums …, products …) over `assigned` (customer_id, cluster, arm, assigned_on), in one
    query; place: which of `by` the member is of.

    A unit is a cluster: what its persons do is added up before anything is squared, as they were assigned together.
    Where clusters hold several persons, ask by one column at a time.
    """
    after, before = windows(asked, marts)
    counted, out_of = read_sql(asked.outcome, "u")
    names = [f"m{place}" for place in range(max(1, len(asked.by)))]
    members = [f"coalesce(CAST(h.{column} AS VARCHAR), 'not known')" for column in asked.by] or ["''"]
    told = ", ".join(f"{member} AS {name}" for member, name in zip(members, names, strict=True))
    sets, every = ", ".join(f"(arm, {name})" for name in names), ", ".join(names)
    place = " ".join(f"WHEN {name} IS NOT NULL THEN {number}" for number, name in enumerate(names))
    sums = ", ".join(f"sum({one})" for one in COLUMNS)
    products = ", ".join(f"sum({one} * {other})" for one in COLUMNS for other in COLUMNS)
    cap = "c" if asked.winsorized == 1 else f"least(c, quantile_cont(c, {asked.winsorized}) OVER ())"
    whole = ", ".join(f"sum({one}) AS {one}" for one in COLUMNS)
    return (
        f"WITH after AS ({after}), before AS ({before}),"
        f" told AS (SELECT a.arm, a.cluster, {told}, {counted} AS c, {out_of} AS d,"
        " coalesce(b.counted, 0) AS x, CAST(h.first_on IS NOT NULL AND h.first_on <= a.assigned_on AS DOUBLE) AS k"
        " FROM assigned AS a LEFT JOIN after AS u USING (customer_id) LEFT JOIN before AS b USING (customer_id)"
        " LEFT JOIN history AS h USING (customer_id)"
        f" WHERE a.assigned_on + {asked.days} <= DATE '{asked.as_of}'),"
        f" capped AS (SELECT arm, cluster, {every}, {cap} AS c, d, x, k FROM told),"
        f" unit AS (SELECT arm, {every}, {whole} FROM capped GROUP BY arm, {every}, cluster)"
        f" SELECT arm, CASE {place} END AS place, coalesce({every}) AS member, count(*), {sums}, {products}"
        f" FROM unit GROUP BY GROUPING SETS ({sets}) ORDER BY ALL"
    )


def moments_of(row: tuple[object, ...]) -> Moments:
    """What follows arm, place and member in a row of `arms_sql`."""
    n, *numbers = (float(str(one)) for one in row)
    k = len(COLUMNS)
    return Moments(int(n), np.array(numbers[:k]), np.array(numbers[k:]).reshape(k, k))


def by_arm(rows: list[tuple[object, ...]]) -> Mapping[str, Moments]:
    """All members together."""
    found: dict[str, Moments] = {}
    for arm, place, _, *rest in rows:
        if place:  # the same units, by another column
            continue
        one = moments_of(tuple(rest))
        found[str(arm)] = found[str(arm)] + one if str(arm) in found else one
    return found


def windows(asked: Asked, marts: Marts) -> tuple[str, str]:
    """What each person did in the days after their assignment, and in those up to it: customer_id, counted, out_of.

    Over `assigned` (customer_id, assigned_on).
    """
    metric = asked.outcome.declared
    if metric.each is None:
        rows = units_sql(metric, marts, asked.as_of)
        return _happened(rows, asked, 1, asked.days), _happened(rows, asked, 1 - asked.covariate_days, 0)
    window = customer_window(
        marts.order_value(), marts.refund_value(), ASSIGNED, asked.as_of, after=asked.days, before=asked.covariate_days
    )
    after, before = (_summed(compiled(metric.each(window.filter(window.since == side)))) for side in (AFTER, BEFORE))
    return after, before


def _happened(rows: str, asked: Asked, first: int, last: int) -> str:
    """Of unit rows that stand for something that happened: those of the days first … last from the assignment."""
    return _summed(
        f"SELECT customer_id, counted, out_of FROM ({rows}) AS u JOIN assigned AS a USING (customer_id)"
        f" WHERE u.matures_on <= DATE '{asked.as_of}' AND u.anchor - a.assigned_on BETWEEN {first} AND {last}"
    )


def _summed(rows: str) -> str:
    """Of several shops one row."""
    return (
        "SELECT customer_id, CAST(sum(counted) AS DOUBLE) AS counted, CAST(sum(out_of) AS DOUBLE) AS out_of"
        f" FROM ({rows}) GROUP BY 1"
    )


def read_sql(outcome: Outcome, row: str) -> tuple[str, str]:
    """Counted and out of a person, in SQL, over a row (customer_id, counted, out_of) that may be missing."""
    counted, out_of = f"coalesce({row}.counted, 0)", f"coalesce({row}.out_of, 0)"
    return {
        "assigned": (counted, "1.0"),
        "own": (counted, out_of),
        "times": (out_of, "1.0"),
        "any": (f"CAST({row}.customer_id IS NOT NULL AS DOUBLE)", "1.0"),
        "none": (f"CAST({row}.customer_id IS NULL AS DOUBLE)", "1.0"),
    }[outcome.per]
