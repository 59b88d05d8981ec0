"""Files into a home: guess or take the mapping, stage, and hand over to landing; or only look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.guess import MIXED_DATES, Guess, guess, headers
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.mappingtext import to_toml
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.stage import stage
from holdfast.warehouse.damage import told_plainly
from holdfast.warehouse.engine import open_writer, parquet
from holdfast.warehouse.home import Home, Shop, scratch, write_whole
from holdfast.warehouse.landing import Steps, land
from holdfast.warehouse.lock import writing
from holdfast.warehouse.receipts import Receipt, receipts
from holdfast.warehouse.receipts import folder as load_folder
from holdfast.warehouse.simulated import mark_of
from holdfast.warehouse.snapshot import canonical_views
from holdfast.warehouse.staging import Staged, staged_columns

Progress = Callable[[str, float], None]
FIRST_ROWS = 5


class NothingLanded(FileProblem):
    """Every row of an import was rejected: the rejects and the receipt are kept, and nothing else."""

    def __init__(self, receipt: Receipt, reason: str) -> None:
        super().__init__(
            f"nothing landed: all {receipt.rows_rejected:,} rows of {', '.join(receipt.files[:3])} were rejected, with"
            f" the mapping {receipt.mapping}. `holdfast rejects` lists each with its reason, for example {reason}"
        )
        self.receipt = receipt


@dataclass(frozen=True, slots=True)
class Preview:
    """What would land: the first rows of each staged table, and what would be put aside."""

    mapping: Mapping
    guessed: Guess | None  # None when a mapping was given or found in the home
    shop: Shop
    shop_is_new: bool
    staged: Staged
    counts: dict[str, int]  # table → rows
    columns: dict[str, tuple[str, ...]]
    first: dict[str, tuple[tuple[object, ...], ...]]
    rejects: tuple[tuple[object, ...], ...]  # the first, in the columns of stage_reject


def load(
    home: Home,
    paths: Iterable[Path],
    *,
    shop: str | None = None,
    account: str | None = None,
    mapping: Path | None = None,
    currency: str | None = None,
    zone: str | None = None,
    simulated: bool = False,
    progress: Progress | None = None,
) -> Receipt:
    """Bring files into the home and return the receipt; a shop that does not exist yet is declared.

    The mapping used is kept in home/mappings unless one of that name is there. Raises FileProblem,
    HomeProblem, AnotherWriter, DiskProblem or TooLittleMemory; then nothing has landed and no shop was declared.
    Raises NothingLanded when every row was rejected; then only the rejects and a receipt are kept. Files that say of
    themselves that they are simulated are, whatever is said here.
    """
    listed = tuple(paths)
    mark = marked(listed)
    shop, account, simulated = shop or mark.shop or None, account or mark.account or None, simulated or mark.invented
    currency, zone = of_new(home, shop, mark, currency, zone)
    with (
        writing(home, "import"), told_plainly(home), scratch(home, "files") as folder,
        closing(open_writer(folder)) as con,
    ):  # fmt: skip
        steps = Steps(progress)
        chosen, guessed = choose(home, listed, mapping)
        refuse_contradiction(chosen, currency, zone)
        chosen = settle(home, chosen, guessed)
        steps.done("guess the mapping", 0.05)
        known = shop_for(home, shop, currency, zone)
        refuse_invented(known, simulated)
        place = known or _provisional(shop, account, chosen, currency, zone, simulated)
        staged = stage(
            con, listed, read_for(chosen, place), shop=place, salt=home.salt(), progress=_first_half(steps),
            scratch=folder, known=_people_landed(con, home, known),
        )  # fmt: skip
        if known is None and staged.tables:
            place = _declare(home, place, _most_common_currency(con, staged) if currency is None else None)
        receipt = land(home, place, staged, con, mapping_name=chosen.name, steps=steps)
        if not staged.tables:
            raise NothingLanded(receipt, _first_reason(con))
        return receipt


def _first_reason(con: duckdb.DuckDBPyConnection) -> str:
    found = con.execute("SELECT file, line, reason FROM stage_reject ORDER BY file, line LIMIT 1").fetchone()
    return f"{found[0]} line {found[1]}: {found[2]}" if found else "there was no row to read"


def preview(
    home: Home,
    paths: Iterable[Path],
    *,
    shop: str | None = None,
    mapping: Path | None = None,
    currency: str | None = None,
    zone: str | None = None,
    progress: Progress | None = None,
) -> Preview:
    """Stage the files and show the beginning, without landing, keeping a mapping or declaring a shop."""
    listed = tuple(paths)
    chosen, guessed = choose(home, listed, mapping)
    _refuse_unusable(guessed, "")
    refuse_contradiction(chosen, currency, zone)
    known = shop_for(home, shop, currency, zone)
    refuse_invented(known, invented := marked(listed).invented)
    place = known or _provisional(shop, None, chosen, currency, zone, invented)
    with scratch(home, "preview") as folder, closing(open_writer(folder)) as con:
        staged = stage(
            con, listed, read_for(chosen, place), shop=place, salt=home.salt(), progress=progress, scratch=folder,
            known=_people_landed(con, home, known),
        )  # fmt: skip
        if not known and not currency:
            place = replace(place, currency=_most_common_currency(con, staged) or place.currency)
        counts, columns, first = {}, {}, {}
        for table in staged.tables:
            (counts[table],) = con.execute(f"SELECT count(*) FROM stage_{table}").fetchone() or (0,)
            named = ", ".join(f'"{column}"' for column in staged_columns(table))
            rows = con.execute(f"SELECT {named} FROM stage_{table} LIMIT {FIRST_ROWS}")
            columns[table] = tuple(column[0] for column in rows.description or ())
            first[table] = tuple(rows.fetchall())
        rejects = tuple(con.execute(f"SELECT * FROM stage_reject ORDER BY file, line LIMIT {FIRST_ROWS}").fetchall())
    return Preview(chosen, guessed, place, known is None, staged, counts, columns, first, rejects)


def _people_landed(con: duckdb.DuckDBPyConnection, home: Home, shop: Shop | None) -> str:
    """A table of whom the shop's earlier loads know and by what: (source, customer_number, email_hash), or ""."""
    if shop is None:
        return ""
    with told_plainly(home):
        loads = tuple(receipt.load_id for receipt in receipts(home) if receipt.shop_id == shop.shop_id)
        keys = [path for load in loads if (path := load_folder(home, load) / "key_customer.parquet").is_file()]
        if not keys:
            return ""
        customers = canonical_views(home, loads)[0]["customer"]
        con.execute(
            "CREATE OR REPLACE TEMP TABLE people_landed AS SELECT k.source, c.customer_number, c.email_hash"
            f" FROM ({parquet(keys)}) k LEFT JOIN ({customers}) c ON c.customer_id = k.key"
        )
    return "people_landed"


@dataclass(frozen=True, slots=True)
class Looked:
    """How files will be read. guessed: None when a mapping was given or found. headers: file → its headers."""

    mapping: Mapping
    guessed: Guess | None
    headers: dict[str, tuple[str, ...]]


def choose(home: Home, paths: tuple[Path, ...], given: Path | None) -> tuple[Mapping, Guess | None]:
    """The mapping given; else one kept in the home that fits all headers; else a guess."""
    if given:
        return Mapping.load(given), None
    looked = _look(home, paths)
    return looked.mapping, looked.guessed


def look(home: Home, paths: tuple[Path, ...], given: Path | None) -> Looked:
    """What `choose` says, with the headers of the files, for somebody who wants to see what feeds what."""
    if given:
        with _beside(home) as folder:
            return Looked(Mapping.load(given), None, headers(paths, scratch=folder))
    return _look(home, paths)


def _look(home: Home, paths: tuple[Path, ...]) -> Looked:
    with _beside(home) as folder:
        guessed = guess(paths, scratch=folder)
    found: dict[str, tuple[str, ...]] = {}
    for column in guessed.columns:
        found[column.file] = (*found.get(column.file, ()), column.header)
    kept = [Mapping.load(path) for path in sorted((home.path / "mappings").glob("*.toml"))]
    name, preset = guessed.mapping.name, guessed.mapping.preset
    kept = [mapping for mapping in kept if mapping.name == name or mapping.preset == preset]
    for mapping in sorted(kept, key=lambda mapping: mapping.name != name):
        if _fits(mapping, guessed):
            return Looked(mapping, None, found)
    return Looked(guessed.mapping, guessed, found)


def _beside(home: Home) -> AbstractContextManager[Path | None]:
    return scratch(home, "guess") if home.exists else nullcontext()


def _fits(kept: Mapping, guessed: Guess) -> bool:
    """Whether a kept mapping reads these files: none of the guessed columns lost, nothing read against the cells."""
    if guessed.apart or kept.format.decimal == "ask" or kept.format.dates == "ask":
        return False  # a mapping that still asks says less than the guess, which says where the question is
    by_file: dict[str, list[str]] = defaultdict(list)
    for column in guessed.columns:
        by_file[column.file].append(column.header)
    for file, names in by_file.items():
        grain = kept.grain_of(names)
        if not grain or grain != guessed.rows.get(file):
            return False
        known = {folded(header) for listed in kept.columns[grain].values() for header in listed}
        known |= {folded(header) for header in kept.unused}
        if any(c.file == file and c.became and folded(c.header) not in known for c in guessed.columns):
            return False
    return _reads_dates(kept.format.dates, guessed) and guessed.decimal in ("", kept.format.decimal)


def _reads_dates(kept: str, guessed: Guess) -> bool:
    seen = guessed.mapping.format.dates
    if "%" in kept or seen in ("iso", kept):
        return MIXED_DATES not in guessed.questions
    return seen == "ask" and kept != "iso" and MIXED_DATES not in guessed.questions


def settle(home: Home, mapping: Mapping, guessed: Guess | None) -> Mapping:
    """Keep a guessed mapping in the home, under a name of its own; stop when it has open questions.

    What was said of one shop's money and days is not written into it: the next shop may send files like these.
    """
    unused = tuple(column.header for column in guessed.unused) if guessed else ()
    folder, number = home.path / "mappings", 1
    name = mapping.name
    if guessed and guessed.apart:
        _refuse_unusable(guessed, "")
    while (path := folder / f"{mapping.name}.toml").exists() and Mapping.load(path) != mapping:
        if not guessed:
            return mapping
        number += 1
        mapping = replace(mapping, name=f"{name}-{number}")
    if mapping.columns and not path.exists():
        write_whole(path, to_toml(mapping, unused))
    _refuse_unusable(guessed, str(path))
    return mapping


def read_for(mapping: Mapping, shop: Shop) -> Mapping:
    """The mapping with the currency and the zone that this shop's files are read with.

    They are the shop's, unless a person wrote others into the mapping. What a preset says of them only counts
    for a shop that is declared with it, and is in the shop by then.
    """
    return replace(
        mapping,
        constants=replace(mapping.constants, currency=mapping.own_currency or shop.currency),
        format=replace(mapping.format, zone=mapping.own_zone or shop.zone),
    )


def refuse_contradiction(mapping: Mapping, currency: str | None, zone: str | None) -> None:
    """A person said one thing in the mapping and another now. Raises FileProblem."""
    for what, place, said, written in (
        ("currency", "constants", (currency or "").upper(), mapping.own_currency),
        ("zone", "format", zone or "", mapping.own_zone),
    ):
        if said and written and said != written:
            raise FileProblem(
                f"the {what} {said} was asked for, but the mapping {mapping.name!r} says {what} = {written!r} under"
                f" [{place}]: leave --{what} out to read these files so, or take that line out of the mapping"
            )


def _refuse_unusable(guessed: Guess | None, path: str) -> None:
    if guessed is None or guessed.usable:
        return
    wanted = [*guessed.questions, *(f"{m.what} is missing: {m.to_do}" for m in guessed.missing if m.required)]
    if path and guessed.mapping.columns:
        wanted.append(f"The mapping to edit: {path}")
    first = [said if said.endswith(".") else f"{said}." for said in wanted[:-1]]
    raise FileProblem(" ".join([*first, wanted[-1]]))


def shop_for(home: Home, name: str | None, currency: str | None, zone: str | None) -> Shop | None:
    """The shop of this name; without a name the only shop there is; None when one is to be declared."""
    shops = home.shops()
    if name is None and len(shops) > 1:
        known = ", ".join(shop.name for shop in shops)
        raise FileProblem(f"there are several shops ({known}): say which one with --shop")
    if name is None:
        return _same(shops[0], currency, zone) if shops else None
    return next((_same(shop, currency, zone) for shop in shops if shop.name == name), None)


@dataclass(frozen=True, slots=True)
class Marked:
    """What files say of themselves: whether any is invented, and of which shop."""

    invented: bool = False
    shop: str = ""
    account: str = ""
    zone: str = ""
    currency: str = ""


def marked(paths: Iterable[Path]) -> Marked:
    found = [mark for path in paths if (mark := mark_of(path)) is not None]
    if not found:
        return Marked()
    one = next((mark for mark in found if mark.shop), found[0])
    return Marked(True, one.shop, one.account, one.zone, one.currency)


def refuse_invented(shop: Shop | None, simulated: bool) -> None:
    """Invented data never land among real ones. Raises FileProblem."""
    if simulated and shop is not None and not shop.simulated:
        raise FileProblem(f"shop {shop.name!r} holds real data; put invented ones into another with --shop")


def of_new(
    home: Home, shop: str | None, mark: Marked, currency: str | None, zone: str | None
) -> tuple[str | None, str | None]:
    """A mark says the currency and zone of a shop that is not declared yet; of one that is, its settings do."""
    if home.exists and any(one.name == shop for one in home.shops()):
        return currency, zone
    return currency or mark.currency or None, zone or mark.zone or None


def _same(shop: Shop, currency: str | None, zone: str | None) -> Shop:
    """A shop that is declared keeps its money and its days; a file's own can be said in the mapping."""
    for what, said, is_so in (("currency", (currency or "").upper(), shop.currency), ("zone", zone or "", shop.zone)):
        if said and said != is_so:
            raise FileProblem(
                f"shop {shop.name} has the {what} {is_so}, not {said}: change it in holdfast.toml if it is wrong, or"
                f" say the file's own under [constants] or [format] in its mapping and leave --{what} out"
            )
    return shop


def _first_half(steps: Steps) -> Progress:
    """Staging is about half of an import; landing is the rest."""
    return lambda what, share: steps.begin(what, 0.05 + 0.5 * share)


def _provisional(
    name: str | None, account: str | None, mapping: Mapping, currency: str | None, zone: str | None, simulated: bool
) -> Shop:
    """The shop as it would be declared; it has no number until files have been read."""
    called = name or "shop"
    return Shop(0, called, account or called, *_zone_and_currency(mapping, currency, zone), simulated)


def _declare(home: Home, shop: Shop, currency: str | None) -> Shop:
    """A new shop reports in the currency most of its orders are in, unless somebody said otherwise."""
    return home.add_shop(
        shop.name, account=shop.account, zone=shop.zone, currency=currency or shop.currency, simulated=shop.simulated
    )


def _most_common_currency(con: duckdb.DuckDBPyConnection, staged: Staged) -> str | None:
    if "order" not in staged.tables:
        return None
    found = con.execute("SELECT currency FROM stage_order GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1").fetchone()
    return str(found[0]) if found and found[0] else None


def _zone_and_currency(mapping: Mapping, currency: str | None, zone: str | None) -> tuple[str, str]:
    return zone or mapping.format.zone or "UTC", (currency or mapping.constants.currency or "USD").upper()
