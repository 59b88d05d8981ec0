"""Predictions published with a snapshot: written whole, once, and never again, so that what was said can be held to.

home/predictions/<kind>/<snapshot>.<shop id>/rows.parquet and card.json. A step after the build: a build costs what it
did, and a crash here leaves the snapshot, and everything that was said before, as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.kinds import Asked, Kind, Made
from holdfast.predictions.risk import RISK
from holdfast.predictions.staying import STAYING
from holdfast.predictions.worth import VALUE
from holdfast.warehouse.files import publish_folder
from holdfast.warehouse.home import Home, scratch

FOLDER = "predictions"
KINDS: dict[str, Kind] = {RISK.id: RISK, VALUE.id: VALUE, STAYING.id: STAYING}
ROWS, CARD = "rows.parquet", "card.json"


@dataclass(frozen=True, slots=True)
class Published:
    """What was said of a shop's customers in one snapshot."""

    kind: str
    snapshot: str
    shop_id: int
    path: Path

    @property
    def card(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.path / CARD).read_text(encoding="utf-8"))
        return told

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.card["as_of"])

    @property
    def of_companies(self) -> bool:
        """Whether the rows are of companies, under their keys, and not of people."""
        return bool(self.card.get("of_companies"))

    @property
    def rows(self) -> Path:
        return self.path / ROWS

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """One row a customer, by key; columns as the kind declares them."""
        return pq.read_table(self.rows, columns=None if columns is None else list(columns))

    def rows_of(self, customers: Sequence[int]) -> list[dict[str, Any]]:
        """What was said of some; only the parts of the file where they can be are read."""
        found = pq.read_table(self.rows, filters=[("customer_id", "in", list(customers))])
        rows: list[dict[str, Any]] = found.to_pylist()
        return rows


def publish(home: Home, *, now: datetime, kinds: Iterable[Kind] | None = None) -> Iterator[Published | Unknown]:
    """Say what the models say of the serving snapshot's customers: of each shop and kind what was written, or why not.

    What has been said of a snapshot stays: it is answered and not worked out again. Raises NothingBuilt,
    DamagedSnapshot and DiskProblem.
    """
    with opened(home) as (connection, snapshot):
        for shop in snapshot.shops:
            for kind in (KINDS if kinds is None else {k.id: k for k in kinds}).values():
                place = _place(home, kind.id, snapshot.id, shop.shop_id)
                if place.exists():
                    yield Published(kind.id, snapshot.id, shop.shop_id, place)
                    continue
                made = kind.make(Asked(home, connection, snapshot, shop))
                if isinstance(made, Unknown):
                    yield made
                    continue
                _write(home, place, kind.checked(made), now)
                yield Published(kind.id, snapshot.id, shop.shop_id, place)


def _place(home: Home, kind: str, snapshot: str, shop_id: int) -> Path:
    return home.path / FOLDER / kind / f"{snapshot}.{shop_id}"


def _write(home: Home, place: Path, made: Made, now: datetime) -> None:
    card: Mapping[str, Any] = {**made.card, "published_at": now.isoformat()}
    place.parent.mkdir(parents=True, exist_ok=True)
    with scratch(home, "predict") as beside:
        folder = beside / "said"
        folder.mkdir()
        pq.write_table(made.table, folder / ROWS, compression="zstd", row_group_size=100_000)
        (folder / CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")
        try:
            publish_folder(folder, place)
        except OSError:
            if not place.exists():  # else another process has said it meanwhile, and that stays
                raise


def published(home: Home, kind: str, shop_id: int | None = None) -> tuple[Published, ...]:
    """Everything that was said, oldest snapshot first."""
    found = []
    for path in sorted((home.path / FOLDER / kind).glob("*.*")):
        snapshot, _, shop = path.name.rpartition(".")
        if shop.isdigit() and shop_id in (None, int(shop)) and (path / CARD).is_file():
            found.append(Published(kind, snapshot, int(shop), path))
    return tuple(found)


def newest_published(home: Home, kind: str, shop_id: int) -> Published | None:
    """What was said last of a shop's customers."""
    found = published(home, kind, shop_id)
    return found[-1] if found else None
