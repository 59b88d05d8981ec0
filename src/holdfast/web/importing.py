"""From files to a build, through the layers below: what is guessed, what would land, then load and build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from holdfast.warehouse.home import Home, Shop
from holdfast.web import reading
from holdfast.web.models import Import

READABLE = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".json", ".jsonl", ".ndjson", ".gz")


class FilesProblem(Exception):
    """The files cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """What Holdfast makes of the files before anything is kept."""

    fields: tuple[tuple[str, str], ...]  # (header in the file, field it becomes)
    unused: tuple[str, ...]
    missing: tuple[str, ...]  # sentences
    samples: dict[str, Any]  # table → Page of rows as they would land
    mapping: Any


def keep_uploads(home: Home, import_id: str, files: Iterable[UploadedFile]) -> list[str]:
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
    from holdfast.sources import files

    mapping = files.guess([Path(path) for path in job.paths])
    return Guessed(
        fields=tuple(_pairs(mapping)),
        unused=tuple(getattr(mapping, "unused", ())),
        missing=tuple(getattr(mapping, "missing", ())),
        samples=dict(files.preview([Path(path) for path in job.paths], mapping)),
        mapping=mapping,
    )


def _pairs(mapping: Any) -> list[tuple[str, str]]:
    fields = getattr(mapping, "fields", {})
    return [(str(header), str(field)) for header, field in (fields.items() if hasattr(fields, "items") else fields)]


def load(job: Import, tell: Callable[..., None]) -> Any:
    """Land the files under the chosen shop, which is declared first when it is new. Returns the receipt."""
    from holdfast.sources import files

    paths = [Path(path) for path in job.paths]
    return files.load(reading.home(), shop_of(job), paths, files.guess(paths), tell)


def shop_of(job: Import) -> Shop:
    home = reading.home()
    for shop in home.shops():
        if shop.name == job.shop:
            return shop
    return home.add_shop(job.shop, account=job.account or job.shop, zone=job.zone, currency=job.currency)


def build(tell: Callable[..., None]) -> None:
    from holdfast.warehouse import build as builder

    builder.build(reading.home(), tell)
