"""`holdfast identity`: who is one person and why, who may be, and what people decide about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from holdfast.warehouse.home import Home
    from holdfast.warehouse.identity.decisions import Decision
    from holdfast.warehouse.identity.named import Profile

identity = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
NEXT = "It counts from the next build on: holdfast build"

CustomerArgument = Annotated[
    str, typer.Argument(help="A customer number, an e-mail, or #KEY.", metavar="CUSTOMER", show_default=False)
]
OtherArgument = Annotated[str | None, typer.Argument(help="Another customer.", metavar="OTHER", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--why", help="Why, for whoever asks later.", metavar="TEXT")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who decides; you, when left out.", metavar="NAME", show_default=False)
]
LimitOption = Annotated[int, typer.Option(min=1, help="Rows to show.")]


@identity.callback()
def about() -> None:
    """Which profiles are one person, by which evidence; every merge can be explained and taken back."""


@identity.command()
def why(
    customer: CustomerArgument,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Why this customer is one person with others: the chain of evidence, link by link.

    Each link says which identifier both gave, where, when first and last, and from which load and file.

    Example: holdfast identity why ana@shop.example
    """
    from holdfast.cli.identified import show_why
    from holdfast.warehouse.identity.named import find_profile
    from holdfast.warehouse.identity.why import why as reasons

    place = asked.need_home(home)
    with _opened(place) as con:
        found = reasons(con, place, find_profile(con, place, customer, shop))
    Speech(json).answer(found, lambda out: show_why(out, found))


@identity.command("list")
def list_(limit: LimitOption = 10, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """How many profiles are how many persons, the largest ones, and identifiers that were set aside.

    Example: holdfast identity list --limit 20
    """
    from holdfast.cli.identified import show_overview
    from holdfast.warehouse.identity.listing import overview

    with _opened(asked.need_home(home)) as con:
        found = overview(con, limit)
    Speech(json).answer(found, lambda out: show_overview(out, found))


@identity.command()
def suggest(limit: LimitOption = 20, home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Who may be one person, or may speak for an account: names and spellings never join by themselves.

    Example: holdfast identity suggest
    """
    from holdfast.cli.identified import show_suggestions
    from holdfast.warehouse.identity.suggest import contacts, suggestions

    place = asked.need_home(home)
    with _opened(place) as con:
        found = {"persons": suggestions(con, place, limit), "contacts": contacts(con, place, limit)}
    Speech(json).answer(found, lambda out: show_suggestions(out, found["persons"], found["contacts"]))  # type: ignore[arg-type]


@identity.command()
def merge(
    customer: CustomerArgument,
    other: Annotated[str, typer.Argument(help="Another customer.", metavar="OTHER", show_default=False)],
    reason: ReasonOption,
    by: ByOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Say that two customers are one person, though no evidence joins them.

    Example: holdfast identity merge c17 c42 --why "she told us on the phone"
    """
    place = asked.need_home(home)
    with _opened(place) as con:
        one, two = _find(con, place, customer, shop), _find(con, place, other, shop)
        _refuse_strangers(con, one, two)
    made = _decide(place, "together", by, reason, customers=(one.customer_id, two.customer_id))
    _tell(json, [made], f"{one.label} and {two.label} are one person.")


@identity.command()
def unmerge(
    reason: ReasonOption,
    customer: Annotated[str | None, typer.Argument(metavar="[CUSTOMER]", show_default=False)] = None,
    other: OtherArgument = None,
    identifier: Annotated[
        str | None, typer.Option(help="This identifier does not count: its hash, or the first 8 digits of it.")
    ] = None,
    batch: Annotated[str | None, typer.Option(help="Take back every merge of one build.", metavar="BATCH")] = None,
    by: ByOption = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Say that two customers are not one person, or that an identifier does not count. The next build replays without.

    With one customer: it is apart from everybody it is merged with now.

    Example: holdfast identity unmerge c17 c42 --why "mother and daughter, one phone"
    """
    place = asked.need_home(home)
    if sum((customer is not None, identifier is not None, batch is not None)) != 1:
        raise typer.BadParameter("name a customer (and another one), or --identifier, or --batch")
    with _opened(place) as con:
        if identifier is not None:
            kind, value = _identifier(con, identifier)
            made = [_decide(place, "ignore", by, reason, identifier=(kind, value))]
            return _tell(json, made, f"The {kind} {value[:12]} does not count.")
        if batch is not None:
            pairs, said = _of_batch(con, batch), f"Every merge of {batch} is taken back."
        else:
            one = _find(con, place, str(customer), shop)
            pairs, said = _apart_from(con, place, one, other, shop)
    _tell(json, [_decide(place, "apart", by, reason, customers=pair) for pair in pairs], said)


@identity.command()
def undo(
    number: Annotated[int, typer.Argument(help="The number of a decision.", metavar="NUMBER")],
    reason: ReasonOption,
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Take a decision back; the record keeps both.

    Example: holdfast identity undo 3 --why "it was another Ana"
    """
    from holdfast.warehouse.identity.decisions import undo as take_back

    place = asked.need_home(home)
    made = take_back(place, number, by=_who(by), at=_now(), why=reason)
    _tell(json, [made], f"Decision {number} is taken back.")


@identity.command()
def decisions(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """What people decided, oldest first, and what of it holds.

    Example: holdfast identity decisions
    """
    from holdfast.cli.identified import show_decisions
    from holdfast.warehouse.identity.decisions import decisions as recorded
    from holdfast.warehouse.identity.decisions import standing

    said = recorded(asked.need_home(home))
    holds = standing(said)
    numbers = {*holds.together.values(), *holds.apart.values(), *holds.ignored.values()}
    document = {"decisions": said, "standing": sorted(numbers)}
    Speech(json).answer(document, lambda out: show_decisions(out, said, numbers))


# --- the parts -----------------------------------------------------------------------------------


def _opened(place: Home):  # type: ignore[no-untyped-def]
    from contextlib import contextmanager

    from holdfast.warehouse.snapshot import NOTHING_BUILT, NothingBuilt, current_snapshot, open_snapshot

    @contextmanager
    def reading() -> Iterator[duckdb.DuckDBPyConnection]:
        snapshot = current_snapshot(place)
        if snapshot is None:
            raise NothingBuilt(NOTHING_BUILT)
        con = open_snapshot(place, snapshot)
        try:
            yield con
        finally:
            con.close()

    return reading()


def _find(con: duckdb.DuckDBPyConnection, place: Home, said: str, shop: str | None) -> Profile:
    from holdfast.warehouse.identity.named import find_profile

    return find_profile(con, place, said, shop)


def _refuse_strangers(con: duckdb.DuckDBPyConnection, one: Profile, two: Profile) -> None:
    if one.customer_key == two.customer_key:
        raise CannotBeDone(f"{one.label} and {two.label} are one person already: holdfast identity why {one.label}")
    accounts = con.execute("SELECT DISTINCT account FROM shop WHERE name IN (?, ?)", [one.shop, two.shop]).fetchall()
    if len(accounts) > 1:
        raise CannotBeDone(
            f"{one.shop} and {two.shop} belong to different accounts, whose customers are never one person"
        )


def _apart_from(
    con: duckdb.DuckDBPyConnection, place: Home, one: Profile, other: str | None, shop: str | None
) -> tuple[list[tuple[int, int]], str]:
    from holdfast.warehouse.identity.named import members

    if other is not None:
        two = _find(con, place, other, shop)
        return [(one.customer_id, two.customer_id)], f"{one.label} and {two.label} are not one person."
    rest = [two for two in members(con, one.customer_id) if two.customer_id != one.customer_id]
    if not rest:
        raise CannotBeDone(f"{one.label} is merged with nobody")
    return [(one.customer_id, two.customer_id) for two in rest], f"{one.label} stands alone."


def _of_batch(con: duckdb.DuckDBPyConnection, batch: str) -> list[tuple[int, int]]:
    found = con.execute(
        "SELECT customer_id, customer_key FROM merged_profile WHERE reversible_batch_id = ?"
        " OR starts_with(reversible_batch_id, ? || '-') ORDER BY 1",
        [batch, batch],
    ).fetchall()
    if not found:
        raise CannotBeDone(
            f"no merge that stands was made by {batch!r}; `holdfast identity why CUSTOMER` names batches"
        )
    return found


def _identifier(con: duckdb.DuckDBPyConnection, said: str) -> tuple[str, str]:
    if len(said) < 8:
        raise typer.BadParameter("--identifier: at least 8 digits of the hash")
    found = con.execute(
        "SELECT DISTINCT CASE identifier_type WHEN 'relay' THEN 'email' ELSE identifier_type END, identifier_hash"
        " FROM identity_edge WHERE starts_with(identifier_hash, ?)",
        [said.lower()],
    ).fetchall()
    if len(found) != 1:
        raise CannotBeDone(
            f"{len(found) or 'no'} identifier{'s' * (len(found) > 1)} shared by profiles begins with {said!r};"
            " `holdfast identity why CUSTOMER --json` shows whole hashes"
        )
    return str(found[0][0]), str(found[0][1])


def _decide(place: Home, kind: str, by: str | None, reason: str, **about: object) -> Decision:
    from holdfast.warehouse.identity.decisions import decide

    return decide(place, kind, by=_who(by), at=_now(), why=reason, **about)  # type: ignore[arg-type]


def _who(by: str | None) -> str:
    from getpass import getuser

    return by or getuser()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def _tell(json: bool, made: list[Decision], said: str) -> None:
    def show(out):  # type: ignore[no-untyped-def]
        out.print(said, style="bold", markup=False)
        numbers = ", ".join(str(one.number) for one in made[:10]) + (" …" if len(made) > 10 else "")
        out.print(f"Recorded as decision {numbers}, by {made[0].by}. {NEXT}", markup=False)
        back = f'holdfast identity undo {made[0].number} --why "…"'
        out.print(f"To take it back: {back}", style="dim", markup=False, soft_wrap=True)

    Speech(json).answer({"decisions": made}, show)
