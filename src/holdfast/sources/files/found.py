"""Which files a person means: one file, several, or a folder of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from holdfast.sources.files.problem import FileProblem

TEXT = (".csv", ".tsv", ".txt")
SUFFIXES = (*TEXT, *(f"{suffix}.gz" for suffix in TEXT), ".zip", ".parquet", ".xlsx")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file on disk. `kind` is text, parquet or xlsx."""

    path: Path
    kind: str

    @property
    def name(self) -> str:
        return self.path.name

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes, as hexadecimal."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def find(paths: Iterable[Path]) -> tuple[FoundFile, ...]:
    """The files behind the paths, a folder giving its supported files by name. Raises FileProblem."""
    found: list[FoundFile] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.iterdir() if p.is_file() and _suffix(p) and not p.name.startswith((".", "~$"))
            )
            if not inside:
                raise FileProblem(f"{path.name}: no CSV, Parquet or XLSX file in this folder")
            found += [_found(p) for p in inside]
        elif path.is_file():
            found.append(_found(path))
        else:
            raise FileProblem(f"{path}: there is no such file or folder")
    if not found:
        raise FileProblem("no file was named")
    return tuple(found)


def _found(path: Path) -> FoundFile:
    suffix = _suffix(path)
    if not suffix:
        raise FileProblem(f"{path.name}: this kind of file is not read; export it as CSV, Parquet or XLSX")
    if path.stat().st_size == 0:
        raise FileProblem(f"{path.name}: the file is empty; export it again")
    kind = suffix.lstrip(".") if suffix in (".parquet", ".xlsx") else "text"
    return FoundFile(path, kind)


def _suffix(path: Path) -> str:
    return next((s for s in SUFFIXES if path.name.lower().endswith(s)), "")
