"""Every customer's chance of leaving, and of ordering soon, with reasons, from the newest models of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.drift import stability_index
from holdfast.predictions.contest import BASELINE
from holdfast.predictions.features.frame import Frame, frame
from holdfast.predictions.judging import MOVED
from holdfast.predictions.kinds import RISK_COLUMNS, Asked, Kind, Made
from holdfast.predictions.label import LEAVES, SOON
from holdfast.predictions.model import Model, Refused, labels_kept, newest, plain
from holdfast.predictions.objections import objected
from holdfast.predictions.reasons import SOONER, TOLD, Explained, explain, peers_of
from holdfast.predictions.shop import ShopRows

NOT_FITTED = Unknown("no model has been fitted for this shop", "run `holdfast models fit`")
CHANCES, ODDS, RATIOS = 4096, 64, 32  # steps of one: nobody reads finer, and what is kept for ever takes half the room
REFIT_DAYS = 92  # a model stays as good as it was for about a quarter (metrics of retention models decay)


def risk(asked: Asked) -> Made | Unknown:
    """Of everybody who is there on the snapshot's day."""
    models = _models(asked)
    leaves = models.get(LEAVES, NOT_FITTED)
    if isinstance(leaves, Unknown):
        return leaves
    of_companies = leaves.label.who == "companies"
    rows = ShopRows(
        asked.connection, asked.shop.shop_id, left_out=objected(asked.home, asked.connection), companies=of_companies
    )
    told = frame(rows, leaves.label.who, [asked.snapshot.as_of])
    if not len(told):
        return Unknown(f"there are no {leaves.label.noun} on {asked.snapshot.as_of}", "newer orders")
    explained = explain(leaves, told)
    chances = {LEAVES: explained.chance, **_soon(models, told)}
    columns: dict[str, Any] = {"customer_id": told.customer}
    columns |= {id: None if values is None else _in_steps(values, CHANCES) for id, values in chances.items()}
    overdue = told.columns.get(BASELINE)
    columns[BASELINE] = None if overdue is None else _in_steps(overdue, RATIOS)
    columns["spent_minor"] = told.columns.get("spent_365")
    columns |= _reasons(leaves, explained)
    sooner = _soonest(models)
    columns |= _none() if sooner is None else _reasons(sooner, explain(sooner, told), SOONER)
    return Made(_table(columns, len(told)), _card(asked, models, leaves, told, explained))


RISK = Kind("risk", "who leaves, and who orders soon", RISK_COLUMNS, risk)


def _soon(models: Mapping[str, Model | Unknown], told: Frame) -> dict[str, Any]:
    """Chances of an order within 30, 60 and 90 days. Models of their own may contradict each other by a hair: within a
    longer time it is never less likely than within a shorter one."""
    columns: dict[str, Any] = {}
    least = np.zeros(len(told))
    for id in (f"orders_{days}" for days in SOON):
        model = models.get(id)
        if isinstance(model, Model):
            least = np.maximum(least, model.chance(told))
        columns[id] = least if isinstance(model, Model) else None
    return columns


def _models(asked: Asked) -> dict[str, Model | Unknown]:
    told: dict[str, Model | Unknown] = {}
    for label in labels_kept(asked.home, asked.shop.shop_id):
        found = newest(asked.home, asked.shop.shop_id, label)
        if found is not None:
            told[label] = found.unknown if isinstance(found, Refused) else found
    return told


def _soonest(models: Mapping[str, Model | Unknown]) -> Model | None:
    """The model of the nearest order: its reasons are told."""
    found = (models.get(f"orders_{days}") for days in SOON)
    return next((model for model in found if isinstance(model, Model)), None)


def _none() -> dict[str, Any]:
    """No reasons of ordering soon: there is no model of it."""
    return {name: None for name in RISK_COLUMNS if name.startswith(SOONER)}


def _reasons(model: Model, explained: Explained, of: str = "") -> dict[str, Any]:
    columns: dict[str, Any] = {}
    words = pa.array(list(model.features))
    for place in range(TOLD):
        feature, none = explained.feature[:, place], explained.feature[:, place] < 0
        index = pa.array(np.where(none, 0, feature).astype(np.int32), mask=none)
        columns[f"{of}reason_{place + 1}"] = pa.DictionaryArray.from_arrays(index, words)
        columns[f"{of}worth_{place + 1}"] = _masked(_in_steps(explained.worth[:, place], ODDS), none)
        columns[f"{of}value_{place + 1}"] = _masked(
            explained.value[:, place], none | np.isnan(explained.value[:, place])
        )
    return columns


def _in_steps(values: npt.NDArray[Any], steps: int) -> npt.NDArray[np.float32]:
    told: npt.NDArray[np.float32] = (np.round(values.astype(float) * steps) / steps).astype(np.float32)
    return told


def _masked(values: npt.NDArray[np.float32], none: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=none)


def _table(columns: Mapping[str, Any], n: int) -> pa.Table:
    arrays = []
    for name, kind in RISK_COLUMNS.items():
        values = columns[name]
        if values is None:
            arrays.append(pa.nulls(n, kind))
        elif isinstance(values, np.ndarray):
            hidden = np.isnan(values) if values.dtype.kind == "f" else None
            arrays.append(pa.array(values, mask=hidden).cast(kind))
        else:
            arrays.append(values.cast(kind))
    return pa.Table.from_arrays(arrays, schema=pa.schema(list(RISK_COLUMNS.items())))


def drift_of(model: Model, told: Frame) -> dict[str, float]:
    """Feature → stability index of a day's values against the learned ones; nothing where there are none."""
    found = {}
    for id, spread in model.spreads.items():
        if id in told.columns and len(told):
            found[id] = stability_index(spread.counts, spread.counted(told.columns[id]))
    return found


def _card(
    asked: Asked, models: Mapping[str, Model | Unknown], leaves: Model, told: Frame, explained: Explained
) -> Mapping[str, Any]:  # fmt: skip
    drift = drift_of(leaves, told)
    age = (asked.snapshot.as_of - leaves.as_of).days
    found: dict[str, Any] = plain({
        "kind": "risk", "shop": asked.shop.name, "shop_id": asked.shop.shop_id, "currency": asked.shop.currency,
        "simulated": asked.shop.simulated, "snapshot": asked.snapshot.id, "as_of": asked.snapshot.as_of,
        "of_companies": leaves.label.who == "companies",
        "customers": len(told), "said": float(explained.chance.mean()), "peers": peers_of(told), "drift": drift,
        "drifted": sorted((id for id, index in drift.items() if index >= MOVED), key=lambda id: -drift[id]),
        "reasons_of_soon": None if (sooner := _soonest(models)) is None else sooner.label.id,
        "age_days": age, "refit_due": age > REFIT_DAYS,
        "models": {
            id: {"why": one.why, "would_need": one.would_need} if isinstance(one, Unknown)
            else {"version": one.version, "fitted_at": one.fitted_at, "label": one.label, "word": one.word,
                  "card": one.card}
            for id, one in models.items()
        },
    })  # fmt: skip
    return found
