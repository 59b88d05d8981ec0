"""`holdfast playbooks`: what is done for whom by itself, what it would do now, and why somebody is in it or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import accounts_tried, asked, book, figures
from holdfast.cli.claims import writer_in
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech, plain
from holdfast.cli.targets import ByOption, who

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.accounts.act import By
    from holdfast.playbooks.behind import Behind
    from holdfast.playbooks.plan import Plan, Planned
    from holdfast.playbooks.reading import Event, Listed, Stay
    from holdfast.playbooks.state import Tick
    from holdfast.playbooks.tick import Edges
    from holdfast.warehouse.home import Home

playbooks = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
IdArgument = Annotated[str, typer.Argument(help="Its id, as `holdfast playbooks list` names it.", show_default=False)]
OnDay = typer.Option(
    "--on", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="A past day, told with what is known now."
)


@playbooks.callback()
def about() -> None:
    """What is done for customers and accounts by itself, with some kept aside by lot so that its effect can be read."""


@playbooks.command("list")
def list_(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """All there are, which are on, and how the last tick went.

    Example: holdfast playbooks list
    """
    from holdfast.playbooks.behind import of_tick
    from holdfast.playbooks.reading import health, listed
    from holdfast.playbooks.shelf import lives

    place = asked.need_home(home)
    rows, how = listed(place), health(place)
    held = of_tick(place, how.tick, lives(place))

    def show(out: Console) -> None:
        for row in rows:
            out.print(_line(row), style="" if row.on else "dim", markup=False, soft_wrap=True)
        out.print(_last(how.tick), style="dim", markup=False)
        _show_held(out, held)
        if how.failure:
            out.print(f"The tick of {how.failure.at} stopped: {how.failure.said}", style="bold red", markup=False)

    Speech(json).answer({"playbooks": [_listed(row) for row in rows], "last_tick": plain(how.tick),
                         "held_for_old_data": plain(held), "failure": plain(how.failure)}, show)  # fmt: skip


@playbooks.command()
def show(id: IdArgument, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """One playbook as its file has it: audience, trigger, steps, holdout, what one run can cost.

    Example: holdfast playbooks show win-back
    """
    from holdfast.playbooks.shelf import find, text_of

    place = asked.need_home(home)
    it, text = find(place, id), text_of(place, id)
    Speech(json).answer(
        {"playbook": plain(it), "cost_of_a_run": it.cost, "lot": it.lot or None},
        lambda out: out.print(text, markup=False, soft_wrap=True),
    )


@playbooks.command()
def check(
    id: Annotated[str | None, typer.Argument(help="One of them; all when left out.", show_default=False)] = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Read every playbook, its segments and what it registers, and say what is wrong; exit code 1 where something is.

    Example: holdfast playbooks check
    """
    from holdfast.evidence.open_lot import wrong_with
    from holdfast.playbooks.shelf import all_playbooks, find

    place = asked.need_home(home)
    if id is not None:
        find(place, id)
    wrong = {name: said for name, it in all_playbooks(place).items() if id in (None, name)
             if (said := wrong_with(place, it))}  # fmt: skip

    def show(out: Console) -> None:
        for said in wrong.values():
            out.print(said, style="red", markup=False, soft_wrap=True)
        if not wrong:
            out.print("Nothing is wrong.", style="green", markup=False)

    Speech(json).answer({"wrong": wrong}, show)
    if wrong:
        raise typer.Exit(1)


@playbooks.command("switch-on")
def switch_on(
    id: IdArgument, by: ByOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:
    """Take the playbook up as its file is now; from then on ticks decide for it. Register its lot where it has one.

    Example: holdfast playbooks switch-on win-back
    """
    from holdfast.evidence.open_lot import register, wrong_with
    from holdfast.playbooks import shelf

    place, now = asked.need_home(home), datetime.now(UTC)
    it = shelf.find(place, id)
    if said := wrong_with(place, it):
        raise CannotBeDone(said)

    def seal() -> None:
        register(place, it, by=who(by), now=now)

    if book.there_is_a_book(place):
        with book.opened(place):
            from holdfast.playbooks.actions.switching import switch_on as told_on

            live = told_on(place, id, by=_by(by), now=now, seal=seal)
    else:
        seal()
        live = shelf.switch_on(place, id, by=who(by), now=now)
    kept = (
        f"{it.holdout.share:.0%} are kept aside by lot"
        if it.lot
        else f"nobody is kept aside: {it.holdout.none_because}"
    )
    Speech(json).answer(
        {"playbook": id, "version": live.version, "lot": it.lot or None},
        lambda out: out.print(f"{it.name} is on, version {live.version}; {kept}", markup=False, soft_wrap=True),
    )


@playbooks.command("switch-off")
def switch_off(
    id: IdArgument, by: ByOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:
    """Nobody begins any more, and runs stop at the next tick.

    Example: holdfast playbooks switch-off win-back
    """
    from holdfast.playbooks import shelf

    place, now = asked.need_home(home), datetime.now(UTC)
    if book.there_is_a_book(place):
        with book.opened(place):
            from holdfast.playbooks.actions.switching import switch_off as told_off

            told_off(place, id, by=_by(by), now=now)
    else:
        shelf.switch_off(place, id, by=who(by), now=now)
    Speech(json).answer({"playbook": id, "on": False}, lambda out: out.print(f"{id} is off", markup=False))


@playbooks.command()
def preview(
    id: IdArgument,
    on: Annotated[datetime | None, OnDay] = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Who would begin, what they would get, and who would be held and why; nothing is sent. For a past day, too.

    Example: holdfast playbooks preview win-back --on 2026-03-01
    """
    from holdfast.playbooks.plan import plan, replayed
    from holdfast.playbooks.shelf import as_switched_on

    place = asked.need_home(home)
    live, now = as_switched_on(place, id), datetime.now(UTC)
    with _edges(place, now) as (edges, of_day):
        if on is None:
            found = plan(place, edges, now=now, also=[live], as_if_new=True)
        else:
            day = on.date()
            at = datetime.combine(day, time(12), UTC)
            found = replayed(place, [live], of_day(at, day), of_day(at, day - timedelta(days=1)).load, now=at)
    mine_only = [one for one in found.playbooks if one.playbook == id]
    Speech(json).answer(_plan(found, mine_only), lambda out: _show_plan(out, found, mine_only))


@playbooks.command()
def tick(
    for_real: Annotated[bool, typer.Option("--for-real", help="Do it; else only say what would be done.")] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Decide for everybody and every playbook that is on: say what would be done, or do it with --for-real.

    Example: holdfast playbooks tick --for-real
    """
    from holdfast.playbooks.behind import of_tick
    from holdfast.playbooks.plan import plan
    from holdfast.playbooks.reading import forget_failure
    from holdfast.playbooks.shelf import lives
    from holdfast.playbooks.tick import tick as decide

    place, now = asked.need_home(home), datetime.now(UTC)
    if not for_real:
        with _edges(place, now) as (edges, _):
            found = plan(place, edges, now=now)
        Speech(json).answer(_plan(found, found.playbooks), lambda out: _show_plan(out, found, found.playbooks))
        return
    with book.opened(place):
        from holdfast.playbooks.actions.switching import tell_missed
        from holdfast.playbooks.handing import edges as of_home

        tell_missed(place)
        done = decide(place, of_home(place, now=now), now=now)
        forget_failure(place)
    held = of_tick(place, done, lives(place))
    Speech(json).answer(
        {"tick": plain(done), "held_for_old_data": plain(held)}, lambda out: _show_tick(out, done, held)
    )


@playbooks.command()
def why(
    customer: Annotated[str, typer.Argument(help="The shop's own number of a customer.", show_default=False)],
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Everything that playbooks decided and did for a customer, and why; every key they have had is followed.

    Example: holdfast playbooks why 10042
    """
    from holdfast.playbooks.reading import stays, story

    place = asked.need_home(home)
    keys = _keys(place, customer, shop)
    told, audiences = story(place, "customers", keys), stays(place, "customers", keys)

    def show(out: Console) -> None:
        if not told:
            out.print("No playbook has decided anything for them yet.", markup=False)
        for one in told:
            out.print(_event(one), markup=False, soft_wrap=True)
        for stay in audiences:
            out.print(_stay(stay), style="dim", markup=False)

    Speech(json).answer({"customer": customer, "events": plain(told), "audiences": plain(audiences)}, show)


@playbooks.command()
def effect(id: IdArgument, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """What a playbook for accounts changed, as far as so few can tell; of customers see `holdfast experiments show`.

    Example: holdfast playbooks effect renewal-120
    """
    from holdfast.evidence.account_lot import could_tell
    from holdfast.evidence.sealed_accounts import account_lot
    from holdfast.evidence.sentence import sentence
    from holdfast.playbooks.shelf import lives

    place = asked.need_home(home)
    live = next((one for one in lives(place) if one.playbook.id == id), None)
    if live is None:
        raise CannotBeDone(f"{id} was never switched on")
    sealed = account_lot(place, live.playbook.lot) if live.playbook.who == "accounts" and live.playbook.lot else None
    if sealed is None:
        raise CannotBeDone(f"{id} has no lot of accounts; see `holdfast experiments list`")
    found = accounts_tried.read(place, sealed)
    said, could = sentence(found, writer_in(sealed.registration.currency)), could_tell(found)

    def show(out: Console) -> None:
        out.print(said, markup=False, soft_wrap=True)
        out.print(f"{found.verdict.word}: {found.verdict.why}. {could}.", style="dim", markup=False, soft_wrap=True)

    Speech(json).answer({"playbook": id, "effect": plain(found), "sentence": said, "could_tell": could}, show)


@playbooks.command()
def runs(
    id: Annotated[str | None, typer.Argument(help="Of one of them; all when left out.", show_default=False)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many are shown.")] = 50,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Runs under way, the next to go on first, and who waits to begin.

    Example: holdfast playbooks runs win-back
    """
    from holdfast.playbooks.reading import runs as under_way
    from holdfast.playbooks.reading import waiting

    place = asked.need_home(home)
    found, held = under_way(place, id or "", limit), waiting(place, id or "", limit)

    def show(out: Console) -> None:
        for one in found:
            out.print(f"run {one.run}  {one.playbook} v{one.version}  {one.subject}  before {one.step}"
                      f" ({one.turn}), from {figures.moment(one.wake_at)}", markup=False)  # fmt: skip
        for wait in held:
            out.print(f"waits  {wait.playbook}  {wait.subject}: {wait.why}", style="dim", markup=False)
        if not found and not held:
            out.print("Nobody is in a run, and nobody waits.", markup=False)

    Speech(json).answer({"runs": plain(found), "waiting": plain(held)}, show)


def _by(name: str | None) -> By:
    """For the activity: whoever says so at this machine."""
    from django.contrib.auth.models import AnonymousUser

    from holdfast.accounts.act import By

    return By(AnonymousUser(), "cli", who(name))


@contextmanager
def _edges(place: Home, now: datetime) -> Iterator[tuple[Edges, Any]]:
    """A home's own, with restraint and accounts where there is a book of work; without one, customers only."""
    from holdfast.playbooks.known.looked_after import without_book
    from holdfast.playbooks.tick import Edges, send_all

    def nothing(_: Tick) -> None:
        """A look hands nothing over."""

    if not book.there_is_a_book(place):
        yield (
            Edges({"customers": without_book(place)}, send_all, nothing),
            lambda at, day: Edges({"customers": without_book(place, day)}, send_all, nothing),
        )
        return
    with book.opened(place):
        from holdfast.playbooks.handing import judge_of, with_book
        from holdfast.playbooks.known.accounts import accounts_of

        def of_day(at: datetime, day: Any) -> Edges:
            load = {"customers": with_book(place, day), "accounts": accounts_of(place, at, day)}
            return Edges(load, judge_of(place), nothing)  # type: ignore[arg-type]

        yield of_day(now, None), of_day


def _keys(place: Home, customer: str, shop: str | None) -> tuple[int, ...]:
    """Every key under which a customer was known. Raises CannotBeDone."""
    from holdfast.playbooks.restraint.people import person

    shops = [place.shop(shop)] if shop else list(place.shops())
    found = [known for one in shops if (known := person(place, one.shop_id, customer)) is not None]
    if not found:
        raise CannotBeDone(f"no customer has the number {customer!r}")
    return tuple(sorted({key for known in found for key in known.keys}))


def _line(row: Listed) -> str:
    if row.playbook is None:
        return f"{row.id}  cannot be read: {row.problem}"
    state = f"on, version {row.version}" if row.on else "off"
    edited = ", edited since" if row.edited and row.on else ""
    numbers = f"; {row.under_way:,} under way, {row.waiting:,} wait" if row.on else ""
    aside = f", {row.held_out:,} of {row.held_out + row.treated:,} kept aside" if row.held_out + row.treated else ""
    return f"{row.id}  {row.playbook.name}  ({row.playbook.who}, {state}{edited}{numbers}{aside})"


def _last(tick: Tick) -> str:
    if not tick.number:
        return "No tick has run yet: `holdfast playbooks tick` says what one would do."
    return f"Last tick: {tick.number}, {tick.at} UTC, by data up to {tick.as_of}."


def _listed(row: Listed) -> dict[str, Any]:
    it = row.playbook
    own = {"name": it.name, "who": it.who, "owner": it.owner, "lot": it.lot or None, "share": it.holdout.share,
           "none_because": it.holdout.none_because} if it else {}  # fmt: skip
    told: dict[str, Any] = plain(row)
    return {key: value for key, value in told.items() if key != "playbook"} | own


def _plan(found: Plan, rows: Sequence[Planned]) -> dict[str, Any]:
    return {"now": found.now.isoformat(), "as_of": {who: day.isoformat() for who, day in found.as_of.items()},
            "held_for_old_data": plain(found.behind), "playbooks": plain(list(rows))}  # fmt: skip


WORDS = {"start": "would begin", "hold": "held, for good", "not yet": "held for now", "stop": "would stop",
         "done": "would be done"}  # fmt: skip


def _show_plan(out: Console, found: Plan, rows: Sequence[Planned]) -> None:
    for kind, day in found.as_of.items():
        out.print(f"Nothing was done. {kind.capitalize()} as of {figures.day(day)}.", style="dim", markup=False)
    _show_held(out, found.behind)
    if found.as_if_new:
        out.print("There are no newer data: this is what would be done if their last day were today.", markup=False)
    if not rows:
        out.print("No playbook is on, or nobody is known.", markup=False)
    for one in rows:
        out.print(f"{one.name}: {one.audience:,} in the audience", style="bold", markup=False)
        for row in one.rows:
            said = f": {row.why}" if row.why else ""
            out.print(f"  {row.n:>9,}  {WORDS.get(row.what, row.what)}{said}", markup=False, soft_wrap=True)
        for step in one.steps:
            out.print(f"  {step.n:>9,}  step {step.what}: {step.why}", style="dim", markup=False, soft_wrap=True)


def _show_held(out: Console, held: Sequence[Behind]) -> None:
    for one in held:
        out.print(f"{one.said}. Import newer data and build.", style="yellow", markup=False, soft_wrap=True)


def _show_tick(out: Console, done: Tick, held: Sequence[Behind]) -> None:
    out.print(f"Tick {done.number}, by data up to {done.as_of}.", style="bold", markup=False)
    _show_held(out, held)
    for id, counts in done.counts.items():
        said = ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())) or "nothing"
        out.print(f"  {id}: {said}", markup=False)


def _event(one: Event) -> str:
    run = f" run {one.run}" if one.run else ""
    step = f" {one.step}" + (f" ({one.turn})" if one.turn and one.turn > 1 else "") if one.step else ""
    arm = f" {one.arm}" if one.arm else ""
    why = f": {one.why}" if one.why else ""
    return f"{figures.moment(one.at)}  {one.playbook}{run}{step}  {one.what}{arm}{why}"


def _stay(one: Stay) -> str:
    until = f"until {figures.day(one.left)}" if one.left else "and still is"
    return f"in the audience of {one.playbook} from {figures.day(one.entered)} {until}"
