"""The SQL of a number's own unit rows: a headline's, one month's of its series, or one member's of a breakdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from holdfast.commerce.calendar import months_before
from holdfast.commerce.retail_week import week_of
from holdfast.metrics.declare import WAITS, Metric
from holdfast.metrics.kinds import PHASE
from holdfast.metrics.measure import dimensions_of, history_sql, series_sql, units_sql
from holdfast.warehouse.engine import compiled, text
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Shop

Status = Literal["counted", "open", "all"]

COLUMNS = ("unit_id", "shop", "customer", "anchor", "matures_on", "counted", "out_of", "status")
ORDER = "ORDER BY anchor DESC, unit_id, shop"
OTHERS = "all others ("  # how the member begins that stands for the long tail
NOT_KNOWN = "not known"
WEEK = "week"  # as a dimension: its members are Mondays


@dataclass(frozen=True, slots=True)
class Part:
    """Which of a metric's units: all of the headline, a point of the series, or a member of a breakdown.

    month: the point's day, as values name it. by, member: as a breakdown names them; for the member that stands for
    all others, `shown` holds the members it leaves out.
    """

    month: date | None = None
    by: str = ""
    member: str = ""
    shown: tuple[str, ...] = ()


WHOLE = Part()


def rows_sql(metric: Metric, marts: Marts, as_of: date, part: Part = WHOLE) -> str:
    """UNIT_COLUMNS and whether the unit is mature. Raises ValueError for a dimension nobody knows."""
    if part.by == WEEK:
        return _week_sql(metric, marts, as_of, date.fromisoformat(part.member))
    if part == WHOLE:
        return headline_rows(metric, units_sql(metric, marts, as_of), as_of)
    asked, conditions, beside = units_sql(metric, marts, as_of), _recent(metric, as_of), ""
    if part.month is not None:
        asked = _point_sql(metric, marts, as_of, part.month)
        conditions = [_in_month(metric, part.month)]
    if part.by and part.by != "shop":
        if part.by not in metric.own:
            beside = f" LEFT JOIN ({history_sql(marts, as_of)}) AS h USING (customer_id)"
        conditions.append(_is_member(metric, part, as_of))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT u.*, matures_on <= DATE '{as_of}' AS mature FROM ({asked}) AS u{beside}{where}"


def _week_sql(metric: Metric, marts: Marts, as_of: date, monday: date) -> str:
    """A week that begins on a Monday."""
    asked = (
        compiled(metric.weeks(marts, as_of, (week_of(monday).period,)))
        if metric.weeks
        else units_sql(metric, marts, as_of)
    )
    within = f"CAST(anchor AS DATE) >= DATE '{monday}' AND CAST(anchor AS DATE) < DATE '{monday + timedelta(days=7)}'"
    return f"SELECT u.*, matures_on <= DATE '{as_of}' AS mature FROM ({asked}) AS u WHERE {within}"


@lru_cache(maxsize=256)
def _point_sql(metric: Metric, marts: Marts, as_of: date, point: date) -> str:
    return series_sql(metric, marts, as_of) if metric.point is None else compiled(metric.point(marts, as_of, point))


def headline_rows(metric: Metric, units: str, as_of: date) -> str:
    """Of the rows of UNIT_COLUMNS, those a headline speaks of, and whether each is mature."""
    where = f" WHERE {' AND '.join(_recent(metric, as_of))}" if metric.span == "trailing" else ""
    return f"SELECT u.*, matures_on <= DATE '{as_of}' AS mature FROM ({units}) AS u{where}"


def _recent(metric: Metric, as_of: date) -> list[str]:
    return [f"anchor > DATE '{months_before(as_of, 12)}'"] if metric.span == "trailing" else []


def _in_month(metric: Metric, point: date) -> str:
    """Written as a range, which reaches down to the columns that are read."""
    if metric.span == "state":
        return f"CAST(anchor AS DATE) = DATE '{point}'"
    return f"anchor >= DATE '{point}' AND anchor < DATE '{months_before(point, -1)}'"


def _is_member(metric: Metric, part: Part, as_of: date) -> str:
    there = dimensions_of(metric)
    if part.by not in there:
        raise ValueError(f"there is no dimension {part.by!r}: choose one of {', '.join(there)}")
    column = f"u.{part.by}" if part.by in metric.own else f"h.{part.by}"
    if part.by == "phase":
        column = PHASE.format(as_of=f"DATE '{as_of}'")
    if part.member.startswith(OTHERS):
        named = ", ".join(text(member) for member in part.shown if member != NOT_KNOWN) or "''"
        unknown_too = "NOT " if NOT_KNOWN in part.shown else ""
        known = f"({column}) IS NOT NULL AND ({column}) NOT IN ({named})"
        return known if unknown_too else f"(({column}) IS NULL OR {known})"
    return f"({column}) IS NULL" if part.member == NOT_KNOWN else f"({column}) = {text(part.member)}"


def still_open(metric: Metric) -> str:
    """SQL: of a waiting time everybody counts, and who is still open is who still waits."""
    return "counted = 0" if metric.kind in WAITS else "NOT mature"


def status_sql(metric: Metric) -> str:
    open_word = "still waiting" if metric.kind in WAITS else "still open"
    return f"CASE WHEN {still_open(metric)} THEN '{open_word}' ELSE 'counted' END"


def listed_sql(
    metric: Metric, rows: str, shops: Sequence[Shop], status: Status, *, limit: int | None = None, offset: int = 0
) -> str:
    """COLUMNS of unit rows, newest anchor first; names are looked up for those that are listed only."""
    kept = [f"r.shop_id IN ({', '.join(str(shop.shop_id) for shop in shops) or 'NULL'})"]
    kept += {"counted": ["mature"], "open": [still_open(metric)], "all": []}[status]
    cut = "" if limit is None else f" ORDER BY anchor DESC, unit_id{_by_name(shops)} LIMIT {limit} OFFSET {offset}"
    return (
        "SELECT unit_id, s.name AS shop, c.customer_number AS customer, anchor, matures_on, counted, out_of,"
        f" {status_sql(metric)} AS status"
        f" FROM (SELECT * FROM ({rows}) AS r WHERE {' AND '.join(kept)}{cut}) AS listed"
        f" JOIN shop AS s USING (shop_id) LEFT JOIN customer AS c USING (customer_id) {ORDER}"
    )


def _by_name(shops: Sequence[Shop]) -> str:
    """Further to order by: the shops by their names, without looking one up for every row. Nothing for a single one."""
    if len(shops) < 2:
        return ""
    by_name = sorted(shops, key=lambda shop: shop.name)
    return ", CASE shop_id " + " ".join(f"WHEN {s.shop_id} THEN {n}" for n, s in enumerate(by_name)) + " END"
