"""`holdfast accounts`: the accounts of the book of work, to a file and from one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, book, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.accounts.act import By
    from holdfast.accounts.filed.columns import Kind
    from holdfast.accounts.filed.proposal import Proposal
    from holdfast.accounts.filed.sheet import Sheet
    from holdfast.accounts.reading.listing import Listing
    from holdfast.warehouse.home import Home

SHOWN = 20  # rows of a preview on a terminal
WORDS = {"new": "new", "changed": "changed", "unchanged": "as they are", "rejected": "rejected"}

accounts = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@accounts.callback()
def about() -> None:
    """The accounts of the book of work: list them, write them to a file, take a file in.

    Example: holdfast accounts list
    """


@accounts.command("list")
def show(
    words: Annotated[str, typer.Argument(help="Part of a name, or of a person's there.", metavar="WORDS")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Accounts to show.")] = 50,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """The accounts, by name.

    Example: holdfast accounts list kelp --as marta
    """
    from holdfast.accounts.reading.listing import cells_of

    place = asked.need_home(home)
    with book.opened(place):
        found = _found(book.acting(person), words, limit)
        columns, rows = cells_of(found.rows)
    document = {"total": found.total, "accounts": [dict(zip(columns, row, strict=True)) for row in rows]}
    Speech(json).answer(document, lambda out: _list(out, found))


@accounts.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="A .csv, .xlsx or .parquet file.", metavar="FILE")],
    words: Annotated[str, typer.Argument(help="Part of a name, or of a person's there.", metavar="WORDS")] = "",
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Write the accounts to a file; change it in a spreadsheet and take it in again with `accounts import`.

    Example: holdfast accounts export --out accounts.xlsx
    """
    from holdfast.accounts.reading.listing import cells_of
    from holdfast.metrics.export import table_of, write

    format = out.suffix.removeprefix(".").lower()
    if format not in ("csv", "xlsx", "parquet"):
        raise typer.BadParameter("--out ends with .csv, .xlsx or .parquet")
    place = asked.need_home(home)
    with book.opened(place):
        found = _found(book.acting(person), words, None)
    written = write(table_of(*cells_of(found.rows)), out, format)  # type: ignore[arg-type]
    said = f"{out}: {figures.plural(written, 'accounts')}"
    Speech(json).answer({"file": out, "accounts": written}, lambda to: to.print(said, markup=False))


@accounts.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.", metavar="FILE", exists=True, dir_okay=False)],
    kind: Annotated[
        str, typer.Option(help="accounts, contacts or contracts (default: what the columns say).", metavar="KIND")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", help="What a column is; said once for each.", metavar="'HEADER=COLUMN'"),
    ] = None,
    sheet: Annotated[str, typer.Option(help="Of a workbook (default: the first).", metavar="NAME")] = "",
    into: Annotated[str, typer.Option("--book", help="Of new accounts that say none.", metavar="NAME")] = "",
    rejects: Annotated[Path | None, typer.Option(help="Write the rows left out here.", metavar="FILE.csv")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")] = False,
    person: book.AsOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Take in accounts, people (contacts) or contracts from a file; the same file twice changes nothing.

    A row is found by its number, else by name; what matches nothing is new. An empty cell leaves what stands, a dash
    takes it away. Rows with a bad cell are left out and told with their line. All of it is one entry under Activity.

    Example: holdfast accounts import accounts.csv --dry-run
    """
    from holdfast.warehouse.home import scratch

    place = asked.need_home(home)
    with book.opened(place), scratch(place, "book") as folder:
        from holdfast.accounts.filed.sheet import read_sheet

        by, found = book.acting(person), read_sheet(file, folder, sheet=sheet)
        if sheet and sheet not in found.names:
            raise CannotBeDone(f"{file.name} has no sheet {sheet!r}; it has {', '.join(found.names) or 'none'}")
        chosen = _kind(kind, found)
        said = _columns(chosen, found, columns or [], by)
        proposal, entry = _done(place, chosen, found, said, by, into, dry_run)
    if rejects is not None:
        _write_rejects(rejects, proposal)
    Speech(json).answer(_document(proposal, said, entry, dry_run), lambda out: _told(out, proposal, dry_run, entry))
    if not dry_run and proposal.counts["rejected"] == len(proposal.rows):
        raise typer.Exit(1)


def _found(by: By, words: str, limit: int | None) -> Listing:
    from holdfast.accounts.reading.listing import listing

    return listing(by.user, {"q": words}, today=datetime.now(UTC).date(), limit=limit)


def _list(out: Console, found: Listing) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not found.rows:
        return out.print("No account fits.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("no.", "account", "book", "owner", "tier", "stage", "next step"):
        table.add_column(head, justify="right" if head == "no." else "left", overflow="fold")
    for row in found.rows:
        a, due = row.account, f"{row.next_due} {row.next_what}" if row.next_due else figures.DASH
        owner = a.owner.get_username() if a.owner else figures.DASH
        cells = (str(a.pk), a.name, str(a.book or figures.DASH), owner, a.tier, a.stage, due)
        table.add_row(*(Text(cell) for cell in cells))
    out.print(table)
    out.print(f"{len(found.rows)} of {figures.plural(found.total, 'accounts')}", style="dim", markup=False)


def _kind(said: str, found: Sheet) -> Kind:
    from holdfast.accounts.filed.columns import COLUMNS, kind_of

    if said and said not in COLUMNS:
        raise typer.BadParameter(f"--kind is one of {', '.join(COLUMNS)}")
    return next((kind for kind in COLUMNS if kind == said), kind_of(found.header))


def _columns(kind: Kind, found: Sheet, said: list[str], by: By) -> dict[str, str]:
    """As guessed, and as the command line says otherwise: "Level=tier", "Level=" for left aside."""
    from holdfast.accounts.filed.columns import guess, settled
    from holdfast.accounts.reading.listing import own_fields

    guessed = guess(found.header, kind, own_fields(by.user) if kind == "accounts" else ())
    for one in said:
        head, sign, name = one.rpartition("=")
        if not sign or head not in guessed:
            raise typer.BadParameter(f"--column {one!r}: the file has the columns {', '.join(found.header)}")
        guessed = {other: "" if other != head and is_ == name else is_ for other, is_ in guessed.items()}
        guessed[head] = name
    try:
        return settled(found.header, kind, guessed)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem


def _done(
    place: Home, kind: Kind, found: Sheet, columns: dict[str, str], by: By, into: str, dry_run: bool
) -> tuple[Proposal, int | None]:
    """What it would do, or did; and the entry that tells it."""
    from holdfast.accounts.access import books_of
    from holdfast.accounts.actions.filed import propose, take_in_file
    from holdfast.accounts.filed.proposal import Given
    from holdfast.metrics.framework import load_for

    chosen = books_of(by.user).filter(name=into).first() if into else None
    if into and chosen is None:
        raise CannotBeDone(f"there is no book {into!r}")
    segments = {segment.id: segment.name for segment in load_for(place.path).segments}
    given = Given(segments, chosen.pk if chosen else None)
    if dry_run:
        return propose(kind, found, columns, by=by, given=given), None
    done = take_in_file(kind, found, columns, by=by, given=given)
    return done.proposal, done.entry_id


def _document(proposal: Proposal, columns: dict[str, str], entry: int | None, dry_run: bool) -> dict[str, Any]:
    return {
        "file": proposal.sheet.file, "kind": proposal.kind, "columns": columns, "dry_run": dry_run,
        "entry": entry, "rows": proposal.counts,
        "changes": [
            {"line": row.line, "name": row.name, "outcome": row.outcome, "fields": row.differences}
            for row in proposal.rows if row.outcome in ("new", "changed")
        ],
        "rejects": [
            {"file": proposal.sheet.file, "line": row.line, "column": wrong.column, "value": wrong.value,
             "reason": wrong.reason}
            for row in proposal.of("rejected") for wrong in row.wrong
        ],
    }  # fmt: skip


def _told(out: Console, proposal: Proposal, dry_run: bool, entry: int | None) -> None:
    counts = ", ".join(f"{figures.number(n)} {WORDS[outcome]}" for outcome, n in proposal.counts.items())
    out.print(f"{proposal.sheet.file}, {proposal.kind}: {counts}", style="bold", markup=False)
    for row in proposal.of("changed")[:SHOWN]:
        moved = "; ".join(f"{d.field} {d.before or 'nothing'} → {d.after or 'nothing'}" for d in row.differences)
        out.print(f"  line {row.line}  {row.name}: {moved}", markup=False)
    for row in proposal.of("rejected")[:SHOWN]:
        why = "; ".join(f"{w.column} {w.value!r}: {w.reason}" if w.value else w.reason for w in row.wrong)
        out.print(f"  line {row.line}  {row.name or figures.DASH}: {why}", style="red", markup=False)
    if any(proposal.counts[outcome] > SHOWN for outcome in ("changed", "rejected")):
        out.print(f"  the first {SHOWN} of each; --json tells all, --rejects FILE.csv those left out", style="dim")
    if dry_run:
        out.print("Nothing was written.", style="dim")
    elif entry is not None:
        out.print(f"It is entry {entry} under Activity, where it can be taken back.", style="dim", markup=False)


def _write_rejects(path: Path, proposal: Proposal) -> None:
    from holdfast.accounts.filed.proposal import rejects_of
    from holdfast.metrics.export import table_of, write

    if path.suffix.lower() != ".csv":
        raise typer.BadParameter("--rejects ends with .csv")
    write(table_of(*rejects_of(proposal)), path, "csv")
