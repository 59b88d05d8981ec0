"""What the book of work tells health of an account: who took part, not who is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdfast.accounts.models import Account, Attendance, Book, Contact, HealthOverride, Task, Touchpoint
from holdfast.accounts.reading.item import of_health
from holdfast.health.answer import Evidence
from holdfast.health.history import Kept
from holdfast.health.reading import Reading, Reason
from holdfast.health.subject import Subject
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
    assert call_command("keep_health", stdout=StringIO()) == "1", "by hand as by the worker"
    assert set(handed[1]) == {"kelp"}


def read(
    day: date, lost: dict[str, int], book: frozenset[str] = frozenset(), known: str = "then", digest: str = "d"
) -> Kept:
    """Two inputs or more of a thousand tenths; each has lost some."""
    full = 1000 // len(lost)
    reasons = tuple(
        Reason(id, id, "Money", full // 10, full, taken, taken / full, f"{id} {taken}",
               Evidence("book" if id in book else "metric", id, 1, day, 9))
        for id, taken in lost.items()
    )  # fmt: skip
    score = 1000 - sum(lost.values())
    one = Reading(Subject("account", "kelp", "kelp"), "subscription", digest, day, known, score, "watch", 100.0, 60.0,
                  reasons, ())  # fmt: skip
    return Kept("s", datetime(2026, 3, 1, 8), "kelp", one)


def told_of_fall(account: Account, monkeypatch: pytest.MonkeyPatch, *kept: Kept) -> Any:
    monkeypatch.setattr(wellbeing, "_kept", lambda: {account.source: kept})
    return wellbeing.given([account], DAY).health[account.pk]


def test_a_fall_is_news_on_the_day_it_was_read_even_where_the_data_end_long_before(
    kelp: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read(date(2011, 9, 30), {"tickets": 0, "refunds": 10}, known="now")
    found = told_of_fall(kelp, monkeypatch, before, read(date(2011, 12, 9), {"tickets": 80, "refunds": 10}))
    assert (found.fell_on, found.told_on) == (date(2011, 12, 9), date(2026, 3, 1))
    (item,) = of_health({kelp.pk: found}, DAY)
    assert item.what == "Health fell: to be watched, 91 points" and item.due == date(2026, 3, 1)
    assert item.evidence[0] == "It fell on 2011-12-09, in data that were read on 2026-03-01."
    assert not list(of_health({kelp.pk: found}, DAY + timedelta(days=30)))


def test_what_the_book_began_to_say_since_a_day_looked_back_at_is_no_fall(
    kelp: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = {"tickets": 10, "champion": 120}
    looked_back = read(date(2026, 1, 1), {"tickets": 10}, known="now")
    assert told_of_fall(kelp, monkeypatch, looked_back, read(DAY, now, frozenset({"champion"}))).fell_on is None
    read_then = read(date(2026, 1, 1), {"tickets": 10, "champion": 0}, frozenset({"champion"}))
    assert told_of_fall(kelp, monkeypatch, read_then, read(DAY, now, frozenset({"champion"}))).fell_on == DAY


def test_an_edited_scorecard_makes_no_fall(kelp: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(date(2026, 1, 1), {"tickets": 10, "refunds": 0}, digest="older")
    assert told_of_fall(kelp, monkeypatch, before, read(DAY, {"tickets": 90, "refunds": 0})).fell_on is None


def test_a_red_account_is_red_for_the_rule_of_touchpoints(kelp: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    one = read(DAY, {"tickets": 400, "refunds": 300})
    monkeypatch.setattr(
        wellbeing, "_kept", lambda: {kelp.source: (replace(one, reading=replace(one.reading, status="risk")),)}
    )
    assert wellbeing.given([kelp], DAY).health[kelp.pk].for_the_rule == "red"
    assert wellbeing.at_risk(Account.objects.all(), DAY) == {kelp.pk}
    HealthOverride.objects.create(
        account=kelp, status="watch", reason="Signed", since=DAY, until=DAY + timedelta(days=9)
    )
    assert wellbeing.at_risk(Account.objects.all(), DAY) == frozenset()
