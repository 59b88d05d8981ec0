"""`holdfast scorecard`: every target with what the data say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked
from holdfast.cli.cards import show_card
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from holdfast.metrics.freeze import Freeze
    from holdfast.metrics.published import Published
    from holdfast.metrics.scorecard import Line, Scorecard


CSV_COLUMNS = (
    "group", "metric", "number", "name", "verdict", "point", "low", "high", "unit", "target", "acceptable", "stretch",
    "change", "change_low", "change_high", "n", "still_open", "as_of", "why", "would_need", "source",
)  # fmt: skip


def segment_ids(incomplete: str) -> list[str]:
    from holdfast.metrics.framework import load

    return [s.id for s in load().segments if s.id.startswith(incomplete)]


def scorecard(
    segment: Annotated[
        str | None,
        typer.Option(
            help="Whose targets this once, such as b2b_platform (default: the account's; see `holdfast targets`).",
            metavar="ID",
            autocompletion=segment_ids,
        ),
    ] = None,
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also measures without target or number.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated lines on stdout, for a spreadsheet.")] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Every target with its value, interval and verdict, by phase.

    Another day than the snapshot's own is measured afresh, which takes a little longer.

    Example: holdfast scorecard --segment b2b_platform --shop "My shop"
    """
    from holdfast.metrics.scorecard import scorecard as card_of

    if csv and json:
        raise typer.BadParameter("say --csv or --json, not both")
    speech, found = Speech(json, quiet or csv), asked.published(home)
    scope = asked.scope_of(found, shop, account)
    day = asked.day_of(found, as_of)
    if day is not None:
        from holdfast.metrics.drill import measured
        from holdfast.metrics.registry import METRICS

        with speech.progress("measuring") as told:
            told(f"every metric as of {day}", 0.3)
            found = measured(found.home, METRICS.values(), scope, day)
    _known_segment(found, segment)
    card = card_of(found, scope, segment)
    if csv:
        write_csv(card, found)
        return
    speech.answer(document(card, found), lambda out: show_card(out, card, found, every))


def _known_segment(found: Published, segment: str | None) -> None:
    from holdfast.metrics.framework import load_for

    known = [s.id for s in load_for(found.home.path).segments]
    if segment is not None and segment not in known:
        raise CannotBeDone(f"no segment is called {segment!r}; {did_you_mean(segment, known)}")


def document(card: Scorecard, found: Published) -> dict[str, Any]:
    """The scorecard as data; each line keeps its criterion, value, verdict, change and trend."""
    return {
        "framework": {"id": card.framework.id, "version": card.framework.version, "name": card.framework.name},
        "segment": {"id": card.segment.id, "name": card.segment.name, "chosen": card.chosen},
        "scope": card.scope, "as_of": found.as_of, "snapshot": found.snapshot, "built_at": found.built_at,
        "simulated": found.simulated_in(card.scope),
        "contradictions": [
            {"id": c.contradiction.id, "between": [b.id for b in c.between], "arithmetic": c.arithmetic,
             "treatment": c.contradiction.treatment}
            for c in card.clashes
        ],
        "questions": [
            {"id": q.criterion.id, "asks": q.asks, "options": [{"id": o.id, "says": o.says} for o in q.options],
             "answer": q.answer}
            for q in card.questions
        ],
        "freeze": freeze_of(card.freeze, card.waiting),
        "groups": [
            {"title": g.title, "subtitle": g.subtitle, "lines": [_line(line) for line in g.lines]} for g in card.groups
        ],
    }  # fmt: skip


def freeze_of(freeze: Freeze | None, waiting: tuple[str, ...] = ()) -> dict[str, Any] | None:
    if freeze is None:
        return None
    return {
        "name": freeze.name, "since": freeze.since, "until": freeze.until, "why": freeze.why, "by": freeze.by,
        "held_on": freeze.held_on, "waiting": waiting,
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": name_of(line), "metric": line.metric.id if line.metric else None, "verdict": line.verdict,
        "sentence": line.sentence, "source": line.source, "criterion": line.criterion, "value": line.value,
        "change": line.change,
        "trend": [{"period": v.member, "n": v.n, "still_open": v.still_open, "reading": v.reading} for v in line.trend],
    }  # fmt: skip


def name_of(line: Line) -> str:
    if line.criterion is not None:
        return line.criterion.measure.name
    return line.metric.name if line.metric else ""


def write_csv(card: Scorecard, found: Published) -> None:
    import csv
    import sys

    from holdfast.cli.figures import target
    from holdfast.commerce.unknown import Unknown
    from holdfast.metrics.values import Change
    from holdfast.warehouse.simulated import WORD, told

    out = csv.writer(sys.stdout, lineterminator="\n")
    label = told()
    out.writerow([*CSV_COLUMNS, *([WORD] if label else [])])
    for group in card.groups:
        for line in group.lines:
            value, criterion = line.value, line.criterion
            reading = value.reading if value else Unknown("not measured", criterion.connect if criterion else "")
            known = None if isinstance(reading, Unknown) else reading
            change = line.change if isinstance(line.change, Change) else None
            out.writerow(
                [
                    group.title, line.metric.id if line.metric else "",
                    criterion.number if criterion else line.metric.number if line.metric else "", name_of(line),
                    line.verdict, *(_cell(known, end) for end in ("point", "low", "high")),
                    (value.currency if value and line.metric and line.metric.scale == "money" else None)
                    or (line.metric.scale if line.metric else criterion.scale if criterion else ""),
                    target(criterion), criterion.acceptable if criterion else "",
                    criterion.stretch if criterion and criterion.stretch is not None else "",
                    *(_cell(change, end) for end in ("point", "low", "high")),
                    value.n if value else "", value.still_open if value else "", found.as_of,
                    reading.why if isinstance(reading, Unknown) else "",
                    reading.would_need if isinstance(reading, Unknown) else "", line.source,
                    *([label] if label else []),
                ]
            )  # fmt: skip


def _cell(thing: Any, end: str) -> Any:
    value = getattr(thing, end, None)
    return "" if value is None or value in (float("inf"), float("-inf")) else value
