"""Trials kept for pages: one file a snapshot, segment and version of its scorecard; the newest is what is shown."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.health.scorecard import FOLDER
from holdfast.health.trial.run import Trial
from holdfast.warehouse.home import Home, write_whole

TRIALS = "trials"


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """told: the trial as data, under the names of `run.Trial`, with its `word`; null where there is no number."""

    tried_at: datetime
    told: dict[str, Any]


def keep_trial(home: Home, told: Trial, *, at: datetime) -> Path:
    """Write it; an earlier one of the same snapshot and scorecard is replaced."""
    path = home.path / FOLDER / TRIALS / f"{told.segment}.{told.snapshot}.{told.digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    words = {"word": told.word, "known": told.known.said, "tried_at": at.astimezone(UTC).isoformat()}
    write_whole(path, json.dumps(_plain(asdict(told) | words), indent=1))
    return path


def kept_trials(home: Home, segment: str) -> tuple[KeptTrial, ...]:
    """All of a segment: that of the newest snapshot first, of one snapshot the one tried last."""
    found = [(path.name.split(".")[1], _read(path)) for path in (home.path / FOLDER / TRIALS).glob(f"{segment}.*.json")]
    return tuple(told for _, told in sorted(found, key=lambda one: (one[0], one[1].tried_at), reverse=True))


def kept_trial(home: Home, segment: str) -> dict[str, Any] | None:
    """The newest trial of a segment as data, or None."""
    found = kept_trials(home, segment)
    return found[0].told if found else None


def _read(path: Path) -> KeptTrial:
    """Files from before the moment was kept say it by their own."""
    told = json.loads(path.read_text(encoding="utf-8"))
    said = told.get("tried_at")
    at = datetime.fromisoformat(said) if said else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return KeptTrial(at, told)


def _plain(thing: Any) -> Any:
    """As JSON can hold it: what is not a number is null."""
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, dict):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(one) for one in thing]
    return thing if thing is None or isinstance(thing, bool | int | str) else str(thing)
