"""What the book of work tells health of an account: who took part, not who is listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdfast.accounts.models import Account, Attendance, Book, Contact, Task, Touchpoint
from holdfast.health.work import Work
from holdfast.warehouse.home import Home
from holdfast.web import wellbeing

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def kelp(home: Home, db: None) -> Account:
    return Account.objects.create(name="Kelp", source="shops:kelp", book=Book.objects.create(name="North"))


def met(account: Account, days_ago: int, *people: Contact) -> None:
    at = NOW - timedelta(days=days_ago)
    held = Touchpoint.objects.create(account=account, due=at.date(), held_at=at, recap="Talked")
    for one in people:
        Attendance.objects.create(touchpoint=held, contact=one)


def told(account: Account) -> Work:
    return wellbeing.works(DAY)[account.facts_name]


def test_people_who_are_listed_and_never_came_are_no_threads(kelp: Account) -> None:
    Contact.objects.create(account=kelp, name="Ann", part="champion")
    Contact.objects.create(account=kelp, name="Ben", part="buyer")
    met(kelp, 5)
    work = told(kelp)
    assert (work.threads, work.sponsor_on, work.champion) == (None, None, True)


def test_threads_are_the_people_who_took_part_in_the_last_ninety_days(kelp: Account) -> None:
    ann, ben, cat, gone = (Contact.objects.create(account=kelp, name=n) for n in ("Ann", "Ben", "Cat", "Gil"))
    met(kelp, 3, ann)
    met(kelp, 40, ann, ben, gone)
    met(kelp, 91, cat)
    Contact.objects.filter(pk=gone.pk).update(left_on=DAY)
    assert told(kelp).threads == 2


def test_nobody_for_ninety_days_is_none_of_them_where_it_was_written_down_before(kelp: Account) -> None:
    ann = Contact.objects.create(account=kelp, name="Ann")
    met(kelp, 91, ann)
    assert told(kelp).threads == 0
    met(kelp, 4)
    assert told(kelp).threads is None


def test_the_sponsor_was_spoken_to_when_the_buyer_took_part_and_not_when_anybody_did(kelp: Account) -> None:
    user = Contact.objects.create(account=kelp, name="Ann", part="user")
    buyer = Contact.objects.create(account=kelp, name="Ben", part="buyer")
    met(kelp, 60, buyer, user)
    met(kelp, 2, user)
    assert told(kelp).sponsor_on == DAY - timedelta(days=60)


def test_works_asks_the_same_number_of_queries_for_any_number_of_accounts(kelp: Account) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            wellbeing.works(DAY)
        return len(queries)

    met(kelp, 3, Contact.objects.create(account=kelp, name="Ann"))
    before = asked()
    for n in range(5):
        one = Account.objects.create(name=f"A{n}", source=f"shops:a{n}", book=kelp.book)
        met(one, 3, Contact.objects.create(account=one, name="Ann"))
        Task.objects.create(account=one, what="Call", due=DAY)
    assert asked() == before == 4


def test_the_book_is_not_read_where_readings_are_kept_already(kelp: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.health.history.are_kept", lambda home: True)
    with CaptureQueriesContext(connection) as queries:
        assert wellbeing.keep(NOW) == 0
    assert not queries.captured_queries


def test_it_is_read_once_where_they_are_not(kelp: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[Any] = []

    def keep(home: Home, *, now: datetime, work: Any) -> tuple[Path, int]:
        handed.append(work)
        return Path(), 1

    monkeypatch.setattr("holdfast.health.history.are_kept", lambda home: False)
    monkeypatch.setattr("holdfast.health.history.keep_readings", keep)
    assert wellbeing.keep(NOW) == 1
    assert set(handed[0]) == {"kelp"}
