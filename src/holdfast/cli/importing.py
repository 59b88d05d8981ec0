"""`holdfast import`: files in, a receipt out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, defaults
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.mapped import show_mapping
from holdfast.cli.receipt import show_preview, show_receipt
from holdfast.cli.speech import Progress, Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.files.load import Looked
    from holdfast.sources.files.mapping import Mapping
    from holdfast.warehouse.home import Home, Shop
    from holdfast.warehouse.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of the files."""

    paths: tuple[Path, ...]
    shop: str | None
    account: str | None
    mapping: Path | None
    currency: str | None
    zone: str | None
    simulated: bool


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="CSV, Parquet or XLSX files, or folders.", metavar="PATH…")],
    shop: Annotated[
        str | None,
        typer.Option(help="The shop they belong to; new or known.", metavar="NAME", autocompletion=asked.shop_names),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(help="Whose shop a new one is.", metavar="NAME", autocompletion=asked.account_names),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="How columns become fields; guessed without it.", metavar="FILE.toml")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of amounts that do not say theirs.", metavar="EUR")] = None,
    zone: Annotated[str | None, typer.Option(help="Of times without an offset.", metavar="Europe/London")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would land, and write nothing.")] = False,
    simulated: Annotated[bool, typer.Option("--simulated", help="These data are invented; pages say so.")] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Bring files in; the same file twice changes nothing.

    Columns are recognised by their headers; how they were read is kept in the home under mappings/, to be edited.
    Rows that cannot be used are put aside with the reason (`holdfast rejects`), and the others still land.

    Example: holdfast import orders.csv --shop "My shop" --currency EUR
    """
    from holdfast.warehouse.home import Home

    speech, place = Speech(json, quiet), Home.find(home)
    money, clock = defaults.checked_currency(currency), defaults.checked_zone(zone)
    wanted = _as_marked(place, Wanted(tuple(paths), shop, account, mapping, money, clock, simulated))
    if dry_run:
        _look(speech, place, wanted)
    else:
        _bring(speech, place, wanted)


def _as_marked(home: Home, wanted: Wanted) -> Wanted:
    """What simulated files say of themselves, where the command line does not."""
    from holdfast.sources.files.load import marked, of_new
    from holdfast.warehouse.simulated import shops_in

    for path in wanted.paths:
        if places := shops_in(path):
            how = "; ".join(f"holdfast import {place}" for place in places)
            raise CannotBeDone(f"{path} holds {len(places)} shops, and an import is for one: {how}")
    mark = marked(wanted.paths)
    shop = wanted.shop or mark.shop or None
    currency, zone = of_new(home, shop, mark, wanted.currency, wanted.zone)
    return replace(
        wanted, shop=shop, account=wanted.account or mark.account or None, currency=currency, zone=zone,
        simulated=wanted.simulated or mark.invented,
    )  # fmt: skip


def _look(speech: Speech, home: Home, wanted: Wanted) -> None:
    """What would land; a home that is not there is not made."""
    from holdfast.sources.files.load import preview

    with _some_home(home) as place:
        looked = _understood(speech, place, wanted)
        currency, zone, _ = _place(place, wanted, looked.mapping)
        with speech.progress("looking") as told:
            seen = preview(
                place, wanted.paths, shop=wanted.shop, mapping=wanted.mapping, currency=currency, zone=zone,
                progress=told,
            )  # fmt: skip
    rejects = [{"file": r[0], "line": r[1], "column": r[2], "value": r[3], "reason": r[4]} for r in seen.rejects]
    document = {
        "dry_run": True, "shop": seen.shop, "shop_is_new": seen.shop_is_new, "mapping": seen.mapping.name,
        "columns": _columns(looked), "rows_read": seen.staged.rows_read, "rows_rejected": seen.staged.rows_rejected,
        "tables": {
            table: {"rows": rows, "columns": seen.columns[table], "first": seen.first[table]}
            for table, rows in seen.counts.items()
        },
        "rejects": rejects,
    }  # fmt: skip
    speech.answer(document, lambda out: show_preview(out, seen))


def _understood(speech: Speech, home: Home, wanted: Wanted) -> Looked:
    """How the files will be read, shown to whoever watches."""
    from holdfast.sources.files.load import look, refuse_contradiction

    with speech.progress("reading the headers") as told:
        told("which column is what", 0.3)
        looked = look(home, wanted.paths, wanted.mapping)
    if not (speech.json or speech.quiet):
        show_mapping(speech.err, looked, currency=wanted.currency)
    refuse_contradiction(looked.mapping, wanted.currency, wanted.zone)
    return looked


@contextmanager
def _some_home(home: Home) -> Iterator[Home]:
    from holdfast.warehouse.home import Home as Homes

    if home.exists:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        beside = Homes(Path(folder) / "home")
        beside.create()
        yield beside


def _bring(speech: Speech, home: Home, wanted: Wanted) -> None:
    from holdfast.sources.files.load import load, settle
    from holdfast.warehouse.landing import Steps

    made = not home.exists
    _refuse_missing(wanted.paths)
    home.create()
    steps = Steps(None)
    looked = _understood(speech, home, wanted)
    with speech.progress("importing") as told:
        # Settled here and handed over as a file, so that the files are not read for a guess a second time.
        settled = settle(home, looked.mapping, looked.guessed)
        steps.done("guess the mapping", 0.05)
        used = wanted.mapping or _kept(home, settled)
        currency, zone, notes = _place(home, wanted, settled)
        receipt = load(
            home, wanted.paths, shop=wanted.shop, account=wanted.account, mapping=used, currency=currency, zone=zone,
            simulated=wanted.simulated, progress=_in(told, 0.05),
        )  # fmt: skip
    shop = home.shop(receipt.shop)
    notes = [note.format(shop=shop) for note in notes]
    notes = [f"made a home at {home.path}"] * made + notes
    _answer(speech, home, replace(receipt, steps=steps.taken + receipt.steps), used, looked, notes)


def _refuse_missing(paths: tuple[Path, ...]) -> None:
    """Before a home is made for files that are not there."""
    for path in paths:
        if not path.exists():
            raise CannotBeDone(f"there is no file or folder {path}")


def _kept(home: Home, mapping: Mapping) -> Path | None:
    path = home.path / "mappings" / f"{mapping.name}.toml"
    return path if path.is_file() else None


def _in(told: Progress, since: float) -> Progress:
    return lambda step, share: told(step, since + share * (1 - since))


def _place(home: Home, wanted: Wanted, mapping: Mapping) -> tuple[str | None, str | None, list[str]]:
    """Currency and zone to import with, and what to say of a new shop ({shop} is filled in when it is declared)."""
    from holdfast.sources.files.load import shop_for

    known = shop_for(home, wanted.shop, wanted.currency, wanted.zone)
    if known:
        _refuse_changes(home, known, wanted)
        return wanted.currency, wanted.zone, _of_its_own(known, mapping)
    default, notes = defaults.read(home), []
    currency, zone = wanted.currency, wanted.zone
    if currency is None:
        currency, why = _currency(mapping, default)
        notes.append(f"currency {{shop.currency}}, {why}; of a new shop it is chosen with --currency")
    if zone is None and not mapping.format.zone:
        zone = default.zone or None
        whose = "the default of this home" if zone else "because nothing says otherwise"
        notes.append(f"days begin at midnight in {{shop.zone}}, {whose}; of a new shop that is chosen with --zone")
    return currency, zone, notes


def _of_its_own(shop: Shop, mapping: Mapping) -> list[str]:
    """A mapping may say what its files are in against the shop's own; then it is never silent."""
    said = (
        ("amounts that do not say theirs are read as", mapping.own_currency, shop.currency),
        ("times without an offset are read as those of", mapping.own_zone, shop.zone),
    )
    return [
        f"{what} {own}, as the mapping {mapping.name} says; the shop's own is {usual}"
        for what, own, usual in said
        if own and own != usual
    ]


def _refuse_changes(home: Home, shop: Shop, wanted: Wanted) -> None:
    """What is said of a shop once is changed in the settings, where it is seen, and not by one import."""
    if wanted.account and wanted.account != shop.account:
        where = f"change it in {home.path / 'holdfast.toml'}, then build"
        raise CannotBeDone(f"shop {shop.name!r} belongs to account {shop.account!r}; {where}")
    if wanted.simulated and not shop.simulated:
        raise CannotBeDone(f"shop {shop.name!r} holds real data; put invented ones into another with --shop")


def _currency(mapping: Mapping, default: defaults.Defaults) -> tuple[str | None, str]:
    """What to import a new shop's files with when nobody said, and where its currency then comes from."""
    if mapping.constants.currency:
        return None, f"from the mapping {mapping.name}"
    if any("currency" in columns for columns in mapping.columns.values()):
        return None, "the one most rows are in"
    if default.currency:
        return default.currency, "the default of this home"
    return None, "because neither the files nor this home say one"


def _columns(looked: Looked) -> list[dict[str, Any]]:
    fed = {file: looked.mapping.fed_by(headers) for file, headers in looked.headers.items()}
    return [
        {"file": file, "header": header, "became": fed[file].get(header)}
        for file, headers in looked.headers.items()
        for header in headers
    ]


def _answer(speech: Speech, home: Home, receipt: Receipt, used: Path | None, looked: Looked, notes: list[str]) -> None:
    document = receipt.to_json() | {
        "changed_anything": receipt.changed_anything,
        "home": home.path,
        "mapping_file": used,
        "columns": _columns(looked),
        "notes": notes,
        "next": "holdfast build",
    }

    def show(out: Console) -> None:
        show_receipt(out, home, replace(receipt, mapping=str(used or receipt.mapping)), notes)

    speech.answer(document, show)
