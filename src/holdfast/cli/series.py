"""`holdfast series` and `holdfast breakdown`: one metric over time, or along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures, shapes
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech, plain

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope, Value


def series(
    metric: asked.MetricArgument,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest periods.", metavar="N")] = None,
    out: asked.OutOption = None,
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """A metric over all past time, one value a month, each with its interval.

    Months whose window has not closed say how many are still open instead of a number.

    Example: holdfast series average_order_value --last 12
    """
    speech, found, asked_for = Speech(json, quiet), asked.published(home), asked.metric_of(metric)
    scope, day = asked.scope_of(found, shop, account), asked.day_of(found, as_of)
    if day is not None:
        from holdfast.metrics.drill import measured

        with speech.progress("measuring") as told:
            told(f"{asked_for.id} as of {day}", 0.3)
            found = measured(found.home, [asked_for], scope, day)
    values = found.series(asked_for.id, scope)[-(last or 0) :]
    _say(speech, found, asked_for, scope, values, "month", out)


def dimension_names(incomplete: str) -> list[str]:
    from holdfast.metrics.measure import DIMENSIONS

    return [name for name in DIMENSIONS if name.startswith(incomplete)]


def breakdown(
    metric: asked.MetricArgument,
    by: Annotated[
        str | None,
        typer.Option(
            help="country, channel, cohort, phase or shop.", metavar="DIMENSION", autocompletion=dimension_names
        ),
    ] = None,
    out: asked.OutOption = None,
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """A metric along one dimension; slices below ten units are not shown as numbers.

    Example: holdfast breakdown repeat_purchase_rate --by country
    """
    from holdfast.metrics import drill
    from holdfast.metrics.measure import dimensions_of

    speech, found, asked_for = Speech(json, quiet), asked.published(home), asked.metric_of(metric)
    scope, day = asked.scope_of(found, shop, account), asked.day_of(found, as_of)
    along = found.dimensions(asked_for.id)
    there = dimensions_of(asked_for)
    if by is None:
        raise typer.BadParameter(f"say --by {' or --by '.join(along or there)}")
    if by not in there:
        raise typer.BadParameter(f"--by {by}: not a dimension; there are {', '.join(there)}")
    with speech.progress("measuring") as told:
        told(f"{asked_for.id} by {by}", 0.3)
        if day is not None:
            found = drill.measured(found.home, [asked_for], scope, day, dimensions=(by,))
        values = found.breakdown(asked_for.id, by, scope)
    if not values:
        known = f"; there are members along {', '.join(along)}" if along else ""
        raise CannotBeDone(f"the data name no {by} for {asked_for.id} ({scope.label}){known}")
    _say(speech, found, asked_for, scope, values, by, out)


def _say(
    speech: Speech, found: Published, metric: Metric, scope: Scope, values: Sequence[Value], by: str,
    out: Path | None,
) -> None:  # fmt: skip
    document: dict[str, Any] = {
        "metric": metric.id, "version": metric.version, "scale": metric.scale, "scope": scope, "by": by,
        "as_of": found.as_of, "snapshot": found.snapshot, "simulated": found.simulated,
        "values": [record(v) for v in values],
    }  # fmt: skip
    if out is not None:
        write(values, metric, out)
        document["file"] = out.absolute()
        said = f"{figures.plural(len(values), 'rows')} written to {out}"
        speech.answer(document, lambda o: o.print(said, markup=False))
        return
    speech.answer(document, lambda o: show(o, metric, scope, values, by, found.as_of))


def record(value: Value) -> dict[str, Any]:
    return {
        "member": value.member, "n": value.n, "still_open": value.still_open, "counted": value.counted,
        "out_of": value.out_of, "since": value.since, "until": value.until, "currency": value.currency,
        "reading": value.reading,
    }  # fmt: skip


def show(out: Console, metric: Metric, scope: Scope, values: Sequence[Value], by: str, as_of: Any) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from holdfast.commerce.unknown import Unknown

    out.print(f"{metric.name} by {by} · {scope.label} · as of {figures.day(as_of)}", style="bold", markup=False)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(by)
    for head in ("value", "95 % interval"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("")
    for head in ("counted", "still open"):
        table.add_column(head, justify="right", no_wrap=True)
    points = [p for v in values if (p := _point(v)) is not None]
    most = max(points, default=0.0)
    width = 20 if out.width >= 96 else 8
    for value in values:
        known = not isinstance(value.reading, Unknown)
        table.add_row(
            Text(_member(metric, value, by)),
            Text(figures.point(value, metric.scale), "bold" if known else "dim"),
            Text(figures.interval(value, metric.scale), "dim"),
            Text(shapes.bar(_point(value), most, width), "cyan"),
            Text(figures.number(value.n)),
            Text(figures.number(value.still_open), "" if value.still_open else "dim"),
        )
    out.print(table)
    if by == "month" and len(points) > 1 and (line := shapes.spark(values, 60)):
        out.print(f" {line}  {figures.measured(min(points), metric.scale, values[-1].currency)} to "
                  f"{figures.measured(most, metric.scale, values[-1].currency)}", markup=False)  # fmt: skip

    for why, members in _reasons(metric, values, by).items():
        out.print(f" – {_several(members)}: {why}", style="dim", markup=False)
    if values:
        part = f"--month {values[-1].member}" if by == "month" else f"--by {quote(f'{by}={values[0].member}')}"
        out.print(f"Open one: holdfast rows {metric.id} {part}", style="bold", markup=False)


def _point(value: Value) -> float | None:
    return getattr(value.reading, "point", None)


def _reasons(metric: Metric, values: Sequence[Value], by: str) -> dict[str, list[str]]:
    """Why values are not known → which ones."""
    from holdfast.commerce.unknown import Unknown

    found: dict[str, list[str]] = {}
    for value in values:
        if isinstance(value.reading, Unknown):
            found.setdefault(value.reading.why, []).append(_member(metric, value, by))
    return found


def _several(members: list[str]) -> str:
    return ", ".join(members) if len(members) < 4 else f"{members[0]} … {members[-1]} ({len(members)})"


def _member(metric: Metric, value: Value, by: str) -> str:
    said = str(value.member)
    try:
        if by == "month":
            by_day = metric.span == "state" and not metric.monthly
            return figures.day(said) if by_day else figures.month(said)
        return figures.month(said) if by == "cohort" else said
    except ValueError:
        return said


def write(values: Sequence[Value], metric: Metric, out: Path) -> None:
    """The same rows as a file."""
    import pyarrow as pa

    from holdfast.metrics.export import write as export

    format = asked.format_of(out)
    rows = [_flat(value, metric) for value in values]
    schema = pa.schema(
        [("member", pa.string()), *((n, pa.float64()) for n in ("point", "low", "high")), ("method", pa.string()),
         ("why_unknown", pa.string()), ("n", pa.int64()), ("still_open", pa.int64()), ("counted", pa.float64()),
         ("out_of", pa.float64()), ("currency", pa.string()), ("metric", pa.string()), ("version", pa.int32()),
         ("as_of", pa.date32()), ("snapshot", pa.string())]
    )  # fmt: skip
    export(pa.Table.from_pylist(rows, schema=schema), out.absolute(), format)


def _flat(value: Value, metric: Metric) -> dict[str, Any]:
    said = plain(value.reading)  # a point with its ends, or what is unknown
    return {
        "member": value.member, **{end: said.get(end) for end in ("point", "low", "high", "method")},
        "why_unknown": said.get("unknown"), "n": value.n, "still_open": value.still_open, "counted": value.counted,
        "out_of": value.out_of, "currency": value.currency, "metric": metric.id, "version": value.version,
        "as_of": value.as_of, "snapshot": value.snapshot,
    }  # fmt: skip
