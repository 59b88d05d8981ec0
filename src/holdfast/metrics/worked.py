"""An example of every metric worked by hand over Saltmarsh, the simulated shop one can count on paper."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
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

    @property
    def shop(self) -> str:
        return SHOP

    @property
    def beside(self) -> str:
        """ ", read with customers.csv and orders.csv of the folder above"; empty where nothing is."""
        *first, last = read_with(self.folder) or ("",)
        return f", read with {', '.join(first)} and {last} of the folder above" if first else ""

    @property
    def in_numbers(self) -> str:
        """ "10 counted, 1 still open, 27 over 10, value 2.7"."""
        said = f"{self.n:,} counted, {self.still_open:,} still open, {_short(self.counted)} over {_short(self.out_of)}"
        return f"{said}, " + (f"no value: {self.why}" if self.value is None else f"value {_short(self.value)}")


def _short(number: float) -> str:
    return f"{number:,.4f}".rstrip("0").rstrip(".").replace("-", "−")


@lru_cache(maxsize=1)
def every_worked() -> dict[str, Worked]:
    """Metric id → its example."""
    return {metric_id: _worked(section) for metric_id, section in _document()["metric"].items()}


def read_with(folder: str) -> tuple[str, ...]:
    """Saltmarsh's own files that are read beside those of a folder below it, and no others."""
    return tuple(_document()["read_with"].get(folder, ()))


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return tomllib.loads((files("holdfast.examples") / "saltmarsh" / "worked.toml").read_text(encoding="utf-8"))


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
