"""A fitted model, whole: what it foretells, its trees, what it learned from, its card. A file, never changed.

home/models/<shop id>/<label>/<moment>.<version>.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.trees import Tree, Trees
from holdfast.predictions.features.frame import Frame
from holdfast.predictions.label import Label
from holdfast.warehouse.home import Home, write_whole

FOLDER = "models"
BINS = 10
_KINDS = {"column": np.int64, "threshold": float, "missing_left": bool, "left": np.int64, "right": np.int64,
          "value": float, "rows": float}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a feature lay among the learned rows: bins' ends, and rows in each; the last: nobody knows."""

    ends: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Spread:
        known = values[np.isfinite(values)].astype(float)
        ends = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
        return cls(tuple(float(end) for end in ends), cls._counted(ends, values))

    @staticmethod
    def _counted(ends: npt.ArrayLike, values: npt.NDArray[Any]) -> tuple[int, ...]:
        told = np.asarray(ends, dtype=float)
        place = np.where(np.isfinite(values), np.searchsorted(told, values, side="left"), len(told) + 1)
        return tuple(int(n) for n in np.bincount(place, minlength=len(told) + 2))

    def counted(self, values: npt.NDArray[Any]) -> tuple[int, ...]:
        """Other values in the same bins."""
        return self._counted(self.ends, values)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """version: a digest of everything but when it was fitted. card: purpose, window, label, exclusions, results, known
    failures; as JSON holds it."""

    shop_id: int
    label: Label
    features: tuple[str, ...]
    trees: Trees
    spreads: Mapping[str, Spread]
    fitted_at: datetime
    as_of: date
    card: Mapping[str, Any]
    version: str = ""

    @property
    def word(self) -> str:
        """What it may be called for this merchant: predictive or descriptive."""
        return str(self.card["results"]["word"])

    def chance(self, frame: Frame) -> npt.NDArray[np.float64]:
        return self.trees.chance(frame.matrix(self.features))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no model of a label."""

    shop_id: int
    label: str
    fitted_at: datetime
    as_of: date
    unknown: Unknown


def keep(home: Home, told: Model | Refused) -> Path:
    """Write it beside those before it."""
    label = told.label if isinstance(told, Refused) else told.label.id
    folder = home.path / FOLDER / str(told.shop_id) / label
    folder.mkdir(parents=True, exist_ok=True)
    document = plain(told) | {"kind": "refused" if isinstance(told, Refused) else "model"}
    path = folder / f"{told.fitted_at:%Y%m%dT%H%M%S}.{getattr(told, 'version', 'none')}.json"
    write_whole(path, json.dumps(document))
    return path


def version_of(model: Model) -> str:
    told = plain(model)
    told = {key: value for key, value in told.items() if key not in ("version", "fitted_at")}
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def kept(home: Home, shop_id: int, label: str) -> tuple[Model | Refused, ...]:
    """Every one there was of a label, oldest first."""
    folder = home.path / FOLDER / str(shop_id) / label
    return tuple(read(path) for path in sorted(folder.glob("*.json")))


def newest(home: Home, shop_id: int, label: str) -> Model | Refused | None:
    folder = home.path / FOLDER / str(shop_id) / label
    found = sorted(folder.glob("*.json"))
    return read(found[-1]) if found else None


def labels_kept(home: Home, shop_id: int) -> tuple[str, ...]:
    """Labels of which there is a model, or the reason why there is none; that of leaving first."""
    folder = home.path / FOLDER / str(shop_id)
    found = (path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
    return tuple(sorted(found, key=lambda name: (name != "leaves", name)))


def read(path: Path) -> Model | Refused:
    told = json.loads(path.read_text(encoding="utf-8"))
    fitted_at, as_of = datetime.fromisoformat(told["fitted_at"]), date.fromisoformat(told["as_of"])
    if told["kind"] == "refused":
        return Refused(told["shop_id"], told["label"], fitted_at, as_of, Unknown(**told["unknown"]))
    trees = Trees(told["trees"]["base"], tuple(_tree(one) for one in told["trees"]["trees"]))
    spreads = {id: Spread(tuple(s["ends"]), tuple(s["counts"])) for id, s in told["spreads"].items()}
    return Model(
        told["shop_id"], Label(**told["label"]), tuple(told["features"]), trees, spreads, fitted_at, as_of,
        told["card"], told["version"],
    )  # fmt: skip


def _tree(told: Mapping[str, list[Any]]) -> Tree:
    def column(name: str, kind: Any) -> npt.NDArray[Any]:
        return np.array([math.inf if v is None else v for v in told[name]], dtype=kind)

    return Tree(**{name: column(name, kind) for name, kind in _KINDS.items()})


def plain(thing: Any) -> Any:
    """As JSON can hold it: what is no finite number is null, an Unknown says that it is one."""
    if isinstance(thing, Unknown):
        return asdict(thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: plain(getattr(thing, field.name)) for field in fields(thing)}
    if isinstance(thing, np.ndarray):
        return plain(thing.tolist())
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, Iterable) and not isinstance(thing, str):
        return [plain(one) for one in thing]
    return thing if thing is None or isinstance(thing, bool | int | str) else str(thing)
