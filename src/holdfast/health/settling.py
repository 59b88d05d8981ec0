"""Health as a number among numbers (M46): the readings of accounts, put down where scorecards read."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.health.reading import Reading
from holdfast.health.taking import Basis
from holdfast.metrics.registry import METRICS
from holdfast.metrics.settled import HEALTH, Settled, write_settled
from holdfast.metrics.values import Scope

METRIC = METRICS["health_score"].id


def put_down(of: Basis, readings: Iterable[Reading]) -> None:
    """The newest readings of the snapshot's own day, in the scope of each account, and of its shop where it has one.

    Several accounts together have no health: there is no reading of them, and a mean would hide the one that leaves.
    """
    accounts = [reading for reading in readings if reading.subject.kind == "account"]
    rows = [_row(of, reading, scope) for reading in accounts for scope in _scopes(of, reading.subject.key)]
    write_settled(of.home, of.snapshot, rows, HEALTH)


def _scopes(of: Basis, account: str) -> list[Scope]:
    shops = [shop.name for shop in of.shops if shop.account == account]
    of_one = [Scope("shop", name) for name in shops if len(shops) == 1]
    return [Scope("account", account), *of_one, *([Scope()] if len(of.shops) == len(shops) else [])]


def _row(of: Basis, reading: Reading, scope: Scope) -> Settled:
    name = of.cards[reading.scorecard].name
    told = f"by the scorecard {name}; {reading.coverage:.0f} % of its points are known"
    oldest = min((reason.evidence.as_of for reason in reading.reasons), default=reading.as_of)
    return Settled(
        METRIC, scope.kind, scope.name, reading.as_of, oldest, reading.as_of, len(reading.reasons),
        reading.points, None, None, f"{told}; the account's page has every reason",
        why="" if reading.points is not None else f"not scored: {told}, and {reading.needed:.0f} % are needed",
        would_need="" if reading.points is not None else "connect what `holdfast health` calls not known",
    )  # fmt: skip
