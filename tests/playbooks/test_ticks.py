"""Ticks on a shop of six customers: who begins, what is handed over, what is kept, and nothing twice."""

from collections import Counter
from datetime import timedelta

import duckdb
import pytest
from greeting import DAY, HELLO, NOW, bought, written
from paper_shop import build_rows, land_rows
from ticking_world import World

from holdfast.playbooks.aside import HELD_OUT
from holdfast.playbooks.shelf import set_programme, switch_off, switch_on
from holdfast.playbooks.state import ADDED, AnotherTick, added, rows_of, ticking


@pytest.fixture
def world(shop):
    written(shop, HELLO)
    switch_on(shop, "hello", by="Ada", now=NOW)
    set_programme(shop, 0.0)
    return World(shop)


def test_everybody_begins_once_and_goes_on_in_time(world):
    first = world.ticks(NOW)
    assert first.counts["hello"] == {"start": 6, "did": 6, "under way": 6}
    assert world.did() == {"mail": 6}
    world.ticks(NOW + timedelta(hours=1))
    assert world.did() == {"mail": 6}
    world.ticks(NOW + timedelta(days=1))
    assert world.did() == {"mail": 6, "hook": 6}
    world.ticks(NOW + timedelta(days=2))
    assert world.did() == {"mail": 6, "hook": 6, "again": 6}
    assert world.told("done") == [""] * 6
    assert set(world.done.values()) == {1}
    world.ticks(NOW + timedelta(days=2, hours=1))
    assert len(world.told("start")) == 6


def test_whoever_buys_meanwhile_stops(world):
    world.ticks(NOW)
    home = world.home
    land_rows(home, home.shops()[0], bought(("late", "a", -1)), name="later.csv")
    build_rows(home)
    world.ticks(NOW + timedelta(days=1, hours=1))
    assert world.told("stop") == ["bought"]
    assert world.did() == {"mail": 6, "hook": 5}


def test_what_restraint_holds_is_left_out_and_what_it_lets_wait_waits(world):
    def judge(connection, now):
        later = (now + timedelta(hours=3)).isoformat()
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE judged AS SELECT run, step, turn, CASE WHEN customer_id % 3 = 0 THEN 'send'"
            " WHEN customer_id % 3 = 1 THEN 'hold' ELSE 'wait' END AS verdict, 'so' AS why,"
            f" TIMESTAMPTZ '{later}' AS not_before FROM candidate"
        )

    strict = World(world.home, judge)
    strict.ticks(NOW)
    assert strict.did() == {"mail": 2}
    assert len(strict.told("held")) == len(strict.told("wait")) == 2
    world.ticks(NOW + timedelta(hours=1))
    assert world.did() == {}
    world.ticks(NOW + timedelta(hours=3))
    assert world.did() == {"mail": 2}


def test_who_is_kept_aside_is_drawn_before_the_first_step_and_gets_nothing(shop):
    drawn = HELLO.replace('none_because = "They are few."', "share = 0.5").replace(
        "[stop]", '[measured]\nmetric = "net_revenue"\nhypothesis = "More."\ndays = 30\nplanned = 6\n[stop]'
    )
    written(shop, drawn)
    switch_on(shop, "hello", by="Ada", now=NOW)
    set_programme(shop, 0.0)
    world = World(shop)
    world.ticks(NOW)
    world.ticks(NOW + timedelta(hours=1))
    rows = rows_of(added(shop, "ledger", "customers"), ADDED["ledger"])
    arms = Counter(
        arm for (arm,) in duckdb.connect().execute(f"SELECT arm FROM ({rows}) WHERE what = 'assigned'").fetchall()
    )
    assert sum(arms.values()) == 6
    assert world.did().get("mail", 0) == 6 - arms[HELD_OUT]
    assert world.told("hold") == ["kept aside by lot"] * arms[HELD_OUT]


def test_the_programmes_own_lot_is_in_no_playbook(world):
    set_programme(world.home, 0.5)
    world.ticks(NOW)
    out = len(world.told("hold"))
    assert set(world.told("hold")) <= {"kept out of every playbook, by the programme's own lot"}
    assert world.did().get("mail", 0) == 6 - out


def test_a_playbook_that_is_switched_off_stops_its_runs(world):
    world.ticks(NOW)
    switch_off(world.home, "hello", by="Ada", now=NOW)
    world.ticks(NOW + timedelta(days=1))
    assert world.told("stop") == ["the playbook was switched off"] * 6
    assert world.did() == {"mail": 6}


def test_runs_keep_to_the_version_they_began_with(world):
    world.ticks(NOW)
    written(world.home, HELLO.replace('id = "hook"', 'id = "other"'))
    assert switch_on(world.home, "hello", by="Ada", now=NOW).version == 2
    world.ticks(NOW + timedelta(days=1))
    assert world.did() == {"mail": 6, "hook": 6}


def test_a_second_tick_at_the_same_time_is_refused(world):
    with ticking(world.home), pytest.raises(AnotherTick, match="another tick runs"):
        world.ticks(NOW)
    assert world.ticks(NOW).day == DAY
