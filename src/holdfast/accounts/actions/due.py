"""Touchpoints that the rules of a tier ask for, planned before they are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from holdfast.accounts.access import may_own
from holdfast.accounts.act import By, act, locked
from holdfast.accounts.actions.scheduled import all_accounts
from holdfast.accounts.decide.due import Due, Rules, due
from holdfast.accounts.models import Account, Touchpoint
from holdfast.accounts.reading.touchpoints import looked


def plan_due_touchpoints(
    *, today: date, known: Rules, by: By, statuses: Mapping[int, str] | None = None
) -> list[Touchpoint]:
    """Plan what is due soon, once: whatever is planned already stays. statuses: of health, by account.

    Each account is an action of its own: a run that was killed half way goes on where it stopped.
    """
    until = today + timedelta(days=known.plan_ahead_days)
    answers = [answer for one in looked(all_accounts(by), statuses or {}) for answer in due(one, known, today)]
    wanted = [answer for answer in answers if isinstance(answer, Due) and answer.on <= until]
    return [made for answer in wanted if (made := _plan(answer, by)) is not None]


def _plan(answer: Due, by: By) -> Touchpoint | None:
    with act("plan due touchpoint", by=by, note=answer.because) as doing:
        account = locked(Account.objects.filter(pk=answer.account_id)).get()
        open_now = Touchpoint.objects.filter(account=account, kind=answer.kind, held_at=None, called_off="")
        if open_now.exists():  # somebody planned one since we looked
            return None
        doing.account = account
        return doing.create(
            Touchpoint, account=account, kind=answer.kind, due=answer.on, owner_id=_owner(account),
            agenda=f"Due by rule: {answer.because}.",
        )  # fmt: skip


def _owner(account: Account) -> int | None:
    """The account's owner, else the book's; nobody where neither may work on it any more."""
    can = set(may_own(account).values_list("pk", flat=True))
    wanted = (account.owner_id, account.book.owner_id if account.book else None)
    return next((one for one in wanted if one in can), None)
