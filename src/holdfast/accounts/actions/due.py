"""Touchpoints that the rules of a tier ask for, planned before they are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from holdfast.accounts.access import may_own
from holdfast.accounts.act import By, act, locked
from holdfast.accounts.actions.scheduled import all_accounts
from holdfast.accounts.decide.due import Due, Rules, due
from holdfast.accounts.models import Account, Book, Touchpoint
from holdfast.accounts.reading.touchpoints import looked

AT_ONCE = 100  # in one transaction: between two of them others get to write


def plan_due_touchpoints(
    *, today: date, known: Rules, by: By, statuses: Mapping[int, str] | None = None
) -> list[Touchpoint]:
    """Plan what is due soon, once: whatever is planned already stays. statuses: of health, by account.

    Each is an entry of its account, some at a time: a run that was killed half way goes on where it stopped.
    """
    until = today + timedelta(days=known.plan_ahead_days)
    answers = [answer for one in looked(all_accounts(by), statuses or {}) for answer in due(one, known, today)]
    wanted = [answer for answer in answers if isinstance(answer, Due) and answer.on <= until]
    of_book = cache(_of_book)
    batches = (wanted[first : first + AT_ONCE] for first in range(0, len(wanted), AT_ONCE))
    return [made for some in batches for made in _plan(some, of_book, by)]


@dataclass(frozen=True, slots=True)
class _Book:
    """Of a book, or of no book: who may own what is planned in it, and whose it is."""

    able: frozenset[int]
    owner_id: int | None


def _of_book(book_id: int | None) -> _Book:
    able = frozenset(may_own(Account(book_id=book_id)).values_list("pk", flat=True))
    book = Book.objects.filter(pk=book_id).first() if book_id is not None else None
    return _Book(able, book.owner_id if book is not None else None)


def _plan(answers: Sequence[Due], of_book: Callable[[int | None], _Book], by: By) -> list[Touchpoint]:
    with act("plan due touchpoint", by=by) as doing:
        accounts = {a.pk: a for a in locked(Account.objects.filter(pk__in={one.account_id for one in answers}))}
        open_now = Touchpoint.objects.filter(account__in=accounts, held_at=None, called_off="")
        planned, wanted = set(open_now.values_list("account", "kind")), []
        for one in answers:
            # Somebody planned one since we looked, or another strand of the rule did.
            if (one.account_id, one.kind) not in planned and one.account_id in accounts:
                planned.add((one.account_id, one.kind))
                wanted.append(one)
        rows = [_touchpoint(one, accounts[one.account_id], of_book) for one in wanted]
        return doing.create_each(Touchpoint, rows, [one.because for one in wanted])


def _touchpoint(answer: Due, account: Account, of_book: Callable[[int | None], _Book]) -> dict[str, Any]:
    """For the account's owner, else the book's; for nobody where neither may work on it any more."""
    book = of_book(account.book_id)
    owner = next((one for one in (account.owner_id, book.owner_id) if one in book.able), None)
    agenda = f"Due by rule: {answer.because}."
    return {"account": account, "kind": answer.kind, "due": answer.on, "owner_id": owner, "agenda": agenda}
