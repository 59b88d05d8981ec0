"""People of a file against those of the accounts a person may see: by number, else by e-mail, else by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from holdfast.accounts.access import accounts_of
from holdfast.accounts.actions.timeline import NEEDS_REASON, has_reason
from holdfast.accounts.filed import cell, hanging
from holdfast.accounts.filed.accounts import Seen, same
from holdfast.accounts.filed.proposal import Cells, Difference, Given, Proposal, Proposed, Wrong, column_of, none_twice
from holdfast.accounts.filed.sheet import Sheet
from holdfast.accounts.models import Account, Contact

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

CHOICES = {"part": Contact.Part.choices, "stance": Contact.Stance.choices}
TEXTS = {"title": 120, "stance_why": 0, "concern": 0}  # most characters; 0: as many as one likes
DAYS = ("stance_on", "left_on")
NOBODY = "nobody of this account, and of no good row of this file, is called so"
MOST = 5  # of influence and interest
CLEARED = {"title": "", "email": "", "part": "", "stance": "", "stance_why": "", "concern": "", "influence": None,
           "interest": None, "stance_on": None, "left_on": None}  # fmt: skip


class Known:
    """The people of the accounts a person may see, by how files name them."""

    def __init__(self, user: Anybody) -> None:
        self.by_id: dict[int, Contact] = {}
        self.by_mail: dict[tuple[int, str], list[Contact]] = {}
        self.by_name: dict[tuple[int, str], list[Contact]] = {}
        for one in Contact.objects.filter(account__in=accounts_of(user).values("pk")).order_by("pk"):
            self.by_id[one.pk] = one
            if one.email:
                self.by_mail.setdefault((one.account_id, one.email.casefold()), []).append(one)
            self.by_name.setdefault((one.account_id, same(one.name)), []).append(one)

    def contact(self, cells: Cells, account: Account | None, name: str) -> Contact | None:
        number = cells.read("id", cell.whole)
        if number is not None:
            return hanging.of_number(cells, number, self.by_id, account, "nobody", "person")
        if account is None:
            return None
        if cells.said("email"):
            theirs = self.by_mail.get((account.pk, cells.said("email").casefold()), [])
            if len(theirs) == 1:
                return theirs[0]
        return self._named(cells, account, name)

    def _named(self, cells: Cells, account: Account, name: str) -> Contact | None:
        """Of the same name; of two people with the same name but other addresses, neither."""
        mail, called = cells.said("email").casefold(), self.by_name.get((account.pk, same(name)), [])
        fitting = [one for one in called if not (mail and one.email) or one.email.casefold() == mail]
        return hanging.alone(cells, fitting, "people")


def propose(user: Anybody, sheet: Sheet, columns: Mapping[str, str], given: Given) -> Proposal:
    """columns: as `columns.guess` answers. Writes nothing."""
    seen, known = Seen(user), Known(user)
    first = {name: cell.day_first(column_of(sheet, columns, name)) for name in DAYS}
    rows = [_row(seen, known, Cells(line, sheet.header, columns), first) for line in sheet.lines]
    rows = none_twice(rows, lambda row: row.row_id or (row.fields["account_id"], same(row.fields["name"]),
                                                       row.fields.get("email", "")))  # fmt: skip
    return Proposal("contacts", sheet, tuple(_settled(row) for row in _placed(known, rows)))


def _row(seen: Seen, known: Known, cells: Cells, first: Mapping[str, bool | None]) -> Proposed:
    said = seen.account(cells, "account_id", "account_source", "account")
    parts = (cells.said("first_name"), cells.said("last_name"))
    name = " ".join((cells.said("name") or " ".join(parts)).split())
    contact = known.contact(cells, said, name)
    account = hanging.account_of(seen, cells, said, contact)
    told = _fields(known, cells, account, first)
    if name:
        told["name"] = name
    elif contact is None and not cells.wrong:
        cells.refuse("name", "a person needs a name")
    if len(name) > 120:
        cells.refuse("name", "longer than 120 characters")
    _reasoned(cells, contact, told)
    return hanging.proposed(cells, name, account, contact, told, partial(_differences, known, contact))


def _fields(
    known: Known, cells: Cells, account: Account | None, first: Mapping[str, bool | None]
) -> dict[str, Any]:  # fmt: skip
    """A superior who is not there stays as they are named, in "reports_to": they may stand in the same file."""
    told: dict[str, Any] = {"email": cells.read("email", _mail)}
    for name, choices in CHOICES.items():
        told[name] = cells.read(name, lambda said, choices=choices: cell.one_of(said, choices))  # type: ignore[misc]
    told |= hanging.texts(cells, TEXTS)
    for name in ("influence", "interest"):
        told[name] = cells.read(name, _out_of_five)
    told |= hanging.days(cells, first)
    told["reports_to_id"] = cells.read("reports_to", lambda said: _boss(known, account, said))
    if told["reports_to_id"] is None:
        told["reports_to"] = cells.said("reports_to") or None
    told = {name: value for name, value in told.items() if value is not None}
    told |= {name: value for name, value in CLEARED.items() if cells.emptied(name)}
    return told | ({"reports_to_id": None} if cells.emptied("reports_to") else {})


def _mail(said: str) -> str:
    try:
        validate_email(said)
    except ValidationError:
        raise ValueError("this is no e-mail address") from None
    return said


def _out_of_five(said: str) -> int:
    if said not in {str(number) for number in range(MOST + 1)}:
        raise ValueError(f"write a whole number from 0 to {MOST}")
    return int(said)


def _boss(known: Known, account: Account | None, said: str) -> int | None:
    found = known.by_name.get((account.pk, same(said)), []) if account else []
    if len(found) > 1:
        raise ValueError(f"{len(found)} people of this account are called so")
    return int(found[0].pk) if found else None


def _placed(known: Known, rows: list[Proposed]) -> list[Proposed]:
    """Superiors whom the same file makes: "reports_to", a name, becomes above_line. Who hangs on a bad row is one."""
    while True:
        made: dict[tuple[int, str], list[int]] = {}
        for row in rows:
            if row.outcome == "new":
                made.setdefault((row.fields["account_id"], same(row.fields["name"])), []).append(row.line)
        placed = [_under(known, row, made) for row in rows]
        if [row.outcome for row in placed] == [row.outcome for row in rows]:
            return placed
        rows = [new if new.outcome == "rejected" else old for old, new in zip(rows, placed, strict=True)]


def _under(known: Known, row: Proposed, made: Mapping[tuple[int, str], list[int]]) -> Proposed:
    if "reports_to" not in row.fields:
        return row
    name, fields = row.fields["reports_to"], {k: v for k, v in row.fields.items() if k != "reports_to"}
    account_id = known.by_id[row.row_id].account_id if row.row_id else row.fields["account_id"]
    lines = made.get((account_id, same(name)), [])
    if len(lines) == 1:
        return replace(row, fields=fields | {"above_line": lines[0]})
    many = f"{len(lines)} people of this file are called so"
    return row.refused(Wrong("reports_to", name, many if lines else NOBODY))


def _reasoned(cells: Cells, contact: Contact | None, told: dict[str, Any]) -> None:
    """A stance needs what they said or did, and the day."""
    kept = {name: getattr(contact, name) for name in ("stance", "stance_why", "stance_on")} if contact else {}
    if not has_reason(kept | told):
        cells.refuse("stance", NEEDS_REASON)


def _settled(row: Proposed) -> Proposed:
    if row.fields.get("above_line") == row.line:
        return row.refused(Wrong("reports_to", row.name, "nobody reports to themselves"))
    if row.outcome != "changed":
        return row
    if row.fields.get("reports_to_id") == row.row_id:
        return row.refused(Wrong("reports_to", row.name, "nobody reports to themselves"))
    return row if row.fields else replace(row, outcome="unchanged")


def _differences(known: Known, contact: Contact | None, told: Mapping[str, Any]) -> tuple[Difference, ...]:
    return tuple(
        Difference(
            name.removesuffix("_id"),
            cell.told(getattr(contact, name), _words(known, name)) if contact else "",
            cell.told(after, _words(known, name)),
        )
        for name, after in told.items()
    )


def _words(known: Known, name: str) -> dict[Any, str] | None:
    if name == "reports_to_id":
        return {None: "", **{key: one.name for key, one in known.by_id.items()}}
    return {key: str(words) for key, words in CHOICES[name]} if name in CHOICES else None
