"""`holdfast segments`: sets of customers, how large they were, who belongs to one and why."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.models import OrList
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from rich.console import Console

    from holdfast.commerce.unknown import Unknown
    from holdfast.metrics.published import Published
    from holdfast.segments.affinity import Affinity
    from holdfast.segments.members import Held
    from holdfast.segments.migration import Migration
    from holdfast.segments.segment import Segment
    from holdfast.warehouse.home import Shop

segments = typer.Typer(cls=OrList, rich_markup_mode="markdown")


def segment_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    from holdfast.segments.store import all_segments
    from holdfast.warehouse.home import Home

    return [id for id in all_segments(Home.find(ctx.params.get("home"))) if id.startswith(incomplete)]


IdArgument = Annotated[
    str, typer.Argument(help="Id of the segment: slipping, champions …", metavar="SEGMENT", autocompletion=segment_ids)
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The earlier day; a quarter before."),
]


@segments.callback()
def about() -> None:
    """Sets of customers: those that ship and your own, each a condition that anybody can read.

    `holdfast segments` lists them with their size.

    Example: holdfast segments members slipping_with_value --out slipping.csv
    """


@segments.command("list")
def list_segments(
    shop: asked.ShopOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:  # fmt: skip
    """Every segment with its size today, of how many, and how it changed since the month end before.

    Example: holdfast segments
    """
    from holdfast.segments.sizes import sizes
    from holdfast.segments.store import all_segments

    found = asked.published(home)
    told = all_segments(found.home)
    tables = sizes(found.home, list(told.values()))
    ids = {one.shop_id for one in _shops(found, shop)}
    why = _not_known(found, shop)
    rows = [_in_short(one, _points(tables[id], ids), why(one)) for id, one in told.items()]

    def show(out: Console) -> None:
        table = _table(f"Segments on {found.as_of}", ("segment", "name"), ("customers", "of", "entered", "left"))
        for row in rows:
            table.add_row(row["segment"], row["name"], *(_counted(row[name]) for name in _SUMS))
        out.print(table)
        for row in rows:
            if row["unknown"] is not None:
                out.print(f"{row['segment']} is not known: {row['unknown'].why}", markup=False, soft_wrap=True)
        out.print("holdfast segments show SEGMENT says what one asks", style="dim", markup=False)

    Speech(json).answer({"as_of": found.as_of, "segments": rows}, show)


@segments.command()
def show(
    segment: IdArgument, shop: asked.ShopOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:
    """What a segment asks, its versions, and what its members are worth together.

    Example: holdfast segments show champions
    """
    from holdfast.segments.listing import together
    from holdfast.segments.store import find, versions, written

    found = asked.published(home)
    one = find(found.home, segment)
    told, why = together(found.home, one, shops=_shops(found, shop)), _not_known(found, shop)(one)
    document = {
        "segment": one.id, "name": one.name, "says": one.says, "universe": one.universe, "asks": one.sentence,
        "digest": one.digest, "toml": written(one), "as_of": found.as_of,
        "versions": [{"number": v.number, "digest": v.segment.digest} for v in versions(found.home, one.id)],
        "shops": [_together(t, known=why is None) for t in told], "unknown": why,
    }  # fmt: skip

    def show(out: Console) -> None:
        out.print(one.name, style="bold", markup=False)
        for line in filter(None, (one.says, one.sentence)):
            out.print(f"  {line}", markup=False, soft_wrap=True)
        if why is not None:
            out.print(f"  how many is not known: {why.why} ({why.would_need})", markup=False, soft_wrap=True)
        for t in told if why is None else ():
            part = "" if t.of_money is None else f", {t.of_money:.0%} of all money"
            money = figures.money(t.money, t.shop.currency)
            line = f"{t.shop.name}: {figures.number(t.members)} of {figures.number(t.universe)}, {money} so far{part}"
            out.print(f"  {line}", markup=False, soft_wrap=True)

    Speech(json).answer(document, show)


@segments.command()
def facts(json: asked.JsonOption = False) -> None:
    """What may be asked of a customer: every fact, the tests it takes, and what it is measured in.

    Example: holdfast segments facts
    """
    from holdfast.segments.condition import tests_for
    from holdfast.segments.facts.registry import FACTS

    told = [
        {"fact": f.id, "name": f.name, "kind": f.kind, "unit": f.unit, "choices": f.choices, "tests": tests_for(f)}
        for f in FACTS.values()
    ]

    def show(out: Console) -> None:
        table = _table("What may be asked", ("fact", "what it is", "tests"), ())
        for f in FACTS.values():
            what = f"{f.name} ({', '.join(f.choices)})" if f.choices else f.name
            table.add_row(f.id, what, ", ".join(tests_for(f)))
        out.print(table)

    Speech(json).answer({"facts": told}, show)


@segments.command()
def members(
    segment: IdArgument,
    limit: Annotated[int, typer.Option(min=1, help="Members to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Members to pass over.")] = 0,
    as_of: asked.AsOfOption = None,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Who belongs to a segment, those who brought the most first, with what it asks of each.

    Example: holdfast segments members slipping --as-of 2026-03-31
    """
    from holdfast.segments.listing import export, listed
    from holdfast.segments.store import find

    speech, found = Speech(json, quiet), asked.published(home)
    one, shops, day = find(found.home, segment), _shops(found, shop), asked.day_of(found, as_of)
    if out is not None:
        rows = export(found.home, one, out, asked.format_of(out), shops=shops, as_of=day)
        said = f"{figures.plural(rows, 'customers')} written to {out}"
        return speech.answer({"file": out, "rows": rows}, lambda o: o.print(said, markup=False, soft_wrap=True))
    told = listed(found.home, one, shops=shops, as_of=day, limit=limit, offset=offset)
    rows = told.table.to_pylist()
    document = {"segment": one.id, "as_of": told.as_of, "total": told.total, "members": rows}
    speech.answer(document, lambda console: _show_members(console, one, told.as_of, told.total, rows))


@segments.command()
def why(
    segment: IdArgument,
    customer: Annotated[str, typer.Argument(help="The shop's number of the customer, or ours: #12.")],
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Why a customer belongs to a segment or does not: each condition, with what is known of them.

    Example: holdfast segments why slipping 17850
    """
    from holdfast.segments.members import why as asks
    from holdfast.segments.store import find

    found = asked.published(home)
    one, (id, whose) = find(found.home, segment), _customer(found, customer, shop)
    told = asks(found.home, one, id, whose, asked.day_of(found, as_of))
    if told is None:
        raise CannotBeDone(f"customer {customer} was not known to {whose.name} on that day")

    def show(out: Console) -> None:
        belongs = "belongs to" if told.belongs else "does not belong to"
        out.print(f"{customer} {belongs} {one.name} on {told.as_of}", style="bold", markup=False)
        if not told.in_universe:
            out.print("  it is of buyers, and they have not bought", markup=False)
        _show_held(out, told.held, 1)

    Speech(json).answer(told, show)


@segments.command()
def declare(
    file: Annotated[Path, typer.Argument(help="The segment, as TOML.", exists=True, dir_okay=False)],
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Take in a segment of your own; what it was before stays as a version.

    Example: holdfast segments declare late_spenders.toml
    """
    from holdfast.segments.segment import read
    from holdfast.segments.store import declare as keep

    place = asked.need_home(home)
    version = keep(place, read(file))
    said = f"{version.segment.name} is version {version.number}: {version.segment.sentence}"
    document = {"segment": version.segment.id, "version": version.number, "digest": version.segment.digest}
    Speech(json).answer(document, lambda out: out.print(said, markup=False, soft_wrap=True))


@segments.command()
def sizes(
    segment: IdArgument,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """How large a segment was at every month end, as known now, and who came and went between.

    Example: holdfast segments sizes slipping --json
    """
    from holdfast.segments.knowable import nobody_can, not_known, unless_unknown
    from holdfast.segments.sizes import said_then
    from holdfast.segments.sizes import sizes as measured
    from holdfast.segments.store import find

    found = asked.published(home)
    one, shops = find(found.home, segment), _shops(found, shop)
    known = {s.shop_id: nobody_can(one, not_known(found.home, s)) for s in shops}
    table = unless_unknown(measured(found.home, [one])[one.id], known)
    points = _points(table, {s.shop_id for s in shops})
    if out is not None:
        return _write(Speech(json), table, out)
    then, why = said_then(found.home, one, shops), _not_known(found, shop)(one)

    def show(console: Console) -> None:
        table = _table(f"{one.name}, by month end", ("day",), ("customers", "of", "entered", "left"))
        for p in points:
            table.add_row(figures.day(p["as_of"]), *(_counted(p[name]) for name in _SUMS))
        console.print(table)
        if why is not None:
            console.print(f"how many is not known today: {why.why}", style="yellow", markup=False, soft_wrap=True)

    Speech(json).answer({"segment": one.id, "points": points, "said_then": then, "unknown": why}, show)


@segments.command()
def goods(
    of: Annotated[
        str | None, typer.Option("--of", metavar="SEGMENT", help="A segment to set beside all buyers.")
    ] = None,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Which kinds of goods buyers prefer: bought on two days or more, for 1.5 times the shop's share or more.

    Example: holdfast segments goods --of champions
    """
    from holdfast.commerce.unknown import Unknown
    from holdfast.segments.affinity import affinity
    from holdfast.segments.store import find

    found = asked.published(home)
    shops = _shops(found, shop)
    if len(shops) > 1:
        raise CannotBeDone(f"say which shop with --shop: {', '.join(one.name for one in shops)}")
    told = affinity(found.home, shops[0], None if of is None else find(found.home, of))
    if isinstance(told, Unknown):
        raise CannotBeDone(f"{told.why}: {told.would_need}")
    if out is not None:
        return _write(Speech(json), told.table(), out)
    document = {
        "shop": shops[0].name, "as_of": told.as_of, "buyers": told.buyers, "segment": of,
        "members": told.members if of else None, "kinds": told.table().to_pylist(),
    }  # fmt: skip
    Speech(json).answer(document, lambda console: _show_goods(console, told))


@segments.command()
def migration(
    by: Annotated[str, typer.Option(help="state, value_decile, recency_score, money_score …")] = "state",
    since: SinceOption = None,
    as_of: asked.AsOfOption = None,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Who moved from state to state between two days: how many, and what part of those who stood there.

    Example: holdfast segments migration --since 2026-01-01
    """
    from holdfast.commerce.calendar import months_before
    from holdfast.segments.migration import FOLLOWED
    from holdfast.segments.migration import migration as moved

    found = asked.published(home)
    if by not in FOLLOWED:
        raise CannotBeDone(f"{by!r} cannot be followed; {did_you_mean(by, FOLLOWED)}")
    until = asked.day_of(found, as_of) or found.as_of
    first = since.date() if since else months_before(until, 3)
    if first >= until:
        raise CannotBeDone(f"{first} is not before {until}: choose an earlier day with --since")
    told = moved(found.home, first, until, fact=by, shops=_shops(found, shop))
    if out is not None:
        return _write(Speech(json), told.table(), out)
    document = {"by": by, "since": told.since, "until": told.until, "cells": told.table().to_pylist()}
    Speech(json).answer(document, lambda console: _show_migration(console, told))


def _shops(found: Published, name: str | None) -> list[Shop]:
    return list(found.shops_of(asked.scope_of(found, name, None)))


def _customer(found: Published, number: str, shop: str | None) -> tuple[int, Shop]:
    """Ours of the shop's number, and the shop."""
    from holdfast.predictions.customer import customer

    whose = _shops(found, shop)[0] if shop else None
    told = customer(found.home, number, whose)
    return told.customer_id, told.shop


def _points(table: pa.Table, shop_ids: set[int]) -> list[dict[str, Any]]:
    """Sizes added up over shops, by day."""
    found: dict[date, dict[str, Any]] = {}
    for row in table.to_pylist():
        if row["shop_id"] in shop_ids:
            at = found.setdefault(row["as_of"], {"as_of": row["as_of"]} | dict.fromkeys(_SUMS))
            for name in _SUMS:
                if row[name] is not None:
                    at[name] = (at[name] or 0) + row[name]
    return [found[day] for day in sorted(found)]


_SUMS = ("members", "universe", "entered", "left")


def _in_short(one: Segment, points: Sequence[dict[str, Any]], why: Unknown | None) -> dict[str, Any]:
    now: dict[str, Any] = dict(points[-1]) if points else dict.fromkeys(_SUMS, 0)
    now.pop("as_of", None)
    now |= dict.fromkeys(("members", "entered", "left")) if why is not None else {}
    return {"segment": one.id, "name": one.name, "asks": one.sentence, "unknown": why} | now


def _not_known(found: Published, shop: str | None) -> Callable[[Segment], Unknown | None]:
    """Why nobody can be in a segment; None where in one of the shops somebody could."""
    from holdfast.segments.knowable import nobody_can, not_known

    missing = [not_known(found.home, one) for one in _shops(found, shop)]

    def why(segment: Segment) -> Unknown | None:
        told = [nobody_can(segment, one) for one in missing]
        return None if not told or any(one is None for one in told) else told[0]

    return why


def _counted(many: int | None) -> str:
    return figures.DASH if many is None else figures.number(many)


def _together(t: Any, *, known: bool) -> dict[str, Any]:
    """known: whether anybody can say who is in it; else what would be said of nobody is left empty."""
    told = {
        "members": t.members, "money": t.money, "of_money": t.of_money, "leaving": t.leaving, "stake": t.stake,
        "brings": t.brings, "states": t.states,
    }  # fmt: skip
    return {
        "shop": t.shop.name, "currency": t.shop.currency, "universe": t.universe, "risk_word": t.risk_word,
        "value_word": t.value_word, **(told if known else dict.fromkeys(told)),
    }  # fmt: skip


def _table(title: str, words: Sequence[str], numbers: Sequence[str]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for head in words:
        table.add_column(head)
    for head in numbers:
        table.add_column(head, justify="right")
    return table


def _show_members(out: Console, one: Segment, as_of: date, total: int, rows: Sequence[dict[str, Any]]) -> None:
    from holdfast.segments.listing import told

    table = _table(f"{one.name} on {as_of}", ("customer", "what it asks"), ("money",))
    for row in rows:
        asks = "\n".join(f"{name}: {value}" for name, value in told(one, row))
        money = figures.DASH if row["money"] is None else figures.number(row["money"], 2)
        table.add_row(row["customer"] or f"#{row['customer_id']}", asks, money)
    out.print(table)
    shown = f"{figures.number(len(rows))} of {figures.plural(total, 'customers')}"
    out.print(f"{shown}; holdfast segments why {one.id} NUMBER explains one", style="dim", markup=False)


def _show_held(out: Console, held: Held, depth: int) -> None:
    mark, style = ("● yes", "green") if held.holds else ("○ no", "")
    known = f" ({held.value})" if held.value else ""
    out.print(f"{'  ' * depth}{mark} {held.said}{known}", style=style, markup=False, soft_wrap=True)
    for part in held.parts:
        _show_held(out, part, depth + 1)


def _show_goods(out: Console, told: Affinity) -> None:
    beside = () if told.of is None else ("in it", "of its members", "times all")
    table = _table(f"Kinds of goods on {told.as_of}", ("kind",), ("prefer it", "of all", "spent most on it", *beside))
    for kind in told.kinds:
        ours, times = told.members_share(kind), told.times(kind)
        shares = (figures.DASH if ours is None else f"{ours:.1%}", figures.DASH if times is None else f"{times:.2f}")
        of_it = () if told.of is None else (figures.number(kind.members_prefer), *shares)
        numbers = (figures.number(kind.prefer), f"{told.share(kind):.1%}", figures.number(kind.mainly))
        table.add_row(kind.name, *numbers, *of_it)
    out.print(table)
    whose = "" if told.of is None else f", {figures.number(told.members)} of them in {told.of.name}"
    out.print(f"of {figures.plural(told.buyers, 'buyers')}{whose}", style="dim", markup=False)


def _show_migration(out: Console, told: Migration) -> None:
    from holdfast.segments.migration import NOT_YET

    title = f"From {told.since} (rows) to {told.until} (columns)"
    table = _table(title, ("from",), (*told.names, "together"))
    for name in (*told.names, NOT_YET):
        cells = [figures.number(told.cells[name, to]) for to in told.names]
        table.add_row(name, *cells, figures.number(told.of(name)))
    table.add_row("together", *(figures.number(told.came_to(to)) for to in told.names), "", end_section=True)
    out.print(table)


def _write(speech: Speech, table: pa.Table, out: Path) -> None:
    from holdfast.metrics.export import write

    rows = write(table, out, asked.format_of(out))
    said = f"{figures.plural(rows, 'rows')} written to {out}"
    speech.answer({"file": out, "rows": rows}, lambda o: o.print(said, markup=False, soft_wrap=True))
