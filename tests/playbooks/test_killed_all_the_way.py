"""From a tick to a real mail server, killed at every boundary: nobody gets a mail twice, and nobody is forgotten."""

import email
import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.policy import default

import pytest
import written_to
from greeting import written

from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot

PEOPLE = tuple((f"{n}", f"p{n}@kelp.example", "", f"P{n}", "GB", "yes", "") for n in (1, 2, 3))
EVERYBODY = Counter(p[1] for p in PEOPLE)
MAIL = """
id = "hello"
name = "Hello"
who = "customers"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["frequency >= 1"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "mail"
do = "email"
subject = "Hello"
body = "Hello {{ first_name }}"
[again]
once = true
[holdout]
none_because = "They are few."
"""
SETTINGS = """
[messages]
from = "Kelp <hello@kelp.example>"
postal_address = "1 Quay, Bristol"
public_url = "https://success.kelp.example"
smtp = "smtp://127.0.0.1:{port}"
live = true
"""
PLAYBOOKS, CHANNELS = "holdfast.playbooks", "holdfast.playbooks.channels"


def stop(name, times=1, *, mails=3, unknown=0, slow=True):
    """At which function; how many mails came, and of how many nobody knows."""
    slowly = [pytest.mark.slow] * slow
    return pytest.param(name, times, mails, unknown, id=f"{name.rpartition('.')[2]} {times}", marks=slowly)


# In the order in which a message comes by them: decided, kept, switched to, put, handed over; claimed, marked, taken by
# the server, marked again.
STOPS = [
    stop(f"{PLAYBOOKS}.tick.keep"),
    stop(f"{PLAYBOOKS}.state.point"),
    stop(f"after:{PLAYBOOKS}.state.point"),
    stop(f"{PLAYBOOKS}.handing.put"),
    stop(f"after:{CHANNELS}.outbox.keep_many", slow=False),
    stop(f"after:{PLAYBOOKS}.tick.mark_handed"),
    stop(f"after:{CHANNELS}.outbox.claim"),
    stop(f"after:{CHANNELS}.outbox.begin", 2, mails=2, unknown=1),
    stop(f"after:{CHANNELS}.mail.Mail._handed", 2, unknown=1, slow=False),
    stop(f"{CHANNELS}.outbox.sent", 3, unknown=1),
    stop(f"after:{CHANNELS}.outbox.sent", 2),
]


@pytest.fixture(scope="module")
def prepared(ticks_apart, tmp_path_factory):
    """Three people who said yes, a playbook that writes to them, and a book of work; no mail server yet."""
    home = written_to.made(tmp_path_factory.mktemp("written"), PEOPLE)
    written(home, MAIL)
    switch_on(home, "hello", by="Ada", now=datetime(2026, 3, 1, tzinfo=UTC))
    set_programme(home, 0.0)
    assert ticks_apart(home.path) == 0
    return home


def mails(folder):
    letters = (email.message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*.eml"))
    return Counter(letter["To"] for letter in letters)


@pytest.mark.parametrize(("name", "times", "came", "unknown"), STOPS)
def test_whoever_is_killed_on_the_way_to_the_mail_server_doubles_and_drops_nothing(
    prepared, ticks_apart, server, tmp_path, name, times, came, unknown
):
    shutil.copytree(prepared.path, tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    with (home.path / "holdfast.toml").open("a") as settings:
        settings.write(SETTINGS.format(port=server[0]))
    day = current_snapshot(home).as_of
    now = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
    assert ticks_apart(home.path, now, stop=(name, times), sends=True) == -signal.SIGKILL
    later = [now + timedelta(minutes=1), now + timedelta(minutes=20), now + timedelta(hours=1)]
    assert ticks_apart(home.path, *later, sends=True) == 0
    got = mails(server[1])
    assert set(got.values()) == {1} and got.total() == came
    with closing(sqlite3.connect(home.path / "work.sqlite3")) as book:
        states = Counter(state for (state,) in book.execute("SELECT state FROM playbooks_outbox").fetchall())
    assert states == Counter({"sent": 3 - unknown} | ({"unknown": unknown} if unknown else {}))
    assert came == 3 or not got.keys() >= EVERYBODY.keys()
