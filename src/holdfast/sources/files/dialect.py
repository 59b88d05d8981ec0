"""How a text file separates its columns, and what the columns are called."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from holdfast.sources.files.problem import FileProblem

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 1 << 18
_NUMBER = re.compile(r"[-+]?[\d.,:/\s]+")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Separator and header of one text file; `skipped` is how many empty lines stand before the header."""

    delimiter: str
    header: tuple[str, ...]
    skipped: int


csv.field_size_limit(1 << 27)


def dialect(plain: Path, name: str, delimiter: str = "") -> Dialect:
    """Read the separator and the header off a UTF-8 file. Raises FileProblem."""
    with plain.open("r", encoding="utf-8-sig", newline="", errors="replace") as file:
        sample = file.read(SAMPLE)
    text = sample.lstrip("\r\n")
    skipped = sample[: len(sample) - len(text)].count("\n")
    chosen = delimiter or max(DELIMITERS, key=lambda d: _evidence(text, d))
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=chosen), [])
    return Dialect(chosen, header(names, name), skipped)


def header(names: list[str], file: str) -> tuple[str, ...]:
    """Column names, each said once: a repeated or empty name gets its place. Raises FileProblem."""
    cleaned = [name.strip().lstrip("\ufeff") for name in names]
    if not any(cleaned) or all(_NUMBER.fullmatch(name) for name in cleaned if name):
        raise FileProblem(f"{file}: the first line holds no column names; add a header line")
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(cleaned, 1):
        name = name or f"column {place}"
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        unique.append(name if seen[name.casefold()] == 1 else f"{name} ({seen[name.casefold()]})")
    return tuple(unique)


@lru_cache(maxsize=4096)  # every header is held against the words of every table
def folded(name: str) -> str:
    """A header without case, accents, spaces and punctuation: "Customer ID" and "customer_id" are one."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum())


def _evidence(text: str, delimiter: str) -> tuple[float, int]:
    """Share of the first records that have as many columns as the header, then how many those are."""
    records = islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 400)
    counts = [len(row) for row in records if row]
    if not counts or counts[0] < 2:
        return (0.0, 0)
    return sum(count == counts[0] for count in counts) / len(counts), counts[0]
