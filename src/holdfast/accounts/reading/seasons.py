"""Freezes of peak season plans: on which days nothing may be changed for whom, and who may take a change back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from holdfast.accounts.access import work_of
from holdfast.accounts.models import WorkObject

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

HOLDING = ("frozen", "peak", "thaw")  # from the freeze until somebody has looked back on it


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """until: the thaw; None where no day was set, and it holds until the plan was looked back on."""

    work_id: int
    account_id: int | None
    account: str
    title: str
    since: date
    until: date | None
    rollback: str
    on_call: tuple[str, ...]


def freezes(user: Anybody, day: date, *, account_id: int | None = None) -> list[FreezeRow]:
    """The plans whose freeze holds on a day: their definitions and targets stay as they are until the look back."""
    plans = work_of(user).filter(kind="A25", state__in=HOLDING).select_related("account").order_by("pk")
    if account_id is not None:
        plans = plans.filter(account=account_id)
    rows = (_row(plan) for plan in plans if plan.fields.get("freeze_on"))
    return [row for row in rows if row.since <= day]


def _row(plan: WorkObject) -> FreezeRow:
    told, thaw = plan.fields, plan.fields.get("thaw_on")
    return FreezeRow(
        plan.pk, plan.account_id, plan.account.name if plan.account else "", plan.title,
        date.fromisoformat(told["freeze_on"]), date.fromisoformat(thaw) if thaw else None, told.get("rollback", ""),
        tuple(told.get("on_call", ())),
    )  # fmt: skip
