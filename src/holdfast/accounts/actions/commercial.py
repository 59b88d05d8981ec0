"""Expansions a customer accepted, and changes of price that need somebody's yes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, access_account, access_of_account, may_own, role_of
from holdfast.accounts.act import By, act, locked
from holdfast.accounts.actions.scheduled import all_accounts
from holdfast.accounts.decide.approving import Limits, limits, may_decide, needed
from holdfast.accounts.models import Approval, Contact, Contract, Expansion, Renewal
from holdfast.commerce.currency import UnknownCurrency, minor_digits

SHIPPED = limits()


def open_expansion(
    account_id: int, what: str, *, objective: str, accepted_by_id: int | None, accepted_on: date | None, currency: str,
    today: date, by: By, value_minor: int | None = None, objective_key: str = "", owner_id: int | None = None,
) -> Expansion:  # fmt: skip
    """Refused unless somebody at the account accepted the objective it serves: growth is for their sake (G5)."""
    account = access_account(by.user, account_id, "plan")
    if not objective.strip():
        raise ValidationError({"objective": "say which objective of the customer this serves"})
    if accepted_by_id is None or accepted_on is None:
        raise ValidationError({"accepted_by": "say who at the customer accepted this objective, and when"})
    if accepted_on > today:
        raise ValidationError({"accepted_on": "this day is still to come"})
    if not Contact.objects.filter(pk=accepted_by_id, account=account).exists():
        raise ValidationError({"accepted_by": "this person is not known at the account"})
    if owner_id is not None and not may_own(account).filter(pk=owner_id).exists():
        raise ValidationError({"owner": "this person may not work on this account"})
    _known(currency)
    with act("open expansion", by=by, account=account) as doing:
        return doing.create(
            Expansion, account=account, what=what.strip(), objective=objective.strip(), objective_key=objective_key,
            accepted_by_id=accepted_by_id, accepted_on=accepted_on, value_minor=value_minor, currency=currency,
            owner_id=account.owner_id if owner_id is None else owner_id,
        )  # fmt: skip


def end_expansion(expansion_id: int, *, won: bool, on: date, by: By, why: str = "") -> None:
    expansion = access_of_account(by.user, Expansion, expansion_id, "plan")
    if not won and not why.strip():
        raise ValidationError("say why it is dropped")
    if expansion.state != Expansion.State.OPEN:
        raise ValidationError("this expansion is over")
    state = Expansion.State.WON if won else Expansion.State.DROPPED
    with act("end expansion", by=by, account=expansion.account) as doing:
        doing.change(expansion, state=state, ended_on=on, why=why.strip())


def ask_approval(
    contract_id: int, *, reason: str, today: date, by: By, percent: Decimal | None = None,
    amount_minor: int | None = None, renewal_id: int | None = None, known: Limits = SHIPPED,
) -> Approval:  # fmt: skip
    """A change of price in percent or in an amount a year, negative for a discount. The limits of today go with it."""
    contract = access_of_account(by.user, Contract, contract_id, "plan")
    if by.key is None:
        raise MayNot("an approval is asked for by somebody")
    if (percent is None) == (amount_minor is None) or not (percent or amount_minor):
        raise ValidationError("say how much, either in percent or as an amount")
    if not reason.strip():
        raise ValidationError({"reason": "say why the price should change"})
    renewal = access_of_account(by.user, Renewal, renewal_id, "plan") if renewal_id is not None else None
    if renewal is not None and renewal.contract_id != contract.pk:
        raise ValidationError({"renewal": "this is the renewal of another contract"})
    need = needed(percent, amount_minor, contract.value_minor, known)
    if not need.roles and contract.approver_id in (None, by.key):
        raise ValidationError(need.because)
    with act("ask for approval", by=by, account=contract.account) as doing:
        for before in locked(
            Approval.objects.filter(contract=contract, renewal=renewal, state__in=Approval.UNRESOLVED)
        ):
            doing.change(before, state=Approval.State.WITHDRAWN, why=before.why or "asked again")
        return doing.create(
            Approval, account=contract.account, contract=contract, renewal=renewal, asked_by_id=by.key,
            asked_on=today, percent=percent, amount_minor=amount_minor, reason=reason.strip(), roles=list(need.roles),
            expires_on=today + timedelta(days=known.days),
        )  # fmt: skip


def decide_approval(approval_id: int, *, approve: bool, why: str, today: date, by: By) -> Approval:
    """Raises MayNot for whoever asked, and for a role below the limit; a refusal says why."""
    approval = access_of_account(by.user, Approval, approval_id)
    no = may_decide(
        role_of(by.user), by.key, approval.asked_by_id, tuple(approval.roles), approval.contract.approver_id
    )
    if no:
        raise MayNot(no)
    if not approve and not why.strip():
        raise ValidationError("say why it is refused")
    with act("approve" if approve else "refuse approval", by=by, account=approval.account) as doing:
        approval = locked(Approval.objects.filter(pk=approval.pk)).get()
        if approval.state != Approval.State.ASKED or approval.expires_on < today:
            raise ValidationError(f"this was {_stands(approval, today)}: ask again")
        state = Approval.State.APPROVED if approve else Approval.State.REFUSED
        doing.change(approval, state=state, decided_by_id=by.key, decided_on=today, why=why.strip())
        return approval


def withdraw_approval(approval_id: int, *, today: date, by: By) -> None:
    """Taken back; a refused or expired one too, so that the renewal can go on at the old price."""
    approval = access_of_account(by.user, Approval, approval_id, "plan")
    if approval.state not in Approval.UNRESOLVED:
        raise ValidationError(f"this was {_stands(approval, today)}")
    with act("withdraw approval", by=by, account=approval.account) as doing:
        doing.change(approval, state=Approval.State.WITHDRAWN, why=approval.why or f"taken back on {today}")


def expire_approvals(*, today: date, by: By) -> int:
    """Whatever was asked or approved and not signed by its day; says how many."""
    live = (Approval.State.ASKED, Approval.State.APPROVED)
    rows = Approval.objects.filter(state__in=live, expires_on__lt=today, account__in=all_accounts(by))
    rows = rows.exclude(state=Approval.State.APPROVED, renewal__signed=True)
    with act("expire approvals", by=by) as doing:
        # Locked by key: PostgreSQL locks no row through an outer join.
        old = Approval.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
        found = [row for row in locked(old) if doing.change(row, state=Approval.State.EXPIRED)]
    return len(found)


def _stands(approval: Approval, today: date) -> str:
    expired = approval.state == Approval.State.ASKED and approval.expires_on < today
    return "expired" if expired else approval.get_state_display().lower()


def _known(currency: str) -> None:
    try:
        minor_digits(currency)
    except UnknownCurrency as problem:
        raise ValidationError({"currency": str(problem)}) from None
