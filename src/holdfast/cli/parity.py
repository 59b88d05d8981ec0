"""`holdfast parity`: why is this not the number my shop shows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech, plain
from holdfast.commerce.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from holdfast.metrics.parity import Meaning, Parity
    from holdfast.metrics.parityterms import Term
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope


def words(incomplete: str) -> list[tuple[str, str]]:
    from holdfast.metrics.parityterms import TERMS

    return [(t.id, t.name) for t in TERMS.values() if t.id.startswith(incomplete.lower())]


def parity(
    word: Annotated[
        str | None,
        typer.Argument(
            help="aov, sales, returning, churn …, or a metric. All words without it.",
            metavar="METRIC",
            autocompletion=words,
        ),
    ] = None,
    shown: Annotated[
        str | None, typer.Option("--shown", help="The number your tool shows: 54.20, or 12.3 %.", metavar="NUMBER")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Whose definition it is: shopify, woocommerce …", metavar="DEFINITION")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Where you read it.", metavar="TEXT")] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last day it speaks of."),
    ] = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Why is this not the number my shop shows: each tool's definition on your data, and what leads to ours.

    With --shown, --by and --source the number your tool shows is kept, and what stays unexplained is told.

    Example: holdfast parity aov --shown 54.20 --by shopify --source "Shopify, Analytics"
    """
    from holdfast.metrics.parity import all_parity, parity, term_called

    speech, found = Speech(json, quiet), asked.published(home)
    scope = asked.scope_of(found, shop, account)
    if word is None:
        if shown is not None:
            raise typer.BadParameter("say which number: holdfast parity aov --shown …")
        every = all_parity(found, scope)
        return speech.answer({"terms": [_document(p) for p in every]}, lambda o: _list(o, every, found))
    term = term_called(word)
    if shown is not None:
        _keep(found, term, scope, shown, by, source, on)
    answer = parity(found, term, scope)
    return speech.answer(_document(answer), lambda o: _show(o, answer, found))


def _keep(
    found: Published, term: Term, scope: Scope, number: str, by: str | None, source: str | None, on: datetime | None
) -> None:
    from datetime import UTC
    from getpass import getuser

    from holdfast.metrics.registry import METRICS
    from holdfast.metrics.shown import LONGEST_SOURCE, NotANumber, Shown, keep_shown, parsed

    known = [d.id for d in term.definitions]
    if by not in known:
        raise typer.BadParameter(f"--by: say whose number it is: {', '.join(known)}")
    if not 0 < len((source or "").strip()) <= LONGEST_SOURCE:
        raise typer.BadParameter(
            f"--source: say where you read it, in {LONGEST_SOURCE} letters at most, so that others can look it up"
        )
    day = on.date() if on else found.as_of
    if day > found.as_of:
        raise typer.BadParameter(f"--on: the data end on {found.as_of}; give the number of a day up to then")
    try:
        value = parsed(number, share=METRICS[term.default].scale == "share")
    except NotANumber as problem:
        raise CannotBeDone(str(problem)) from problem
    now = datetime.now(UTC)
    keep_shown(found.home, Shown(term.id, by or "", scope, value, day, str(source).strip(), getuser(), now))


def _document(answer: Parity) -> dict[str, Any]:
    term, reading = answer.term, answer.value.reading
    return {
        "term": term.id, "name": term.name, "metric": answer.ours.id, "why": term.why, "scale": answer.scale,
        "currency": answer.currency, "scope": answer.scope, "as_of": answer.value.as_of, "value": plain(reading),
        "orders_of_unknown_buyers": answer.strangers,
        "definitions": [
            {
                "id": m.definition.id, "tool": m.definition.tool, "says": m.definition.says,
                "metric": m.definition.metric or None, "value": plain(m.number), "counted": m.counted,
                "out_of": m.out_of, "steps": plain(m.steps), "leads_to": m.definition.leads_to or None,
                "in_words": plain(m.definition.apart), "shown": plain(m.theirs),
            }
            for m in answer.meanings
        ],
    }  # fmt: skip


def _said(number: float | Unknown | None, answer: Parity, of: Meaning | None = None) -> str:
    if number is None:
        return figures.DASH
    if isinstance(number, Unknown):
        return f"unknown: {number.why}"
    return figures.measured(number, answer.scale if of is None else answer.scale_of(of), answer.currency)


def _list(out: Console, every: Sequence[Parity], found: Published) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("word", no_wrap=True)
    table.add_column("who shows it")
    table.add_column("here", justify="right")
    for answer in every:
        ours = answer.value.reading
        number = ours if isinstance(ours, Unknown) else ours.point
        table.add_row(answer.term.id, f"Holdfast: {answer.ours.name}", _said(number, answer), style="bold")
        for m in answer.meanings:
            table.add_row("", m.definition.tool, _said(_number(m), answer, m))
    out.print(table)
    out.print("What leads from one to the other: holdfast parity WORD", style="dim", markup=False)


def _number(m: Meaning) -> float | Unknown | None:
    return None if isinstance(m.number, Unknown) else m.number


def _show(out: Console, answer: Parity, found: Published) -> None:
    term, reading = answer.term, answer.value.reading
    out.print(f"{term.name} · {answer.scope.label} · as of {figures.day(found.as_of)}", style="bold", markup=False)
    number = reading if isinstance(reading, Unknown) else reading.point
    out.print(f"Ours is {_said(number, answer)}: {answer.ours.name}. {term.why}", markup=False)
    if answer.strangers and term.out_of == "Customers":
        out.print(f"In neither number: {figures.plural(answer.strangers, 'orders')} of unknown buyers", markup=False)
    for m in answer.meanings:
        out.print()
        out.print(f"{m.definition.tool}: {_said(m.number, answer, m)}", style="bold", markup=False)
        out.print(f"  {m.definition.says}", style="dim", markup=False)
        _compared(out, m, answer)
        _steps(out, m, answer)
        for line in m.definition.apart:
            out.print(f"  – {line}", markup=False)


def _compared(out: Console, m: Meaning, answer: Parity) -> None:
    """What the tool really shows, where somebody wrote it down."""
    if m.theirs is None:
        return
    kept = m.theirs.shown
    line = f"  it shows {_said(kept.value, answer, m)} ({kept.source}, {figures.day(kept.on)}, by {kept.by})"
    if m.theirs.unexplained is None:
        line += f"; not compared: {m.theirs.why}"
    else:
        line += f"; unexplained: {figures.signed(m.theirs.unexplained, answer.scale, answer.currency)}"
    out.print(line, style="yellow", markup=False)


def _steps(out: Console, m: Meaning, answer: Parity) -> None:
    from rich import box
    from rich.table import Table

    if not m.steps:
        return
    per = m.steps[0].after is not None and answer.ours.kind != "total"
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("  what leads to ours")
    heads = (answer.term.counted.lower(), answer.term.out_of.lower(), "then") if per else (answer.term.counted.lower(),)
    for head in heads:
        table.add_column(head, justify="right")
    for step in m.steps:
        cells = (_change(step.counted, answer), _change(step.out_of), _said(step.after, answer))
        table.add_row(f"  {step.reason}", *cells[: len(heads)])
    ends = m.ends
    if ends is not None and not isinstance(ends.reading, Unknown):
        name = "ours" if ends.metric == answer.ours.id else ends.metric.replace("_", " ")
        table.add_row(f"  = {name}", *("",) * (len(heads) - 1), _said(ends.reading.point, answer), style="bold")
    out.print(table)


def _change(amount: float, answer: Parity | None = None) -> str:
    if not amount:
        return figures.DASH
    money = answer is not None and answer.scale == "money"
    return figures.signed(amount, "money" if money else "count", answer.currency if answer and money else None)
