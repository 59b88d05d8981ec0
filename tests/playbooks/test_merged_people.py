"""Profiles that turn out to be one person: the earliest arm holds, the earlier run goes on, nothing is sent twice."""

from datetime import date, timedelta

import duckdb
import pytest
from greeting import HELLO, NOW, written

from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.reading import runs, stays, story
from holdfast.playbooks.shelf import set_programme, switch_on
from holdfast.playbooks.state import ADDED, added, rows_of
from holdfast.playbooks.tick import MERGED, Edges, Known, send_all, tick
from holdfast.warehouse.home import Home

FACTS = "orders DOUBLE, refused_email BOOLEAN, in_peak BOOLEAN, frequency DOUBLE"
LOT = HELLO.replace('none_because = "They are few."', "share = 0.5").replace(
    "[stop]", '[measured]\nmetric = "net_revenue"\nhypothesis = "More."\ndays = 30\nplanned = 6\n[stop]'
)


class People:
    """Subjects that are known, and which of them are one person."""

    def __init__(self, *subjects):
        self.subjects, self.same, self.day = subjects, {}, date(2026, 3, 10)

    def load(self, connection, live):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE fact (subject BIGINT, shop_id BIGINT, account_id BIGINT, {FACTS})"
        )
        for subject in self.subjects:
            connection.execute("INSERT INTO fact VALUES (?, 1, NULL, 1, false, false, 1)", [subject])
        connection.execute("CREATE OR REPLACE TEMP TABLE same_person (customer_id BIGINT, subject BIGINT)")
        for pair in self.same.items():
            connection.execute("INSERT INTO same_person VALUES (?, ?)", list(pair))
        return Known(self.day, "invented")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def ticks(home, people, now):
    return tick(home, Edges({"customers": people.load}, send_all, lambda _: None), now=now)


def on(home, text):
    written(home, text)
    switch_on(home, "hello", by="Ada", now=NOW)
    set_programme(home, 0.0)


def test_of_two_runs_of_one_person_the_earlier_goes_on(home):
    on(home, HELLO)
    people = People(1, 2)
    ticks(home, people, NOW)
    people.subjects, people.same = (1,), {2: 1}
    later = NOW + timedelta(days=1)
    ticks(home, people, later)
    assert [one.subject for one in runs(home)] == [1]
    assert [event.why for event in story(home, "customers", (1, 2)) if event.what == "stop"] == [MERGED]
    assert [event.step for event in story(home, "customers", (1, 2)) if event.what == "did"] == ["mail", "mail", "hook"]
    assert len([stay for stay in stays(home, "customers", (1,)) if stay.left is None]) == 1


def test_the_arm_that_was_drawn_first_holds(home):
    on(home, LOT.replace("[again]\nonce = true", "[again]\nrest_days = 0"))
    people = People(*range(1, 41))
    ticks(home, people, NOW)
    rows = rows_of(added(home, "ledger", "customers"), ADDED["ledger"])
    drawn = dict(duckdb.connect().execute(f"SELECT subject, arm FROM ({rows}) WHERE what = 'assigned'").fetchall())
    out = next(subject for subject, arm in drawn.items() if arm == HELD_OUT)
    newcomer = 999
    people.subjects, people.same = (newcomer,), {out: newcomer}
    ticks(home, people, NOW + timedelta(hours=1))
    people.subjects = ()
    ticks(home, people, NOW + timedelta(hours=2))
    people.subjects = (newcomer,)
    ticks(home, people, NOW + timedelta(hours=3))
    told = story(home, "customers", (newcomer,))
    assert [event.why for event in told if event.what == "hold"] == ["kept aside by lot"]
    assert not [event for event in told if event.what in ("assigned", "start")]
    assert set(drawn.values()) == {TREATED, HELD_OUT}


def test_who_leaves_and_comes_back_is_a_new_stay_and_rests_in_between(home):
    on(home, HELLO.replace("[again]\nonce = true", "[again]\nrest_days = 5"))
    people = People(1)
    for hours in (0, 24, 48):
        people.day = date(2026, 3, 10) + timedelta(hours=hours)
        ticks(home, people, NOW + timedelta(hours=hours))
    people.subjects = ()
    ticks(home, people, NOW + timedelta(days=3))
    people.subjects, people.day = (1,), date(2026, 3, 14)
    ticks(home, people, NOW + timedelta(days=4))
    told = [(event.what, event.why) for event in story(home, "customers", (1,))]
    assert told.count(("start", "entered the audience")) == 1
    assert told[-1] == ("not yet", "rests until 2026-03-17")
    people.day = date(2026, 3, 17)
    ticks(home, people, NOW + timedelta(days=7))
    told = [(event.what, event.why) for event in story(home, "customers", (1,))]
    assert told.count(("start", "entered the audience")) == 2
    assert [(stay.entered, stay.left) for stay in stays(home, "customers", (1,))] == [
        (date(2026, 3, 10), date(2026, 3, 12)), (date(2026, 3, 14), None),
    ]  # fmt: skip
