"""Accounts of a file against those a person may see: by number, else by where the data know them, else by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from holdfast.accounts.access import EVERYWHERE, accounts_of, books_of, may_own, role_of
from holdfast.accounts.filed import cell
from holdfast.accounts.filed.proposal import Cells, Difference, Given, Proposal, Proposed, Wrong, column_of, none_twice
from holdfast.accounts.filed.sheet import Sheet
from holdfast.accounts.models import Account, Book

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

CHOICES = {
    "archetype": Account.Archetype.choices, "motion": Account.Motion.choices, "tier": Account.Tier.choices,
    "stage": Account.Stage.choices,
}  # fmt: skip
CLEARED = {"book": None, "owner": None, "parent": None, "since": None, "segment": "", "archetype": "", "motion": ""}
NEEDED = ("name", "tier", "stage")
LONGEST = {"name": 120, "segment": 40}  # characters
OWN_NAME = 60  # characters of the name of an own field


def same(name: str) -> str:
    """Names that are one: case and spaces aside."""
    return " ".join(name.split()).casefold()


@dataclass
class Seen:
    """What the person may see of the book of work, by how files name it."""

    user: Anybody
    by_id: dict[int, Account] = field(default_factory=dict)
    by_source: dict[str, Account] = field(default_factory=dict)
    by_name: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))
    _owners: dict[int | None, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for account in accounts_of(self.user).select_related("book", "owner").order_by("pk"):
            self.by_id[account.pk] = account
            self.by_name[same(account.name)].append(account)
            if account.source:
                self.by_source[account.source] = account

    @cached_property
    def books(self) -> dict[str, Book]:
        return {same(book.name): book for book in books_of(self.user)}

    @cached_property
    def book_names(self) -> dict[int | None, str]:
        return {None: "", **{book.pk: book.name for book in self.books.values()}}

    def owners(self, book_id: int | None) -> dict[str, int]:
        """Who may own an account of this book, by the name they sign in with."""
        if book_id not in self._owners:
            found = {user.pk: user.get_username() for user in may_own(Account(book_id=book_id))}
            self.user_names |= found
            self._owners[book_id] = {name.casefold(): key for key, name in found.items()}
        return self._owners[book_id]

    @cached_property
    def user_names(self) -> dict[Any, str]:
        """Of the owners met so far."""
        owners = (account.owner for account in self.by_id.values() if account.owner)
        return {None: "", **{owner.pk: owner.get_username() for owner in owners}}

    def named(self, name: str) -> Account | None:
        """Raises ValueError where several are called so."""
        found = self.by_name.get(same(name), [])
        if len(found) > 1:
            raise ValueError(f"{len(found)} accounts are called so: say the number of the one you mean")
        return found[0] if found else None

    def account(self, cells: Cells, key: str, source: str, name: str) -> Account | None:
        """The account a line means; None for one that is not there. What contradicts itself is noted with the cells."""
        number = cells.read(key, cell.whole)
        if number is not None:
            found = self.by_id.get(number)
            if found is None:
                cells.refuse(key, "there is no account of this number that you see")
            return found
        if cells.said(source):
            found = self.by_source.get(cells.said(source))
            if found is None:
                cells.refuse(source, "the data know no account so that you see: leave this empty to go by the name")
            return found
        found = cells.read(name, self.named)
        return found if isinstance(found, Account) else None


def propose(user: Anybody, sheet: Sheet, columns: Mapping[str, str], given: Given) -> Proposal:
    """columns: as `columns.guess` answers. Writes nothing."""
    seen, first = Seen(user), cell.day_first(column_of(sheet, columns, "since"))
    rows = [_row(seen, Cells(line, sheet.header, columns), given, first) for line in sheet.lines]
    rows = none_twice(rows, lambda row: row.row_id or same(row.name))
    return Proposal("accounts", sheet, tuple(_placed(seen, rows)))


def _row(seen: Seen, cells: Cells, given: Given, first: bool | None) -> Proposed:
    account = seen.account(cells, "id", "source", "name")
    if account is not None and cells.said("source") and cells.said("source") != account.source:
        cells.refuse("source", f"account {account.pk} is known otherwise, which no file changes")
    told = _fields(seen, cells, account, given, first)
    name = told.get("name") or (account.name if account else cells.said("name"))
    if not name and not cells.wrong:
        cells.refuse("name", "a new account needs a name")
    row = Proposed(cells.line.number, name, "new", cells=cells.line.cells)
    if cells.wrong:
        return row.refused(*cells.wrong)
    if account is None:
        return replace(row, fields=told, differences=_differences(seen, None, told))
    moved = {key: value for key, value in told.items() if key == "parent" or _holds(account, key) != value}
    if not (cells.said("id") or cells.said("source")):
        moved.pop("name", None)  # it found the account: the same but for case and spaces
    return replace(
        row, outcome="changed", row_id=account.pk, fields=moved, differences=_differences(seen, account, moved)
    )


def _holds(account: Account, name: str) -> Any:
    return sorted(account.tags) if name == "tags" else getattr(account, name)


def _fields(seen: Seen, cells: Cells, account: Account | None, given: Given, first: bool | None) -> dict[str, Any]:
    """What the line says, as an account holds it. "parent" stays as it is named: it may stand in the same file."""
    told: dict[str, Any] = {"name": " ".join(cells.said("name").split())} if cells.said("name") else {}
    for name, choices in CHOICES.items():
        told[name] = cells.read(name, lambda said, choices=choices: cell.one_of(said, choices))  # type: ignore[misc]
    told["segment"] = cells.read("segment", lambda said: _segment(said, given.segments))
    told["since"] = cells.read("since", lambda said: cell.day(said, first))
    told["tags"] = cells.read("tags", cell.tags)
    told["book_id"] = cells.read("book", lambda said: _book(seen, said))
    told["parent"] = cells.said("parent") or None
    told = {name: value for name, value in told.items() if value is not None}
    told |= {"book_id" if n == "book" else "owner_id" if n == "owner" else n: v for n, v in CLEARED.items()
             if cells.emptied(n)}  # fmt: skip
    if cells.emptied("tags"):
        told["tags"] = []
    for name in NEEDED:
        if cells.emptied(name):
            cells.refuse(name, "an account has one: write another, or leave the cell empty")
    _customs(cells, account, told)
    _seat(seen, cells, account, given, told)
    for name, most in LONGEST.items():
        if len(told.get(name) or "") > most:
            cells.refuse(name, f"longer than {most} characters")
    return told


def _segment(said: str, segments: Mapping[str, str]) -> str:
    """Of the framework by its key or words, else the merchant's own."""
    try:
        return cell.one_of(said, segments.items())
    except ValueError:
        return said


def _book(seen: Seen, said: str) -> int:
    if same(said) not in seen.books:
        raise ValueError("no book that you see is called so")
    return int(seen.books[same(said)].pk)


def _customs(cells: Cells, account: Account | None, told: dict[str, Any]) -> None:
    said = cells.customs()
    if any(len(name) > OWN_NAME for name in said):
        cells.refuse("", f"the name of an own field is longer than {OWN_NAME} characters")
    if said:
        kept = dict(account.custom) if account else {}
        told["custom"] = {name: value for name, value in (kept | said).items() if value}


def _seat(seen: Seen, cells: Cells, account: Account | None, given: Given, told: dict[str, Any]) -> None:
    """The book, and an owner who has a seat in it."""
    if account is None and "book_id" not in told and given.book_id is not None:
        told["book_id"] = given.book_id
    book_id = told.get("book_id", account.book_id if account else None)
    if account is None and book_id is None and not cells.wrong and role_of(seen.user) not in EVERYWHERE:
        cells.refuse("book", "say the book: in none you would not see the account")
    said = cells.said("owner")
    stays = account is not None and account.owner is not None and account.owner.get_username() == said
    if said and not (stays and account is not None and book_id == account.book_id):  # whoever left may still own it
        told["owner_id"] = cells.read("owner", lambda name: _owner(seen, book_id, name))


def _owner(seen: Seen, book_id: int | None, name: str) -> int:
    if name.casefold() not in seen.owners(book_id):
        raise ValueError("nobody of this name has a seat in its book")
    return seen.owners(book_id)[name.casefold()]


def _placed(seen: Seen, rows: list[Proposed]) -> list[Proposed]:
    """Parents found among what is there and what the file makes; circles refused; then each row knows its outcome."""
    while True:
        made = {same(row.name): row.line for row in rows if row.outcome == "new"}
        placed = [_parent(seen, row, made) for row in rows]
        circling = _circling(seen, placed)
        placed = [
            row.refused(Wrong("", row.name, "it would stand above itself")) if row.line in circling else row
            for row in placed
        ]
        if sum(row.outcome == "rejected" for row in placed) == sum(row.outcome == "rejected" for row in rows):
            return [_settled(row) for row in placed]
        rows = [placed[at] if placed[at].outcome == "rejected" else row for at, row in enumerate(rows)]


def _parent(seen: Seen, row: Proposed, made: Mapping[str, int]) -> Proposed:
    """fields["parent"], a name, becomes parent_id or above_line, the line of the file that makes it."""
    if "parent" not in row.fields:
        return row
    name, fields = row.fields["parent"], {k: v for k, v in row.fields.items() if k != "parent"}
    if name is None:
        return _under(seen, row, fields | {"parent_id": None}, "")
    try:
        found = seen.named(name)
    except ValueError as problem:
        return row.refused(Wrong("parent", name, str(problem)))
    if found is not None:
        return _under(seen, row, fields | {"parent_id": found.pk}, found.name)
    if same(name) in made:
        return _under(seen, row, fields | {"above_line": made[same(name)]}, name)
    return row.refused(Wrong("parent", name, "no account that you see, and no good row of this file, is called so"))


def _under(seen: Seen, row: Proposed, fields: dict[str, Any], name: str) -> Proposed:
    account = seen.by_id.get(row.row_id or 0)
    before = account.parent_id if account else None
    if "above_line" not in fields and fields["parent_id"] == before:
        return replace(row, fields={k: v for k, v in fields.items() if k != "parent_id"})
    above = seen.by_id.get(before or 0)
    said = Difference("parent", above.name if above else "", name)
    return replace(row, fields=fields, differences=(*row.differences, said))


def _circling(seen: Seen, rows: list[Proposed]) -> set[int]:
    """The lines whose accounts would stand above themselves. Accounts are "a<key>", new ones "n<line>"."""
    above: dict[str, str] = {
        f"a{pk}": f"a{parent}"
        for pk, parent in Account.objects.exclude(parent=None).values_list("pk", "parent_id")
    }  # fmt: skip
    node = {row.line: f"a{row.row_id}" if row.row_id else f"n{row.line}" for row in rows}
    for row in rows:
        if "above_line" in row.fields:
            above[node[row.line]] = node[row.fields["above_line"]]
        elif "parent_id" in row.fields:
            above[node[row.line]] = f"a{row.fields['parent_id']}"
    moved = [row for row in rows if {"above_line", "parent_id"} & row.fields.keys()]
    return {row.line for row in moved if _comes_back(above, node[row.line])}


def _comes_back(above: Mapping[str, str], start: str) -> bool:
    at, passed = above.get(start), {start}
    while at is not None and at not in passed:
        passed.add(at)
        at = above.get(at)
    return at == start


def _settled(row: Proposed) -> Proposed:
    return replace(row, outcome="unchanged") if row.outcome == "changed" and not row.fields else row


def _differences(seen: Seen, account: Account | None, told: Mapping[str, Any]) -> tuple[Difference, ...]:
    found = []
    for name, after in told.items():
        if name == "parent":
            continue
        if name == "custom":
            before = account.custom if account else {}
            found += [
                Difference(own, before.get(own, ""), after.get(own, ""))
                for own in sorted({*before, *after})
                if before.get(own, "") != after.get(own, "")
            ]
            continue
        words = _words(seen, name)
        now = cell.told(getattr(account, name), words) if account else ""
        found.append(Difference(name.removesuffix("_id"), now, cell.told(after, words)))
    return tuple(found)


def _words(seen: Seen, name: str) -> dict[Any, str] | None:
    if name == "book_id":
        return dict(seen.book_names)
    if name == "owner_id":
        return seen.user_names
    return {key: str(words) for key, words in CHOICES[name]} if name in CHOICES else None
