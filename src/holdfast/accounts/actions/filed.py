"""A file taken into the book of work: every good row of it as one deed, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.accounts.access import Need, must
from holdfast.accounts.act import Act, By, act, locked
from holdfast.accounts.filed import accounts, contacts, contracts
from holdfast.accounts.filed.columns import Kind
from holdfast.accounts.filed.proposal import NOTHING, Given, Proposal, Proposed
from holdfast.accounts.filed.sheet import Sheet
from holdfast.accounts.models import Account, Contact, Contract, Renewal

NEEDS: Mapping[Kind, Need] = {"accounts": "assign", "contacts": "note", "contracts": "plan"}
PROPOSE = {"accounts": accounts.propose, "contacts": contacts.propose, "contracts": contracts.propose}


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done, and the entry of the activity that tells it; None where nothing was new or changed."""

    proposal: Proposal
    entry_id: int | None


class OtherwiseNow(Exception):
    """Somebody changed the book of work since the person looked: what they agreed to is not what would be done."""


def propose(kind: Kind, sheet: Sheet, columns: Mapping[str, str], *, by: By, given: Given = NOTHING) -> Proposal:
    """What the file would do; nothing is written. Raises MayNot."""
    must(by.user, NEEDS[kind])
    return PROPOSE[kind](by.user, sheet, columns, given)


def take_in_file(
    kind: Kind, sheet: Sheet, columns: Mapping[str, str], *, by: By, given: Given = NOTHING, stamp: str = ""
) -> Taken:
    """Write the rows that are new or changed; those that are wrong are told and left out.

    stamp: of the proposal that the person agreed to; empty for whoever did not look. Raises MayNot or OtherwiseNow.
    """
    must(by.user, NEEDS[kind])
    with act(f"take in {kind} from a file", by=by, note=sheet.file[:200]) as doing:
        proposal = PROPOSE[kind](by.user, sheet, columns, given)
        if stamp and proposal.stamp != stamp:
            raise OtherwiseNow
        WRITE[kind](doing, proposal)
    return Taken(proposal, doing.entry.pk if doing.entry else None)


def _accounts(doing: Act, proposal: Proposal) -> None:
    """New ones first, so that others may be put under them."""
    new = proposal.of("new")
    made = doing.create_all(Account, [_without_place(row) for row in new])
    by_line = {row.line: account for row, account in zip(new, made, strict=True)}
    there = _rows(Account, proposal)
    placed = [(by_line[row.line], _place(row, by_line)) for row in new]
    changed = [(there[row.row_id], {**_without_place(row), **_place(row, by_line)}) for row in proposal.of("changed")]
    doing.change_all([*placed, *changed])


def _without_place(row: Proposed) -> dict[str, Any]:
    return {name: value for name, value in row.fields.items() if name not in ("above_line", "parent_id")}


def _place(row: Proposed, by_line: Mapping[int, Account]) -> dict[str, Any]:
    if "above_line" in row.fields:
        return {"parent_id": by_line[row.fields["above_line"]].pk}
    return {"parent_id": row.fields["parent_id"]} if "parent_id" in row.fields else {}


def _contacts(doing: Act, proposal: Proposal) -> None:
    doing.create_all(Contact, [row.fields for row in proposal.of("new")])
    there = _rows(Contact, proposal)
    doing.change_all([(there[row.row_id], row.fields) for row in proposal.of("changed")])


def _contracts(doing: Act, proposal: Proposal) -> None:
    """The renewal of each new one begins with it, owned by the account's owner."""
    made = doing.create_all(Contract, [row.fields for row in proposal.of("new")])
    owners = dict(Account.objects.filter(contracts__in=made).values_list("pk", "owner_id")) if made else {}
    doing.create_all(
        Renewal,
        [{"account_id": one.account_id, "contract": one, "owner_id": owners[one.account_id], "closes_on": one.ends}
         for one in made],
    )  # fmt: skip
    there = _rows(Contract, proposal)
    doing.change_all([(there[row.row_id], row.fields) for row in proposal.of("changed")])


WRITE = {"accounts": _accounts, "contacts": _contacts, "contracts": _contracts}


def _rows(model: Any, proposal: Proposal) -> dict[Any, Any]:
    """The rows that the file changes, by key."""
    wanted = [row.row_id for row in proposal.of("changed")]
    found: dict[Any, Any] = {}
    for at in range(0, len(wanted), 500):  # a database takes only so many names in one question
        found |= {row.pk: row for row in locked(model._default_manager.filter(pk__in=wanted[at : at + 500]))}
    return found
