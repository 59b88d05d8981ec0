"""From files to a build, through the layers below: what is guessed, what would land, then load and build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile

from holdfast.warehouse.home import Home, Shop
from holdfast.web import reading
from holdfast.web.models import Import

if TYPE_CHECKING:
    from holdfast.warehouse.receipts import Receipt

READABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".json", ".jsonl", ".ndjson", ".gz")


NEW_SHOP = "a new shop"  # stands in for the shop nobody has named yet; nothing is declared


class FilesProblem(Exception):
    """The files cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of one table as they would land."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Guessed:
    """What Holdfast makes of the files before anything is kept."""

    confidence: str  # certain, likely or unsure
    fields: tuple[tuple[str, str, str], ...]  # (header in the file, field it becomes, a cell of it)
    unused: tuple[str, ...]
    notes: tuple[str, ...]  # what is missing and what to do, as sentences
    stops: tuple[str, ...]  # what has to be settled before an import can run
    samples: dict[str, Sample]
    shop: dict[str, str]  # zone and currency as the files say them, where they do


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
                inside = sorted(str(p) for p in path.iterdir() if p.is_file() and p.suffix.lower() in READABLE)
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


def guess(job: Import) -> Guessed:
    """How the files would be read, with sample rows. Raises the source's own sentence when it cannot tell."""
    from holdfast.sources.files.guess import guess as guess_files
    from holdfast.sources.files.load import preview

    paths = [Path(path) for path in job.paths]
    found = guess_files(paths)
    samples: dict[str, Sample] = {}
    shop: dict[str, str] = {}
    if found.usable:
        seen = preview(reading.home(), paths, shop=NEW_SHOP)
        samples = {name: _sample(seen.columns[name], seen.first[name], seen.counts[name]) for name in seen.counts}
        shop = {"zone": seen.shop.zone, "currency": seen.shop.currency}
    return Guessed(
        confidence=found.confidence,
        fields=tuple((c.header, c.became, c.sample or "") for c in found.columns if c.became is not None),
        unused=tuple(column.header for column in found.unused),
        notes=tuple(f"{m.what} is missing: {m.to_do}" for m in found.missing if not m.required),
        stops=(*found.questions, *(f"{m.what} is missing: {m.to_do}" for m in found.missing if m.required)),
        samples=samples,
        shop=shop,
    )


def _sample(columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...], total: int) -> Sample:
    """Without the columns that no row fills."""
    kept = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    return Sample(tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows), total)


def load(job: Import, tell: Callable[[str, float], None]) -> Receipt:
    """Land the files under the chosen shop, which is declared first when it is new. Returns the receipt."""
    from holdfast.sources.files.load import load as load_files

    shop = shop_of(job)
    return load_files(reading.home(), [Path(path) for path in job.paths], shop=shop.name, zone=shop.zone, progress=tell)


def shop_of(job: Import) -> Shop:
    """The shop of this name; a new one is declared with its own account, zone and currency."""
    home = reading.home()
    for shop in home.shops():
        if shop.name == job.shop:
            return shop
    return home.add_shop(job.shop, account=job.account or job.shop, zone=job.zone, currency=job.currency)
