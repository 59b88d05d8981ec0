"""`holdfast targets`: whose targets an account has, what they leave open, and where they clash."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.scorecard import freeze_of, segment_ids
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from holdfast.metrics.standing import Standing
    from holdfast.warehouse.home import Home

targets = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who says so; you, when left out.", metavar="NAME", show_default=False)
]


@targets.callback()
def about() -> None:
    """Segments of accounts, questions that targets leave open, and where targets contradict each other."""


@targets.command("list")
def list_(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Which account has which segment, what is asked, and what was answered.

    Example: holdfast targets list
    """
    place = asked.need_home(home)
    holds = standing_now(place)
    accounts = {name: holds.merchant.segment_of(name) for name in sorted({s.account for s in place.shops()})}
    document: dict[str, Any] = {
        "accounts": accounts,
        "segments": [{"id": s.id, "name": s.name} for s in holds.framework.segments],
        "questions": _questions(holds, set(accounts.values())),
        "freeze": freeze_of(holds.freeze),
    }

    def show(out: Console) -> None:
        for name, segment in accounts.items():
            out.print(f"{name}: {segment or 'no segment chosen'}", style="bold", markup=False)
        for question in document["questions"]:
            said = question["answer"]["says"] if question["answer"] else "not answered"
            out.print(f"\n{question['id']}: {said}", style="bold", markup=False)
            out.print(f"  {question['asks']}", markup=False)
            for option in question["options"]:
                out.print(f"  {option['id']}: {option['says']}", style="dim", markup=False)
        out.print("\nholdfast targets segment SEGMENT --account NAME · holdfast targets answer ID ANSWER", style="dim")

    Speech(json).answer(document, show)


def _questions(holds: Standing, segments: set[str]) -> list[dict[str, Any]]:
    """Of every segment that some account has; of all where none has one."""
    chosen = [s for s in holds.framework.segments if s.id in segments] or list(holds.framework.segments)
    found = {q.criterion.id: q for segment in chosen for q in holds.questions(segment)}
    return [
        {
            "id": id, "asks": q.asks, "options": [{"id": o.id, "says": o.says} for o in q.options],
            "answer": None if q.answer is None else {"says": q.answer.says, "by": q.answer.by, "on": q.answer.on},
        }
        for id, q in found.items()
    ]  # fmt: skip


@targets.command()
def segment(
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", autocompletion=segment_ids, show_default=False)],
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Keep the segment of one account, or without --account of every account that has none of its own.

    Example: holdfast targets segment subscription --account "Saltmarsh"
    """
    from holdfast.metrics.merchant import keep_segment

    place = asked.need_home(home)
    known = [s.id for s in standing_now(place).framework.segments]
    if segment not in known:
        raise CannotBeDone(f"no segment is called {segment!r}; {did_you_mean(segment, known)}")
    accounts = sorted({s.account for s in place.shops()})
    if account is not None and account not in accounts:
        raise CannotBeDone(f"no account is called {account!r}; {did_you_mean(account, accounts)}")
    keep_segment(place.path, segment, account)
    said = f"{account or 'Every account without its own'}: {segment}. Next: holdfast scorecard"
    Speech(json).answer(
        {"account": account, "segment": segment}, lambda out: out.print(said, style="bold", markup=False)
    )


@targets.command()
def answer(
    criterion: Annotated[str, typer.Argument(metavar="ID", help="Of the target.", show_default=False)],
    option: Annotated[str, typer.Argument(metavar="ANSWER", show_default=False)],
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Answer what a target leaves open; the answer is kept and the target read by it from then on.

    Example: holdfast targets answer retention_satisfaction mean
    """
    from holdfast.metrics.merchant import keep_answer

    place = asked.need_home(home)
    holds = standing_now(place)
    questions = {q["id"]: q for q in _questions(holds, {s.id for s in holds.framework.segments})}
    if criterion not in questions:
        raise CannotBeDone(f"nothing is asked about {criterion!r}; {did_you_mean(criterion, list(questions))}")
    options = [o["id"] for o in questions[criterion]["options"]]
    if option not in options:
        raise CannotBeDone(f"{option!r} is no answer to it; there are {', '.join(options)}")
    keep_answer(place.path, criterion, option, by=who(by), on=today())
    waits = "" if holds.freeze is None else f" It counts when the freeze ends, after {holds.freeze.until}."
    said = f"{criterion}: {option}.{waits}"
    Speech(json).answer(
        {"criterion": criterion, "answer": option}, lambda out: out.print(said, style="bold", markup=False)
    )


def standing_now(place: Home) -> Standing:
    from holdfast.metrics.standing import standing

    return standing(place.path, today())


def today() -> date:
    return datetime.now(UTC).date()


def who(by: str | None) -> str:
    from getpass import getuser

    return by or getuser()
