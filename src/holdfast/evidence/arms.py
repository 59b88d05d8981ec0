"""Both arms of a comparison, added up: everybody assigned counts, in the arm they were assigned to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
BOUGHT = "bought_around"  # in `arms_sql`, what everybody assigned bought in the days asked for
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


def arms_sql(every: Sequence[Asked], marts: Marts) -> str:
    """Rows (number, arm, place, member, n, sums …, products …) over `assigned` (customer_id, cluster, arm,
    assigned_on), in one query; number: which of those asked, place: which of its `by` the member is of.

    All are asked of the same days, so that what customers bought in them is added up once. A unit is a cluster: what
    its persons do is added up before anything is squared, as they were assigned together. Where clusters hold several
    persons, ask by one column at a time.
    """
    parts, window = [], ""
    if any(one.outcome.declared.each is not None for one in every):
        window = f"{BOUGHT} AS MATERIALIZED ({compiled(_bought(every[0], marts))})"
    selects = []
    for number, asked in enumerate(every):
        made, select = _one_sql(asked, marts, number)
        parts += made
        selects.append(select)
    told = ", ".join(part for part in (window, *parts) if part)
    return f"WITH {told} {' UNION ALL '.join(selects)} ORDER BY ALL"


def _one_sql(asked: Asked, marts: Marts, number: int) -> tuple[list[str], str]:
    """What stands under WITH for one of those asked, and its SELECT."""
    after, before = windows(asked, marts, BOUGHT)
    counted, out_of = read_sql(asked.outcome, "u")
    names = [f"m{place}" for place in range(max(1, len(asked.by)))]
    members = [f"coalesce(CAST(h.{column} AS VARCHAR), 'not known')" for column in asked.by] or ["''"]
    said = ", ".join(f"{member} AS {name}" for member, name in zip(members, names, strict=True))
    sets, every = ", ".join(f"(arm, {name})" for name in names), ", ".join(names)
    place = " ".join(f"WHEN {name} IS NOT NULL THEN {turn}" for turn, name in enumerate(names))
    sums = ", ".join(f"sum({one})" for one in COLUMNS)
    products = ", ".join(f"sum({one} * {other})" for one in COLUMNS for other in COLUMNS)
    cap = "c" if asked.winsorized == 1 else f"least(c, quantile_cont(c, {asked.winsorized}) OVER ())"
    whole = ", ".join(f"sum({one}) AS {one}" for one in COLUMNS)
    return [
        f"after_{number} AS ({after})", f"before_{number} AS ({before})",
        f"told_{number} AS (SELECT a.arm, a.cluster, {said}, {counted} AS c, {out_of} AS d,"
        " coalesce(b.counted, 0) AS x, CAST(h.first_on IS NOT NULL AND h.first_on <= a.assigned_on AS DOUBLE) AS k"
        f" FROM assigned AS a LEFT JOIN after_{number} AS u USING (customer_id)"
        f" LEFT JOIN before_{number} AS b USING (customer_id) LEFT JOIN history AS h USING (customer_id)"
        f" WHERE a.assigned_on + {asked.days} <= DATE '{asked.as_of}')",
        f"capped_{number} AS (SELECT arm, cluster, {every}, {cap} AS c, d, x, k FROM told_{number})",
        f"unit_{number} AS (SELECT arm, {every}, {whole} FROM capped_{number} GROUP BY arm, {every}, cluster)",
    ], (
        f"SELECT {number} AS number, arm, CASE {place} END AS place, coalesce({every}) AS member, count(*), {sums},"
        f" {products} FROM unit_{number} GROUP BY GROUPING SETS ({sets})"
    )  # fmt: skip


def moments_of(row: tuple[object, ...]) -> Moments:
    """What follows number, arm, place and member in a row of `arms_sql`."""
    n, *numbers = (float(str(one)) for one in row)
    k = len(COLUMNS)
    return Moments(int(n), np.array(numbers[:k]), np.array(numbers[k:]).reshape(k, k))


def by_arm(rows: Iterable[tuple[object, ...]]) -> Mapping[str, Moments]:
    """Of one of those asked, all members together."""
    found: dict[str, Moments] = {}
    for _, arm, place, _, *rest in rows:
        if place:  # the same units, by another column
            continue
        one = moments_of(tuple(rest))
        found[str(arm)] = found[str(arm)] + one if str(arm) in found else one
    return found


def windows(asked: Asked, marts: Marts, bought: str = "") -> tuple[str, str]:
    """What each person did in the days after their assignment, and in those up to it: customer_id, counted, out_of.

    Over `assigned` (customer_id, assigned_on). bought: a relation that holds what they bought in these days already.
    """
    metric = asked.outcome.declared
    if metric.each is None:
        rows = units_sql(metric, marts, asked.as_of)
        return _happened(rows, asked, 1, asked.days), _happened(rows, asked, 1 - asked.covariate_days, 0)
    window = _bought(asked, marts)
    if bought:
        window = ibis.table(window.schema(), name=bought)
    after, before = (_summed(compiled(metric.each(window.filter(window.since == side)))) for side in (AFTER, BEFORE))
    return after, before


def _bought(asked: Asked, marts: Marts) -> ibis.Table:
    return customer_window(
        marts.order_value(), marts.refund_value(), ASSIGNED, asked.as_of, after=asked.days, before=asked.covariate_days
    )


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
