"""`holdfast experiments`: what is tried with some customers kept aside by lot, and what it changed."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import accounts_tried, asked, figures
from holdfast.cli.claims import between, ledger, writer_of
from holdfast.cli.pools import pool, show_pool
from holdfast.cli.speech import Speech, plain
from holdfast.cli.targets import ByOption, who

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.evidence.designs.compared import Compared
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.plan import Plan
    from holdfast.evidence.reading import Reading
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import Snapshot

experiments = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
experiments.command("ledger")(ledger)
experiments.command("pool")(pool)
IdArgument = Annotated[str, typer.Argument(help="The id it was declared under.", show_default=False)]


@experiments.callback()
def about() -> None:
    """Try something with some customers kept aside by lot, and read what it changed."""


@experiments.command()
def declare(
    file: Annotated[Path, typer.Argument(help="What is declared, as TOML.", exists=True, dir_okay=False)],
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Declare outcome, horizon and share kept aside before it begins, and hear what it could show.

    Example: holdfast experiments declare welcome.toml
    """
    from holdfast.evidence.lot import declare as keep

    place = asked.need_home(home)
    made = keep(place, file.read_text(encoding="utf-8"))
    _planned(place, made, json)


@experiments.command()
def plan(id: IdArgument, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """What it could show with this shop's customers, by when, and which other designs would show more.

    Example: holdfast experiments plan welcome
    """
    from holdfast.evidence.lot import lot

    place = asked.need_home(home)
    _planned(place, lot(place, id), json)


@experiments.command()
def draw(
    id: IdArgument,
    members: Annotated[
        Path | None,
        typer.Option(help="A CSV with the column customer: only they are assigned.", exists=True, dir_okay=False),
    ] = None,
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Draw the lot: everybody is assigned once, for good, before anything is sent.

    Example: holdfast experiments draw welcome --members new-customers.csv
    """
    from holdfast.evidence.lot import draw as drawn

    place = asked.need_home(home)
    _drawn(place, drawn(place, id, by=who(by), now=datetime.now(UTC), members=members), json)


@experiments.command()
def take(
    id: IdArgument,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet: customer, arm and assigned_on; customer and began; customer and score.",
            exists=True,
            dir_okay=False,
        ),
    ],
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Take a lot that another tool drew; arm is "treated" or "held out".

    Example: holdfast experiments take welcome assigned.csv
    """
    from holdfast.evidence.lot import take as taken

    place = asked.need_home(home)
    _drawn(place, taken(place, id, file, by=who(by), now=datetime.now(UTC)), json)


@experiments.command("list")
def list_(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """All that were declared, of customers and of accounts, and which were drawn.

    Example: holdfast experiments list
    """
    from holdfast.evidence.lot import lots, spoilt
    from holdfast.evidence.pool import pools, spoilt_pools
    from holdfast.evidence.sealed_accounts import account_lots, spoilt_account_lots

    place = asked.need_home(home)
    found, together = (*lots(place), *account_lots(place)), pools(place)
    wrong = (*spoilt(place), *spoilt_pools(place), *spoilt_account_lots(place))

    def show(out: Console) -> None:
        if not found:
            out.print("Nothing is declared yet. Begin with `holdfast experiments declare FILE`.", markup=False)
        for one in found:
            begun = "not drawn yet" if one.drawn is None else f"drawn as of {figures.day(one.drawn_on)}"
            of = "" if one.registration.shop else f"{one.registration.unit}, "
            out.print(f"{one.registration.id}  {one.registration.name}  ({of}{begun})", markup=False)
        for several in together:
            out.print(f"{several.id}  {several.name}  (read together: {', '.join(several.lots)})", markup=False)
        for problem in wrong:
            out.print(f"! {problem}", style="bold", markup=False)

    Speech(json).answer({"experiments": [_lot(one) for one in found], "pools": together, "spoilt": wrong}, show)


@experiments.command()
def show(id: IdArgument, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """What it shows: effect with its interval, guardrails, segments, checks, and the sentence that may be said.

    Example: holdfast experiments show welcome
    """
    from holdfast.evidence.look import look
    from holdfast.evidence.lot import lot
    from holdfast.evidence.pool import pool_if_any
    from holdfast.evidence.sealed_accounts import ACCOUNTS, account_lot
    from holdfast.evidence.sentence import sentence

    place = asked.need_home(home)
    if (several := pool_if_any(place, id)) is not None:
        show_pool(place, _snapshot(place), several, json)
        return
    found = account_lot(place, id) or lot(place, id)
    of_accounts = found.registration.unit == ACCOUNTS
    reading = accounts_tried.read(place, found) if of_accounts else look(place, _snapshot(place), found)
    write = writer_of(place, found)
    said = sentence(reading, write)
    Speech(json).answer(
        {"sentence": said, **plain(reading), "grade": str(reading.grade), "verdict": plain(reading.verdict)},
        lambda out: _show(out, reading, said, write),
    )


def _drawn(place: Home, found: Lot, json: bool) -> None:
    """What the lot shows already of a claim stands on scorecards at once."""
    from holdfast.evidence.settling import settle

    settle(place)
    _told(found, json)


def _planned(place: Home, found: Lot, json: bool) -> None:
    from holdfast.commerce.unknown import Unknown
    from holdfast.evidence.plan import NO_LOT
    from holdfast.evidence.plan import plan as worked_out

    lot = found.registration.design == "lot"
    told = worked_out(place, _snapshot(place), found.registration) if lot else NO_LOT

    def show(out: Console) -> None:
        out.print(f"{found.registration.name}: {found.registration.outcome.said}", style="bold", markup=False)
        if isinstance(told, Unknown):
            out.print(f"{told.why} ({told.would_need})", markup=False)
        else:
            _show_plan(out, told)

    Speech(json).answer({"experiment": _lot(found), "plan": told}, show)


def _show_plan(out: Console, told: Plan) -> None:
    out.print(
        f"{figures.plural(told.customers, 'customers')} could be assigned. What they spent varies by"
        f" {told.variation:.2f} times its mean; the days before explain {told.narrowed:.0%} of that.", markup=False,
    )  # fmt: skip
    for place, way in enumerate(told.ways):
        words = (
            f"{way.days} days, {way.held_out:.0%} held out: finds {_smallest(way.smallest)} by {figures.day(way.by)}"
        )
        out.print(
            f"  {'declared' if not place else 'instead'}  {words}", style="bold" if not place else "", markup=False
        )
    for offer in told.offers:
        how = (
            f"read together over {', '.join(offer.shops)}"
            if offer.kind == "pooled"
            else "a staggered start, E3 at most"
        )
        out.print(f"  or       {how}: finds {_smallest(offer.smallest)} by {figures.day(offer.by)}", markup=False)


def _smallest(effect: float) -> str:
    return f"{effect:.1%} or more" if isfinite(effect) else "nothing, with nobody in one of the arms,"


def _told(found: Lot, json: bool) -> None:
    drawn = found.drawn or {}
    refused = int(drawn.get("refused", "0"))
    said = f"{int(drawn['assigned']):,} customers are assigned as of {figures.day(found.drawn_on)} ({drawn['how']})."

    def show(out: Console) -> None:
        out.print(said, style="bold", markup=False)
        if refused:
            words = f"{figures.plural(refused, 'rows')} assigned nobody: see {found.folder / 'refused.csv'}"
            out.print(words, style="yellow", markup=False, soft_wrap=True)

    Speech(json).answer({"experiment": _lot(found)}, show)


def _show(out: Console, reading: Reading | Compared, said: str, write: Any) -> None:
    from holdfast.commerce.unknown import Unknown
    from holdfast.evidence.designs.compared import Compared

    colour = {"worked": "bold green", "hurt": "bold red", "broken": "bold red"}.get(reading.verdict.word, "bold yellow")
    out.print(f"{reading.verdict.word} ({reading.grade}): {reading.verdict.why}", style=colour, markup=False)
    out.print(f"\n{said}\n", markup=False, soft_wrap=True)
    for check in reading.checks:
        mark, style = ("● yes", "green") if check.passed else ("▲ no", "red")
        out.print(f"  {mark:<6} {check.name}: {check.found}", style=style, markup=False, soft_wrap=True)
    if reading.verdict.word == "broken" or isinstance(reading, Compared):
        return
    for one in reading.guarded:
        held = {True: "● held", False: "▲ not held", None: "○ open"}[one.held]
        found = one.effect.why if isinstance(one.effect, Unknown) else between(one.effect.relative)
        out.print(f"  {held:<10} {one.guardrail.outcome.said}: {found}, may be {one.guardrail.tolerance:.0%} worse")
    for member in reading.members:
        found = member.effect.why if isinstance(member.effect, Unknown) else between(member.effect.relative)
        out.print(f"  {member.by} {member.member}: {member.verdict.word}, {found}", style="dim", markup=False)
    if reading.without is not None:
        found = reading.without.why if isinstance(reading.without, Unknown) else between(reading.without.relative)
        out.print(f"  without those who were assigned to both arms: {found}", style="dim", markup=False)
    finds = (
        "" if isnan(reading.smallest) else f"Effects of {reading.smallest:.1%} or more are found four times in five. "
    )
    out.print(f"  {finds}Planned for {figures.day(reading.due)}.", style="dim", markup=False)


def _lot(found: Lot) -> dict[str, Any]:
    drawn = {key: value for key, value in (found.drawn or {}).items() if key != "salt"}
    return {**plain(found.registration), "drawn": drawn or None}


def _snapshot(place: Home) -> Snapshot:
    from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, current_snapshot

    found = current_snapshot(place)
    if found is None:
        raise NothingBuilt(NOTHING_BUILT)
    return found
