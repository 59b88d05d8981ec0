"""How good the forecasts of each person were, once the renewals they were about had ended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from holdfast.accounts.access import accounts_of
from holdfast.accounts.models import Forecast
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.forecast_score import Decile, Score, deciles, score

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

AHEAD_DAYS = 30  # before the term ends: what was said later was hardly a forecast any more (decision 0081)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """One forecaster's decided forecasts. too_late: renewals they forecast only after the day that counts."""

    forecaster: str  # empty: of all of them together
    score: Score | Unknown
    deciles: tuple[Decile, ...]
    too_late: int


def track_records(user: Anybody, *, ahead_days: int = AHEAD_DAYS) -> tuple[TrackRecord, ...]:
    """Everybody together first, then each forecaster by name; of renewals of accounts this person sees.

    Of each forecaster and renewal one forecast counts: the last given at least `ahead_days` before the term ended,
    and before it was decided.
    """
    said: dict[tuple[str, int], tuple[float, int] | None] = {}
    for name, renewal_id, on, probability, signed, ended_on, ends in _decided(user):
        key = (name, renewal_id)
        if on <= ends - timedelta(days=ahead_days) and on < ended_on:
            said[key] = (float(probability), int(signed))
        else:
            said.setdefault(key, None)
    by_name: dict[str, list[tuple[float, int] | None]] = defaultdict(list)
    for (name, _), pair in said.items():
        by_name[""].append(pair)
        by_name[name].append(pair)
    return tuple(_record(name, pairs) for name, pairs in sorted(by_name.items()))


def _decided(user: Anybody) -> list[tuple[str, int, date, Decimal, bool, date, date]]:
    """Oldest first, so that a later forecast takes the place of an earlier one."""
    rows = Forecast.objects.filter(
        renewal__account__in=accounts_of(user), renewal__signed__isnull=False, renewal__ended_on__isnull=False
    )
    told = list(
        rows.order_by("on", "id").values_list(
            "by__username", "renewal_id", "on", "probability", "renewal__signed", "renewal__ended_on",
            "renewal__contract__ends",
        )
    )  # fmt: skip
    return [(name, row, on, p, bool(signed), end, term) for name, row, on, p, signed, end, term in told if end]


def _record(name: str, pairs: list[tuple[float, int] | None]) -> TrackRecord:
    counted = [pair for pair in pairs if pair is not None]
    p, came = [pair[0] for pair in counted], [pair[1] for pair in counted]
    return TrackRecord(name, score(p, came), deciles(p, came), len(pairs) - len(counted))
