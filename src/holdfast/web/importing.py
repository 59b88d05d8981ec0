"""From files to a build, through the layers below: what is guessed, what would land, then load and build."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from holdfast.commerce.currency import ACTIVE
from holdfast.warehouse.home import Home, scratch, write_whole
from holdfast.warehouse.staging import REJECT_COLUMNS
from holdfast.web import formatting, naming, reading
from holdfast.web.models import BookFile, Import

if TYPE_CHECKING:
    from holdfast.sources.files.guess import Guess
    from holdfast.sources.files.load import Preview
    from holdfast.sources.files.mapping import Mapping
    from holdfast.warehouse.receipts import Receipt

REJECTS = "rows that could not be used"
TOLD = tuple(name for name in REJECT_COLUMNS if name != "raw")
ABANDONED_MINUTES = 60  # uploads hold readable e-mails: they do not wait longer than this for their import
KEPT_DAYS = 30  # of what a file of the book of work held that was refused
ABANDONED = "Nothing was imported within an hour, so the uploaded files were deleted. Choose them again."
TECHNICAL = ("free_counts", "file_no", "email_hash", "line_number")  # of no use to who checks a guess
ALSO = {
    "customer_source": "customer_number", "order_source": "order_number", "product_source": "sku",
    "refund_source": "refund_number",
}  # fmt: skip
IN_THE_FORM = "the currency"  # asked for on the page: not missing


class FilesProblem(Exception):
    """The files cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of one table as they would land."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can decide of the files, with the answers to choose from (value, words)."""

    name: str
    words: str
    answers: tuple[tuple[str, str], ...]


DATES = Question(
    "dates",
    "Dates such as 03/04/2025 can be read two ways, and no row decides. Which is it?",
    (("day first", "Day first: 3 April 2025"), ("month first", "Month first: 4 March 2025")),
)
DECIMAL = Question(
    "decimal",
    "Some numbers have a decimal comma and others a point. Which sign stands before the cents?",
    ((".", "A point: 1,234.50"), (",", "A comma: 1.234,50")),
)
QUESTIONS = {question.name: question for question in (DATES, DECIMAL)}


@dataclass(frozen=True, slots=True)
class Guessed:
    """What Holdfast makes of the files before anything is kept."""

    confidence: str  # certain, likely or unsure
    fields: tuple[tuple[str, str, str], ...]  # (header in the file, field it becomes, a cell of it)
    unused: tuple[str, ...]
    notes: tuple[str, ...]  # what is missing and what to do, as sentences
    stops: tuple[str, ...]  # what has to be settled before an import can run
    questions: tuple[Question, ...]  # what can be settled on the page
    kept: str  # the name of the kept mapping that is used, when one is
    shop: dict[str, str]  # zone and currency as the files say them, where they do
    toml: str  # the mapping as a person may edit it
    edited: bool  # a person has, for this import

    @property
    def open(self) -> bool:
        """Something is to be settled first."""
        return bool(self.stops or self.questions)


def keep_uploads(home: Home, import_id: str, files: Iterable[UploadedFile[bytes]]) -> list[str]:
    """Write uploads to inbox/<import>/ and return their paths. A name keeps only harmless characters."""
    folder = home.path / "inbox" / import_id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = []
    for number, file in enumerate(files):
        name = re.sub(r"[^\w.\- ]+", "_", Path(file.name or "").name).lstrip(".") or f"file-{number}"
        path = folder / name
        if path.exists():
            path = folder / f"{number}-{name}"
        with path.open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
        paths.append(str(path))
    return paths


def named_paths(text: str) -> list[str]:
    """Paths on the server, one a line; a folder stands for the readable files in it. Raises FilesProblem."""
    found: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        path = Path(line).expanduser()
        try:
            if path.is_dir():
                inside = sorted(str(p) for p in path.iterdir() if p.is_file() and _is_readable(p))
                if not inside:
                    raise FilesProblem(f"There is no CSV, XLSX or Parquet file in {line}.")
                found += inside
            elif path.is_file():
                found.append(str(path.absolute()))
            else:
                raise FilesProblem(f"There is no file at {line} on the machine where Holdfast runs.")
        except PermissionError as problem:
            raise FilesProblem(f"Holdfast may not read {line}. Change its permissions or upload it.") from problem
    return found


def _is_readable(path: Path) -> bool:
    from holdfast.sources.files.found import SUFFIXES

    return path.name.lower().endswith(SUFFIXES) and not path.name.startswith((".", "~$"))


def guess(job: Import) -> Guessed:
    """How the import would read the files. Raises the source's own sentence when it cannot tell."""
    return _remembered(("guess", *_state_of(job)), lambda: _guess([Path(path) for path in job.paths], _edited(job)))


def samples(job: Import, zone: str, currency: str) -> dict[str, Sample]:
    """The first rows of each table as they would land, moments and money in the zone and currency chosen."""
    return _remembered(("rows", *_state_of(job), zone, currency), lambda: _samples(job, zone, currency))


T = TypeVar("T")
SEEN_KEPT = 32
_seen: dict[tuple[object, ...], Any] = {}


def _remembered(key: tuple[object, ...], look: Callable[[], T]) -> T:
    """Staging whole files takes long; a page that is loaded again shows what was seen. In memory only."""
    if key not in _seen:
        found = look()
        if len(_seen) >= SEEN_KEPT:
            _seen.clear()
        _seen[key] = found
        return found
    seen: T = _seen[key]
    return seen


def _state_of(job: Import) -> tuple[object, ...]:
    """Changes when the files, the kept mappings or the shops do."""
    home = reading.home().path
    beside = [*sorted((home / "mappings").glob("*.toml")), home / "holdfast.toml", _place(job)]
    files = [Path(path) for path in job.paths]
    stamps = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in (*files, *beside) if p.exists())
    return str(job.pk), stamps


def _place(job: Import) -> Path:
    """Where the mapping stands that a person edited for this import, until it is kept with the import itself."""
    return reading.home().path / "inbox" / str(job.pk) / "mapping.toml"


def _edited(job: Import) -> Path | None:
    return _place(job) if _place(job).is_file() else None


def edit(job: Import, text: str) -> None:
    """Read this import's files as the text of a mapping says. Raises the mapping's or the files' own sentence."""
    from holdfast.sources.files.mapping import Mapping

    text = text.replace("\r\n", "\n").strip() + "\n"
    Mapping.parse(text, where="this text")
    with scratch(reading.home(), "mapping") as folder:
        tried = folder / "mapping.toml"
        tried.write_text(text, encoding="utf-8")
        _previewed(job, *_zone_and_currency(job), tried)  # does it fit the files?
    _place(job).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(_place(job), text)


def forget_edit(job: Import) -> None:
    """Back to what Holdfast makes of the files by itself."""
    _place(job).unlink(missing_ok=True)


def _zone_and_currency(job: Import) -> tuple[str, str]:
    shops = reading.shops()
    return (shops[0].zone, shops[0].currency) if shops else ("UTC", "EUR")


def _guess(paths: list[Path], edited: Path | None) -> Guessed:
    from holdfast.sources.files.guess import guess as guess_files
    from holdfast.sources.files.load import choose
    from holdfast.sources.files.mappingtext import to_toml

    mapping, found = choose(reading.home(), tuple(paths), edited)
    kept = "" if found else mapping.name
    toml = to_toml(mapping, tuple(column.header for column in found.unused)) if found else _kept_text(mapping, edited)
    found = found or guess_files(paths)
    fields, unused = _fields(mapping, found)
    asked = [] if kept else list(found.questions)
    questions = [q for q in QUESTIONS.values() if any(f"Set {q.name} =" in said for said in asked)]
    if kept and mapping.format.dates == "ask":
        questions.append(DATES)
    missing = () if kept else found.missing
    return Guessed(
        confidence="certain" if kept else found.confidence,
        fields=fields,
        unused=unused,
        notes=tuple(f"{m.what} is missing: {m.to_do}" for m in missing if not m.required and m.what != IN_THE_FORM),
        stops=(
            *(said for said in asked if not any(f"Set {q.name} =" in said for q in questions)),
            *(f"{m.what} is missing: {m.to_do}" for m in missing if m.required),
        ),
        questions=tuple(questions),
        kept=kept,
        shop=_said(mapping, found),
        toml=toml,
        edited=edited is not None,
    )


def _kept_text(mapping: Mapping, edited: Path | None) -> str:
    """As it stands in its file, comments and all."""
    from holdfast.sources.files.mappingtext import to_toml

    file = edited or reading.home().path / "mappings" / f"{mapping.name}.toml"
    return file.read_text(encoding="utf-8") if file.is_file() else to_toml(mapping)


def _fields(mapping: Mapping, found: Guess) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """(header, field, a cell) of the columns that the mapping uses, and the headers that it does not."""
    from holdfast.sources.files.dialect import folded

    headers: dict[str, list[str]] = {}
    for column in found.columns:
        headers.setdefault(column.file, []).append(column.header)
    becomes: dict[tuple[str, str], str] = {}
    for file, names in headers.items():
        grain = mapping.grain_of(names) or ""
        for field, known in mapping.columns.get(grain, {}).items():
            for name in known:
                becomes.setdefault((file, folded(name)), f"{grain}.{field}")
    placed = [(c.header, becomes.get((c.file, folded(c.header))), c.sample or "") for c in found.columns]
    return tuple((h, to, cell) for h, to, cell in placed if to), tuple(h for h, to, _ in placed if not to)


def _said(mapping: Mapping, found: Guess) -> dict[str, str]:
    """Zone and currency as the mapping says them, else the currency of the first row that has one."""
    cells = [(c.sample or "").strip().upper() for c in found.columns if (c.became or "").endswith(".currency")]
    currency = next((code for code in (mapping.constants.currency, *cells) if code in ACTIVE), "")
    said = {"zone": mapping.format.zone, "currency": currency}
    return {name: text for name, text in said.items() if text}


def answer(job: Import, given: dict[str, str]) -> None:
    """Keep the mapping with a person's answers in the home, where this import and later ones find it."""
    from holdfast.sources.files.load import choose, settle
    from holdfast.sources.files.mapping import Mapping
    from holdfast.sources.files.mappingtext import to_toml
    from holdfast.sources.files.problem import FileProblem

    home = reading.home()
    mapping, found = choose(home, tuple(Path(path) for path in job.paths), None)
    was = mapping.format
    form = replace(was, dates=given.get("dates", was.dates), decimal=given.get("decimal", was.decimal))
    settled = replace(mapping, format=form)
    if found:
        told = replace(found, mapping=settled, questions=())
        with suppress(FileProblem):  # what else is missing is said on the page
            settle(home, settled, told)
        return
    for path in sorted((home.path / "mappings").glob("*.toml")):
        if Mapping.load(path) == mapping:
            write_whole(path, to_toml(settled))


def _samples(job: Import, zone: str, currency: str) -> dict[str, Sample]:
    seen = _previewed(job, zone, currency, _edited(job))
    found = {
        name: _sample(seen.columns[name], seen.first[name], seen.counts[name], zone, currency) for name in seen.counts
    }
    if seen.rejects:
        rows = tuple(tuple(formatting.cell(cell) for cell in row[: len(TOLD)]) for row in seen.rejects)
        found[REJECTS] = Sample(TOLD, rows, len(rows))
    return found


def _previewed(job: Import, zone: str, currency: str, mapping: Path | None) -> Preview:
    from holdfast.sources.files.load import choose, preview

    paths, shop = [Path(path) for path in job.paths], job.shop or "a new shop"
    own, _ = choose(reading.home(), tuple(paths), mapping)
    return preview(
        reading.home(), paths, shop=shop, mapping=mapping,
        currency=None if own.own_currency else currency, zone=None if own.own_zone else zone,
    )  # fmt: skip


def _sample(
    columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...], total: int, zone: str, currency: str
) -> Sample:
    """Without the columns that no row fills, those of our own, and keys that a number beside them says too."""
    filled = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    known = {columns[i] for i in filled}
    kept = [i for i in filled if columns[i] not in TECHNICAL and ALSO.get(columns[i]) not in known]
    written = []
    for row in rows:
        own = str(dict(zip(columns, row, strict=True)).get("currency") or currency)
        written.append(tuple(_cell(columns[i], row[i], zone, own) for i in kept))
    return Sample(tuple(columns[i] for i in kept), tuple(written), total)


def _cell(column: str, value: object, zone: str, currency: str) -> str:
    if isinstance(value, datetime):
        local = value.replace(tzinfo=value.tzinfo or UTC).astimezone(ZoneInfo(zone))
        return f"{formatting.day(local.date())} {local:%H:%M}"
    if isinstance(value, int) and column.endswith("_minor") and currency in ACTIVE:
        return formatting.money(*reading.money_of(value, currency), decimals=formatting.digits_of(currency))
    return naming.shortened(formatting.cell(value)).removeprefix("email:")


def load(job: Import, tell: Callable[[str, float], None]) -> Receipt:
    """Land the files under the chosen shop; a new one is declared once they were read. Returns the receipt."""
    from holdfast.sources.files.load import load as load_files

    # The form shows what a known shop has: that is nothing new said of these files, whose mapping may say its own.
    known = next((shop for shop in reading.home().shops() if shop.name == job.shop), None)
    return load_files(
        reading.home(), [Path(path) for path in job.paths], shop=job.shop, account=job.account or None,
        mapping=_keep_edit(job),
        currency=None if known and known.currency == job.currency else job.currency,
        zone=None if known and known.zone == job.zone else job.zone, progress=tell,
    )  # fmt: skip


def _keep_edit(job: Import) -> Path | None:
    """Put the mapping that a person edited among the home's, in place of the one of its name; None for none."""
    from holdfast.sources.files.mapping import Mapping

    edited = _edited(job)
    if edited is None:
        return None
    kept = reading.home().path / "mappings" / f"{Mapping.load(edited).name}.toml"
    write_whole(kept, edited.read_text(encoding="utf-8"))
    return kept


def forget_uploads(job: Import) -> None:
    """Remove what was uploaded for an import; files that lay on the server before stay."""
    shutil.rmtree(reading.home().path / "inbox" / str(job.pk), ignore_errors=True)


def forget_abandoned() -> None:
    """Remove uploads whose import was not begun within an hour, or stopped an hour ago; the import then says so."""
    since = timezone.now() - timedelta(minutes=ABANDONED_MINUTES)
    inbox = reading.home().path / "inbox"
    busy = {str(job.pk) for job in Import.objects.all() if job.running or job.changed_at >= since}
    for folder in inbox.iterdir() if inbox.is_dir() else ():
        if folder.name in busy or folder.stat().st_mtime >= since.timestamp():
            continue
        with suppress(ValidationError, ValueError):  # a folder that no import made
            waiting = Import.objects.filter(pk=folder.name, state=Import.State.MAPPING)
            waiting.update(state=Import.State.FAILED, problem=ABANDONED)
        shutil.rmtree(folder, ignore_errors=True)
    BookFile.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
