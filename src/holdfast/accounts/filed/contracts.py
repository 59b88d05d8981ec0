"""Contracts of a file against those of the accounts a person may see: by number, else by name within the account."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from holdfast.accounts.access import accounts_of
from holdfast.accounts.actions.renewals import may_stand
from holdfast.accounts.filed import cell, hanging
from holdfast.accounts.filed.accounts import Seen, same
from holdfast.accounts.filed.proposal import Cells, Difference, Given, Proposal, Proposed, column_of, none_twice
from holdfast.accounts.filed.sheet import Sheet
from holdfast.accounts.models import Account, Contract
from holdfast.commerce.currency import UnknownCurrency, minor_digits
from holdfast.commerce.money import Money

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

DAYS = ("starts", "ends", "notice_on")
NEEDED = ("name", "currency", "starts", "ends")
TEXTS = {"budget_cycle": 120, "price_rights": 0}  # most characters; 0: as many as one likes
CLEARED = {"notice_on": None, "budget_cycle": "", "price_rights": "", "approver_id": None, "value_minor": None}


class Known:
    """The contracts of the accounts a person may see."""

    def __init__(self, user: Anybody) -> None:
        self.by_id: dict[int, Contract] = {}
        self.by_name: dict[tuple[int, str], list[Contract]] = {}
        found = Contract.objects.filter(account__in=accounts_of(user).values("pk"))
        for one in found.select_related("account", "approver").order_by("pk"):
            self.by_id[one.pk] = one
            self.by_name.setdefault((one.account_id, same(one.name)), []).append(one)

    def contract(self, cells: Cells, account: Account | None, name: str, starts: Any) -> Contract | None:
        """Terms of one name are told apart by the day they start."""
        number = cells.read("id", cell.whole)
        if number is not None:
            return hanging.of_number(cells, number, self.by_id, account, "no contract", "contract")
        called = self.by_name.get((account.pk, same(name)), []) if account else []
        return hanging.alone(cells, [one for one in called if starts in (None, one.starts)], "contracts")


def propose(user: Anybody, sheet: Sheet, columns: Mapping[str, str], given: Given) -> Proposal:
    """columns: as `columns.guess` answers. Writes nothing."""
    seen, known = Seen(user), Known(user)
    first = {name: cell.day_first(column_of(sheet, columns, name)) for name in DAYS}
    rows = [_row(seen, known, Cells(line, sheet.header, columns), first) for line in sheet.lines]
    rows = none_twice(rows, lambda row: row.row_id or (row.fields["account_id"], same(row.fields["name"]),
                                                       row.fields["starts"]))  # fmt: skip
    settled = [replace(r, outcome="unchanged") if r.outcome == "changed" and not r.fields else r for r in rows]
    return Proposal("contracts", sheet, tuple(settled))


def _row(seen: Seen, known: Known, cells: Cells, first: Mapping[str, bool | None]) -> Proposed:
    said, days = seen.account(cells, "account_id", "account_source", "account"), hanging.days(cells, first)
    name = " ".join(cells.said("name").split())
    contract = known.contract(cells, said, name, days["starts"])
    account = hanging.account_of(seen, cells, said, contract)
    told = _fields(seen, cells, account, contract, {"name": name, **days})
    if account is not None and not cells.wrong:
        _stands(cells, account, contract, told)
    return hanging.proposed(cells, name, account, contract, told, partial(_differences, seen, contract))


def _fields(
    seen: Seen, cells: Cells, account: Account | None, contract: Contract | None, told: dict[str, Any]
) -> dict[str, Any]:
    currency = cells.read("currency", _currency) or (contract.currency if contract else "")
    told |= {"currency": currency or None, "auto_renew": cells.read("auto_renew", cell.yes_or_no)}
    told["value_minor"] = cells.read("value", lambda said: cell.minor(said, currency))
    if (told["value_minor"] or 0) < 0:
        cells.refuse("value", "a year's value is not below zero")
    told |= hanging.texts(cells, TEXTS)
    told["approver_id"] = cells.read("approver", lambda said: _approver(seen, account, contract, said))
    told = {name: value for name, value in told.items() if value not in (None, "")}
    told |= {field: value for field, value in CLEARED.items() if cells.emptied(_column(field))}
    for name in NEEDED:
        if cells.emptied(name) or (contract is None and name not in told and not cells.wrong):
            cells.refuse(name, "a contract needs one")
    return told


def _column(field: str) -> str:
    return field.removesuffix("_id").removesuffix("_minor")


def _currency(said: str) -> str:
    code = said.upper()
    try:
        minor_digits(code)
    except UnknownCurrency:
        raise ValueError("write three letters of ISO 4217, as EUR") from None
    return code


def _approver(seen: Seen, account: Account | None, contract: Contract | None, said: str) -> int | None:
    if contract and contract.approver and contract.approver.get_username() == said:
        return contract.approver_id
    found = seen.owners(account.book_id).get(said.casefold()) if account else None
    if found is None:
        raise ValueError("nobody of this name may work on this account")
    return found


def _stands(cells: Cells, account: Account, contract: Contract | None, told: Mapping[str, Any]) -> None:
    """The rules of a contract, as where it is entered by hand."""
    after = copy(contract) if contract else Contract(account=account)
    for name, value in told.items():
        setattr(after, name, value)
    try:
        may_stand(after)
    except ValidationError as problem:
        for name, reasons in problem.message_dict.items():
            cells.refuse(name, "; ".join(reasons))


def _differences(seen: Seen, contract: Contract | None, told: Mapping[str, Any]) -> tuple[Difference, ...]:
    currency = told.get("currency") or (contract.currency if contract else "")
    return tuple(
        Difference(
            _column(name),
            _told(seen, name, getattr(contract, name), contract.currency) if contract else "",
            _told(seen, name, after, currency),
        )
        for name, after in told.items()
    )


def _told(seen: Seen, name: str, value: Any, currency: str) -> str:
    if name == "value_minor" and value is not None:
        return f"{Money(value, currency).to_decimal()} {currency}"
    return cell.told(value, seen.user_names if name == "approver_id" else None)
