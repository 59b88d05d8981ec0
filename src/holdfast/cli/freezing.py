"""`holdfast freeze`: targets and definitions stay as they are for a stretch of days."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, figures
from holdfast.cli.scorecard import freeze_of
from holdfast.cli.speech import Speech
from holdfast.cli.targets import ByOption, today, who

if TYPE_CHECKING:
    from rich.console import Console

freeze = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
DAY = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}


@freeze.callback()
def about() -> None:
    """Hold targets and definitions for a stretch of days, such as peak season; what is changed meanwhile waits."""


@freeze.command()
def start(
    until: Annotated[datetime, typer.Option("--until", help="The last day of it.", **DAY)],
    since: Annotated[
        datetime | None,
        typer.Option("--from", help="The first day of it (default today).", **DAY),
    ] = None,
    why: Annotated[str, typer.Option(help="Why, for whoever asks later.", metavar="TEXT")] = "",
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Freeze from a day until another, both included. A freeze declared ahead holds what stands when it begins.

    Example: holdfast freeze start --from 2026-11-20 --until 2026-12-27 --why "peak season"
    """
    from holdfast.metrics.freeze import freeze as hold
    from holdfast.metrics.registry import METRICS

    place, day = asked.need_home(home), today()
    versions = {metric.id: metric.version for metric in METRICS.values()}
    first = day if since is None else since.date()
    made = hold(place.path, first, until.date(), why=why, by=who(by), on=day, versions=versions)
    said = f"Targets and definitions are frozen from {figures.day(made.since)} to {figures.day(made.until)}."
    Speech(json).answer({"freeze": freeze_of(made)}, lambda out: out.print(said, style="bold", markup=False))


@freeze.command("list")
def list_(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Every freeze, and what waits for the end of the one that holds today.

    Example: holdfast freeze list
    """
    from holdfast.metrics.freeze import freezes
    from holdfast.metrics.standing import standing, waiting

    place = asked.need_home(home)
    found, holds = freezes(place.path), standing(place.path, today())
    waits = waiting(place.path, holds)

    def show(out: Console) -> None:
        if not found:
            out.print("Nothing is frozen.")
        for one in found:
            now = " (holds today)" if holds.freeze == one else ""
            said = f"{one.name}{now}: {one.why or 'no reason given'}, by {one.by}, as it stood on {one.held_on}"
            out.print(said, style="bold" if now else "", markup=False)
        for clause in waits:
            out.print(f"  waits: {clause}", markup=False)

    Speech(json).answer({"freezes": [freeze_of(one) for one in found], "waiting": waits}, show)


@freeze.command()
def end(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `holdfast freeze list` names it.")],
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """End a freeze today: its days before today stay as they were judged; one that has not begun is gone.

    Example: holdfast freeze end 2026-11-20_2026-12-27
    """
    from holdfast.metrics.freeze import end as stop

    stop(asked.need_home(home).path, name, today())
    said = f"The freeze {name} has ended; what waited holds from now on."
    Speech(json).answer({"ended": name}, lambda out: out.print(said, style="bold", markup=False))
