"""Values of a day that was not published, or as they were known at a past moment: measured afresh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from holdfast.cli.failure import CannotBeDone

if TYPE_CHECKING:
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope
    from holdfast.warehouse.home import Home


def measured(
    home: Home, metrics: Iterable[Metric], scope: Scope, as_of: date | None, known_at: datetime | None = None
) -> Published:
    """Headline, change and months of these metrics for one scope, in the form in which values are published."""
    from holdfast.metrics.drill import opened
    from holdfast.metrics.publish import COLUMNS, survey
    from holdfast.metrics.published import Published
    from holdfast.warehouse.facts import Marts

    with opened(home, known_at) as (connection, snapshot):
        day = as_of or snapshot.as_of
        ground, marts = survey(connection, snapshot, day), Marts(snapshot.as_of)
        then = replace(snapshot, as_of=day)
        rows: dict[Any, list[dict[str, object]]] = {}
        empty: dict[str, object] = dict.fromkeys(COLUMNS)
        for metric in metrics:
            for name, row in _rows(connection, metric, marts, ground, then, scope):
                rows.setdefault((metric.id, scope.kind, scope.name, name), []).append(empty | row)
    return Published(home, then, rows)


def _rows(
    connection: Any, metric: Metric, marts: Any, ground: Any, snapshot: Any, scope: Scope
) -> Iterable[tuple[str, dict[str, object]]]:
    from holdfast.metrics import measure
    from holdfast.metrics.publish import row
    from holdfast.metrics.valuation import Valuer
    from holdfast.metrics.values import Change, Reading

    valuer = Valuer(metric, ground)
    slices = measure.headline(connection, metric, marts, ground.as_of, ground.shops, ())
    months = measure.months(connection, metric, marts, ground.as_of, ground.shops)
    now = valuer.headline(slices, scope)
    change = valuer.change(slices, months, scope)
    yield "headline", row(now, "headline", snapshot)
    if isinstance(change, Change):
        yield "before", row(change.before, "before", snapshot)
        change_reading = Reading(change.point, change.low, change.high, "difference")
        yield "change", row(now, "change", snapshot, change_reading)
    else:
        yield "change", row(now, "change", snapshot, change)
    for value in valuer.by_month(months, scope):
        yield "month", row(value, "month", snapshot)


def moment_of(said: str) -> datetime:
    """A past moment in UTC: a day means its end, a time without an offset is UTC."""
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        raise CannotBeDone(f"--known-at {said!r} is no moment; write 2026-03-31 or 2026-03-31T14:00") from None
    if len(said) == len("2026-03-31"):
        when += timedelta(days=1, seconds=-1)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def refuse_before_the_first_load(home: Home, known_at: datetime) -> None:
    from holdfast.cli.figures import moment
    from holdfast.warehouse.receipts import receipts

    first = min((r.recorded_at for r in receipts(home)), default=None)
    if first is None or known_at < first:
        when = f"; the first load is of {moment(first)}" if first else ""
        raise CannotBeDone(f"nothing was known yet at {moment(known_at)}{when}")
