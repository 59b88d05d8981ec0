"""Renewals as the rules look at them, with their standing forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
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


class Line(NamedTuple):
    """A renewal as sums need it: what `Standing` says of it, and nothing else. Ten thousand of them are told apart."""

    renewal_id: int
    ends: date
    closes_on: date
    owner: str
    currency: str
    bucket: Bucket
    probability: Decimal | None
    amount_minor: int | None


def lines(rows: QuerySet[Renewal], today: date) -> list[Line]:
    """By the end of the term, then by account. Two queries: who signs in is asked for once, not with every line."""
    newest = _newest_forecast()
    told = rows.order_by("contract__ends", "account__name", "pk").values_list(
        "pk", "stage", "closes_on", "owner_id", "ended_on", "signed_minor", "contract__ends", "contract__currency",
        "contract__value_minor", Subquery(_last_talk()), Subquery(newest.values("probability")[:1]),
        Subquery(newest.values("amount_minor")[:1]),
    )  # fmt: skip
    names = dict(get_user_model().objects.values_list("pk", "username"))
    return [
        Line(
            pk, ends, closes_on, names.get(owner, ""), currency,
            bucket(Case(stage, ends, talked_on=_talk(talk, ends), ended_on=ended, signed_minor=signed), chance,
                   today)[0],
            chance, next((one for one in (signed, forecast, value) if one is not None), None),
        )
        for pk, stage, closes_on, owner, ended, signed, ends, currency, value, talk, chance, forecast in told
    ]  # fmt: skip


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


# What `Standing` and `Case` say, and nothing else: a page tells a hundred of them.
_READ = (
    "account__name", "owner__username", "contract__name", "contract__ends", "contract__notice_on",
    "contract__auto_renew", "contract__value_minor", "contract__currency", "stage", "closes_on", "options", "chosen",
    "walk_away", "answer", "yes_from_id", "ended_on", "signed_minor", "why_lost", "learned",
)  # fmt: skip


def _told(rows: QuerySet[Renewal]) -> QuerySet[Renewal]:
    newest = _newest_forecast()
    unresolved = Approval.objects.filter(renewal=OuterRef("pk"), state__in=Approval.UNRESOLVED)
    return (
        rows.select_related("contract", "account", "owner")
        .only(*_READ)
        .annotate(
            forecast=Subquery(newest.values("pk")[:1]),
            last_talk=Subquery(_last_talk()),
            prices_open=Exists(unresolved),
        )
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
