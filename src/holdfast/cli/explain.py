"""`holdfast explain`: a number with its definition, its window, its counts, its verdict and its SQL."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked
from holdfast.cli.explained import Explained, by_hand, show_explained
from holdfast.cli.speech import Speech
from holdfast.metrics.counted import still_waiting

if TYPE_CHECKING:
    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope


def explain(
    metric: asked.MetricArgument,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="MOMENT", help="From what was imported by then: 2026-03-31[T14:00]."),
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Only the SQL, to run or to read.")] = False,
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Open one number: question, definition, counts, interval, target, SQL and how fresh it is.

    On the snapshot's own day this is the published value; another day, or another knowledge, is measured afresh.

    Example: holdfast explain repeat_purchase_rate --as-of 1998-03-31
    """
    speech, found, asked_for = Speech(json, quiet), asked.published(home), asked.metric_of(metric)
    scope, day = asked.scope_of(found, shop, account), asked.day_of(found, as_of)
    then = None
    if known_at:
        from holdfast.cli.then import moment_of, refuse_before_the_first_load

        then = moment_of(known_at)
        refuse_before_the_first_load(found.home, then)
    with speech.progress("measuring") as told:
        answer = _explained(found, asked_for, scope, day, then, told)
    if sql and not json:
        typer.echo(answer.sql)
        return
    speech.answer(document(answer), lambda out: show_explained(out, answer))


def _explained(
    found: Published, metric: Metric, scope: Scope, day: date | None, then: datetime | None, told: Any
) -> Explained:
    from holdfast.metrics import drill
    from holdfast.metrics.scorecard import judged

    reported = found.reported(metric.id, scope)
    if day is not None or then is not None:
        from holdfast.metrics.drill import measured

        told(f"{metric.id} as of {day or found.as_of}", 0.3)
        covered = [asked.metric_of(metric.covered_by)] if metric.covered_by else []
        found = measured(found.home, [metric, *covered], scope, day, then)
    value = found.value(metric.id, scope)
    sql = drill.sql(found.home, metric.id, found.as_of)
    return Explained(
        metric, value, judged(found, scope, metric), found.previous(metric.id, scope), reported, sql, found, then
    )


def declared(metric: Metric) -> dict[str, Any]:
    """What a metric says of itself, without its function."""
    return {f.name: getattr(metric, f.name) for f in fields(metric) if f.name not in ("units", "series")}


def _value(said: Explained) -> dict[str, Any]:
    """The value; sums that could not be added up are null, since 0 would be a number."""
    told = {f.name: getattr(said.value, f.name) for f in fields(said.value)}
    if said.metric.basis and said.value.currency is None:
        told |= {"counted": None} | ({"out_of": None} if said.metric.scale == "share" else {})
    return told | {"still_waiting": still_waiting(said.metric, said.value)}


def document(said: Explained) -> dict[str, Any]:
    found = said.found
    return {
        "metric": declared(said.metric), "scope": said.value.scope, "as_of": found.as_of, "known_at": said.known_at,
        "value": _value(said),
        "targets": [{"criterion": c, "verdict": j.verdict, "sentence": j.sentence} for c, j in said.targets],
        "change": said.change,
        "reported": [
            {"snapshot": v.snapshot, "as_of": v.as_of, "version": v.version, "n": v.n, "still_open": v.still_open,
             "counted": v.counted, "out_of": v.out_of, "reading": v.reading}
            for v in said.reported
        ],
        "sql": said.sql,
        "fresh": {
            "snapshot": found.snapshot, "as_of": found.as_of, "built_at": found.built_at,
            "simulated": found.simulated_in(said.value.scope),
        },
        "example": by_hand(said.metric), "rows": f"holdfast rows {said.metric.id}",
    }  # fmt: skip
