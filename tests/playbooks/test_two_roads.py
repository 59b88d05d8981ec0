"""The rules for one and the rules for everybody decide alike, whatever the state: due.py and due_sets.py, walk.py and
walk_sets.py."""

from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st

from holdfast.playbooks import due
from holdfast.playbooks.aside import HELD_OUT, TREATED, arm, aside_of_next, place
from holdfast.playbooks.conditions import conditions
from holdfast.playbooks.declare import (
    Again,
    Audience,
    Holdout,
    Measured,
    Peaks,
    Playbook,
    Step,
    Stop,
    Trigger,
)
from holdfast.playbooks.due_sets import decide
from holdfast.playbooks.live import Live
from holdfast.playbooks.walk import Standing, walk
from holdfast.playbooks.walk_sets import load_steps, walk_all

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9)
MEASURED = Measured("net_revenue", "They buy more.", 30, 100)
FACTS = {
    "orders": st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    "recency": st.none() | st.sampled_from([0.0, 5.0, 40.0]),
    "next_purchase_on": st.none() | st.integers(-9, 9).map(lambda n: TODAY + timedelta(days=n)),
    "open_tickets": st.none() | st.sampled_from([0.0, 1.0]),
    "loyalty_member": st.none() | st.booleans(),
    "refused_email": st.none() | st.booleans(),
    "in_peak": st.none() | st.booleans(),
    "looked_after": st.none() | st.booleans(),
    "country": st.none() | st.sampled_from(["DE", "AT"]),
}
TYPES = dict.fromkeys(("orders", "recency", "open_tickets"), "DOUBLE") | {
    "next_purchase_on": "DATE", "country": "VARCHAR",
    **dict.fromkeys(("loyalty_member", "refused_email", "in_peak", "looked_after"), "BOOLEAN"),
}  # fmt: skip
WHEN = st.sampled_from(
    [
        "orders >= 1", "orders = 1 or recency >= 40", "not loyalty_member", "country in DE",
        "unknown open_tickets", "open_tickets > 0", "next_purchase_on <= today+3", "country != DE", "known orders",
    ]
)  # fmt: skip
CONDITIONS = st.lists(WHEN, min_size=1, max_size=2, unique=True).map(lambda said: conditions("customers", *said))
KNOWN = st.fixed_dictionaries(
    {
        "facts": st.fixed_dictionaries(FACTS), "member": st.booleans(), "dealt": st.booleans(),
        "running": st.booleans(), "runs": st.integers(0, 2), "kept_out": st.booleans(),
        "ended_on": st.none() | st.integers(0, 9).map(lambda n: TODAY - timedelta(days=n)),
        "anchor": st.none() | st.integers(-9, 9).map(lambda n: TODAY + timedelta(days=n)),
        "behind": st.none() | st.just(TODAY - timedelta(days=9)),
    }
)  # fmt: skip


@st.composite
def step_of(draw, place, count):
    do = draw(st.sampled_from(["email", "webhook", "coupon", "task", "branch"]))
    later = [f"s{n}" for n in range(place + 1, count)] + ["", "end"]
    says = {"email": {"subject": "a", "body": "b"}, "webhook": {"name": "a"}, "coupon": {"pool": "a", "offer": "b"},
            "task": {"what": "a"}, "branch": {}}[do]  # fmt: skip
    wait = st.sampled_from([timedelta(), timedelta(), timedelta(hours=1), timedelta(days=2)])
    return Step(
        f"s{place}", do, says, draw(wait), draw(CONDITIONS if do == "branch" else CONDITIONS | st.just(())),
        1 if do == "branch" else draw(st.integers(1, 3)), draw(st.sampled_from([timedelta(hours=1), timedelta(days=1)])),
        draw(st.sampled_from(later)) if do == "branch" else "", draw(st.sampled_from(later)) if do == "branch" else "",
        draw(st.sampled_from(["marketing", "service"])),
    )  # fmt: skip


@st.composite
def playbooks(draw):
    on = draw(st.sampled_from(["enter", "leave", "date"]))
    dated = on == "date"
    once = draw(st.booleans())
    count = draw(st.integers(1, 4))
    return Playbook(
        "drawn", "Drawn", "customers", "To be tested.", "Ada", Audience(draw(CONDITIONS)),
        Trigger(on, "next_purchase_on" if dated else "", draw(st.integers(-3, 3)) if dated else 0,
                draw(st.integers(1, 5)), draw(st.booleans()) if on == "enter" else False),
        tuple(draw(step_of(n, count)) for n in range(count)),
        Stop(draw(st.booleans()), draw(st.booleans()), on != "leave" and draw(st.booleans()),
             draw(CONDITIONS | st.just(()))),
        Again(once, 0 if once else draw(st.sampled_from([0, 5])), 0 if once else draw(st.integers(0, 2))),
        Peaks(draw(st.sampled_from(["as usual", "hold"])), draw(st.sampled_from(["as usual", "hold"]))),
        draw(st.sampled_from([Holdout(0.4), Holdout(none_because="They are few.")])),
        MEASURED,
    )  # fmt: skip


def rows_of(connection, table, columns, rows):
    described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {table} ({described})")
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def everybody(connection, people, slot):
    """The state as the set form reads it: one slot, subjects 1, 2, …"""
    rows_of(connection, "fact", {"subject": "BIGINT", "shop_id": "BIGINT", "account_id": "BIGINT", "out": "BOOLEAN"} | TYPES,
            [(n, n, None, k["kept_out"], *(k["facts"][f] for f in TYPES)) for n, k in enumerate(people, 1)])  # fmt: skip
    rows_of(connection, "member", {"subject": "BIGINT", "member": "UBIGINT", "dealt": "UBIGINT"},
            [(n, k["member"] << slot, k["dealt"] << slot) for n, k in enumerate(people, 1)])  # fmt: skip
    rows_of(connection, "run", {"run": "BIGINT", "slot": "INTEGER", "version": "INTEGER", "subject": "BIGINT",
                                "orders_then": "DOUBLE", "step": "INTEGER"},
            [(n, slot, 1, n, 1.0, 0) for n, k in enumerate(people, 1) if k["running"]])  # fmt: skip
    past = []
    for n, k in enumerate(people, 1):
        past += [(slot, n, "start", datetime(2025, 1, 1 + i), None, None, None, "", None) for i in range(k["runs"])]
        if k["ended_on"]:
            past.append((slot, n, "done", datetime(2025, 1, 9), k["ended_on"], None, None, "", None))
        if k["anchor"]:
            past.append((slot, n, "hold", datetime(2025, 2, 1), None, k["anchor"], None, "", None))
    rows_of(connection, "past", {"slot": "INTEGER", "subject": "BIGINT", "what": "VARCHAR", "moment": "TIMESTAMP", "day": "DATE",
                                 "anchor": "DATE", "arm": "VARCHAR", "why": "VARCHAR", "step": "VARCHAR"}, past)  # fmt: skip


@drawn(40, 400)
@given(playbooks(), st.lists(KNOWN, min_size=1, max_size=8), st.booleans(), st.integers(0, 62), st.booleans())
def test_one_and_everybody_are_decided_alike(it, people, first, slot, on):
    live = Live(slot, 1, it, {}, "salt", on, first)
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        everybody(connection, people, slot)
        behind = {n: person["behind"] for n, person in enumerate(people, 1) if person["behind"]}
        decide(connection, [live], TODAY, 'f."out"', behind)
        found = {row[0]: row[1:] for row in connection.execute(
            "SELECT subject, what, why, for_good, anchor FROM decided").fetchall()}  # fmt: skip
        ended = dict(connection.execute("SELECT run, why FROM ending").fetchall())
        still = dict(connection.execute("SELECT run, why FROM still").fetchall())
        now = {
            row[0]: row[1:] for row in connection.execute("SELECT subject, member, dealt FROM member_now").fetchall()
        }
    for n, person in enumerate(people, 1):
        known = due.Known(**person)
        inside = due.is_inside(it, known.facts, TODAY)
        said = due.begin(it, known, TODAY, first=first, draw=lambda n=n: arm("salt", n, 0.4)) if on else None
        match said:
            case due.Start(because, anchor):
                assert found[n] == ("start", because, False, anchor)
            case due.Hold(why, for_good, anchor):
                assert found[n][:3] == ("hold", why, for_good)
                assert not for_good or found[n][3] == anchor
            case None:
                assert n not in found
        if known.running:
            orders_then = due.Running(known.facts, 1.0, switched_off=not on, behind=known.behind)
            went = due.go_on(it, orders_then, inside and on, TODAY)
            assert ended.get(n) == (went.why if isinstance(went, due.Stop) else None)
            assert still.get(n) == (went.why if isinstance(went, due.Hold) else None)
        bit = 1 << slot
        if on and it.trigger.on == "enter":
            settled = isinstance(said, due.Start) or (isinstance(said, due.Hold) and said.for_good)
            member, dealt = now.get(n, (0, 0))
            counts = due.is_member(it, known, TODAY, first=first)
            assert bool(dealt & bit) == (counts and (known.dealt or settled))
            assert bool(member & bit) == counts


@drawn(40, 400)
@given(
    playbooks(),
    st.lists(st.tuples(st.fixed_dictionaries(FACTS), st.integers(0, 3), st.integers(-3, 1)), min_size=1, max_size=6),
)
def test_one_run_and_all_of_them_go_as_far(it, runs):
    at = [Standing(min(step, len(it.steps) - 1), 1, NOW + timedelta(hours=hours)) for _, step, hours in runs]
    live = Live(3, 7, replace(it, aim="Another version."), {7: it})
    live = Live(3, 8, live.playbook, {7: it})
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows_of(connection, "fact", {"subject": "BIGINT"} | TYPES,
                [(n, *(facts[f] for f in TYPES)) for n, (facts, _, _) in enumerate(runs, 1)])  # fmt: skip
        rows_of(connection, "going", {"run": "BIGINT", "slot": "INTEGER", "version": "INTEGER", "subject": "BIGINT",
                                      "step": "INTEGER", "turn": "INTEGER", "wake_at": "TIMESTAMP"},
                [(n, 3, 7, n, one.step, one.turn, one.wake_at) for n, one in enumerate(at, 1)])  # fmt: skip
        load_steps(connection, [live])
        walk_all(connection, [live], NOW, TODAY)
        found = {r[0]: r[1:] for r in connection.execute("SELECT run, step, turn, wake_at FROM walked").fetchall()}
        told = connection.execute("SELECT run, what, step, turn, why FROM told ORDER BY run, round").fetchall()
        asking = connection.execute("SELECT run, step, turn FROM asking ORDER BY run").fetchall()
    assert len(found) == len(runs)
    asked = []
    for n, (facts, _, _) in enumerate(runs, 1):
        end, said = walk(it, at[n - 1], facts, NOW, TODAY)
        assert [row[1:] for row in told if row[0] == n] == [(one.what, one.step, one.turn, one.why) for one in said]
        assert found[n][:2] == (end.step, end.turn)
        assert end.step == len(it.steps) or found[n][2] == end.wake_at
        asked += [(n, one.step, one.turn) for one in said if one.what == "ask"]
    assert asking == asked


@pytest.mark.parametrize("batches", [[1] * 60, [7] * 9, [60]])
def test_a_stratum_keeps_its_share_however_few_come_at_a_time(batches):
    kept = before = 0
    for now in batches:
        kept += aside_of_next(0.1, place("salt", "DE"), before, now)
        before += now
        assert abs(kept - 0.1 * before) <= 1


def test_strata_are_drawn_in_sets_as_they_are_reckoned():
    it = Playbook(
        "drawn", "Drawn", "customers", "To be tested.", "Ada", Audience(conditions("customers", "orders >= 1")),
        Trigger("enter", those_inside=True), (Step("s0", "webhook", {"name": "a"}),),
        holdout=Holdout(0.3, stratum="country"), measured=MEASURED,
    )  # fmt: skip
    nobody = dict.fromkeys(FACTS)
    people = [
        {"facts": nobody | {"orders": 1.0, "country": country}, "member": False, "dealt": False, "running": False,
         "runs": 0, "kept_out": False, "ended_on": None, "anchor": None, "behind": None}
        for country in ["DE"] * 11 + ["AT"] * 4
    ]  # fmt: skip
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        everybody(connection, people, 0)
        connection.execute(
            "INSERT INTO past SELECT 0, 100 + range, 'assigned', TIMESTAMP '2026-01-01', DATE '2026-01-01', NULL, 'treated', 'DE', 'drawn' FROM range(8)"
        )
        decide(connection, [Live(0, 1, it, {}, "salt")], TODAY)
        held = dict(
            connection.execute(
                f"SELECT stratum, count(*) FILTER (arm = '{HELD_OUT}') FROM decided GROUP BY 1"
            ).fetchall()
        )
        first = connection.execute(
            f"SELECT subject FROM decided WHERE arm = '{HELD_OUT}' AND stratum = 'DE'"
        ).fetchall()
    assert held == {
        "DE": aside_of_next(0.3, place("salt", "DE"), 8, 11),
        "AT": aside_of_next(0.3, place("salt", "AT"), 0, 4),
    }
    assert {n for (n,) in first} == set(sorted(range(1, 12), key=lambda n: place("salt", n))[: held["DE"]])
    assert TREATED != HELD_OUT
