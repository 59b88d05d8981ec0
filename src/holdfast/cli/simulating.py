"""`holdfast simulate`: invented shops whose truth is known, as files that `holdfast import` reads."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.simulate import Made, Treatment

LAST_DAY = date(2025, 12, 31)  # not today: the same command gives the same files tomorrow
TREATABLE = ("rate", "spend", "churn")


class Kind(Enum):
    """What to invent."""

    marketplace = "marketplace"
    b2b = "b2b"
    subscription = "subscription"
    portfolio = "portfolio"


class Format(Enum):
    """How files are written."""

    parquet = "parquet"
    csv = "csv"


def simulate(
    out: Annotated[Path, typer.Argument(help="A new folder, or one that this command wrote.", metavar="OUT")],
    kind: Annotated[Kind, typer.Option(help="One shop, or a portfolio of one of each.")] = Kind.portfolio,
    customers: Annotated[int, typer.Option(min=1, help="Who open an account, or buy without one.")] = 3000,
    months: Annotated[int, typer.Option(min=1, max=240, help="Months of history.")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=f"The last day of the data ({LAST_DAY})."),
    ] = None,
    treat: Annotated[
        list[str] | None,
        typer.Option(help="An effect on the treated: rate=1.2, spend=1.1 or churn=0.8.", metavar="WHAT=TIMES"),
    ] = None,
    treat_share: Annotated[float, typer.Option(min=0, max=1, help="How many of the assigned are treated.")] = 0.5,
    treat_days: Annotated[int, typer.Option(min=1, help="Days before the end on which assignment begins.")] = 180,
    trouble_days: Annotated[
        int, typer.Option(min=0, help="In so many last days things go wrong: late replies, returns, tickets.")
    ] = 0,
    format: Annotated[Format, typer.Option(help="How files are written.")] = Format.parquet,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Invent shops with every table and a known truth: for tests, for a look around, never for a claim.

    Buying is BG/NBD, order values are Gamma-Gamma, subscriptions end with constant chances; weeks have their seasons.
    truth.json says the laws and what really happened; truth/ says of each customer what nobody could know. Whatever is
    imported from the files is called simulated on every page, export and answer.

    Example: holdfast simulate invented --kind marketplace --customers 100000 --treat rate=1.1
    """
    from holdfast.simulate import Trouble, Wanted
    from holdfast.simulate import simulate as invent

    speech = Speech(json, quiet)
    wanted = Wanted(
        kind.value, customers, months, seed, until.date() if until else LAST_DAY, format.value,
        _treatment(treat or [], treat_share, treat_days), Trouble(trouble_days),
    )  # fmt: skip
    with speech.progress("inventing") as told:
        made = invent(out, wanted, told)
    speech.answer(_document(made), lambda o: _show(o, made))


def _treatment(said: list[str], share: float, days: int) -> Treatment:
    from holdfast.simulate import Treatment

    times: dict[str, float] = {}
    for word in said:
        what, _, factor = word.partition("=")
        try:
            times[what.strip()] = float(factor)
        except ValueError:
            times[""] = 0
        if what.strip() not in TREATABLE or "" in times:
            raise typer.BadParameter(f"--treat {word}: write rate=1.2, spend=1.1 or churn=0.8")
    return Treatment(share, days, **times)


def _document(made: Made) -> dict[str, Any]:
    return {
        "folder": made.folder, "simulated": True,
        "shops": {
            kind: {"folder": place, "rows": made.rows[kind], "truth": made.truth[kind]["facts"]}
            for kind, place in made.shops.items()
        },
        "next": [f"holdfast import {place}" for place in made.shops.values()],
    }  # fmt: skip


def _show(out: Console, made: Made) -> None:
    out.print(" SIMULATED: these data are invented ", style="bold white on magenta")
    for kind, place in made.shops.items():
        facts, rows = made.truth[kind]["facts"], made.rows[kind]
        repeat = facts["repeat_purchase_rate"]
        out.print(f"{made.truth[kind]['shop']}  {place}", style="bold", markup=False)
        out.print(
            f"  {figures.plural(sum(rows.values()), 'rows')} in {len(rows)} files: {facts['customers']:,} customers,"
            f" {facts['orders']:,} orders, {facts['subscriptions']:,} subscriptions, {facts['tickets']:,} tickets",
            markup=False,
        )
        out.print(
            f"  {repeat['counted']:,} of {repeat['out_of']:,} bought again within 365 days; more in"
            f" {place / 'truth.json'}", style="dim", markup=False,
        )  # fmt: skip
    for place in made.shops.values():
        out.print(f"Next: holdfast import {place}", style="bold", markup=False)
