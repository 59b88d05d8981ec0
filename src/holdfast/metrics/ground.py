"""What the data of a snapshot allow metrics to say, kept beside its values so that pages need not look again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.valuation import Ground
from holdfast.warehouse.snapshot import Snapshot

FILE = "ground.json"


def write_ground(ground: Ground, folder: Path) -> None:
    said = {
        "first_days": _said(ground.first_days),
        "last_days": _said(ground.last_days),
        "left_out": ground.left_out,
        "missing": {
            shop: {need: (why.why, why.would_need) for need, why in needs.items()}
            for shop, needs in ground.missing.items()
        },
    }
    (folder / FILE).write_text(json.dumps(said))


def read_ground(snapshot: Snapshot) -> Ground | None:
    """As of the snapshot's own day; None where it was built before this was kept."""
    try:
        said = json.loads((snapshot.path / FILE).read_text())
    except FileNotFoundError:
        return None
    return Ground(
        shops=snapshot.shops,
        as_of=snapshot.as_of,
        first_days=_days(said["first_days"]),
        last_days=_days(said["last_days"]),
        left_out={int(shop): words for shop, words in said["left_out"].items()},
        missing={
            int(shop): {need: Unknown(*why) for need, why in needs.items()} for shop, needs in said["missing"].items()
        },
        snapshot=snapshot.id,
    )


def _said(days: dict[str, dict[int, date]]) -> dict[str, dict[int, str]]:
    return {table: {shop: str(day) for shop, day in of.items()} for table, of in days.items()}


def _days(said: dict[str, dict[str, str]]) -> dict[str, dict[int, date]]:
    return {table: {int(shop): date.fromisoformat(day) for shop, day in of.items()} for table, of in said.items()}
