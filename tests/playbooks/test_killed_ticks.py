"""A tick that is killed between any two of its steps: the next one neither doubles nor drops anything."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import HELLO, NOW, written

from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.playbooks.state import folder_of, last_tick
from holdfast.warehouse.home import Home

WORK = (
    HELLO[: HELLO.index("[[step]]")]
    + """
[[step]]
id = "mail"
do = "webhook"
name = "crm"
[[step]]
id = "call"
do = "task"
what = "Call {customer}"
[[step]]
id = "hook"
do = "webhook"
after_days = 1
name = "crm"
[holdout]
none_because = "They are few."
"""
)
# In the order in which a tick comes by them.
STOPS = [
    "holdfast.playbooks.tick.forget_killed",
    "holdfast.playbooks.tick.decide_all",
    "holdfast.playbooks.tick.write_rows",
    ("holdfast.playbooks.tick.write_rows", 4),
    "holdfast.playbooks.tick.keep",
    "holdfast.playbooks.state.publish_folder",
    "holdfast.playbooks.state.point",
    "holdfast.playbooks.handing.hand_over",
    "holdfast.playbooks.handing.put",
    "holdfast.playbooks.channels.outbox.keep_marks",
    "holdfast.playbooks.handing._do",
    "holdfast.playbooks.actions.deeds.act",
    ("holdfast.playbooks.actions.deeds.act", 3),
    ("holdfast.playbooks.actions.deeds.keep_marks", 2),
    "holdfast.playbooks.tick.mark_handed",
]


def child(home, *arguments):
    script = Path(__file__).with_name("killed.py")
    return subprocess.run([sys.executable, script, str(home.path), *map(str, arguments)]).returncode


@pytest.fixture(scope="module")
def with_book(prepared, tmp_path_factory):
    """The shop with a book of work in which its account is, and a playbook of a webhook and a task that is on."""
    home = Home(tmp_path_factory.mktemp("book") / "home")
    shutil.copytree(prepared.path, home.path, symlinks=True)
    written(home, WORK)
    switch_on(home, "hello", by="Ada", now=NOW)
    set_programme(home, 0.0)
    assert child(home, "migrate") == 0
    with sqlite3.connect(home.path / "work.sqlite3") as book:
        book.execute(
            "INSERT INTO accounts_account (name, source, segment, archetype, motion, tier, stage, tags, custom,"
            " created_at) VALUES ('paper', 'shops:paper', '', '', '', 'named', 'steady', '[]', '{}', '2026-01-01')"
        )
    return home


@pytest.fixture
def home(with_book, tmp_path):
    shutil.copytree(with_book.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def done(home):
    """Everything that was put into the outbox or done in the book of work, and how often."""
    with sqlite3.connect(home.path / "work.sqlite3") as book:
        put = Counter(step for (step,) in book.execute("SELECT step FROM playbooks_outbox").fetchall())
        tasks = book.execute("SELECT count(*) FROM accounts_task").fetchone()[0]
        audits = book.execute("SELECT count(*) FROM accounts_audit WHERE verb = 'playbook task'").fetchone()[0]
    assert tasks == audits
    return put | {"tasks": tasks}


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_a_tick_that_was_killed_is_made_up_for_by_the_next(home, stop):
    name, times = (stop, 1) if isinstance(stop, str) else stop
    assert child(home, NOW.isoformat(), name, times) == -signal.SIGKILL
    assert child(home, (NOW + timedelta(minutes=1)).isoformat()) == 0
    assert done(home) == {"mail": 6, "tasks": 6}
    late = NOW + timedelta(days=1, hours=1)
    assert child(home, late.isoformat()) == 0
    assert done(home) == {"mail": 6, "hook": 6, "tasks": 6}
    numbers = sorted(int(path.name) for path in folder_of(home).glob("[0-9]*"))
    assert numbers == list(range(1, last_tick(home).number + 1))
    assert not list((home.path / "tmp").glob("look-*"))
