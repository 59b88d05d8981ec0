"""What a comparison could show with this shop's customers, said before it begins."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeGuard

import duckdb
import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.moments import Floats, Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.arms import Asked, arms_sql, by_arm
from holdfast.evidence.registration import Registration
from holdfast.playbooks.aside import HELD_OUT
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

FEWEST = 30  # customers without whom a spread is not worth planning with
WAYS = ((1, None), (2, None), (3, None), (1, 0.5))  # times the horizon; the share held out, None for the declared one


@dataclass(frozen=True, slots=True)
class Way:
    """A design and the relative effect it finds four times in five, by its day."""

    days: int
    held_out: float
    smallest: float
    by: date


@dataclass(frozen=True, slots=True)
class Plan:
    """customers who could be assigned today; variation: standard deviation ÷ mean over the days that lie behind.

    narrowed: the share of the variance that the days before explain. ways: the declared design first, then others.
    """

    customers: int
    variation: float
    narrowed: float
    ways: tuple[Way, ...]


def plan(home: Home, snapshot: Snapshot, it: Registration) -> Plan | Unknown:
    """As if everybody had been assigned a horizon ago: what they did since is what the next ones are planned with."""
    shop = next(shop.shop_id for shop in snapshot.shops if shop.name == it.shop)
    with closing(open_snapshot(home, snapshot)) as connection:
        (now,) = connection.execute(f"SELECT count(*) FROM history WHERE shop_id = {shop}").fetchone() or (0,)
        seen = {
            times: _behind(connection, snapshot, it, shop, it.days * times) for times in sorted({t for t, _ in WAYS})
        }
    spread = {times: _spread(found) for times, found in seen.items() if _enough(found)}
    if 1 not in spread:
        return Unknown(f"too few customers bought in the {it.days} days before to plan with", "a longer history")
    ways = [
        _way(it, snapshot.as_of, int(now), *spread[times], times, share or it.held_out)
        for times, share in WAYS
        if times in spread
    ]
    return Plan(int(now), *spread[1], tuple(dict.fromkeys(ways)))


def _behind(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, it: Registration, shop: int, days: int
) -> Moments | None:
    """What everybody who was a customer did in the days that lie behind."""
    begins = snapshot.as_of - timedelta(days=days)
    asked = Asked(it.outcome, days, it.covariate_days, snapshot.as_of, it.winsorized)
    assigned = (
        f"assigned AS (SELECT customer_id, '{HELD_OUT}' AS arm, DATE '{begins}' AS assigned_on FROM history"
        f" WHERE shop_id = {shop} AND first_on <= DATE '{begins}')"
    )
    select = arms_sql(asked, Marts(snapshot.as_of)).removeprefix("WITH ")
    return by_arm(connection.execute(f"WITH {assigned}, {select}").fetchall()).get(HELD_OUT)


def _enough(seen: Moments | None) -> TypeGuard[Moments]:
    return seen is not None and seen.n >= FEWEST and seen.means[0] > 0 and seen.means[1] > 0


def _way(
    it: Registration, today: date, customers: int, variation: float, narrowed: float, times: int, held_out: float
) -> Way:
    aside, days = round(customers * held_out), it.days * times
    smallest = smallest_effect(customers - aside, aside, variation, narrowed)
    return Way(days, held_out, smallest, today + timedelta(days=days))


def _spread(seen: Moments) -> tuple[float, float]:
    ratio = float(seen.means[0] / seen.means[1])
    pull = np.array([1.0, -ratio]) / seen.means[1]
    whole: Floats = seen.covariance
    of_y = float(pull @ whole[:2, :2] @ pull)
    with_x, of_x = whole[2:, :2] @ pull, whole[2:, 2:]
    taken = float(with_x @ np.linalg.pinv(of_x, hermitian=True) @ with_x)
    return of_y**0.5 / ratio, min(1.0, taken / of_y) if of_y else 0.0
