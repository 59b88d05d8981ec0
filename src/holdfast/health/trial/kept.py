"""Trials kept for pages: one file a snapshot, segment and version of its scorecard; the newest is what is shown."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from holdfast.health.scorecard import FOLDER
from holdfast.health.trial.run import Trial
from holdfast.warehouse.home import Home, write_whole

TRIALS = "trials"


def keep_trial(home: Home, told: Trial) -> Path:
    """Write it; one of the same snapshot and scorecard is replaced, since it says the same."""
    path = home.path / FOLDER / TRIALS / f"{told.segment}.{told.snapshot}.{told.digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(_plain(asdict(told) | {"word": told.word, "known": told.known.said}), indent=1))
    return path


def kept_trial(home: Home, segment: str) -> dict[str, Any] | None:
    """The newest trial of a segment as data, or None."""
    found = sorted(
        (home.path / FOLDER / TRIALS).glob(f"{segment}.*.json"), key=lambda p: (p.name.split(".")[1], p.stat().st_mtime)
    )
    told: dict[str, Any] | None = json.loads(found[-1].read_text(encoding="utf-8")) if found else None
    return told


def _plain(thing: Any) -> Any:
    """As JSON can hold it: what is not a number is null."""
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, dict):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(one) for one in thing]
    return thing if thing is None or isinstance(thing, bool | int | str) else str(thing)
