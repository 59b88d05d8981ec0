"""The renewal pipeline: as it stands, added up, and what changed since it was last frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from holdfast.accounts.access import accounts_of
from holdfast.accounts.decide.renewing import BUCKETS, LIKELY, Bucket
from holdfast.accounts.decide.slipping import Change, Frozen, Slips, changes, slips
from holdfast.accounts.models import PipelineLine, PipelineSnapshot, Renewal
from holdfast.accounts.reading.renewals import Standing, forecast_buckets, standings
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.forecast_score import Range, range_of

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class Cell:
    """Renewals of one month, owner, currency and bucket. unvalued: those whose worth nobody knows, in no sum."""

    month: date  # of the close day, its first day
    owner: str
    currency: str
    bucket: Bucket
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
    rows = Renewal.objects.filter(account__in=accounts_of(user))
    wanted = rows.filter(stage__in=Renewal.OPEN)
    if since is not None:
        wanted = wanted | rows.filter(ended_on__gte=since)
    return standings(wanted, today)


@dataclass(frozen=True, slots=True)
class Ahead:
    """Open renewals that end by a day, the soonest first. shown: the first of them."""

    shown: tuple[Standing, ...]
    total: int
    at_risk: int


def ahead(user: Anybody, today: date, until: date, *, first: int) -> Ahead:
    """Of the accounts a person sees; only the first are looked at closely. Three queries."""
    rows = Renewal.objects.filter(
        account__in=accounts_of(user).values("pk"), stage__in=Renewal.OPEN, contract__ends__lte=until
    )
    keys = list(rows.order_by("contract__ends", "pk").values_list("pk", flat=True))
    told = standings(Renewal.objects.filter(pk__in=keys[:first]), today)
    unlikely = sum(where == "at risk" or chance < LIKELY for where, chance in forecast_buckets(rows, today))
    return Ahead(tuple(sorted(told, key=lambda one: (one.ends, one.renewal_id))), len(keys), unlikely)


def summary(lines: Iterable[Standing]) -> tuple[Cell, ...]:
    """By month, owner, currency and bucket, in that order; money of two currencies is never added."""
    groups: dict[tuple[date, str, str, int], list[Standing]] = defaultdict(list)
    for one in lines:
        groups[(one.closes_on.replace(day=1), one.owner, one.currency, BUCKETS.index(one.bucket))].append(one)
    return tuple(
        Cell(
            month, owner, currency, BUCKETS[place], len(held),
            sum(one.amount_minor or 0 for one in held), sum(one.amount_minor is None for one in held),
        )
        for (month, owner, currency, place), held in sorted(groups.items())
    )  # fmt: skip


def forecast_ranges(lines: Iterable[Standing]) -> tuple[ForecastRange, ...]:
    """One for each currency: the signed for certain, every open one with the probability it was forecast at."""
    by_currency: dict[str, list[Standing]] = defaultdict(list)
    for one in lines:
        by_currency[one.currency].append(one)
    return tuple(_range(currency, held) for currency, held in sorted(by_currency.items()))


def since_last_snapshot(user: Anybody) -> Since:
    """What the newest frozen week says otherwise than the one before it, of accounts this person sees."""
    newest = list(PipelineSnapshot.objects.order_by("-week")[:2])
    if len(newest) < 2:
        return Since("", newest[0].week if newest else "", ())
    now, before = newest
    rows = _lines(user).filter(snapshot__in=newest)
    named = {line.renewal_id: line.renewal for line in rows}
    held = {s.pk: {line.renewal_id: _frozen(line) for line in rows if line.snapshot_id == s.pk} for s in newest}
    told = changes(held[before.pk], held[now.pk])
    return Since(before.week, now.week, tuple(
        Told(named[c.renewal_id].account_id, str(named[c.renewal_id].account), str(named[c.renewal_id].contract), c)
        for c in told
    ))  # fmt: skip


def slips_of(user: Anybody) -> dict[int, Slips]:
    """By renewal, over every frozen week; those that never slipped are not in it."""
    days: dict[int, list[date]] = defaultdict(list)
    rows = _lines(user).order_by("snapshot__week").values_list("renewal_id", "closes_on")
    for renewal_id, closes_on in rows:
        days[renewal_id].append(closes_on)
    found = {renewal_id: slips(told) for renewal_id, told in days.items()}
    return {renewal_id: one for renewal_id, one in found.items() if one.times}


def _lines(user: Anybody) -> QuerySet[PipelineLine]:
    rows = PipelineLine.objects.filter(renewal__account__in=accounts_of(user))
    return rows.select_related("renewal__account", "renewal__contract")


def _frozen(line: PipelineLine) -> Frozen:
    return Frozen(line.renewal_id, line.stage, line.closes_on, line.value_minor, line.currency, line.probability)


def _range(currency: str, held: list[Standing]) -> ForecastRange:
    signed = [one.amount_minor or 0 for one in held if one.bucket == "signed"]
    open_ = [one for one in held if one.bucket not in ("signed", "lost")]
    told = [(float(one.probability), one.amount_minor) for one in open_
            if one.probability is not None and one.amount_minor is not None]  # fmt: skip
    chances = [1.0] * bool(signed) + [p for p, _ in told]
    amounts = [sum(signed)] * bool(signed) + [float(a) for _, a in told]
    return ForecastRange(currency, range_of(chances, amounts), sum(signed), len(open_) - len(told))
