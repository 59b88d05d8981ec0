"""An example of every metric worked by hand over Saltmarsh, the simulated shop one can count on paper."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

SHOP = "Saltmarsh, a simulated shop, on 30 June 2026"


@dataclass(frozen=True, slots=True)
class Worked:
    """What a metric comes to over the files of one folder, counted by hand; money in major units of EUR.

    folder: below Saltmarsh's, empty for that one.
    For a waiting time `counted` is how many have come to it, and `out_of` all waits added up.
    value: None where there is none; `why` says why.
    """

    told: str  # which units count, the sum, the result
    folder: str
    n: int
    still_open: int
    counted: float
    out_of: float
    value: float | None
    why: str


def saltmarsh() -> Path:
    """The folder of the shop on paper."""
    return Path(str(files("holdfast.examples") / "saltmarsh"))


@lru_cache(maxsize=1)
def every_worked() -> dict[str, Worked]:
    """Metric id → its example."""
    return {metric_id: _worked(section) for metric_id, section in _document()["metric"].items()}


def read_with(folder: str) -> tuple[str, ...]:
    """Saltmarsh's own files that are read beside those of a folder below it, and no others."""
    return tuple(_document()["read_with"].get(folder, ()))


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return tomllib.loads((saltmarsh() / "worked.toml").read_text(encoding="utf-8"))


def _worked(section: dict[str, object]) -> Worked:
    value = section.get("value")
    n, still_open, counted, out_of = (float(str(section[key])) for key in ("n", "still_open", "counted", "out_of"))
    return Worked(
        told=" ".join(str(section["told"]).split()),
        folder=str(section.get("folder", "")),
        n=int(n),
        still_open=int(still_open),
        counted=counted,
        out_of=out_of,
        value=None if value is None else float(str(value)),
        why=str(section.get("why", "")),
    )
