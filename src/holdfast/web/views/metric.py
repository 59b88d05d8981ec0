"""A metric's page: its value, its months, its slices, its definition, and what was said before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import ResponseCell, Scope, Value
from holdfast.web import charts, formatting, reading
from holdfast.web.charts.breakdown import Slice
from holdfast.web.formatting import lower_is_better
from holdfast.web.status import acceptable, status_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import asked, choice, file_format, metric_or_404
from holdfast.web.views.cohorts import grid
from holdfast.web.views.scorecard import row_of, trend
from holdfast.web.views.support import CLOCKS, hours_label, hours_row, spread_chart
from holdfast.web.views.support import COLUMNS as HOURS_COLUMNS
from holdfast.web.views.weeks import week_rows, weeks_file

if TYPE_CHECKING:
    from holdfast.metrics.published import Published

ABOUT_COMING_BACK = (  # beside these stands the picture of who came back
    "second_purchase_within_30_days", "repeat_purchase_rate", "returning_customer_rate", "annual_retention",
)  # fmt: skip
# Beside these stands how their hours spread.
SPREAD = dict.fromkeys(
    ("first_reply_time", "first_reply_time_calendar", "first_reply_median", "first_reply_p90", "tickets_waiting"),
    "first reply",
) | dict.fromkeys(
    ("resolution_time", "resolution_time_calendar", "resolution_median", "first_resolution_time"), "resolution"
)
VALUE_COLUMNS = (
    "metric", "version", "since", "until", "member", "value", "low", "high", "method", "currency", "n", "still_open",
    "counted", "out_of", "as_of", "snapshot", "why_unknown",
)  # fmt: skip


def index(request: HttpRequest) -> HttpResponseBase:
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    found = [(m, reading.value(source, m.id, wanted.scope)) for m in reading.metrics().values()]
    taken = file_format(request)
    if taken:
        return download(Table("metrics", VALUE_COLUMNS, [cells(v) for _, v in found]), taken)
    listed = [(m, v, trend(m.name, tuple(source.series(m.id, wanted.scope)), m.scale)) for m, v in found]
    return render(
        request,
        "metrics.html",
        {"title": "Metrics", "listed": listed, "asked": wanted, "scopes": reading.scopes(source), "source": source},
    )


def page(request: HttpRequest, metric_id: str) -> HttpResponseBase:
    metric = metric_or_404(metric_id)
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    shown = reading.metric_page(source, metric, wanted.scope, wanted.segment)
    spread = source.responses(SPREAD[metric.id], wanted.scope) if metric.id in SPREAD else ()
    taken = file_format(request)
    if taken and request.GET.get("of") == "hours":
        return download(Table(f"{metric.id}-hours", HOURS_COLUMNS, [hours_row(cell) for cell in spread]), taken)
    weeks = week_rows(source, wanted.scope, [metric])
    if taken and request.GET.get("of") == "weeks":
        return download(weeks_file(weeks), taken)
    if taken:
        table = Table(f"{metric.id}-{request.GET.get('of', 'months')}", VALUE_COLUMNS, _taken(shown, request))
        return download(table, taken)
    heat = None
    if metric.id in ABOUT_COMING_BACK:
        heat = grid(reading.cohorts(source, wanted.scope))
    context: dict[str, Any] = {
        "title": metric.name,
        "metric": metric,
        "shown": shown,
        "asked": wanted,
        "scopes": reading.scopes(source),
        "source": source,
        "row": row_of(shown.line) if shown.line is not None else None,
        "status": status_of(shown.line) if shown.line is not None else None,
        "series_chart": _series_chart(metric, shown),
        "slices": {by: (values, _slices_chart(metric, by, values, shown)) for by, values in shown.breakdowns.items()},
        "dimension_names": {by: by.replace("_", " ").capitalize() for by in shown.breakdowns},
        "heat": heat,
        "spread": [(hours_label(cell), cell) for cell in spread],
        "spread_chart": _spread_chart(source, metric, spread, wanted.scope) if spread else "",
        "weeks": weeks,
        "worked": reading.worked(metric.id),
    }
    return render(request, "metric.html", context)


def _spread_chart(source: Published, metric: Metric, cells: tuple[ResponseCell, ...], scope: Scope) -> Markup:
    found = (source.spread(SPREAD[metric.id], clock, scope) for clock in CLOCKS)
    return spread_chart(metric.name, cells, tuple(spread for spread in found if spread is not None))


def _taken(shown: reading.MetricPage, request: HttpRequest) -> list[tuple[object, ...]]:
    """The rows of the table named by ?of=: the months, the reports, or one breakdown."""
    of = choice(request, "of", ("months", "reported", *shown.breakdowns), "months")
    values = shown.reported if of == "reported" else shown.breakdowns.get(of, shown.series)
    return [cells(value) for value in values]


def cells(value: Value) -> tuple[object, ...]:
    """A value as a row of VALUE_COLUMNS."""
    found, why = (None, value.reading.why) if isinstance(value.reading, Unknown) else (value.reading, None)
    return (
        value.metric, value.version, value.since, value.until, value.member,
        found.point if found else None, found.low if found else None, found.high if found else None,
        found.method if found else None, value.currency, value.n, value.still_open, value.counted, value.out_of,
        value.as_of, value.snapshot, why,
    )  # fmt: skip


def _writer(metric: Metric, value: Value) -> Callable[[float], str]:
    """Axis labels: as few decimals as tell the truth."""
    if metric.scale == "share":
        return lambda v: formatting.share(v, 0 if round(v * 100, 6).is_integer() else 1)
    if metric.scale == "money":
        return lambda v: formatting.money(v, value.currency, 0 if float(v).is_integer() else 2)
    return lambda v: formatting.number(v, 0 if float(v).is_integer() else 1)


def _series_chart(metric: Metric, shown: reading.MetricPage) -> Markup:
    points = []
    for value in shown.series:
        found = None if isinstance(value.reading, Unknown) else value.reading
        words = formatting.reading(value, metric.scale)
        tip = f"{formatting.month_of(value)}: {words}, n = {formatting.count(value.n)}"
        points.append(
            charts.Point(
                formatting.month_of(value),
                found.point if found else None,
                found.low if found else None,
                found.high if found else None,
                value.still_open,
                tip,
            )
        )
    known = [p for p in points if p.point is not None]
    criterion = shown.line.criterion if shown.line is not None else None
    bound = acceptable(criterion, metric.scale)
    return charts.series(
        points,
        title=f"{metric.name} by month",
        description="; ".join(p.tip for p in known[:1] + known[-1:]),
        write=_writer(metric, shown.value),
        target=(None, bound) if lower_is_better(criterion) else (bound, None),
    )


def _slices_chart(metric: Metric, by: str, values: tuple[Value, ...], shown: reading.MetricPage) -> Markup:
    slices = []
    for value in values:
        found = None if isinstance(value.reading, Unknown) else value.reading
        slices.append(
            Slice(
                value.member or formatting.DASH,
                f"n = {formatting.count(value.n)}",
                found.point if found else None,
                found.low if found else None,
                found.high if found else None,
                formatting.reading(value, metric.scale) if found else str(getattr(value.reading, "why", "")),
            )
        )
    whole = None if isinstance(shown.value.reading, Unknown) else shown.value.reading.point
    return charts.breakdown(
        slices,
        title=f"{metric.name} by {by}",
        description="; ".join(f"{s.label} {s.written}" for s in slices),
        write=_writer(metric, shown.value),
        whole=whole,
    )
