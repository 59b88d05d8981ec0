"""A tick that is killed between any two of its steps: the next one neither doubles nor drops anything."""

import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta

import duckdb
import pytest
from greeting import HELLO, NOW, written

from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.playbooks.state import ADDED, added, folder_of, last_tick, rows_of
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


def stop(name, times=1, *, slow=True):
    return pytest.param(name, times, id=f"{name.rpartition('.')[2]} {times}", marks=[pytest.mark.slow] * slow)


# In the order in which a tick comes by them.
STOPS = [
    stop("holdfast.playbooks.tick.forget_killed"),
    stop("holdfast.playbooks.tick.decide_all"),
    stop("holdfast.playbooks.tick.write_rows"),
    stop("holdfast.playbooks.tick.write_rows", 4),
    stop("holdfast.playbooks.tick.join"),
    stop("holdfast.playbooks.joining.write_rows", slow=False),
    stop("holdfast.playbooks.tick.keep"),
    stop("holdfast.playbooks.state.publish_folder"),
    stop("holdfast.playbooks.state.point", slow=False),
    stop("holdfast.playbooks.handing.hand_over"),
    stop("holdfast.playbooks.handing.put"),
    stop("holdfast.playbooks.channels.outbox.keep_many", slow=False),
    stop("holdfast.playbooks.handing._do"),
    stop("holdfast.playbooks.actions.deeds.act"),
    stop("holdfast.playbooks.actions.deeds.act", 3, slow=False),
    stop("holdfast.playbooks.actions.deeds.keep_marks", 2),
    stop("holdfast.playbooks.tick.mark_handed"),
]


@pytest.fixture(scope="module")
def with_book(prepared, ticks_apart, tmp_path_factory):
    """The shop with a book of work in which its account is, and a playbook of a webhook and a task that is on."""
    home = Home(tmp_path_factory.mktemp("book") / "home")
    shutil.copytree(prepared.path, home.path, symlinks=True)
    written(home, WORK)
    switch_on(home, "hello", by="Ada", now=NOW)
    set_programme(home, 0.0)
    assert ticks_apart(home.path) == 0
    with closing(sqlite3.connect(home.path / "work.sqlite3")) as book, book:
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
    with closing(sqlite3.connect(home.path / "work.sqlite3")) as book:
        put = Counter(step for (step,) in book.execute("SELECT step FROM playbooks_outbox").fetchall())
        tasks = book.execute("SELECT count(*) FROM accounts_task").fetchone()[0]
        audits = book.execute("SELECT count(*) FROM accounts_audit WHERE verb = 'playbook task'").fetchone()[0]
    assert tasks == audits
    return put | {"tasks": tasks}


def ledger(home):
    rows = rows_of(added(home, "ledger", "customers"), ADDED["ledger"])
    with duckdb.connect() as connection:
        return dict(connection.execute(f"SELECT coalesce(step, what), count(*) FROM ({rows}) GROUP BY 1").fetchall())


@pytest.mark.parametrize(("name", "times"), STOPS)
def test_a_tick_that_was_killed_is_made_up_for_by_the_next(home, ticks_apart, name, times):
    assert ticks_apart(home.path, NOW, stop=(name, times)) == -signal.SIGKILL
    assert ticks_apart(home.path, NOW + timedelta(minutes=1), NOW + timedelta(days=1, hours=1)) == 0
    assert done(home) == {"mail": 6, "hook": 6, "tasks": 6}
    assert ledger(home) == {"start": 6, "mail": 6, "call": 6, "hook": 6, "done": 6}
    numbers = sorted(int(path.name) for path in folder_of(home).glob("[0-9]*"))
    assert numbers == list(range(1, last_tick(home).number + 1))
    assert not list((home.path / "tmp").glob("look-*"))
