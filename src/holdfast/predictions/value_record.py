"""What was said that customers would bring, held against what they brought once the horizon has passed.

home/predictions/scores/value.<snapshot>.<shop id>.value.json, written once, as the scores of record.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import log1p
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.commerce.unknown import Unknown
from holdfast.predictions.fit import Asked
from holdfast.predictions.publish import Published
from holdfast.predictions.record import come_due, keep_score, there_and_cohort, values_of
from holdfast.predictions.score import SMALLEST_COHORT
from holdfast.predictions.shop import ShopRows
from holdfast.predictions.worth import purchases_sql

VALUE = "value"
FEWEST = 30  # customers of whom something was said; fewer say nothing
TENTHS = 10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Customers together: days of buying and money in minor units, as said and as they came. Money is discounted as it
    was when it was said."""

    name: str
    n: int
    said_orders: float
    orders: int
    said_minor: float
    minor: float


@dataclass(frozen=True, slots=True)
class ValueScore:
    """all: of everybody of whom something was said. inside: share of those with an interval whose money lay in it; None
    where none had one. captured: of all money, what the tenth brought of which most was said; None where none came.
    tenths: by what was said, those of whom most was said first. gone: as in Score.
    """

    model: str
    word: str
    as_of: date
    decided_on: date
    gone: int
    all: Group
    inside: float | None
    captured: float | None
    tenths: tuple[Group, ...]
    cohorts: tuple[Group, ...]


def score_values_due(asked: Asked) -> Iterator[tuple[Published, str, ValueScore | Unknown]]:
    """As `record.score_due`."""
    for one, decided_on in come_due(asked, VALUE, "purchase", _due):
        told = score_value(asked.rows, one, one.card, decided_on)
        keep_score(asked.home, one, VALUE, told)
        yield one, VALUE, told


def _due(said: Published) -> date:
    return said.as_of + timedelta(days=said.card["horizon_days"])


def score_value(
    rows: ShopRows, said: Published, card: dict[str, Any], decided_on: date
) -> ValueScore | Unknown:  # fmt: skip
    """A published value against what is known now."""
    table = said.table(["customer_id", "expected_orders", "value_minor", "low_minor", "high_minor"])
    customer, *numbers = (column.to_numpy() for column in table.columns)
    orders, value, low, high = (column.astype(float) for column in numbers)
    known = np.isfinite(value) & np.isfinite(orders) & ~np.isin(customer, rows.left_out)
    there, cohort = there_and_cohort(rows, customer)
    here = known & there
    if here.sum() < FEWEST:
        return Unknown(f"something was said of {here.sum()} customers; {FEWEST} are the fewest", "more customers")
    came, paid = _brought(rows, said.as_of, decided_on, log1p(card["yearly_discount"]) / 365, customer[here])
    orders, value, low, high, cohort = (column[here] for column in (orders, value, low, high, cohort))

    def group(name: str, of: npt.NDArray[np.bool_]) -> Group:
        sums = (float(column[of].sum()) for column in (orders, value, paid))
        said_orders, said_minor, minor = sums
        return Group(name, int(of.sum()), said_orders, int(came[of].sum()), said_minor, minor)

    told = np.isfinite(low) & np.isfinite(high)
    inside = float(((low <= paid) & (paid <= high))[told].mean()) if told.any() else None
    place = np.empty(len(value), dtype=int)
    place[np.argsort(-value, kind="stable")] = np.arange(len(value)) * TENTHS // len(value)
    names = np.where(np.isin(cohort, _large(cohort)), cohort, "others")
    tenths = tuple(group(str(n + 1), place == n) for n in range(TENTHS))
    quarters = sorted(set(names.tolist()), key=lambda name: (name == "others", name))
    whole = group("all", np.ones(len(value), dtype=bool))
    return ValueScore(
        str(card["model"]), str(card["word"]), said.as_of, decided_on, int((known & ~there).sum()), whole, inside,
        tenths[0].minor / whole.minor if whole.minor > 0 else None, tenths,
        tuple(group(name, names == name) for name in quarters),
    )  # fmt: skip


def _large(cohort: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    names, counts = np.unique(cohort, return_counts=True)
    found: npt.NDArray[np.str_] = names[(counts >= SMALLEST_COHORT) & (names != "")]
    return found


def _brought(
    rows: ShopRows, after: date, until: date, daily_discount: float, customer: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:  # fmt: skip
    """Days on which each bought after a day up to another, and what they paid, discounted to the first; shapes (n,)."""
    found = rows.connection.execute(
        "SELECT customer_id, count(DISTINCT day) AS days, sum(paid * exp(-$discount * (day - $after::DATE))) AS paid"
        f" FROM ({purchases_sql(rows.shop_id, rows.left_out)}) WHERE day > $after AND day <= $until GROUP BY 1",
        {"after": after, "until": until, "discount": daily_discount},
    ).fetchnumpy()  # fmt: skip
    ids, days, paid = (np.ma.getdata(found[name]) for name in ("customer_id", "days", "paid"))
    both = (values_of(customer, ids.astype(np.int64), column.astype(float)) for column in (days, paid))
    came, money = (np.nan_to_num(column) for column in both)
    return came, money
