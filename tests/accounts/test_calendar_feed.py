"""The calendar feed: RFC 5545 text that a parser reads back, at an address that can be revoked, of what one may see."""

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from acting import by
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.actions import accounts, people, renewals, timeline
from holdfast.accounts.actions.feed import make_feed, revoke_feed
from holdfast.accounts.models import Audit, CalendarFeed
from holdfast.accounts.reading.feed import calendar_of, owner_of
from holdfast.accounts.telling.calendar import Meeting, ToDo, calendar_text

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = NOW.date()


def written(*rows) -> bytes:
    return calendar_text(rows, now=NOW, host="holdfast.example")


def read(text: bytes) -> dict[str, icalendar.Component]:
    found = icalendar.Calendar.from_ical(text)
    assert found["VERSION"] == "2.0" and found["PRODID"]
    return {str(c["UID"]): c for c in found.subcomponents}


def test_a_meeting_at_a_moment_one_of_a_day_and_a_step_are_read_back():
    found = read(written(
        Meeting("touchpoint:1", "Kelp: check-in", datetime(2026, 3, 3, 14, 30, tzinfo=UTC), "Due by rule."),
        Meeting("notice:2", "Kelp: notice", date(2026, 3, 22)), ToDo("task:3", "Kelp: call", DAY, "agreed"),
    ))  # fmt: skip
    meeting, notice, todo = (found[f"{key}@holdfast.example"] for key in ("touchpoint-1", "notice-2", "task-3"))
    assert (meeting.name, meeting.decoded("dtstart"), meeting.decoded("dtend")) == (
        "VEVENT",
        datetime(2026, 3, 3, 14, 30, tzinfo=UTC),
        datetime(2026, 3, 3, 15, 0, tzinfo=UTC),
    )
    assert (notice.decoded("dtstart"), notice.decoded("dtend"), notice["TRANSP"]) == (
        date(2026, 3, 22),
        date(2026, 3, 23),
        "TRANSPARENT",
    )
    assert (todo.name, todo.decoded("due"), str(todo["SUMMARY"]), str(todo["DESCRIPTION"])) == (
        "VTODO",
        DAY,
        "Kelp: call",
        "agreed",
    )
    assert all(c.decoded("dtstamp") == NOW for c in found.values())


def test_lines_are_folded_at_75_octets_and_end_as_the_standard_says():
    text = written(ToDo("task:1", "Prüfen, ob die Lösung hält; " * 20, DAY, "a\nb"))
    lines = text.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75 and b"\n" not in text.replace(b"\r\n", b"")
    assert (
        b"DTSTAMP:20260302T080000Z" in lines and b"DUE;VALUE=DATE:20260302" in lines and rb"DESCRIPTION:a\nb" in lines
    )
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    for line in lines:
        line.decode()  # no character is cut in two


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=200))
def test_whatever_somebody_typed_comes_back_as_it_was(title):
    assert str(read(written(ToDo("task:1", title, DAY)))["task-1@holdfast.example"]["SUMMARY"]) == title


def test_nothing_typed_becomes_a_line_of_its_own():
    found = read(written(ToDo("task:1", "x\r\nEND:VTODO\r\nBEGIN:VEVENT\x00\x1b", DAY)))
    assert (
        list(found) == ["task-1@holdfast.example"]
        and found["task-1@holdfast.example"]["SUMMARY"] == "x\nEND:VTODO\nBEGIN:VEVENT"
    )


@pytest.fixture
def week(cast):
    timeline.add_task(cast.kelp.pk, "Send the terms", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    done = timeline.add_task(cast.kelp.pk, "Done", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    timeline.finish_task(done.pk, at=NOW, by=by(cast.cas))
    timeline.add_task(cast.kelp.pk, "Somebody else's", due=DAY, owner_id=cast.sup.pk, by=by(cast.cas))
    at = NOW + timedelta(days=1)
    timeline.plan_touchpoint(cast.kelp.pk, kind="review", due=at.date(), at=at, owner_id=cast.cas.pk, by=by(cast.cas))
    off = timeline.plan_touchpoint(cast.kelp.pk, kind="check_in", due=DAY, owner_id=cast.cas.pk, by=by(cast.cas))
    timeline.call_off_touchpoint(off.pk, "On holiday.", by=by(cast.cas))
    term = {"currency": "EUR", "starts": date(2025, 7, 1), "ends": date(2026, 6, 30)}
    renewals.add_contract(cast.kelp.pk, by=by(cast.cas), name="Plan A", notice_on=date(2026, 3, 22), **term)
    return cast


@pytest.mark.django_db
def test_a_person_finds_their_own_open_things_and_nothing_of_an_account_that_went_to_another_book(week):
    titles = {row.title for row in calendar_of(week.cas, DAY)}
    assert titles == {
        "Kelp: Send the terms",
        "Kelp: review",
        "Kelp: Plan A ends",
        "Kelp: last day for notice of Plan A",
    }
    assert len(read(written(*calendar_of(week.cas, DAY)))) == 4
    assert calendar_of(week.eve, DAY) == calendar_of(week.dot, DAY) == calendar_of(AnonymousUser(), DAY) == []
    accounts.change_account(week.kelp.pk, by=by(week.mia), book_id=week.south.pk)
    assert calendar_of(week.cas, DAY) == []


@pytest.mark.django_db
def test_the_address_is_told_once_only_its_hash_is_kept_and_a_new_one_ends_the_old(cast):
    first = make_feed(at=NOW, by=by(cast.cas))
    assert owner_of(first) == cast.cas and len(first) > 40
    assert not any(first in str(value) for value in CalendarFeed.objects.values_list())
    assert CalendarFeed.objects.get().token_hash not in str(list(Audit.objects.values_list("changes")))
    second = make_feed(at=NOW, by=by(cast.cas))
    assert owner_of(second) == cast.cas
    for gone in (first, "", "x" * 43):
        with pytest.raises(NotThere):
            owner_of(gone)


@pytest.mark.django_db
def test_a_revoked_address_and_one_of_somebody_who_went_open_nothing(cast):
    token, other = make_feed(at=NOW, by=by(cast.cas)), make_feed(at=NOW, by=by(cast.dot))
    revoke_feed(at=NOW, by=by(cast.cas))
    people.change_person(cast.dot.pk, by=by(cast.ada), active=False)
    for gone in (token, other):
        with pytest.raises(NotThere):
            owner_of(gone)
    with pytest.raises(NotThere):
        revoke_feed(at=NOW, by=by(cast.eve))
    with pytest.raises(MayNot):
        make_feed(at=NOW, by=by(AnonymousUser()))
