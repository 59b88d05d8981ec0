"""Data that ended long ago hold those they are about, each with the reason, and nobody else."""

import shutil
from datetime import date, timedelta

import pytest
from greeting import DAY, HELLO, NOW, bought, written
from paper_shop import build_rows, data_end, land_rows, paper_home
from ticking_world import World

from holdfast.metrics.ground import write_ground
from holdfast.metrics.valuation import Ground
from holdfast.playbooks.behind import behind, ends_of, of_tick, quiet_of
from holdfast.playbooks.plan import plan
from holdfast.playbooks.reading import runs, waiting
from holdfast.playbooks.shelf import as_switched_on, lives, set_programme, switch_off, switch_on
from holdfast.playbooks.state import last_tick
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot

ENDED = DAY - timedelta(days=5)
WHY = f"the data end on {ENDED}, too long ago to decide by"
INSIDERS_REST = HELLO.replace("those_inside = true\n", "")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Reef sold to a, b and c up to DAY; Tide to d and e, and nothing is known of it since ENDED."""
    home, reef = paper_home(tmp_path_factory.mktemp("two"), name="reef")
    tide = home.add_shop("tide", account="tide", zone="UTC", currency="EUR")
    land_rows(home, reef, bought(("o1", "a", 0), ("o2", "b", 0), ("o3", "c", 1)))
    land_rows(home, tide, bought(("o1", "d", 5), ("o2", "e", 6)), name="tide.csv")
    build_rows(home)
    data_end(home, reef=DAY, tide=ENDED)
    return home


@pytest.fixture
def home(two, tmp_path):
    shutil.copytree(two.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


@pytest.fixture
def world(home):
    written(home, HELLO)
    switch_on(home, "hello", by="Ada", now=NOW)
    set_programme(home, 0.0)
    return World(home)


def newer_of_tide(home):
    tide = next(shop for shop in home.shops() if shop.name == "tide")
    land_rows(home, tide, bought(("o3", "d", 0)), name="newer.csv")
    build_rows(home)


def test_customers_of_a_shop_whose_data_ended_are_held_with_the_reason_and_others_begin(world):
    done = world.ticks(NOW)
    assert done.counts["hello"] == {"start": 3, "did": 3, "under way": 3, "not yet": 2}
    assert [one.why for one in waiting(world.home)] == [WHY] * 2
    (held,) = of_tick(world.home, done, lives(world.home))
    assert held.said == f"Held by Hello: customers of tide, whose data end on {ENDED}"
    world.ticks(NOW + timedelta(hours=1))
    assert world.told("not yet") == [WHY] * 2, "a reason is told once, however often it is looked at"


def test_they_begin_by_themselves_once_newer_data_are_there(world):
    world.ticks(NOW)
    newer_of_tide(world.home)
    assert world.ticks(NOW + timedelta(hours=1)).counts["hello"] == {"start": 2, "did": 2, "under way": 5}
    assert not waiting(world.home)
    assert not of_tick(world.home, last_tick(world.home), lives(world.home))


def test_runs_stand_still_while_their_data_are_old_and_go_on_where_they_stood(world):
    newer_of_tide(world.home)
    world.ticks(NOW)
    data_end(world.home, reef=DAY, tide=ENDED)
    world.ticks(NOW + timedelta(days=1))
    assert world.did() == {"mail": 5, "hook": 3}
    assert {one.step for one in runs(world.home)} == {"hook", "again"}
    assert [one.why for one in waiting(world.home)] == [WHY] * 2
    data_end(world.home, reef=DAY, tide=DAY)
    world.ticks(NOW + timedelta(days=1, hours=1))
    assert world.did() == {"mail": 5, "hook": 5}
    assert not waiting(world.home)


def test_nobody_stops_by_old_data_but_a_playbook_that_is_switched_off_does(world):
    newer_of_tide(world.home)
    world.ticks(NOW)
    tide = next(shop for shop in world.home.shops() if shop.name == "tide")
    land_rows(world.home, tide, bought(("o4", "e", 0)), name="bought.csv")
    build_rows(world.home)
    data_end(world.home, reef=DAY, tide=ENDED)
    world.ticks(NOW + timedelta(hours=1))
    assert world.told("stop") == []
    switch_off(world.home, "hello", by="Ada", now=NOW)
    world.ticks(NOW + timedelta(hours=2))
    assert world.told("stop") == ["the playbook was switched off"] * 5


def test_who_was_inside_before_it_was_switched_on_does_not_begin_when_newer_data_come(home):
    written(home, INSIDERS_REST)
    switch_on(home, "hello", by="Ada", now=NOW)
    set_programme(home, 0.0)
    world = World(home)
    world.ticks(NOW)
    newer_of_tide(home)
    world.ticks(NOW + timedelta(hours=1))
    assert world.told("start") == []


def test_a_look_tells_by_the_last_day_of_the_data_where_there_are_no_newer_ones_and_a_tick_holds_everybody(world):
    later = NOW + timedelta(days=9)
    live = as_switched_on(world.home, "hello")
    look = plan(world.home, world.edges, now=later, also=[live], as_if_new=True)
    assert (look.playbooks[0].many("start"), look.as_if_new) == (5, True)
    assert {one.names: one.ends for one in look.behind} == {("tide",): ENDED, ("reef",): DAY}
    dry = plan(world.home, world.edges, now=later)
    assert (dry.playbooks[0].many("start"), dry.playbooks[0].many("not yet"), dry.as_if_new) == (0, 5, False)
    assert world.ticks(later).counts["hello"] == {"not yet": 5}
    assert not world.done


def test_data_of_the_third_day_are_still_gone_by(world):
    assert world.ticks(NOW - timedelta(days=2)).counts["hello"]["start"] == 5


def test_a_shop_that_sells_once_a_week_is_given_a_week(tmp_path):
    """By hand: nine days with orders, each seven after the one before, the last of them six days ago."""
    home, _ = paper_home(tmp_path, name="tide")
    land_rows(home, home.shops()[0], bought(*((f"o{n}", "d", 6 + 7 * n) for n in range(9))))
    build_rows(home)
    snapshot = current_snapshot(home)
    (shop,) = snapshot.shops
    quiet, last = quiet_of(home, snapshot), DAY - timedelta(days=6)
    assert quiet == {shop.shop_id: 7}
    assert behind({shop.shop_id: last}, NOW, quiet) == {}
    assert behind({shop.shop_id: last}, NOW + timedelta(days=2), quiet) == {shop.shop_id: last}
    assert behind({shop.shop_id: last}, NOW, {}) == {shop.shop_id: last}


def test_the_newest_of_what_keeps_happening_says_where_the_data_of_a_shop_end(home):
    built = current_snapshot(home)
    reef, tide = (shop.shop_id for shop in built.shops)
    last = {"order": {reef: ENDED, tide: ENDED}, "ticket": {reef: date(2030, 1, 1)}}
    write_ground(Ground(built.shops, built.as_of, {}, {}, {}, built.id, last), built.path)
    assert ends_of(built) == {reef: DAY, tide: ENDED}, "and no row of the future makes data newer than they are"
