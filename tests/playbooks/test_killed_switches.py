"""Whoever is killed while a playbook is switched: what the file says holds, and the activity tells it once."""

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from greeting import HELLO, NOW, written

from holdfast.playbooks.shelf import switches
from holdfast.warehouse.home import Home

BEFORE, BETWEEN, AFTER = (
    "holdfast.playbooks.shelf._keep",
    "after:holdfast.playbooks.shelf._keep",
    "after:holdfast.playbooks.actions.switching.switch_on",
)


@pytest.fixture(scope="module")
def with_book(prepared, ticks_apart, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("switched") / "home")
    shutil.copytree(prepared.path, home.path, symlinks=True)
    written(home, HELLO)
    assert ticks_apart(home.path) == 0
    return home


@pytest.fixture
def home(with_book, tmp_path):
    shutil.copytree(with_book.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def told(home):
    """The entries of the activity, oldest first: what was done, by whom, through which door, and on which moment."""
    with closing(sqlite3.connect(home.path / "work.sqlite3")) as book:
        rows = book.execute(
            "SELECT verb, by_name, via, changes FROM accounts_audit WHERE verb LIKE 'switch playbook%' ORDER BY id"
        ).fetchall()
    return [(verb, by, via, json.loads(changes)[0]["after"]["at"][:16]) for verb, by, via, changes in rows]


ON = ("switch playbook on", "ada", "web", f"{NOW:%Y-%m-%dT%H:%M}")


@pytest.mark.parametrize("stop", [BEFORE, BETWEEN, AFTER], ids=["before the file", "between the two", "after both"])
def test_a_switch_that_was_killed_never_was_or_is_told_once(home, ticks_apart, stop):
    assert ticks_apart(home.path, NOW, switch="on hello", stop=(stop,)) == -signal.SIGKILL
    happened = stop != BEFORE
    assert bool(switches(home)) == happened
    assert told(home) == [ON] * (stop == AFTER)
    for _ in range(2):
        assert ticks_apart(home.path, NOW, switch="missed") == 0
        assert told(home) == [ON] * happened


def test_the_next_switch_tells_first_what_was_missed(home, ticks_apart):
    assert ticks_apart(home.path, NOW, switch="on hello", stop=(BETWEEN,)) == -signal.SIGKILL
    later = NOW + timedelta(hours=1)
    assert ticks_apart(home.path, later, switch="off hello") == 0
    assert told(home) == [ON, ("switch playbook off", "ada", "web", f"{later:%Y-%m-%dT%H:%M}")]
    assert not switches(home)["hello"].on
