"""A row of what hangs on an account, a person or a contract: which one is meant, and what of it would be another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from holdfast.accounts.filed import cell
from holdfast.accounts.filed.accounts import Seen, same
from holdfast.accounts.filed.proposal import Cells, Difference, Proposed
from holdfast.accounts.models import Account


class Hanging(Protocol):
    """What has a number and a name within its account."""

    pk: int
    account_id: int
    name: str


H = TypeVar("H", bound=Hanging)


def of_number(
    cells: Cells, number: int, known: Mapping[int, H], account: Account | None, one: str, this: str
) -> H | None:
    """What the number means; refused where nobody sees it, and where it is of another account than the row says."""
    found = known.get(number)
    if found is None:
        cells.refuse("id", f"there is {one} of this number that you see")
    elif account is not None and found.account_id != account.pk:
        cells.refuse("id", f"this {this} is of another account, which no file changes")
    return found


def alone(cells: Cells, fitting: list[H], many: str) -> H | None:
    """The only one of its name; refused where there are more."""
    if len(fitting) > 1:
        cells.refuse("name", f"{len(fitting)} {many} there are called so: say the number of the one you mean")
    return fitting[0] if len(fitting) == 1 else None


def account_of(seen: Seen, cells: Cells, said: Account | None, found: Hanging | None) -> Account | None:
    """As the row says, else as what it means hangs on."""
    account = seen.by_id[found.account_id] if said is None and found is not None else said
    if account is None and not cells.wrong:
        cells.refuse("account", "no account that you see is called so")
    return account


def texts(cells: Cells, most: Mapping[str, int]) -> dict[str, str | None]:
    """By column; most: characters, 0 for as many as one likes."""
    told = {name: cells.said(name) or None for name in most}
    for name, said in told.items():
        if most[name] and len(said or "") > most[name]:
            cells.refuse(name, f"longer than {most[name]} characters")
    return told


def proposed(
    cells: Cells, name: str, account: Account | None, found: Hanging | None, told: dict[str, Any],
    differences: Callable[[Mapping[str, Any]], tuple[Difference, ...]],
) -> Proposed:  # fmt: skip
    """New, changed or refused. Its name is no change where it differs in case or spaces alone and a number was not
    said."""
    called = name or (found.name if found else "")
    row = Proposed(cells.line.number, f"{called}, {account.name}" if account else name, "new", cells=cells.line.cells)
    if cells.wrong or account is None:
        return row.refused(*cells.wrong)
    if found is None:
        return replace(row, fields=told | {"account_id": account.pk}, differences=differences(told))
    moved = {key: value for key, value in told.items() if getattr(found, key) != value}
    if not cells.said("id") and same(name) == same(found.name):
        moved.pop("name", None)
    return replace(row, outcome="changed", row_id=found.pk, fields=moved, differences=differences(moved))


def days(cells: Cells, first: Mapping[str, bool | None]) -> dict[str, Any]:
    """Days by column, read as the whole column writes them."""
    return {name: cells.read(name, lambda said, how=how: cell.day(said, how)) for name, how in first.items()}  # type: ignore[misc]
