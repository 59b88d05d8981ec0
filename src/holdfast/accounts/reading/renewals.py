"""Renewals as the rules look at them, with their standing forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery

from holdfast.accounts.decide.renewing import Bucket, Case, Option, bucket, late
from holdfast.accounts.models import Approval, Forecast, Renewal, Touchpoint

TALK_WITHIN_DAYS = 180  # before the term ends: an older talk was about something else


@dataclass(frozen=True, slots=True)
class Standing:
    """One renewal on a day. Money in minor units of `currency`, of a year; None where nobody said."""

    renewal_id: int
    contract_id: int
    account_id: int
    account: str
    contract: str
    stage: str
    owner_id: int | None
    owner: str
    ends: date
    closes_on: date
    notice_on: date | None
    auto_renew: bool
    value_minor: int | None
    currency: str
    probability: Decimal | None
    forecast_minor: int | None
    forecast_on: date | None
    bucket: Bucket
    because: str
    late: tuple[str, ...]
    case: Case

    @property
    def amount_minor(self) -> int | None:
        """What was signed; else what was forecast; else what the contract is worth now."""
        told = (self.case.signed_minor, self.forecast_minor, self.value_minor)
        return next((one for one in told if one is not None), None)


def standings(rows: QuerySet[Renewal], today: date) -> tuple[Standing, ...]:
    """Two queries for any number: the forecasts are read by their keys."""
    told = list(_told(rows))
    said = Forecast.objects.in_bulk([key for row in told if (key := vars(row)["forecast"]) is not None])
    return tuple(_standing(row, said.get(vars(row)["forecast"]), today) for row in told)


def forecast_buckets(rows: QuerySet[Renewal], today: date) -> list[tuple[Bucket, Decimal]]:
    """Of those that were forecast, where each stands and its probability: as `standings`, with nothing else of them."""
    newest, last = _newest_forecast(), _last_talk()
    told = (
        rows.filter(Exists(newest))
        .order_by()
        .values_list("stage", "contract__ends", Subquery(last), Subquery(newest.values("probability")[:1]))
    )
    return [
        (bucket(Case(stage, ends, talked_on=_talk(talk, ends)), chance, today)[0], chance)
        for stage, ends, talk, chance in told
    ]


def case_of(renewal_id: int, note: str = "") -> Case:
    """Of a renewal that exists, as its rows stand now."""
    return _case(_told(Renewal.objects.filter(pk=renewal_id)).get(), note)


def _newest_forecast() -> QuerySet[Forecast]:
    return Forecast.objects.filter(renewal=OuterRef("pk")).order_by("-on", "-id")


def _last_talk() -> QuerySet[Touchpoint, Any]:
    talks = Touchpoint.objects.filter(
        account=OuterRef("account"), kind=Touchpoint.Kind.RENEWAL, held_at__isnull=False, next_step__isnull=False
    )
    return talks.order_by().values("account").annotate(last=Max("held_at")).values("last")


def _told(rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
    newest = _newest_forecast()
    unresolved = Approval.objects.filter(renewal=OuterRef("pk"), state__in=Approval.UNRESOLVED)
    return rows.select_related("contract", "account", "owner").annotate(
        forecast=Subquery(newest.values("pk")[:1]),
        last_talk=Subquery(_last_talk()),
        prices_open=Exists(unresolved),
    )


def _case(row: Renewal, note: str = "") -> Case:
    told = vars(row)
    talked = _talk(told["last_talk"], row.contract.ends)
    return Case(
        stage=row.stage, ends=row.contract.ends, notice_on=row.contract.notice_on, owned=row.owner_id is not None,
        options=tuple(Option(o["kind"], o["consequences"], o.get("value_minor")) for o in row.options),
        chosen=row.chosen, walk_away=row.walk_away, answer=row.answer, talked_on=talked,
        forecast=told["forecast"] is not None, yes_from=row.yes_from_id is not None,
        prices_open=told["prices_open"], ended_on=row.ended_on, signed_minor=row.signed_minor,
        why_lost=row.why_lost, learned=row.learned, note=note,
    )  # fmt: skip


def _talk(last: datetime | None, ends: date) -> date | None:
    """The day of the last renewal talk; None for one that was about something else."""
    day = last.date() if last else None
    return None if day is None or day < ends - timedelta(days=TALK_WITHIN_DAYS) else day


def _standing(row: Renewal, said: Forecast | None, today: date) -> Standing:
    case, contract = _case(row), row.contract
    probability = said.probability if said is not None else None
    where, why = bucket(case, probability, today)
    return Standing(
        row.pk, contract.pk, row.account_id, row.account.name, contract.name, row.stage, row.owner_id,
        row.owner.get_username() if row.owner else "", contract.ends, row.closes_on, contract.notice_on,
        contract.auto_renew, contract.value_minor, contract.currency, probability,
        said.amount_minor if said else None, said.on if said else None, where, why, late(case, today), case,
    )  # fmt: skip
