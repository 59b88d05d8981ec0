"""Numbers that a merchant's own tools show, as people wrote them down: kept in the home, only ever added to."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import isfinite
from pathlib import Path

from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home

FILE = "shown_numbers.jsonl"
LONGEST_SOURCE = 200  # letters


@dataclass(frozen=True, slots=True)
class Shown:
    """One number a tool showed: value in major units, or a share 0…1; on: the day its twelve months (or month) end."""

    term: str
    definition: str
    scope: Scope
    value: float
    on: date
    source: str  # where it was read: "Shopify, Analytics, 30 June"
    by: str
    recorded_at: datetime


class NotANumber(ValueError):
    """What was written is no number; the message says how to write one."""


def parsed(text: str, *, share: bool) -> float:
    """ "54.20" or "1,234.50" → major units; a share is written with its percent sign. Raises NotANumber."""
    plain = text.strip().replace("\u00a0", "").replace(" ", "").replace(",", "")
    percent = plain.endswith("%")
    try:
        value = float(plain.removesuffix("%"))
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise NotANumber(f"{text!r} is no number: write it as 1234.50{', or 12.3 %' if share else ''}")
    if share and not percent:
        raise NotANumber(f"write a rate with its percent sign: {text.strip()} %")
    if percent and not share:
        raise NotANumber("this is an amount, not a rate: leave the percent sign away")
    return value / 100 if share else value


def keep_shown(home: Home, shown: Shown) -> None:
    """Add one. What was written before stays."""
    told = asdict(shown) | {"on": shown.on.isoformat(), "recorded_at": shown.recorded_at.isoformat()}
    line = json.dumps(told, ensure_ascii=False) + "\n"
    file = os.open(home.path / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode())
        os.fsync(file)
    finally:
        os.close(file)


def read_shown(home: Home, term: str, scope: Scope) -> dict[str, Shown]:
    """The newest of each definition of a term, in one scope. A line that cannot be read is passed over."""
    newest: dict[str, Shown] = {}
    for one in _all(home.path / FILE):
        if one.term == term and one.scope == scope:
            newest[one.definition] = one
    return newest


def _all(path: Path) -> list[Shown]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [one for one in map(_one, lines) if one is not None]


def _one(line: str) -> Shown | None:
    try:
        told = json.loads(line)
        return Shown(
            told["term"], told["definition"], Scope(**told["scope"]), float(told["value"]),
            date.fromisoformat(told["on"]), told["source"], told["by"], datetime.fromisoformat(told["recorded_at"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None
