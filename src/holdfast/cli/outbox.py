"""`holdfast outbox`: messages of playbooks on their way out, and what came back of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, book, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.playbooks.channels.listing import Listed
    from holdfast.playbooks.channels.sending import Sent, Shown

outbox = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
MessageArgument = Annotated[int, typer.Argument(help="Its number in `outbox unknown`.", metavar="MESSAGE")]


@outbox.callback()
def about() -> None:
    """Messages of playbooks: what waits, what went, and what somebody has to decide."""


@outbox.command("list")
def list_(
    state: Annotated[str, typer.Option(help="Only those in this state: waiting, sent, unknown …")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Messages to show.")] = 50,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """The newest messages, and how many stand where.

    Example: holdfast outbox list --state refused
    """
    _list(state, limit, home, json)


@outbox.command()
def unknown(
    limit: Annotated[int, typer.Option(min=1, help="Messages to show.")] = 50,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Messages of which nobody knows whether they went: look in the provider's log, then settle or retry each.

    Example: holdfast outbox unknown
    """
    _list("unknown", limit, home, json)


@outbox.command()
def send(
    live: Annotated[bool, typer.Option("--live", help="Really send. Without it what would go is shown.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 10_000,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Show what would go now; with --live, send it.

    Example: holdfast outbox send --live --limit 500
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.channels import sending

        by = book.acting(person)
        must(by.user, "assign")
        if live:
            found = sending.send(place, clock=_now, by=by, limit=limit)
            document = {"became": found.became, "newly_unknown": found.unknown, "problems": found.problems}
            Speech(json).answer(document, lambda out: _sent(out, found))
            if found.problems:
                raise typer.Exit(1)
            return
        shown = sending.preview(place, clock=_now, limit=min(limit, 50))
    Speech(json).answer([_as_shown(one) for one in shown], lambda out: _shown(out, shown))


@outbox.command()
def retry(
    message: MessageArgument,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """A message of which nobody knew did not go: it goes again.

    Example: holdfast outbox retry 812
    """
    _settle(message, "again", person, home, json)


@outbox.command()
def settle(
    message: MessageArgument,
    word: Annotated[str, typer.Argument(help="went, or never: it did not go and is not to.", metavar="WORD")],
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Say what became of a message of which nobody knew.

    Example: holdfast outbox settle 812 went
    """
    if word not in ("went", "never"):
        raise typer.BadParameter("say went or never; what is to go again is `outbox retry`")
    _settle(message, word, person, home, json)


@outbox.command()
def bounces(
    folder: Annotated[Path, typer.Argument(help="An mbox file or a maildir.", metavar="MAIL", exists=True)],
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Read delivery reports and complaints that came back by mail. Read twice they count once.

    Example: holdfast outbox bounces Maildir
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.accounts.access import must
        from holdfast.playbooks.channels.bounces import read_folder, take

        by = book.acting(person)
        must(by.user, "assign")
        counted = take(place, read_folder(folder), by=by)
    said = ", ".join(f"{n} {what}" for what, n in sorted(counted.items())) or "No report of a message of ours."
    Speech(json).answer(dict(counted), lambda out: out.print(said, markup=False))


@outbox.command()
def codes(
    pool: Annotated[str, typer.Argument(help="The pool that templates name.", metavar="POOL")],
    file: Annotated[
        Path | None, typer.Argument(help="Codes to add, one a line.", metavar="FILE", exists=True, dir_okay=False)
    ] = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Add coupon codes to a pool, and say how many are left.

    Example: holdfast outbox codes spring codes.txt
    """
    with book.opened(asked.need_home(home)):
        from holdfast.playbooks.channels import codes as pools

        added = 0 if file is None else pools.fill(pool, file.read_text(encoding="utf-8-sig").splitlines())
        left = pools.left(pool)
    said = f"{figures.plural(added, 'codes')} added, {figures.number(left)} left to give."
    Speech(json).answer({"pool": pool, "added": added, "left": left}, lambda out: out.print(said, markup=False))


@outbox.command()
def tell(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Hand what went, and what came back, to the facts, for metrics of messages. Build afterwards.

    Example: holdfast outbox tell
    """
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.playbooks.channels.told import tell as tell_facts
        from holdfast.sources.files.load import load

        told = tell_facts(place, lambda paths, shop: load(place, paths, shop=shop))
    said = f"{figures.plural(told.messages, 'messages')} and {figures.plural(told.events, 'events')} told."
    Speech(json).answer({"messages": told.messages, "events": told.events}, lambda out: out.print(said, markup=False))


def _now() -> datetime:
    return datetime.now(UTC)


def _list(state: str, limit: int, home: Path | None, json: bool) -> None:
    place = asked.need_home(home)
    with book.opened(place):
        from holdfast.playbooks.channels import listing

        if state and state not in listing.STATES:
            raise CannotBeDone(f"a state is one of {', '.join(listing.STATES)}")
        shops = [shop.shop_id for shop in place.shops()]
        counts, rows = listing.counts(shops), listing.listed(shops, state=state, limit=limit)
    document = {"counts": counts, "messages": [_as_row(row) for row in rows]}
    Speech(json).answer(document, lambda out: _rows(out, counts, rows))


def _settle(message: int, word: str, person: str | None, home: Path | None, json: bool) -> None:
    with book.opened(asked.need_home(home)):
        from holdfast.playbooks.channels.outbox import decide

        found = decide(message, went=word == "went", again=word == "again", by=book.acting(person))
    said = f"Message {message}: {found.state}."
    Speech(json).answer({"message": message, "state": found.state}, lambda out: out.print(said, markup=False))


def _as_row(row: Listed) -> dict[str, object]:
    return {
        "message": row.id, "id": row.key, "playbook": row.playbook, "version": row.version, "step": row.step,
        "channel": row.channel, "customer_id": row.customer_id, "state": row.state, "at": row.at,
        "problem": row.problem, "came_back": row.came,
    }  # fmt: skip


def _rows(out: Console, counts: dict[str, int], rows: Sequence[Listed]) -> None:
    out.print(", ".join(f"{n} {state}" for state, n in counts.items()) or "Nothing was put here yet.", markup=False)
    for row in rows:
        why = f"  {row.problem}" if row.problem else ""
        to = f"customer {row.customer_id}" if row.customer_id else "an address"
        out.print(f"{row.id:>6}  {row.at:%Y-%m-%d %H:%M}  {row.state:<8} {row.playbook} {row.step} by {row.channel}"
                  f" to {to}{why}", markup=False)  # fmt: skip


def _sent(out: Console, found: Sent) -> None:
    said = ", ".join(f"{n} {state}" for state, n in found.became.items()) or "nothing had to go"
    out.print(f"{said[0].upper()}{said[1:]}.", markup=False)
    if found.unknown:
        out.print(f"{figures.plural(found.unknown, 'messages')} may have gone when their sender was killed:"
                  " see `holdfast outbox unknown`.", markup=False)  # fmt: skip
    for problem in found.problems:
        out.print(problem, markup=False)


def _as_shown(one: Shown) -> dict[str, object]:
    row = one.message
    return {
        "message": row.pk, "playbook": row.playbook, "step": row.step, "channel": row.channel,
        "customer_id": row.customer_id, "goes": not one.why, "why_not": one.why,
        "subject": one.said.subject if one.said else "", "text": one.said.text if one.said else "",
    }  # fmt: skip


def _shown(out: Console, shown: Sequence[Shown]) -> None:
    if not shown:
        out.print("Nothing would go now.", markup=False)
    for one in shown:
        row = one.message
        out.print(
            f"{row.pk:>6}  {row.playbook} {row.step} by {row.channel} to customer {row.customer_id}", markup=False
        )
        out.print(f"        {one.why or (one.said.subject if one.said else 'goes')}", style="dim", markup=False)
    if shown:
        out.print("Nothing was sent: say --live.", markup=False)
