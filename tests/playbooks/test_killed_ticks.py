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
from greeting import HELLO, NOW, written

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


def stop(name, times=1, *, slow=False):
    return pytest.param(name, times, id=f"{name.rpartition('.')[2]} {times}", marks=[pytest.mark.slow] * slow)


# In the order in which a tick comes by them.
STOPS = [
    stop("holdfast.playbooks.tick.forget_killed", slow=True),
    stop("holdfast.playbooks.tick.decide_all", slow=True),
    stop("holdfast.playbooks.tick.write_rows", slow=True),
    stop("holdfast.playbooks.tick.write_rows", 4, slow=True),
    stop("holdfast.playbooks.tick.keep", slow=True),
    stop("holdfast.playbooks.state.publish_folder", slow=True),
    stop("holdfast.playbooks.state.point"),
    stop("holdfast.playbooks.handing.hand_over", slow=True),
    stop("holdfast.playbooks.handing.put", slow=True),
    stop("holdfast.playbooks.channels.outbox.keep_many"),
    stop("holdfast.playbooks.handing._do"),
    stop("holdfast.playbooks.actions.deeds.act", slow=True),
    stop("holdfast.playbooks.actions.deeds.act", 3),
    stop("holdfast.playbooks.actions.deeds.keep_marks", 2, slow=True),
    stop("holdfast.playbooks.tick.mark_handed"),
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


@pytest.mark.parametrize(("name", "times"), STOPS)
def test_a_tick_that_was_killed_is_made_up_for_by_the_next(home, name, times):
    assert child(home, NOW.isoformat(), name, times) == -signal.SIGKILL
    assert child(home, (NOW + timedelta(minutes=1)).isoformat()) == 0
    assert done(home) == {"mail": 6, "tasks": 6}
    late = NOW + timedelta(days=1, hours=1)
    assert child(home, late.isoformat()) == 0
    assert done(home) == {"mail": 6, "hook": 6, "tasks": 6}
    numbers = sorted(int(path.name) for path in folder_of(home).glob("[0-9]*"))
    assert numbers == list(range(1, last_tick(home).number + 1))
    assert not list((home.path / "tmp").glob("look-*"))
