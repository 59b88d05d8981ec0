"""What was said of who stays subscribed, held against who did once the months have passed.

home/predictions/scores/staying.<snapshot>.<shop id>.staying.json, written once, as the scores of record.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Bin, Calibration, brier, calibration, reliability
from holdfast.predictions.fit import Asked
from holdfast.predictions.publish import Published
from holdfast.predictions.record import come_due, keep_score
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.spells import spells, whose
from holdfast.predictions.staying import STAYING

FEWEST = 20  # who stayed, and who did not; fewer say nothing


@dataclass(frozen=True, slots=True)
class StayingScore:
    """n: subscribers of whom something was said and who are still known to have been there; gone: the others.

    said, came: how many would be there at the end, and were. skill: 1 less the Brier score by that of one chance for
    all.
    """

    model: str
    word: str
    as_of: date
    decided_on: date
    n: int
    gone: int
    said: float
    came: int
    brier: float
    skill: float
    calibration: Calibration | Unknown
    reliability: tuple[Bin, ...]


def score_staying_due(asked: Asked) -> Iterator[tuple[Published, str, StayingScore | Unknown]]:
    """As `record.score_due`."""
    for one, decided_on in come_due(asked, STAYING.id, "mrr_ledger", _due):
        told = score_staying(asked.rows, one, decided_on)
        keep_score(asked.home, one, STAYING.id, told)
        yield one, STAYING.id, told


def _due(said: Published) -> date:
    return months_before(said.as_of, -int(said.card["horizon_months"]))


def score_staying(rows: ShopRows, said: Published, decided_on: date) -> StayingScore | Unknown:
    """What was published against what is known now; whoever left and came back did not stay."""
    table = said.table(["customer_id", "stays"])
    customer, chance = (column.to_numpy() for column in table.columns)
    then, now = (spells(rows.connection, rows.shop_id, day, rows.left_out) for day in (said.as_of, decided_on))
    then, now = then.only(~then.gone), now.only(~now.gone)
    stayed = then.customer[np.isin(whose(then), whose(now))]
    here = np.isin(customer, then.customer)
    chance, event = chance[here].astype(float), np.isin(customer[here], stayed)
    came, n = int(event.sum()), int(here.sum())
    if min(came, n - came) < FEWEST:
        return Unknown(f"{came} of {n:,} stayed; {FEWEST} of either kind are the fewest", "more subscribers")
    card, error, rate = said.card, brier(event, chance), came / n
    return StayingScore(
        str(card["model"]), str(card["word"]), said.as_of, decided_on, n, int((~here).sum()), float(chance.sum()), came,
        error, 1 - error / (rate * (1 - rate)), calibration(event, chance), reliability(event, chance),
    )  # fmt: skip
