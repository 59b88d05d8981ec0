"""Every customer's features on days, as columns in memory, and what came afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from holdfast.predictions.companies import followed
from holdfast.predictions.features.declare import YEAR, Source
from holdfast.predictions.features.registry import FEATURES, SOURCES
from holdfast.predictions.label import COMPANY_DAYS, SOON, Label, Who, end_of_subscription, next_order
from holdfast.predictions.shop import Columns, ShopRows

OWN_GAPS = 2  # from so many gaps on a customer has a usual one of their own; before, it is that of the middle customer
AT_ONCE = 2_000_000  # rows of customers × days that one query answers for
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
BASE: dict[Who, str] = {"buyers": "purchases", "subscribers": "subscriptions", "companies": "purchases"}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One row a day and customer, by day and then key. day: place in `days`. columns: by feature, NaN where nobody
    knows; all of shape (n,). came_in: days until the next order, or the end of the subscription; NaN where neither
    came, or where it was not asked for. lot: a number from 0 to 1 that stays the customer's, by which
    people are parted; NaN where no outcome was asked for.
    """

    days: tuple[date, ...]
    day: Ints
    customer: Ints
    columns: Mapping[str, Floats]
    came_in: npt.NDArray[np.float64]
    lot: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, rows: npt.NDArray[np.bool_]) -> Frame:
        cut = {name: values[rows] for name, values in self.columns.items()}
        return replace(
            self, day=self.day[rows], customer=self.customer[rows], columns=cut, came_in=self.came_in[rows],
            lot=self.lot[rows],
        )  # fmt: skip

    def matrix(self, features: Sequence[str]) -> npt.NDArray[np.float64]:
        """Shape (n, features); a feature that this snapshot cannot say is NaN."""
        told = np.full((len(self), len(features)), np.nan)
        for place, feature in enumerate(features):
            if feature in self.columns:
                told[:, place] = self.columns[feature]
        return told


def frame(rows: ShopRows, who: Who, days: Sequence[date], label: Label | None = None) -> Frame:
    """Everybody who was there on each of the days. label: read also what came within its days, and within 90."""
    sources = [s for s in SOURCES if s.only in ("", who) and rows.has(s.needs)]
    told = joined(tuple(days), [_part(rows, who, some, sources, label) for some in _batches(rows, days)])
    if label is None or not len(told):
        return told
    return replace(told, lot=rows.lots().of(told.customer))


def joined(days: tuple[date, ...], parts: Sequence[Frame]) -> Frame:
    """Frames of some days each as one of many, which are all of theirs."""
    place = {day: number for number, day in enumerate(days)}
    day = [np.array([place[d] for d in one.days], dtype=np.int64)[one.day] for one in parts]
    names = dict.fromkeys(name for one in parts for name in one.columns)
    columns = {
        name: np.concatenate([one.columns.get(name, np.full(len(one), np.nan, np.float32)) for one in parts])
        for name in names
    }
    return Frame(
        days, np.concatenate(day), np.concatenate([one.customer for one in parts]), columns,
        np.concatenate([one.came_in for one in parts]), np.concatenate([one.lot for one in parts]),
    )  # fmt: skip


def _batches(rows: ShopRows, days: Sequence[date]) -> Iterator[tuple[date, ...]]:
    size = max(1, int(AT_ONCE / max(rows.customers() * rows.share, 1)))
    for start in range(0, len(days), size):
        yield tuple(days[start : start + size])


def _part(rows: ShopRows, who: Who, days: tuple[date, ...], sources: Sequence[Source], label: Label | None) -> Frame:
    told = {source.id: rows.columns(source.make(), days) for source in sources}
    lost = rows.columns(followed(COMPANY_DAYS), days) if who == "companies" else None
    keys = _Keys.of(told.get(BASE[who]) if lost is None else lost, who, days)
    columns: dict[str, Floats] = {}
    for source in sources:
        found = told.pop(source.id)
        columns |= _placed(source, found, keys)
        if source.id == "purchases":
            columns["season"] = np.where(keys.oldest(found)[keys.day] >= YEAR, columns["season"], np.float32(np.nan))
    if "gap" in columns:
        columns["overdue"] = _overdue(columns, keys)
        del columns["gaps"]
    came_in = np.full(len(keys.customer), np.nan)
    if label is not None and lost is not None:
        came_in = keys.place(lost, "came_in")
    elif label is not None:
        wait = next_order(max(label.days, *SOON)) if label.waits_for == "order" else end_of_subscription(label.days)
        came_in = keys.place(rows.columns(wait, days), "came_in")
    return Frame(days, keys.day, keys.customer, columns, came_in, np.full(len(came_in), np.nan))


def _placed(source: Source, told: Columns, keys: _Keys) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    heard = keys.heard(told)
    for name in told.keys() - {"as_of", "customer_id"}:
        values = keys.place(told, name)
        absent = FEATURES[name].absent if name in FEATURES else None
        if absent is not None:
            values = np.where(np.isnan(values) & heard[keys.day], absent, values)
        found[name] = values.astype(np.float32)
    return found


def _overdue(columns: Mapping[str, Floats], keys: _Keys) -> Floats:
    """Days since the last purchase ÷ the usual gap, which is one day at least."""
    gap = columns["gap"].astype(float)
    own = columns["gaps"] >= OWN_GAPS
    usual = np.full(len(keys.days), np.nan)
    for place in range(len(keys.days)):
        known = gap[(keys.day == place) & np.isfinite(gap)]
        if len(known):
            usual[place] = np.median(known)
    theirs = np.where(own, gap, np.where(np.isfinite(usual[keys.day]), usual[keys.day], gap))
    told: Floats = (columns["since"] / np.maximum(theirs, 1.0)).astype(np.float32)
    return told


@dataclass(frozen=True, slots=True, eq=False)
class _Keys:
    """Who is there on which day: sorted by day, then by customer. starts: where each day's rows begin."""

    days: tuple[date, ...]
    day: Ints
    customer: Ints
    starts: Ints

    @classmethod
    def of(cls, base: Columns | None, who: Who, days: tuple[date, ...]) -> _Keys:
        if base is None:
            none = np.zeros(0, dtype=np.int64)
            return cls(days, none, none, np.zeros(len(days) + 1, dtype=np.int64))
        everybody = np.ones(len(base["customer_id"]), dtype=bool)
        here = everybody if who == "companies" else base["since"] < YEAR if who == "buyers" else base["standing"] > 0
        day = np.searchsorted(_ordinals(days), base["as_of"][here].astype("datetime64[D]"))
        customer = base["customer_id"][here].astype(np.int64)
        order = np.lexsort((customer, day))
        day, customer = day[order].astype(np.int64), customer[order]
        return cls(days, day, customer, np.searchsorted(day, np.arange(len(days) + 1)).astype(np.int64))

    def place(self, told: Columns, name: str) -> npt.NDArray[np.float64]:
        """A column of rows of any customers and days, where ours are; NaN for ours without one."""
        result = np.full(len(self.customer), np.nan)
        for day, ours, theirs in self._by_day(told):
            if not len(ours):
                continue
            customers = told["customer_id"][theirs].astype(np.int64)
            at = np.clip(np.searchsorted(ours, customers), 0, len(ours) - 1)
            hit = ours[at] == customers
            result[self.starts[day] + at[hit]] = told[name][theirs].astype(float)[hit]
        return result

    def heard(self, told: Columns) -> npt.NDArray[np.bool_]:
        """By day: whether anybody has a row. Where nobody has, nothing was connected yet, and nobody has none."""
        return np.array([theirs.any() for _, _, theirs in self._by_day(told)], dtype=bool)

    def oldest(self, told: Columns) -> npt.NDArray[np.float64]:
        """By day: the longest time that anybody has been a customer; a season before it was seen by nobody."""
        return np.array([told["tenure"][theirs].max(initial=0) for _, _, theirs in self._by_day(told)], dtype=float)

    def _by_day(self, told: Columns) -> Iterator[tuple[int, Ints, npt.NDArray[np.bool_]]]:
        when = told["as_of"].astype("datetime64[D]")
        for day, moment in enumerate(_ordinals(self.days)):
            yield day, self.customer[self.starts[day] : self.starts[day + 1]], when == moment


def _ordinals(days: Sequence[date]) -> npt.NDArray[np.datetime64]:
    return np.array(days, dtype="datetime64[D]")
