"""Ledgers of many ticks are put together: what they say is the same, and old files go one tick later."""

import json
import shutil
from datetime import timedelta

import duckdb
import pytest
from greeting import HELLO, NOW, written

from holdfast.playbooks import joining, listing, reading, shelf
from holdfast.playbooks.joining import _first_to_join
from holdfast.playbooks.known.customers import customers_of
from holdfast.playbooks.listing import Seen
from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.playbooks.state import ADDED, added, folder_of, last_tick, rows_of
from holdfast.playbooks.tick import Edges, send_all, tick
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot

HOURS = (0, 1, 24, 25, 48, 49)
ASIDE = HELLO.replace('none_because = "They are few."', "share = 0.4") + (
    '[measured]\nmetric = "net_merchandise_revenue"\nhypothesis = "They buy more."\ndays = 30\nplanned = 100\n'
)


def ticked(home, hours=HOURS):
    for hour in hours:
        now = NOW + timedelta(hours=hour)
        tick(home, Edges({"customers": customers_of(home)}, send_all, lambda _: None), now=now)
    return home


@pytest.fixture(scope="module")
def two(prepared, tmp_path_factory):
    """The same ticks, with files put together in each and in none."""
    folder = tmp_path_factory.mktemp("joined")
    begun = Home(folder / "begun")
    shutil.copytree(prepared.path, begun.path, symlinks=True)
    written(begun, ASIDE)
    switch_on(begun, "hello", by="Ada", now=NOW)
    set_programme(begun, 0.0)
    found = []
    for most in (0, 99):
        home = Home(folder / f"most-{most}")
        shutil.copytree(begun.path, home.path, symlinks=True)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(joining, "MOST_FILES", most)
            found.append(ticked(home))
    return found


def ledger(home):
    rows = rows_of(added(home, "ledger", "customers"), ADDED["ledger"])
    with duckdb.connect() as connection:
        return sorted(connection.execute(f"SELECT * FROM ({rows})").fetchall(), key=repr)


def test_what_is_put_together_says_what_the_many_files_said(two):
    joined, many = two
    assert len(added(joined, "ledger", "customers")) == 1 < len(added(many, "ledger", "customers"))
    assert ledger(joined) == ledger(many)
    (one,) = shelf.lives(joined)
    for home in two:
        keys = tuple({row[2] for row in ledger(home)})
        assert next(event.what for event in reading.story(home, "customers", keys[:1])) == "assigned"
    snapshot = current_snapshot(joined)
    seen = Seen(frozenset(shop.shop_id for shop in joined.shops()))
    for whose in (Seen(), seen):
        assert listing.reasons(joined, one, whose, snapshot) == listing.reasons(many, one, Seen(), snapshot)
        assert listing.counts(joined, whose, snapshot) == listing.counts(many, Seen(), snapshot)
        assert listing.arms(joined, one, whose, snapshot) == listing.arms(many, one, Seen(), snapshot)
    assert reading.arms(joined, "hello") == reading.arms(many, "hello")


def test_the_story_of_one_is_told_in_the_order_in_which_it_happened(two):
    stories = [
        {key: [(e.at, e.what, e.step) for e in reading.story(home, "customers", (key,))] for key in range(1, 7)}
        for home in two
    ]
    assert stories[0] == stories[1]
    told = [[what for _, what, _ in story] for story in stories[0].values()]
    aside, begun = ["assigned", "hold"], ["assigned", "start", "did", "did", "did", "done"]
    assert len(told) == 6
    assert all(story in (aside, begun) for story in told)


def test_old_files_stay_for_one_more_tick_and_go_then(two):
    joined, _ = two
    last = last_tick(joined).number
    files = {path.parent.name for path in folder_of(joined).glob("[0-9]*/*.parquet")}
    assert files <= {f"{last - 1:06d}", f"{last:06d}"}


def test_a_tick_that_named_no_files_yet_is_read_by_its_folders(two):
    _, many = two
    before, path = ledger(many), folder_of(many) / last_tick(many).name / "tick.json"
    text = path.read_text()
    path.chmod(0o600)
    path.write_text(json.dumps({key: value for key, value in json.loads(text).items() if key != "added"}))
    assert ledger(many) == before


def test_much_that_is_old_is_left_alone_until_much_that_is_new_has_come():
    assert _first_to_join([10_000, 1, 1, 1]) == 1
    assert _first_to_join([12, 1, 1, 1]) == 0
    assert _first_to_join([10_000, 9_000, 3_000]) == 0
