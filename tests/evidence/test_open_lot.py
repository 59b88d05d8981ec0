"""The lot of a playbook, to which everybody who enters is assigned, is read as any other lot."""

import csv
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home
from terminal import Terminal

from holdfast.evidence.lot import LotProblem, lot
from holdfast.evidence.open_lot import register
from holdfast.evidence.reading import read
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.known.customers import customers_of
from holdfast.playbooks.shelf import find, set_programme, switch_on
from holdfast.playbooks.state import ADDED, added, rows_of
from holdfast.playbooks.tick import Edges, send_all, tick
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

BEGAN, DAYS = date(2025, 3, 3), 20
PLAYBOOK = f"""
id = "first"
name = "First"
who = "customers"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["frequency >= 1"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "hook"
do = "webhook"
name = "crm"
[holdout]
share = 0.5
[measured]
metric = "net_revenue"
hypothesis = "They buy more."
days = {DAYS}
planned = 60
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Sixty customers who bought by BEGAN and twenty who first buy a day later; each third buys again in ten days."""
    home, it = paper_home(tmp_path_factory.mktemp("open"))
    told = []
    for n in range(80):
        first = BEGAN if n < 60 else BEGAN + timedelta(days=1)
        told.append(order(f"a{n}", f"c{n}", first, f"{10 + n}.00"))
        if n % 3 == 0:
            told.append(order(f"b{n}", f"c{n}", first + timedelta(days=10), f"{5 + n % 7}.00"))
    last = [order("z", "late", BEGAN + timedelta(days=40))]
    who = {"customer": [{"customer_source": f"c{n}", "customer_number": f"c{n}"} for n in range(80)]}
    land_rows(home, it, book(*told, *last, who))
    build_rows(home)
    (home.path / "playbooks").mkdir()
    (home.path / "playbooks" / "first.toml").write_text(PLAYBOOK)
    began = datetime(2025, 3, 3, 9, tzinfo=UTC)
    register(home, find(home, "first"), by="Ada", now=began)
    with pytest.raises(LotProblem, match="nobody has entered first yet"):
        read(home, current_snapshot(home), lot(home, "first"))
    switch_on(home, "first", by="Ada", now=began)
    set_programme(home, 0.0)
    for day in (BEGAN, BEGAN + timedelta(days=1)):
        now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        tick(home, Edges({"customers": customers_of(home, day)}, send_all, lambda _: None), now=now)
    return home


@pytest.fixture(scope="module")
def assigned(home):
    rows = rows_of(added(home, "ledger", "customers"), ADDED["ledger"])
    return (
        duckdb.connect()
        .execute(f"SELECT subject, arm, day FROM ({rows}) WHERE what = 'assigned' ORDER BY subject")
        .fetchall()
    )


def test_everybody_is_assigned_on_the_day_they_entered(home, assigned):
    days = [day for *_, day in assigned]
    assert (days.count(BEGAN), days.count(BEGAN + timedelta(days=1))) == (60, 20)
    found = read(home, current_snapshot(home), lot(home, "first"))
    assert sum(found.assigned.values()) == 80
    assert sum(found.matured.values()) == 80


def test_the_last_word_is_of_those_planned_and_equals_that_of_a_lot_of_them_alone(home, assigned, tmp_path):
    """Two roads: the sixty of the first day taken as a lot that somebody else drew."""
    found = read(home, current_snapshot(home), lot(home, "first"))
    path = tmp_path / "sixty.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("customer", "arm", "assigned_on"))
        numbers = _numbers(home)
        out.writerows((numbers[subject], arm, day) for subject, arm, day in assigned if day == BEGAN)
    run, declared = Terminal(home.path), tmp_path / "sixty.toml"
    text = (home.path / "experiments" / "first" / "registration.toml").read_text()
    declared.write_text(text.replace('id = "first"', 'id = "sixty"'))
    run("experiments", "declare", declared)
    run("experiments", "take", "sixty", path, "--by", "Ada")
    alone = read(home, current_snapshot(home), lot(home, "sixty"))
    assert found.due == BEGAN + timedelta(days=DAYS) == alone.due
    assert found.final == alone.final
    assert found.now.n_treated + found.now.n_held_out == 80


def test_a_message_to_somebody_held_out_is_told_and_one_of_another_playbook_is_not(home, assigned):
    aside = next(subject for subject, arm, _ in assigned if arm == HELD_OUT)
    treated = next(subject for subject, arm, _ in assigned if arm == TREATED)
    numbers = _numbers(home)
    sent = datetime(2025, 3, 6, 9)
    (it,) = home.shops()
    rows = [
        {"message_source": f"m{n}", "customer_source": numbers[who], "channel": "email", "flow": flow, "sent_at": sent}
        for n, (who, flow) in enumerate([(treated, "first 1"), (aside, "first 1"), (aside, "firstly 1")])
    ]
    land_rows(home, it, {"message": rows}, name="messages.csv")
    build_rows(home)
    found = read(home, current_snapshot(home), lot(home, "first"))
    check = next(one for one in found.checks if one.name == "nobody held out was written to")
    assert not check.passed and not check.stops
    assert check.found.startswith("messages of it went to 1 of ")
    assert " and 1 of " in check.found


def _numbers(home):
    with closing(open_snapshot(home, current_snapshot(home))) as connection:
        return dict(connection.execute("SELECT customer_id, customer_number FROM customer").fetchall())
