"""The newest whole weeks, each against the week of the year before that holds the same peaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from holdfast.commerce.retail_week import SHOWN, Aligned, Week, aligned, last_whole_week
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.differences import between_estimates
from holdfast.metrics.comparison import peaks_of
from holdfast.metrics.published import Published
from holdfast.metrics.values import Change, Scope, Value

NOTHING = Unknown("nothing was counted in this week")


@dataclass(frozen=True, slots=True)
class WeekChange:
    """A week's value, and how it differs from the aligned week's; `aligned` says why where no week is like it."""

    week: Week
    now: Value | None  # None: nothing was counted in it
    aligned: Aligned | Unknown
    change: Change | Unknown


def weeks(published: Published, metric_id: str, scope: Scope = Scope()) -> tuple[WeekChange, ...]:  # noqa: B008
    """The newest first; empty for a metric that is not told by weeks."""
    values = {date.fromisoformat(str(v.member)): v for v in published.weeks(metric_id, scope)}
    if not values:
        return ()
    peaks = peaks_of(published.home, published.shops_of(scope))
    newest, first = last_whole_week(published.as_of), min(values)
    shown = [newest.back(n) for n in range(SHOWN) if newest.back(n).monday >= first]
    return tuple(_one(week, values, aligned(week, peaks)) for week in shown)


def _one(week: Week, values: dict[date, Value], found: Aligned | Unknown) -> WeekChange:
    now = values.get(week.monday)
    if isinstance(found, Unknown):
        return WeekChange(week, now, found, Unknown(f"not comparable: {found.why}"))
    return WeekChange(week, now, found, _change(now, values.get(found.before.monday), found))


def _change(now: Value | None, before: Value | None, found: Aligned) -> Change | Unknown:
    if now is None:
        return NOTHING
    if before is None:
        return Unknown(f"nothing was counted in {found.before.name}, or the data begin later")
    if isinstance(now.reading, Unknown):
        return now.reading
    if isinstance(before.reading, Unknown):
        return before.reading
    moved = between_estimates(now.reading, before.reading)
    return Change(moved.point, moved.low, moved.high, before, (found.week.period, found.before.period))
