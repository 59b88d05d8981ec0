"""What a comparison could show with this shop's customers, said before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeGuard

import duckdb
import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.moments import Floats, Moments
from holdfast.estimates.planning import smallest_effect, stepped_effect, together
from holdfast.evidence.arms import Asked, arms_sql, by_arm
from holdfast.evidence.designs.staggered import PERIOD_DAYS
from holdfast.evidence.lot import cluster_sql
from holdfast.evidence.registration import Registration
from holdfast.playbooks.aside import HELD_OUT
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

NO_LOT = Unknown("how much a comparison without a lot can show depends on who was treated", "take the file of them")
FEWEST = 30  # customers without whom a spread is not worth planning with
# Times the horizon, the share held out (None for the declared one), times the days over which people enter.
WAYS = ((1, None, 1), (2, None, 1), (3, None, 1), (1, 0.5, 1))
ENTER_LONGER = (1, None, 3)
SAMPLE = 500_000  # customers of a shop that are planned with, taken evenly by their keys, where there are more
EXPECTED = 0.25  # decision 0139: a design that finds only larger effects finds nothing that could be expected
GROUPS = 6  # of a staggered start, a period apart
Inside = Callable[[date], Path]


@dataclass(frozen=True, slots=True)
class Intake:
    """Whom a playbook would assign in one shop, where not everybody.

    at_once: who is in its audience already and begins with it; where nobody does, so many a day begin. inside: a
    Parquet file of the home with the customers (customer_id) who were in it on a day: by what they did since, the next
    ones are planned.
    """

    at_once: int
    a_day: float
    inside: Inside


@dataclass(frozen=True, slots=True)
class Way:
    """A design and the relative effect it finds four times in five, by its day.

    enter: for how many days customers are taken in; 0 where all are there at once.
    """

    days: int
    held_out: float
    smallest: float
    by: date
    customers: int
    enter: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What remains where no way finds an effect that could be expected.

    pooled: the lots of an account's shops read together. staggered: everybody begins, one group after the other; those
    who have not begun are compared with, which indicates at most (E3).
    """

    kind: Literal["pooled", "staggered"]
    shops: tuple[str, ...]
    smallest: float
    by: date


@dataclass(frozen=True, slots=True)
class Plan:
    """customers whom the declared design assigns; variation: standard deviation ÷ mean over the days that lie behind.

    narrowed: the share of the variance that the days before explain. ways: the declared design first, then others.
    offers: only where none of the ways finds anything that could be expected.
    """

    customers: int
    variation: float
    narrowed: float
    ways: tuple[Way, ...]
    offers: tuple[Offer, ...] = ()

    @property
    def finds_nothing(self) -> bool:
        return min(way.smallest for way in self.ways) > EXPECTED


def plan(
    home: Home, snapshot: Snapshot, it: Registration, intakes: Mapping[int, Intake] = MappingProxyType({})
) -> Plan | Unknown:
    """As if everybody had been assigned a horizon ago: what they did since is what the next ones are planned with.

    intakes: by shop; of a shop without one, everybody who has bought is assigned at once.
    """
    own = _plan(home, snapshot, it, intakes)
    if isinstance(own, Unknown) or not own.finds_nothing:
        return own
    account = next(shop.account for shop in home.shops() if shop.name == it.shop)
    others = [s.name for s in home.shops() if s.account == account and s.name in _built(snapshot) and s.name != it.shop]
    plans = {it.shop: own} | {
        name: found for name in others
        if isinstance(found := _plan(home, snapshot, replace(it, shop=name), intakes), Plan)
    }  # fmt: skip
    offers = [*_pooled(plans), *_staggered(home, snapshot, it, own, intakes)]
    return replace(own, offers=tuple(offers))


def declared(
    home: Home, snapshot: Snapshot, it: Registration, intakes: Mapping[int, Intake] = MappingProxyType({})
) -> Way | Unknown:
    """What the declared design finds, without any other."""
    found = _plan(home, snapshot, it, intakes, WAYS[:1])
    return found if isinstance(found, Unknown) else found.ways[0]


def _plan(
    home: Home, snapshot: Snapshot, it: Registration, intakes: Mapping[int, Intake],
    ways: Sequence[tuple[int, float | None, int]] = WAYS,
) -> Plan | Unknown:  # fmt: skip
    shop = _built(snapshot)[it.shop]
    intake = intakes.get(shop)
    if intake is not None and not intake.at_once and ways is WAYS:
        ways = (*WAYS, ENTER_LONGER)
    spans = {times: it.days * times for times in sorted({times for times, *_ in ways})}
    with closing(_opened(home, snapshot, intake, spans.values())) as connection:
        at_once = _bought(connection, shop) if intake is None else intake.at_once
        a_day = 0.0 if intake is None else intake.a_day
        every = 1 if intake is not None or it.cluster else max(1, at_once // SAMPLE)
        seen = {
            times: _behind(connection, snapshot, it, shop, days, intake is not None, every=every)
            for times, days in spans.items()
        }
    spread = {times: _spread(found) for times, found in seen.items() if _enough(found)}
    if 1 not in spread:
        return Unknown(f"too few customers bought in the {it.days} days before to plan with", "a longer history")
    made = [_way(it, snapshot.as_of, at_once, a_day, *spread[way[0]], way) for way in ways if way[0] in spread]
    return Plan(made[0].customers, *spread[1], tuple(dict.fromkeys(made)))


def _opened(
    home: Home, snapshot: Snapshot, intake: Intake | None, spans: Iterable[int]
) -> duckdb.DuckDBPyConnection:  # fmt: skip
    """The snapshot, and beside it who was in the audience so many days ago."""
    if intake is None:
        return open_snapshot(home, snapshot)
    beside = {f"inside_{days}": intake.inside(snapshot.as_of - timedelta(days=days)) for days in spans}
    return open_snapshot(home, snapshot, beside=beside)


def _built(snapshot: Snapshot) -> dict[str, int]:
    return {shop.name: shop.shop_id for shop in snapshot.shops}


def _bought(connection: duckdb.DuckDBPyConnection, shop: int) -> int:
    return int(connection.execute(f"SELECT count(*) FROM history WHERE shop_id = {shop}").fetchall()[0][0])


def _behind(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, it: Registration, shop: int, days: int, only: bool,
    before: int | None = None, every: int = 1,
) -> Moments | None:  # fmt: skip
    """What everybody who was a customer, or was in the audience, did in the days that lie behind.

    only: those in the audience. before: days of the covariate, where not the declared ones. every: one in so many.
    """
    begins = snapshot.as_of - timedelta(days=days)
    asked = Asked(
        it.outcome, days, it.covariate_days if before is None else before, snapshot.as_of, it.winsorized
    )  # fmt: skip
    whose = f"inside_{days} JOIN history USING (customer_id)" if only else "history"
    assigned = (
        f"assigned AS (SELECT customer_id, {cluster_sql(it)} AS cluster, '{HELD_OUT}' AS arm,"
        f" DATE '{begins}' AS assigned_on FROM (SELECT * FROM {whose}) AS w"
        f" WHERE shop_id = {shop} AND first_on <= DATE '{begins}'"
        f"{f' AND customer_id % {every} = 0' if every > 1 else ''})"
    )
    select = arms_sql([asked], Marts(snapshot.as_of)).removeprefix("WITH ")
    return by_arm(connection.execute(f"WITH {assigned}, {select}").fetchall()).get(HELD_OUT)


def _enough(seen: Moments | None) -> TypeGuard[Moments]:
    return seen is not None and seen.n >= FEWEST and seen.means[0] > 0 and seen.means[1] > 0


def _way(
    it: Registration, today: date, at_once: int, a_day: float, variation: float, narrowed: float,
    way: tuple[int, float | None, int],
) -> Way:  # fmt: skip
    times, share, longer = way
    enter = 0 if at_once else it.days * longer
    customers, held_out = at_once or round(a_day * enter), share or it.held_out
    aside, days = round(customers * held_out), it.days * times
    smallest = smallest_effect(customers - aside, aside, variation, narrowed)
    return Way(days, held_out, smallest, today + timedelta(days=enter + days), customers, enter)


def _pooled(plans: Mapping[str, Plan]) -> list[Offer]:
    firsts = [one.ways[0] for one in plans.values()]
    if len(firsts) < 2:
        return []
    return [Offer("pooled", tuple(plans), together([w.smallest for w in firsts]), max(w.by for w in firsts))]


def _staggered(
    home: Home, snapshot: Snapshot, it: Registration, own: Plan, intakes: Mapping[int, Intake]
) -> list[Offer]:  # fmt: skip
    """Of who is there at once; an outcome that is not one of each customer cannot be read so."""
    shop = _built(snapshot)[it.shop]
    intake = intakes.get(shop)
    if it.outcome.per == "own" or (intake is not None and not intake.at_once):
        return []
    with closing(_opened(home, snapshot, intake, (PERIOD_DAYS,))) as connection:
        seen = _behind(connection, snapshot, it, shop, PERIOD_DAYS, intake is not None, PERIOD_DAYS)
    if not _enough(seen):
        return []
    smallest = stepped_effect(own.customers, _spread(seen)[0], _alike(seen), GROUPS)
    return [Offer("staggered", (it.shop,), smallest, snapshot.as_of + timedelta(days=PERIOD_DAYS * GROUPS))]


def _alike(seen: Moments) -> float:
    """Correlation of what somebody did in a period with the period before, 0…1."""
    whole = seen.covariance
    both = float(whole[0, 0] * whole[2, 2])
    return min(1.0, max(0.0, float(whole[0, 2]) / both**0.5)) if both > 0 else 0.0


def _spread(seen: Moments) -> tuple[float, float]:
    ratio = float(seen.means[0] / seen.means[1])
    pull = np.array([1.0, -ratio]) / seen.means[1]
    whole: Floats = seen.covariance
    of_y = float(pull @ whole[:2, :2] @ pull)
    with_x, of_x = whole[2:, :2] @ pull, whole[2:, 2:]
    taken = float(with_x @ np.linalg.pinv(of_x, hermitian=True) @ with_x)
    return of_y**0.5 / ratio, min(1.0, taken / of_y) if of_y else 0.0
