"""A person's calendar as RFC 5545 text, which any calendar program subscribes to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event, Todo

MINUTES = 30  # of a touchpoint that says when it begins
NAME = "Holdfast"
REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Meeting:
    """An event at a moment (UTC), or of a whole day. key: "touchpoint:12", the same for ever."""

    key: str
    title: str
    when: date | datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToDo:
    key: str
    title: str
    due: date
    text: str = ""


def calendar_text(rows: Iterable[Meeting | ToDo], *, now: datetime, host: str) -> bytes:
    """UTF-8, folded at 75 octets. host: where Holdfast answers; it makes the keys unique in the world."""
    calendar = Calendar()
    calendar.add("prodid", "-//Holdfast//Book of work//EN")
    calendar.add("version", "2.0")
    calendar.add("name", NAME)  # RFC 7986
    calendar.add("x-wr-calname", NAME)  # what came before it
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for row in rows:
        calendar.add_component(_meeting(row, now, host) if isinstance(row, Meeting) else _todo(row, now, host))
    return bytes(calendar.to_ical())


def _meeting(row: Meeting, now: datetime, host: str) -> Event:
    event = Event()
    _named(event, row, now, host)
    if isinstance(row.when, datetime):
        event.add("dtstart", row.when)
        event.add("dtend", row.when + timedelta(minutes=MINUTES))
    else:
        event.add("dtstart", row.when)
        event.add("dtend", row.when + timedelta(days=1))
        event.add("transp", "TRANSPARENT")  # nobody is busy all day because of it
    return event


def _todo(row: ToDo, now: datetime, host: str) -> Todo:
    todo = Todo()
    _named(todo, row, now, host)
    todo.add("due", row.due)
    todo.add("status", "NEEDS-ACTION")
    return todo


def _named(component: Event | Todo, row: Meeting | ToDo, now: datetime, host: str) -> None:
    component.add("uid", f"{row.key.replace(':', '-')}@{host}")
    component.add("dtstamp", now)
    component.add("summary", _plain(row.title))
    if row.text:
        component.add("description", _plain(row.text))


def _plain(text: str) -> str:
    """Without control characters, which RFC 5545 has no way to write; lines stay lines."""
    return "".join(c for c in "\n".join(text.splitlines()) if c in "\n\t" or unicodedata.category(c) != "Cc")
