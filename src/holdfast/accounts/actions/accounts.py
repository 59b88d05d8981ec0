"""Accounts: taken in, changed one by one or many at once, merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.accounts.access import (
    MayNot,
    NotThere,
    access_account,
    access_book,
    accounts_of,
    may_own,
    must,
)
from holdfast.accounts.act import By, act, locked, only
from holdfast.accounts.models import (
    Account,
    Approval,
    Contact,
    Contract,
    Entry,
    Expansion,
    HealthOverride,
    Heard,
    Notice,
    Renewal,
    ReviewDraft,
    SavedView,
    Snooze,
    Task,
    Touchpoint,
    WorkObject,
)

# What belongs to an account and goes with it when it is merged.
HANGING = (
    Contact, Entry, Heard, Task, Touchpoint, Contract, Renewal, Expansion, Approval, Notice, Snooze, WorkObject,
    HealthOverride, ReviewDraft,
)  # fmt: skip
PLAN_FIELDS = frozenset(
    {"name", "segment", "archetype", "motion", "tier", "stage", "since", "tags", "custom", "parent_id"}
)
ASSIGN_FIELDS = frozenset({"book_id", "owner_id"})


class CannotMerge(ValueError):
    """Two accounts that cannot become one; the message says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """An account that the facts know. source: as Account.source."""

    source: str
    name: str
    segment: str = ""


def add_account(*, by: By, name: str, book_id: int | None = None, **fields: Any) -> Account:
    """An account that the facts do not know, or not yet."""
    must(by.user, "plan")
    if book_id is None:
        must(by.user, "assign")  # an account in no book is seen by few
    else:
        access_book(by.user, book_id, "plan")
    _seen_above(by, fields)
    with act("add account", by=by) as doing:
        doing.account = made = doing.create(
            Account, name=name.strip(), book_id=book_id, **only(fields, PLAN_FIELDS, of="an account")
        )
        _may_stand(made, fields)
        return made


def change_account(account_id: int, *, by: By, **fields: Any) -> Account:
    """Raises ValidationError for a value that a field does not take."""
    return change_accounts([account_id], by=by, **fields)[0]


def change_accounts(account_ids: Sequence[int], *, by: By, note: str = "", **fields: Any) -> list[Account]:
    """Set the same on many accounts: all of them or none, as one entry that can be undone."""
    only(fields, PLAN_FIELDS | ASSIGN_FIELDS, of="an account")
    must(by.user, "assign" if fields.keys() & ASSIGN_FIELDS or len(account_ids) > 1 else "plan")
    if fields.get("book_id") is not None:
        access_book(by.user, fields["book_id"], "assign")
    _seen_above(by, fields)
    verb = "change account" if len(account_ids) == 1 else f"change {len(account_ids)} accounts"
    with act(verb, by=by, note=note) as doing:
        accounts = _these(by, account_ids)
        for account in accounts:
            doing.change(account, **fields)
            _may_stand(account, fields)
        doing.account = accounts[0] if len(accounts) == 1 else None
        return accounts


def tag_accounts(account_ids: Sequence[int], *, by: By, add: Sequence[str] = (), drop: Sequence[str] = ()) -> None:
    """Tags are kept sorted, each once."""
    must(by.user, "assign" if len(account_ids) > 1 else "plan")
    with act("tag accounts", by=by) as doing:
        accounts = _these(by, account_ids)
        for account in accounts:
            doing.change(account, tags=sorted({*account.tags, *(t.strip() for t in add if t.strip())} - {*drop}))
        doing.account = accounts[0] if len(accounts) == 1 else None


def take_in(found: Iterable[Found], *, by: By, book_id: int | None = None) -> list[Account]:
    """Make accounts of those the facts know and the book of work does not; returns the new ones."""
    must(by.user, "assign")
    if book_id is not None:
        access_book(by.user, book_id, "assign")
    known = set(Account.objects.exclude(source="").values_list("source", flat=True))
    with act("take in accounts", by=by) as doing:
        return [
            doing.create(Account, name=one.name[:120], source=one.source, segment=one.segment, book_id=book_id)
            for one in found
            if one.source not in known
        ]


def merge_account(away_id: int, *, into_id: int, by: By) -> Account:
    """What hangs on one account goes over to another; the first stays as a name that leads to the second.

    The survivor keeps the earlier start, both sets of tags, and its own words where both have some.
    """
    must(by.user, "assign")
    if away_id == into_id:
        raise CannotMerge("an account cannot be merged into itself")
    with act("merge accounts", by=by) as doing:
        away, into = _these(by, [away_id, into_id])
        if away.merged_into_id or into.merged_into_id:
            raise CannotMerge("one of them was merged already")
        if away.source and into.source:
            raise CannotMerge(
                "the data know both as accounts of their own: merge them where they come from,"
                " or the numbers of one would vanish"
            )
        doing.account = into
        for model in HANGING:
            for row in locked(model._default_manager.filter(account=away)):
                doing.change(row, account=into)
        for child in locked(Account.objects.filter(parent=away)):
            doing.change(child, parent_id=None if child.pk == into.pk else into.pk)
        source, starts = away.source or into.source, [day for day in (away.since, into.since) if day]
        doing.change(away, merged_into=into, source="")
        doing.change(
            into, source=source, since=min(starts, default=None), tags=sorted({*away.tags, *into.tags}),
            custom=away.custom | into.custom, parent_id=None if into.parent_id == away.pk else into.parent_id,
        )  # fmt: skip
        return into


def keep_view(name: str, query: str, *, by: By, shared: bool = False) -> SavedView:
    """A person's own filters under a name; the same name again replaces them."""
    if by.key is None:
        raise MayNot("a view belongs to somebody")
    with act("keep view", by=by) as doing:
        kept = SavedView.objects.filter(user_id=by.key, name=name.strip()).first()
        if kept is None:
            return doing.create(SavedView, user_id=by.key, name=name.strip(), query=query, shared=shared)
        doing.change(kept, query=query, shared=shared)
        return kept


def drop_view(view_id: int, *, by: By) -> None:
    view = SavedView.objects.filter(pk=view_id, user=by.key).first() if by.key is not None else None
    if view is None:
        raise NotThere("there is no such view of yours")
    with act("drop view", by=by) as doing:
        doing.remove(view)


def _these(by: By, account_ids: Sequence[int]) -> list[Account]:
    """In the order asked. Raises NotThere if any is not there for this person."""
    seen = accounts_of(by.user, merged=True)
    rows = {row.pk: row for row in locked(Account.objects.filter(pk__in=account_ids).filter(pk__in=seen.values("pk")))}
    missing = [one for one in account_ids if one not in rows]
    if missing:
        raise NotThere(f"there is no account {missing[0]}")
    return [rows[one] for one in account_ids]


def _seen_above(by: By, fields: Mapping[str, Any]) -> None:
    """Nobody puts an account under one they do not see, and so learns its name. Raises NotThere."""
    if fields.get("parent_id") is not None:
        access_account(by.user, fields["parent_id"])


def _may_stand(account: Account, fields: Mapping[str, Any]) -> None:
    """Rules across accounts: an owner who may work on it, and no circle of parents."""
    from django.core.exceptions import ValidationError

    if fields.get("owner_id") is not None and not may_own(account).filter(pk=fields["owner_id"]).exists():
        raise ValidationError({"owner": f"{account.name}: this person has no seat in its book"})
    if fields.get("parent_id") is not None:
        above, seen = account.parent, {account.pk}
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"parent": f"{account.name} would stand above itself"})
            seen.add(above.pk)
            above = above.parent
