"""What was known of everybody on each day, as arrays: inputs, scores, and what happened afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt

from holdfast.health.facts import Facts
from holdfast.health.many import Floats, Keys, days_of, inputs_of, scores
from holdfast.health.rows.declare import QUARTER, of_party, upto
from holdfast.health.rows.registry import ROWS
from holdfast.health.scorecard import Scorecard
from holdfast.health.subject import Kind
from holdfast.health.trial.label import Label, people
from holdfast.predictions.lots import Lots
from holdfast.warehouse.facts import unbound


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One row a day and party; all arrays of shape (n,). Inputs are NaN where unknown or stale. No override is in it.

    day: place in `days`. score: 0…100, NaN below the scorecard's coverage. spend_trend: −1 … 1, of the last 90 days
    against the 90 before; 0 when neither has any. left_on: days since 1970, NaN for who stayed. lot: a number from 0 to
    1 that stays the party's whatever its key, the same in every shop of a person; people are parted by it.
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
    lot: Floats

    def __len__(self) -> int:
        return len(self.party)

    def only(self, rows: npt.NDArray[np.bool_]) -> Frame:
        cut = {name: getattr(self, name)[rows] for name in ROW_ARRAYS}
        return Frame(self.days, inputs={id: values[rows] for id, values in self.inputs.items()}, **cut)

    def with_left(self, left: npt.NDArray[np.bool_], left_on: Floats | None = None) -> Frame:
        """Other outcomes for the same rows."""
        return replace(self, left=left, left_on=self.left_on if left_on is None else left_on)


ROW_ARRAYS = ("day", "party", "left", "left_on", "recency", "spend_trend", "score", "coverage", "lot")


def joined(days: tuple[date, ...], parts: Sequence[tuple[int, Frame]]) -> Frame:
    """Frames of one day each as one of many; each with its day's place among them."""
    whole = {name: np.concatenate([getattr(one, name) for _, one in parts]) for name in ROW_ARRAYS}
    day = np.concatenate([np.full(len(one), place, dtype=np.int64) for place, one in parts])
    ids = parts[0][1].inputs
    inputs = {id: np.concatenate([one.inputs[id] for _, one in parts]) for id in ids}
    return Frame(days, inputs=inputs, **whole | {"day": day})


def frame(
    facts: Facts, scorecard: Scorecard, label: Label, days: Sequence[date], lots: Lots | None = None
) -> Frame:  # fmt: skip
    """Everybody who was there on each of the days. lots: by which they are parted, where that is not told by these
    facts. Raises duckdb.Error."""
    told = people(facts, label, days)
    keys = Keys.of(told, days)
    inputs = inputs_of(facts, scorecard, label.kind, days, keys)
    recency = inputs.get("recency")
    if recency is None:
        recency = keys.placed(facts.parties(ROWS["recency"], label.kind, days))
    spend = keys.placed(
        facts.listed(spend_trend(label.kind), days, "as_of, party, sum(value) AS value", "GROUP BY 1, 2")
    )
    score, coverage = scores(scorecard, label.kind, inputs, len(keys.key))
    party = told["party"].astype(np.int64)
    lot = (lots or facts.lots(label.kind)).of(party)
    return Frame(
        tuple(days), keys.day, party, told["left"].astype(bool), days_of(told["left_on"]),
        inputs, recency, np.nan_to_num(spend), score, coverage, lot,
    )  # fmt: skip


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
