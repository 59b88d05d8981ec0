"""From when on card networks look at a merchant more closely: data with a source and a date, never constants."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

OWN_COPY = "networks.toml"  # in the home
WATCH = 0.6  # of a threshold: from here on somebody should look


@dataclass(frozen=True, slots=True)
class Threshold:
    """A network's line: share of payments (a fraction), and how many disputes there must be at least."""

    metric: str  # id of the metric it is held against
    name: str
    share: float
    count: int
    since: date  # the first day on which it holds
    source: str
    read_on: date
    note: str = ""

    def stands(self, share: float, count: float) -> str:
        """ "over", "watch" or "normal", for the share and the number of disputes of a month."""
        if share >= self.share and count >= self.count:
            return "over"
        return "watch" if share >= WATCH * self.share and count >= WATCH * self.count else "normal"


class NetworksProblem(Exception):
    """The file cannot be read; the message says where."""


def thresholds(home: Path, metric_id: str, on: date) -> tuple[Threshold, ...]:
    """Those of a metric that hold on a day, of each name the newest. Raises NetworksProblem."""
    newest: dict[str, Threshold] = {}
    for one in sorted(_read(home / OWN_COPY), key=lambda t: t.since):
        if one.metric == metric_id and one.since <= on:
            newest[one.name] = one
    return tuple(newest.values())


def _read(own: Path) -> tuple[Threshold, ...]:
    built_in = files("holdfast.metrics") / "frameworks" / "networks.toml"
    try:
        told = tomllib.loads((own if own.is_file() else built_in).read_text(encoding="utf-8"))
        return tuple(_threshold(row) for row in told.get("threshold", []))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise NetworksProblem(f"{own} cannot be read: {problem}. Mend it or move it away.") from problem


def _threshold(row: dict[str, object]) -> Threshold:
    since, read_on = row["from"], row["read_on"]
    if not isinstance(since, date) or not isinstance(read_on, date):
        raise ValueError("`from` and `read_on` are days, written 2026-04-01")
    return Threshold(
        str(row["metric"]), str(row["name"]), float(str(row["share"])), int(str(row["count"])), since,
        str(row["source"]), read_on, str(row.get("note", "")),
    )  # fmt: skip
