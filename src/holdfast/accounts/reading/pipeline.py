"""The renewal pipeline: as it stands, added up, and what changed since it was last frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.renewing import BUCKETS, LIKELY, Bucket
from holdfast.accounts.decide.slipping import Change, Frozen, Slips, changes, slips
from holdfast.accounts.models import PipelineLine, PipelineSnapshot, Renewal
from holdfast.accounts.reading.renewals import Line, Standing, lines, standings
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.forecast_score import Range, range_of

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Cell:
    """Renewals of one bucket and currency. unvalued: those whose worth nobody knows, in no sum."""

    bucket: Bucket
    currency: str
    n: int
    minor: int
    unvalued: int


@dataclass(frozen=True, slots=True)
class ForecastRange:
    """What will come of a year's value, in minor units; left_out: open renewals without a forecast or an amount."""

    currency: str
    range: Range | Unknown
    signed_minor: int  # is in the range for certain
    left_out: int


@dataclass(frozen=True, slots=True)
class Told:
    """A change of one renewal since the snapshot before."""

    account_id: int
    account: str
    contract: str
    change: Change


@dataclass(frozen=True, slots=True)
class Since:
    """Two weeks held against each other; empty weeks where there are no two snapshots yet."""

    before: str
    now: str
    changes: tuple[Told, ...]


def pipeline(user: Anybody, today: date, *, since: date | None = None) -> tuple[Standing, ...]:
    """Renewals of the accounts a person sees: the open ones, and with `since` those that ended on that day or later."""
    return standings(_wanted(user, since), today)


def pipeline_lines(user: Anybody, today: date, *, since: date | None = None) -> list[Line]:
    """The same, as sums need them, in the order in which a page shows them."""
    return lines(_wanted(user, since), today)


def standing_of(keys: Sequence[int], today: date) -> list[Standing]:
    """A page of them, in the order of their keys; whoever asks has seen them in a pipeline."""
    found = {one.renewal_id: one for one in standings(Renewal.objects.filter(pk__in=keys), today)}
    return [found[key] for key in keys if key in found]


def _wanted(user: Anybody, since: date | None) -> QuerySet[Renewal]:
    rows = Renewal.objects.filter(account__in=accounts_of(user).values("pk"))
    if since is None:
        return rows.filter(stage__in=Renewal.OPEN)
    return rows.filter(Q(stage__in=Renewal.OPEN) | Q(ended_on__gte=since))


@dataclass(frozen=True, slots=True)
class Ahead:
    """Open renewals that end by a day, the soonest first. shown: the first of them.

    Sums are in minor units by currency, of those with an amount. lost: amount × chance that it is not renewed, of those
    that somebody forecast, which are `foretold`.
    """

    shown: tuple[Standing, ...]
    total: int
    at_risk: int
    minor: Mapping[str, int]
    at_risk_minor: Mapping[str, int]
    lost_minor: Mapping[str, int]
    foretold: int


def ahead(user: Anybody, today: date, until: date, *, first: int) -> Ahead:
    """Of the accounts a person sees; only the first are looked at closely. Four queries."""
    rows = Renewal.objects.filter(
        account__in=accounts_of(user).values("pk"), stage__in=Renewal.OPEN, contract__ends__lte=until
    )
    told = lines(rows, today)
    foretold = [one for one in told if one.probability is not None]
    unlikely = [one for one in foretold if one.bucket == "at risk" or (one.probability or 0) < LIKELY]
    return Ahead(
        tuple(standing_of([one.renewal_id for one in told[:first]], today)), len(told), len(unlikely), _sums(told),
        _sums(unlikely), _sums(foretold, lambda one: 1 - (one.probability or Decimal(0))), len(foretold),
    )  # fmt: skip


def _sums(told: Iterable[Line], share: Callable[[Line], Decimal] = lambda one: Decimal(1)) -> dict[str, int]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in told:
        if one.amount_minor is not None:
            found[one.currency] += one.amount_minor * share(one)
    return {currency: round(minor) for currency, minor in sorted(found.items())}


def summary(lines: Iterable[Standing | Line]) -> tuple[Cell, ...]:
    """By bucket and currency, in that order; money of two currencies is never added."""
    groups: dict[tuple[Bucket, str], list[int | None]] = defaultdict(list)
    for one in lines:
        groups[(one.bucket, one.currency)].append(one.amount_minor)
    return tuple(
        Cell(bucket, currency, len(held), sum(minor or 0 for minor in held), held.count(None))
        for (bucket, currency), held in sorted(
            groups.items(), key=lambda group: (BUCKETS.index(group[0][0]), group[0][1])
        )
    )


def forecast_ranges(lines: Iterable[Standing | Line]) -> tuple[ForecastRange, ...]:
    """One for each currency: the signed for certain, every open one with the probability it was forecast at."""
    by_currency: dict[str, list[Standing | Line]] = defaultdict(list)
    for one in lines:
        by_currency[one.currency].append(one)
    return tuple(_range(currency, held) for currency, held in sorted(by_currency.items()))


def since_last_snapshot(user: Anybody) -> Since:
    """What the newest frozen week says otherwise than the one before it, of accounts this person sees."""
    newest = list(PipelineSnapshot.objects.order_by("-week")[:2])
    if len(newest) < 2:
        return Since("", newest[0].week if newest else "", ())
    now, before = newest
    rows = _frozen(user).filter(snapshot__in=newest).order_by()
    held: dict[int, dict[int, Frozen]] = {one.pk: {} for one in newest}
    named: dict[int, tuple[int, str, str]] = {}
    for snapshot, key, stage, closes_on, minor, currency, chance, account_id, account, contract in rows.values_list(
        "snapshot_id", "renewal_id", "stage", "closes_on", "value_minor", "currency", "probability",
        "renewal__account_id", "renewal__account__name", "renewal__contract__name",
    ):  # fmt: skip
        held[snapshot][key] = Frozen(key, stage, closes_on, minor, currency, chance)
        named[key] = (account_id, account, contract)
    told = changes(held[before.pk], held[now.pk])
    return Since(before.week, now.week, tuple(Told(*named[one.renewal_id], one) for one in told))


def slips_of(user: Anybody, renewals: Sequence[int] | None = None) -> dict[int, Slips]:
    """By renewal, over every frozen week; those that never slipped are not in it. renewals: of these only."""
    days: dict[int, list[date]] = defaultdict(list)
    rows = _frozen(user) if renewals is None else _frozen(user).filter(renewal__in=renewals)
    for renewal_id, closes_on in rows.order_by("snapshot__week").values_list("renewal_id", "closes_on"):
        days[renewal_id].append(closes_on)
    found = {renewal_id: slips(told) for renewal_id, told in days.items()}
    return {renewal_id: one for renewal_id, one in found.items() if one.times}


def _frozen(user: Anybody) -> QuerySet[PipelineLine]:
    return PipelineLine.objects.filter(renewal__account__in=accounts_of(user).values("pk"))


def _range(currency: str, held: list[Standing | Line]) -> ForecastRange:
    signed = [one.amount_minor or 0 for one in held if one.bucket == "signed"]
    open_ = [one for one in held if one.bucket not in ("signed", "lost")]
    told = [(float(one.probability), one.amount_minor) for one in open_
            if one.probability is not None and one.amount_minor is not None]  # fmt: skip
    chances = [1.0] * bool(signed) + [p for p, _ in told]
    amounts = [sum(signed)] * bool(signed) + [float(a) for _, a in told]
    return ForecastRange(currency, range_of(chances, amounts), sum(signed), len(open_) - len(told))
