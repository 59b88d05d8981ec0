"""Scores of many parties at once, as arrays: for lists of customers and for trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from holdfast.health.facts import Columns, Facts
from holdfast.health.rows.registry import ROWS
from holdfast.health.scorecard import Line, Scorecard
from holdfast.health.subject import Kind

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One row a party, by key; arrays of shape (n,). score: 0…100, NaN below the scorecard's coverage. inputs: NaN
    where unknown or stale.
    """

    party: npt.NDArray[np.int64]
    score: Floats
    coverage: Floats
    inputs: Mapping[str, Floats]


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


def inputs_of(facts: Facts, scorecard: Scorecard, kind: Kind, days: Sequence[date], keys: Keys) -> dict[str, Floats]:
    """Values of every input that counts and can be read from rows."""
    lines = [line for _, line in scorecard.lines_for(kind) if line.points and line.input.id in ROWS]
    return {line.input.id: input_values(facts, line, kind, days, keys) for line in lines}


def input_values(facts: Facts, line: Line, kind: Kind, days: Sequence[date], keys: Keys) -> Floats:
    """Values by row; NaN where nobody knows, and where what is known is too old by then."""
    rows = ROWS[line.input.id]
    if facts.missing(rows) is not None:
        return np.full(len(keys.key), np.nan)
    found = facts.parties(rows, kind, days)
    values = keys.placed(found)
    if rows.alive is None:
        told_on = keys.placed({**found, "value": days_of(found["told_on"])})
        age = keys.ordinal - told_on
        return np.where(~(age > line.fresh_days), values, np.nan)  # what does not age has no day
    if rows.quiet:
        values = np.where(np.isnan(values), 0.0, values)
    newest = facts.newest_by_day(rows, days)
    fresh = np.array([(d in newest) and (d - newest[d]).days <= line.fresh_days for d in days], dtype=bool)
    return np.where(fresh[keys.day], values, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Rows by day and party. key: sorted; ordinal: each row's day since 1970."""

    days: npt.NDArray[np.int64]
    parties: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    ordinal: Floats

    @classmethod
    def of(cls, told: Columns, days: Sequence[date]) -> Keys:
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


def days_of(moments: npt.NDArray[np.generic]) -> Floats:
    told = moments.astype("datetime64[D]")
    return np.where(np.isnat(told), np.nan, told.astype(np.int64).astype(float))
