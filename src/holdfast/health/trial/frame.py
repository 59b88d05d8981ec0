"""What was known of everybody on each day, as arrays: inputs, scores, and what happened afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt

from holdfast.health.facts import Columns, Facts
from holdfast.health.rows.declare import QUARTER, of_party, upto
from holdfast.health.rows.registry import ROWS
from holdfast.health.scorecard import Line, Scorecard
from holdfast.health.subject import Kind
from holdfast.health.trial.label import Label, people
from holdfast.warehouse.facts import unbound

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One row a day and party; all arrays of shape (n,). Inputs are NaN where unknown or stale. No override is in it.

    day: place in `days`. score: 0…100, NaN below the scorecard's coverage. spend_trend: −1 … 1, of the last 90 days
    against the 90 before; 0 when neither has any. left_on: days since 1970, NaN for who stayed.
    """

    days: tuple[date, ...]
    day: npt.NDArray[np.int64]
    party: npt.NDArray[np.int64]
    left: npt.NDArray[np.bool_]
    left_on: Floats
    inputs: Mapping[str, Floats]
    recency: Floats
    spend_trend: Floats
    score: Floats
    coverage: Floats

    def __len__(self) -> int:
        return len(self.party)

    def only(self, rows: npt.NDArray[np.bool_]) -> Frame:
        cut = {name: getattr(self, name)[rows] for name in ROW_ARRAYS}
        return Frame(self.days, inputs={id: values[rows] for id, values in self.inputs.items()}, **cut)

    def with_left(self, left: npt.NDArray[np.bool_]) -> Frame:
        """Other outcomes for the same rows."""
        cut = {name: getattr(self, name) for name in ROW_ARRAYS}
        return Frame(self.days, inputs=self.inputs, **cut | {"left": left})


ROW_ARRAYS = ("day", "party", "left", "left_on", "recency", "spend_trend", "score", "coverage")


def frame(facts: Facts, scorecard: Scorecard, label: Label, days: Sequence[date]) -> Frame:
    """Everybody who was there on each of the days. Raises duckdb.Error."""
    told = people(facts, label, days)
    keys = _Keys.of(told, days)
    lines = [line for _, line in scorecard.lines_for(label.kind) if line.points and line.input.id in ROWS]
    inputs = {line.input.id: _input(facts, line, label.kind, days, keys) for line in lines}
    recency = inputs.get("recency")
    if recency is None:
        recency = keys.placed(facts.parties(ROWS["recency"], label.kind, days))
    spend = keys.placed(
        facts.listed(spend_trend(label.kind), days, "as_of, party, sum(value) AS value", "GROUP BY 1, 2")
    )
    score, coverage = scores(scorecard, label.kind, inputs, len(keys.key))
    return Frame(
        tuple(days), keys.day, told["party"].astype(np.int64), told["left"].astype(bool), _days_of(told["left_on"]),
        inputs, recency, np.nan_to_num(spend), score, coverage,
    )  # fmt: skip


def scores(scorecard: Scorecard, kind: Kind, inputs: Mapping[str, Floats], n: int) -> tuple[Floats, Floats]:
    """Score and coverage, 0…100, of n rows at once: what `reading.read` gives for each, before rounding."""
    lines = [line for _, line in scorecard.lines_for(kind) if line.points]
    known, earned = np.zeros(n), np.zeros(n)
    for line in lines:
        if line.input.id not in inputs:
            continue
        levels = line.levels_for(kind)
        worth = np.interp(inputs[line.input.id], [x.at for x in levels], [x.worth for x in levels])
        here = np.isfinite(inputs[line.input.id])
        known += line.points * here
        earned += line.points * np.where(here, worth, 0.0)
    coverage = 100 * known / max(sum(line.points for line in lines), 1)
    score = np.divide(100 * earned, known, out=np.full(n, np.nan), where=known > 0)
    return np.where(coverage >= scorecard.coverage, score, np.nan), coverage


def spend_trend(kind: Kind) -> ibis.Table:
    """as_of, shop_id, party, value: (now − before) ÷ (now + before) over two times 90 days, merchandise."""
    o = unbound("order_value")
    told = upto(of_party(o.filter(o.counts, o.shop_money), kind), "placed_on", 2 * QUARTER)
    late = told.placed_on > told.as_of - ibis.interval(days=QUARTER)
    summed = told.group_by("as_of", "shop_id", "party").agg(
        now=told.placed_minor.sum(where=late).fill_null(0), both=told.placed_minor.sum()
    )
    value = (2 * summed.now - summed.both).cast("float64") / summed.both.nullif(0)
    return summed.select("as_of", "shop_id", "party", value=value)


def _input(facts: Facts, line: Line, kind: Kind, days: Sequence[date], keys: _Keys) -> Floats:
    """Values by row; NaN where nobody knows, and where what is known is too old by then."""
    rows = ROWS[line.input.id]
    if facts.missing(rows) is not None:
        return np.full(len(keys.key), np.nan)
    found = facts.parties(rows, kind, days)
    values = keys.placed(found)
    if rows.alive is None:
        told_on = keys.placed({**found, "value": _days_of(found["told_on"])})
        age = keys.ordinal - told_on
        return np.where(~(age > line.fresh_days), values, np.nan)  # what does not age has no day
    if rows.quiet:
        values = np.where(np.isnan(values), 0.0, values)
    newest = facts.newest_by_day(rows, days)
    fresh = np.array([(d in newest) and (d - newest[d]).days <= line.fresh_days for d in days], dtype=bool)
    return np.where(fresh[keys.day], values, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class _Keys:
    """Rows by day and party. key: sorted; ordinal: each row's day since 1970."""

    days: npt.NDArray[np.int64]
    parties: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    ordinal: Floats

    @classmethod
    def of(cls, told: Columns, days: Sequence[date]) -> _Keys:
        when = np.array(days, dtype="datetime64[D]").astype(np.int64)
        own = told["as_of"].astype("datetime64[D]").astype(np.int64)
        parties = np.unique(told["party"].astype(np.int64))
        day = np.searchsorted(when, own)
        key = day * max(len(parties), 1) + np.searchsorted(parties, told["party"].astype(np.int64))
        return cls(when, parties, key, day, own.astype(float))

    def placed(self, found: Columns) -> Floats:
        """`value` of rows of any days and parties, where ours are; NaN for ours without one."""
        result = np.full(len(self.key), np.nan)
        party = found["party"].astype(np.int64)
        place = np.clip(np.searchsorted(self.parties, party), 0, max(len(self.parties) - 1, 0))
        ours = (self.parties[place] == party) if len(self.parties) else np.zeros(len(party), bool)
        day = np.searchsorted(self.days, found["as_of"].astype("datetime64[D]").astype(np.int64))
        key = (day * max(len(self.parties), 1) + place)[ours]
        at = np.clip(np.searchsorted(self.key, key), 0, max(len(self.key) - 1, 0))
        hit = self.key[at] == key if len(self.key) else np.zeros(0, bool)
        result[at[hit]] = found["value"].astype(float)[ours][hit]
        return result


def _days_of(moments: npt.NDArray[np.generic]) -> Floats:
    told = moments.astype("datetime64[D]")
    return np.where(np.isnat(told), np.nan, told.astype(np.int64).astype(float))
