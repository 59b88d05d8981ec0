"""`holdfast health`: how accounts are, and why; `holdfast health trial`: whether the scores were right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from holdfast.cli import asked, book, figures
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from holdfast.commerce.unknown import Unknown
    from holdfast.health.comparison import Comparison
    from holdfast.health.reading import Reading
    from holdfast.health.taking import Taker
    from holdfast.warehouse.home import Home

SHAPES = {"good": ("●", "green"), "watch": ("◆", "yellow"), "risk": ("▲", "red"), "not scored": (figures.DASH, "dim")}


def _mark(status: str) -> tuple[str, str]:
    """Its shape with its word, and the style."""
    from holdfast.health.words import STATUSES

    shape, style = SHAPES[status]
    return f"{shape} {STATUSES[status]}", style


class OrAccount(TyperGroup):
    """`holdfast health` alone, or with an account's name, shows readings; its commands come by their names."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args != ["--help"] and args != ["-h"]):
            args = ["show", *args]
        return list(super().parse_args(ctx, args))


health = typer.Typer(cls=OrAccount, rich_markup_mode="markdown")
CardOption = Annotated[
    str | None,
    typer.Option("--scorecard", help="Read by this scorecard once (default: that of the segment).", metavar="ID"),
]


@health.callback()
def about() -> None:
    """How accounts are: a score that is the sum of its reasons, and what is not known.

    `holdfast health [ACCOUNT] [--json] [--as-of YYYY-MM-DD]` shows every account and company, or one with its reasons.

    Example: holdfast health "My shop"
    """


@health.command()
def show(
    account: Annotated[
        str | None,
        typer.Argument(
            help="An account, or a company that buys from it; all of them when left out.", metavar="ACCOUNT",
            autocompletion=asked.account_names, show_default=False,
        ),
    ] = None,
    as_of: asked.AsOfOption = None,
    scorecard: CardOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:  # fmt: skip
    """Every account and company with its score, or one of them with each reason.

    What is not known neither lifts nor lowers a score: its points go to the other inputs. Below the coverage that the
    scorecard asks for there is no score. An earlier day is told with what is known now.

    Example: holdfast health "My shop"
    """
    from holdfast.health.taking import taking
    from holdfast.warehouse.simulated import tell

    speech, found = Speech(json, quiet), asked.published(home)
    day = asked.day_of(found, as_of)
    with speech.progress("reading") as told:
        if day is not None:
            told(f"metrics as of {day}", 0.2)
        with taking(found.home, day) as taker:
            _known_card(taker, scorecard)
            tell(taker.shops if account is None else [s for s in taker.shops if s.account == account] or taker.shops)
            readings = list(_wanted(taker, account, scorecard))
            strays = [
                a for a in taker.accounts() if taker.card_of(a, scorecard)[1] == "nobody" and account in (None, a)
            ]
    for name in strays:
        speech.note(f"nobody chose a segment for {name}: say holdfast targets segment SEGMENT --account {name!r}")
    before = {} if account is None else _before(found.home, readings)
    document = {
        "as_of": taker.as_of, "snapshot": taker.snapshot, "simulated": found.simulated,
        "readings": [document_of(r, before.get(r.subject.key)) for r in readings],
    }  # fmt: skip
    if account is None:
        return speech.answer(document, lambda out: _show_all(out, readings))

    def show(out: Console) -> None:
        for reading in readings:
            show_one(out, reading, before.get(reading.subject.key))

    speech.answer(document, show)


@health.command()
def keep(
    as_of: asked.AsOfOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:  # fmt: skip
    """Keep the readings of the serving snapshot, for charts and comparisons: run it after a build.

    With --as-of an earlier day is looked back at, as known now. What was kept is never written again.

    Example: holdfast health keep --as-of 2026-03-31
    """
    from holdfast.health.history import keep_readings

    found = asked.published(home)
    by_the_book = _kept_by_the_book(found.home) if as_of is None else 0
    day = asked.day_of(found, as_of)
    path, readings = keep_readings(found.home, now=datetime.now(UTC), as_of=day)
    readings += by_the_book
    said = f"{figures.plural(readings, 'readings')} kept in {path}" if readings else f"they are kept already: {path}"
    Speech(json).answer({"file": path, "readings": readings}, lambda out: out.print(said, markup=False, soft_wrap=True))


@health.command()
def trial(
    segment: Annotated[str, typer.Argument(help="b2c_marketplace, subscription or b2b_platform.", metavar="SEGMENT")],
    capacity: Annotated[float, typer.Option(min=1, help="People you can look after a week.", metavar="N")] = 20.0,
    known_then: Annotated[
        bool, typer.Option("--known-then", help="Read only what had been recorded by each day; a build for each.")
    ] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Whether a scorecard was right: its scores on past days against who left afterwards.

    Tested on later days and other people than anything was fitted to, beside days since the last order, the trend of
    spend and a regression of five inputs. Only a score that passes every check may be called predictive.

    Example: holdfast health trial b2c_marketplace
    """
    from holdfast.cli.trial import show_trial, trial_document
    from holdfast.commerce.unknown import Unknown
    from holdfast.health.taking import taking
    from holdfast.health.trial.kept import keep_trial
    from holdfast.health.trial.run import trial as run

    speech, found = Speech(json, quiet), asked.published(home)
    with speech.progress("trying") as told, taking(found.home) as taker:
        _known_card(taker, segment)
        treated = _treated(found.home)
        tried = run(taker, segment, capacity=capacity, treated=treated, as_known_then=known_then, tell=told)
    if isinstance(tried, Unknown):
        raise CannotBeDone(f"{tried.why}: {tried.would_need}" if tried.would_need else tried.why)
    path = keep_trial(found.home, tried, at=datetime.now(UTC))
    speech.answer(trial_document(tried) | {"file": path}, lambda out: show_trial(out, tried))


def _kept_by_the_book(home: Home) -> int:
    """As the worker keeps them, with what the book of work says; 0 without one."""
    if not book.there_is_a_book(home):
        return 0
    with book.opened(home):
        from django.core.management import call_command

        return int(call_command("keep_health", stdout=StringIO()))


def _treated(home: Home) -> dict[int, date]:
    from holdfast.health.history import first_at_risk

    if not book.there_is_a_book(home):
        return {}
    with book.opened(home):
        from holdfast.accounts.reading.treated import treated

        return treated(first_at_risk(home))


def _known_card(taker: Taker, asked_for: str | None) -> None:
    if asked_for is not None and asked_for not in taker.cards:
        raise CannotBeDone(f"no scorecard is called {asked_for!r}; {did_you_mean(asked_for, taker.cards)}")


def _wanted(taker: Taker, name: str | None, card: str | None) -> Iterable[Reading]:
    """Every account with its companies; or the account, else the companies, of a name."""
    if name in taker.accounts():
        yield taker.account(str(name), card=card)
        return
    found = False
    for account in taker.accounts():
        if name is None:
            yield taker.account(account, card=card)
        for reading in taker.companies(account, card=card):
            if name is None or name in (reading.subject.label, reading.subject.key):
                found = True
                yield reading
    if name is not None and not found:
        raise CannotBeDone(f"no account or company is called {name!r}; {did_you_mean(name, taker.accounts())}")


def _before(home: Home, readings: Iterable[Reading]) -> dict[str, Comparison | Unknown]:
    """By subject: what moved since the reading kept before, where there is one."""
    from holdfast.health.comparison import compare
    from holdfast.health.history import history, newest

    told = {}
    for reading in readings:
        earlier = [k for k in newest(history(home, reading.subject)) if k.reading.as_of < reading.as_of]
        if earlier:
            told[reading.subject.key] = compare(earlier[-1].reading, reading)
    return told


def document_of(reading: Reading, moved: Comparison | Unknown | None = None) -> dict[str, Any]:
    """A reading as data: points and signed reasons beside the tenths they are counted in."""
    told: dict[str, Any] = plain(reading)
    told |= {"points": reading.points, "said": reading.said, "redistributed": reading.redistributed}
    for one, reason in zip(told["reasons"], reading.reasons, strict=True):
        one["signed"] = reason.signed
    return told | {"moved": moved}


def _show_all(out: Console, readings: list[Reading]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=f"Health as of {figures.day(readings[0].as_of)}", title_justify="left")
    for head, justify in (("who", "left"), ("score", "right"), ("status", "left"), ("known", "right"), ("why", "left")):
        table.add_column(head, justify="right" if justify == "right" else "left")
    for r in readings:
        worst = "; ".join(f"{figures.number(x.signed, 1)} {x.sentence}" for x in r.reasons[:2] if x.lost)
        indent = "" if r.subject.kind == "account" else "  "
        score = figures.DASH if r.points is None else figures.number(r.points, 1)
        why = worst if r.points is not None else r.said.partition(": ")[2]
        table.add_row(indent + r.subject.label, score, Text(*_mark(r.status)), f"{r.coverage:.0f} %", Text(why, "dim"))
    out.print(table)
    out.print("holdfast health NAME shows every reason", style="dim")


def show_one(out: Console, r: Reading, moved: Comparison | Unknown | None) -> None:
    """One reading: what takes points off, what is full, what is not known, what is only shown."""
    from holdfast.commerce.unknown import Unknown

    mark, colour = _mark(r.status)
    score = "" if r.points is None else f" {figures.number(r.points, 1)} of 100"
    out.print(f"{r.subject.label}: {mark}{score}", style=f"bold {colour}", markup=False)
    looked = ", looked back at with what is known now" if r.known == "now" else ""
    out.print(
        f"  as of {figures.day(r.as_of)}{looked}; {r.coverage:.0f} % of the points are known; scorecard {r.scorecard}"
        f" (version {r.digest})", style="dim", markup=False, soft_wrap=True,
    )  # fmt: skip
    if r.points is None:
        out.print(f"  {r.said}", markup=False, soft_wrap=True)
    for reason in r.reasons:
        signed = f"{figures.MINUS}{reason.lost / 10:.1f}" if reason.lost else "full"
        out.print(
            f"  {signed:>6}  {reason.sentence}  [{reason.evidence.id}, n = {reason.evidence.n:,}]", markup=False,
            soft_wrap=True,
        )  # fmt: skip
    for missing in r.missing:
        need = f" ({missing.unknown.would_need})" if missing.unknown.would_need else ""
        out.print(f"       ?  {missing.name}: {missing.unknown.why}{need}", style="dim", markup=False, soft_wrap=True)
    if r.redistributed:
        out.print(f"  {r.redistributed}", style="dim", markup=False, soft_wrap=True)
    told = [s for s in r.shown if not isinstance(s.answer, Unknown)]
    for shown in told:
        out.print(f"       ·  {getattr(shown.answer, 'sentence', '')} (shown only)", style="dim", markup=False)
    if moved is not None:
        _show_moved(out, moved)


def _show_moved(out: Console, moved: Comparison | Unknown) -> None:
    from holdfast.commerce.unknown import Unknown

    if isinstance(moved, Unknown):
        out.print(f"  not compared with the reading before: {moved.why}", style="dim", markup=False, soft_wrap=True)
        return
    total = f"{figures.signed(moved.signed, 'points')}"
    out.print(f"  {total or 'no change'} since {figures.day(moved.before)}", style="bold", markup=False)
    for one in moved.moved:
        out.print(f"  {figures.signed(one.signed, 'points'):>6}  {one.sentence}", markup=False, soft_wrap=True)
