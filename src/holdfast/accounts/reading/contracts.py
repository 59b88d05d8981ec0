"""Contracts: those that the facts know, to be taken in, and those of the book of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from holdfast.accounts.access import accounts_of
from holdfast.accounts.models import COMPANY, Approval, Contract, Expansion
from holdfast.commerce.money import Money

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody
    from holdfast.warehouse.home import Home

# The newest terms: not ended early, not followed by another, of the account that an account has become part of.
NEWEST = """
    SELECT COALESCE(s.survivor_id, c.account_id), COALESCE(c.contract_number, CAST(c.contract_id AS VARCHAR)),
        c.currency, c.starts_on, c.ends_on, c.value_minor, c.notice_on, COALESCE(c.auto_renew, FALSE)
    FROM contract AS c LEFT JOIN account_survivor AS s USING (account_id)
    WHERE c.account_id IS NOT NULL AND c.ended_on IS NULL AND c.ends_on >= ? AND NOT EXISTS (
        SELECT 1 FROM contract AS n WHERE n.shop_id = c.shop_id AND n.renews_contract_number = c.contract_number
    )
    ORDER BY 1, 4, 2
"""


@dataclass(frozen=True, slots=True)
class FoundContract:
    """A term that the facts know. account: as Account.source; number: of the contract there."""

    account: str
    number: str
    currency: str
    starts: date
    ends: date
    value_minor: int | None = None
    notice_on: date | None = None
    auto_renew: bool = False


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as a list shows it."""

    contract_id: int
    account_id: int
    account: str
    name: str
    source: str  # its number in the facts; empty: entered by hand
    value: Money | None  # of a year
    starts: date
    ends: date
    notice_on: date | None
    auto_renew: bool
    renewal_id: int | None


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A change of price as a list shows it; percent or amount, signed."""

    approval_id: int
    account_id: int
    account: str
    contract: str
    percent: Decimal | None
    amount: Money | None
    reason: str
    asked_by: str
    asked_on: date
    state: str
    roles: tuple[str, ...]
    expires_on: date
    decided_by: str
    why: str


@dataclass(frozen=True, slots=True)
class ExpansionRow:
    """More business, and the objective of the customer it is for."""

    expansion_id: int
    account_id: int
    account: str
    what: str
    objective: str
    accepted_by: str
    accepted_on: date
    value: Money | None  # of a year
    state: str


def contracts_in_facts(home: Home, since: date) -> tuple[FoundContract, ...]:
    """The newest terms that end on that day or later, of companies; nothing where nothing is built."""
    from holdfast.metrics.drill import opened
    from holdfast.warehouse.snapshot import NothingBuilt

    try:
        with opened(home) as (connection, _):
            rows = connection.execute(NEWEST, [since]).fetchall()
    except NothingBuilt:
        return ()
    return tuple(FoundContract(f"{COMPANY}{account}", str(number), *told) for account, number, *told in rows)


def contracts(user: Anybody) -> tuple[ContractRow, ...]:
    """Of the accounts this person sees; those that end first come first."""
    rows = Contract.objects.filter(account__in=accounts_of(user)).select_related("account", "renewal")
    return tuple(
        ContractRow(
            c.pk, c.account_id, c.account.name, c.name, c.source, _money(c.value_minor, c.currency), c.starts, c.ends,
            c.notice_on, c.auto_renew, c.renewal.pk if hasattr(c, "renewal") else None,
        )
        for c in rows
    )  # fmt: skip


def approvals(user: Anybody) -> tuple[ApprovalRow, ...]:
    """Of the accounts this person sees; newest first."""
    rows = Approval.objects.filter(account__in=accounts_of(user))
    return tuple(
        ApprovalRow(
            a.pk, a.account_id, a.account.name, a.contract.name, a.percent, _money(a.amount_minor, a.contract.currency),
            a.reason, a.asked_by.get_username(), a.asked_on, a.state, tuple(a.roles), a.expires_on,
            a.decided_by.get_username() if a.decided_by else "", a.why,
        )
        for a in rows.select_related("account", "contract", "asked_by", "decided_by")
    )  # fmt: skip


def expansions(user: Anybody) -> tuple[ExpansionRow, ...]:
    """Of the accounts this person sees, oldest first."""
    rows = Expansion.objects.filter(account__in=accounts_of(user)).select_related("account", "accepted_by")
    return tuple(
        ExpansionRow(
            e.pk, e.account_id, e.account.name, e.what, e.objective, e.accepted_by.name, e.accepted_on,
            _money(e.value_minor, e.currency), e.state,
        )
        for e in rows
    )  # fmt: skip


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
