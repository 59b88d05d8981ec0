"""Every kind's table of states: each state can be reached, each move can be made, and each can be refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from holdfast.accounts.decide.moving import Allowed, Refused, line_moving, moving
from holdfast.accounts.kinds import needs
from holdfast.accounts.kinds.catalog import KINDS, kind_of
from holdfast.accounts.kinds.declare import Who
from holdfast.accounts.kinds.facts import Actor, Line, Object
from holdfast.accounts.kinds.fields import Known, Misfit, empty, fitting

DAY = date(2026, 3, 2)
KNOWN = Known(frozenset({"repeat_purchase_rate"}), frozenset({5}), frozenset({1, 2, 3}))
CRITERION = {"metric": "repeat_purchase_rate", "baseline": 0.2, "target": 0.25, "by": "2026-06-30"}
WE, STRANGER, GUEST = Actor("we", 1, "Cas"), Actor("we", 3, "Ada"), Actor("customer", 5, "Ann")
MACHINES = [(f"{kind.id} {where}", machine) for kind in KINDS.values()
            for where, machine in [("", kind.machine), *((part.name, part.machine) for part in kind.parts)]]  # fmt: skip
MOVES = [(kind, move) for kind in KINDS.values() for move in kind.machine.moves]
LINE_MOVES = [(kind, part, move) for kind in KINDS.values() for part in kind.parts for move in part.machine.moves]


def named(case) -> str:
    return "-".join(getattr(one, "id", "") or getattr(one, "name", "") or f"{one.start}-{one.end}" for one in case)


def sample(field):
    return {
        "text": "words", "prose": "words", "texts": ["one"], "number": 3, "whole": 3, "share": 0.5, "yes_no": True,
        "money": {"minor": 500, "currency": "EUR"}, "month": "2026-03", "day": "2026-02-20", "moment": "2026-03-01T10:00:00+00:00",
        "choice": field.choices[0] if field.choices else "", "metric": "repeat_purchase_rate", "criterion": CRITERION,
        "contact": 5, "person": 1, "rows": [{c.name: sample(c) for c in field.columns}] if field.columns else [],
    }[field.type]  # fmt: skip


def filled(fields):
    return {field.name: sample(field) for field in fields}


def satisfying(kind, move) -> Object:
    """An object from which the move can be made: everything is filled in, and each need is met in its own way."""
    fields = filled(kind.fields) | ({"giver": 1, "receiver": 2} if kind.id == "A28" else {})
    lines: list[Line] = []

    def add(part, state=None, count=1):
        for _ in range(count):
            lines.append(Line(len(lines) + 1, part, state or kind.part(part).machine.first, f"line {len(lines)}", 1, 5,
                              DAY, fields=filled(kind.part(part).columns)))  # fmt: skip

    of = Object(move.start, DAY, DAY, owner=1, evidence=3, decision=("sign", DAY, "Ann"), raters=2,
                told={"asked": (DAY,), "shared": (DAY,)}, close=frozenset({1}),
                expires_on=DAY + timedelta(days=9))  # fmt: skip
    for need in move.needs:
        match need:
            case needs.Lines(part, least, _, states):
                add(part, states[0] if states else None, least)
            case needs.Every(part, states, _) if not any(line.part == part for line in lines):
                add(part, states[0] if states else None)
            case needs.Is(name, answers, _):
                fields[name] = answers[0]
            case needs.Expired():
                of = replace(of, expires_on=DAY)
            case needs.DaysBefore(name, other, days):
                fields[name], fields[other] = DAY.isoformat(), (DAY + timedelta(days=days)).isoformat()
            case needs.Promise(stands, _):
                of = replace(of, promise=stands)
            case needs.Months(table, column, threshold, times, months, below):
                fields[threshold] = 0.01
                value = 0.01 * times * (0.5 if below else 1)
                fields[table] = [{"month": f"2026-0{n}", column: value} for n in range(1, months + 1)]
    lines = [replace(line, state=need.states[0]) if isinstance(need, needs.Every) and need.states
             and line.part == need.part else line
             for line in lines for need in [next((n for n in move.needs if isinstance(n, needs.Every)
                                                  and n.part == line.part), None)]]  # fmt: skip
    if kind.mutual and not lines:
        add(kind.parts[0].name)
    return replace(of, fields=fields, lines=tuple(lines))


def without(of: Object, need) -> Object:
    """The same object with nothing of what the need asks for."""
    bare = replace(of, owner=None, evidence=0, decision=("", None, ""), expires_on=None, told={}, raters=0, promise="",
                   owes=True, fields={name: of.fields[name] for name in ("giver", "receiver") if name in of.fields},
                   lines=tuple(replace(ln, state="x", fields={}, customer_owner=None) for ln in of.lines))  # fmt: skip
    match need:
        case needs.Lines():
            return replace(bare, lines=())
        case needs.Short(most):
            return replace(bare, fields={"pain": "x" * (most + 1)})
    return bare


def actor_for(move) -> Actor:
    return {Who.CUSTOMER: GUEST, Who.ANOTHER: STRANGER}.get(move.who, WE)


def others(move) -> Actor:
    """Somebody who may not make it."""
    return {Who.CUSTOMER: WE, Who.ANOTHER: WE, Who.PAIR: STRANGER}.get(move.who, GUEST)


def test_there_are_28_kinds_and_all_say_what_they_are_for():
    assert list(KINDS) == [f"A{n:02}" for n in range(1, 29)]
    for kind in KINDS.values():
        assert all((kind.name, kind.question, kind.owner, kind.useful, kind.theatre)), kind.id
        names = [field.name for field in kind.fields]
        assert len(names) == len(set(names))
        assert kind.question.endswith("?")
    with pytest.raises(LookupError, match="there is no kind A29"):
        kind_of("A29")


@pytest.mark.parametrize(("where", "machine"), MACHINES, ids=[where for where, _ in MACHINES])
def test_every_state_is_reached_and_only_final_ones_are_dead_ends(where, machine):
    reached, edge = {machine.first}, [machine.first]
    while edge:
        edge = [move.end for start in edge for move in machine.onward(start) if move.end not in reached]
        reached |= set(edge)
    assert reached == {state.name for state in machine.states}
    assert {s.name for s in machine.states if not machine.onward(s.name)} == {s.name for s in machine.states if s.final}
    assert len({(move.start, move.end) for move in machine.moves}) == len(machine.moves)


@pytest.mark.parametrize(("kind", "move"), MOVES, ids=[named(case) for case in MOVES])
def test_a_move_is_made_by_whom_it_belongs_to_and_refused_where_anything_is_missing(kind, move):
    of = satisfying(kind, move)
    made = moving(kind, of, move.end, actor_for(move))
    assert isinstance(made, Allowed), made
    assert bool(made.waits_for) == (move.who in (Who.BOTH, Who.PAIR))
    if move.who not in (Who.EITHER, Who.BOTH):
        assert isinstance(moving(kind, of, move.end, others(move)), Refused)
    for need in move.needs:
        refused = moving(kind, without(of, need), move.end, actor_for(move))
        assert isinstance(refused, Refused), need
        assert need.missing(without(of, need), None) in refused.mend


@pytest.mark.parametrize(("kind", "part", "move"), LINE_MOVES, ids=[named(case) for case in LINE_MOVES])
def test_a_line_moves_by_its_table_too(kind, part, move):
    good = {need.name: str(DAY + timedelta(days=9)) for need in move.needs if isinstance(need, needs.Good)}
    line = Line(1, part.name, move.start, "a line", 1, 5, DAY, fields=filled(part.columns) | good,
                below=(("outcome", "verified"),))  # fmt: skip
    of = Object(kind.machine.first, DAY, DAY, lines=(line,), told={"shared": (DAY,)})
    assert isinstance(line_moving(kind, of, line, move.end, actor_for(move)), Allowed)
    if move.who is not Who.EITHER:
        assert isinstance(line_moving(kind, of, line, move.end, others(move)), Refused)


def reached_without(machine, *whose):
    reached, edge = {machine.first}, [machine.first]
    while edge:
        edge = [m.end for start in edge for m in machine.onward(start) if m.who not in whose and m.end not in reached]
        reached |= set(edge)
    return reached


@pytest.mark.parametrize(("kind_id", "part", "states"), [
    ("A01", "", {"accepted", "on_track", "decided", "closed"}), ("A02", "outcome", {"accepted", "delivered", "verified"}),
    ("A02", "", {"verified"}), ("A04", "", {"corrected"}), ("A13", "", {"verified", "handed_over"}),
    ("A14", "", {"closed", "reviewed"}), ("A14", "exit", {"agreed", "met"}), ("A16", "", {"facts_agreed", "resolved"}),
    ("A20", "", {"agreed", "disagreed"}), ("A25", "", {"frozen", "peak", "reviewed"}),
    ("A26", "", {"approved", "published"}), ("A27", "", {"approved", "published"}),
])  # fmt: skip
def test_no_row_of_our_own_moves_ends_where_the_customers_word_is_needed(kind_id, part, states):
    kind = kind_of(kind_id)
    machine = kind.part(part).machine if part else kind.machine
    assert not states & reached_without(machine, Who.CUSTOMER, Who.BOTH)


def test_what_needs_a_second_of_us_is_not_reached_by_one():
    for kind_id, states in (
        ("A08", {"checked", "published"}),
        ("A19", {"read", "closed"}),
        ("A28", {"accepted", "met"}),
    ):
        assert not states & reached_without(kind_of(kind_id).machine, Who.ANOTHER, Who.PAIR)


def test_no_move_leads_beside_the_table():
    kind = kind_of("A01")
    for end in ("closed", "nowhere", "draft"):
        refused = moving(kind, Object("draft", DAY, DAY), end, WE)
        assert isinstance(refused, Refused)
        assert "Mutual action plan is draft" in refused.why and refused.mend == ("it can become shared",)


def test_what_both_have_to_say_waits_for_the_second():
    kind = kind_of("A14")
    move = kind.machine.move("monitoring", "closed")
    of = satisfying(kind, move)
    assert moving(kind, of, "closed", WE).waits_for == ("customer",)
    asked = replace(of, assent_to="closed", assents=frozenset({"we"}))
    assert moving(kind, asked, "closed", WE).waits_for == ("customer",)
    assert moving(kind, asked, "closed", GUEST).waits_for == ()
    assert moving(kind, replace(asked, assent_to="managed"), "closed", GUEST).waits_for == ("we",)


def test_a_hand_over_is_accepted_by_the_two_it_is_about_and_nobody_else():
    kind = kind_of("A28")
    of = satisfying(kind, kind.machine.move("reviewed", "accepted"))
    assert moving(kind, of, "accepted", WE).waits_for == ("user:2",)
    assert isinstance(moving(kind, of, "accepted", STRANGER), Refused)
    alone = replace(of, fields=of.fields | {"receiver": 1})
    assert "it takes two" in moving(kind, alone, "accepted", WE).why


def test_fields_are_held_to_what_they_are_declared_as():
    for kind in KINDS.values():
        assert fitting(kind.fields, filled(kind.fields), KNOWN) == {
            k: v for k, v in filled(kind.fields).items() if not empty(v)
        }
    plan = kind_of("A02")
    for wrong in ({"strategy": 3}, {"nothing": "x"}, {"strategy": "x" * 20_001}):
        with pytest.raises(Misfit):
            fitting(plan.fields, wrong, KNOWN)
    terms = plan.part("outcome").columns
    for wrong in ({"metric": "made_up"}, {"baseline": "many"}, {"by": "soon"}, {"odds": 1}, {"target": float("nan")}):
        with pytest.raises(Misfit, match="criterion"):
            fitting(terms, {"criterion": wrong}, KNOWN)
    renewal = kind_of("A07")
    for wrong in ({"value": {"minor": 1.5, "currency": "EUR"}}, {"value": {"minor": 1, "currency": "euro"}},
                  {"probability": 1.1}, {"due_on": "2026-02-30"}, {"options": [{"way": "dance"}]}):  # fmt: skip
        with pytest.raises(Misfit):
            fitting(renewal.fields, wrong, KNOWN)


def test_nothing_filled_in_is_not_kept_and_nought_and_no_are():
    kind = kind_of("A14")
    assert fitting(kind.fields, {"outcome": "  ", "criteria_met": False}, KNOWN) == {"criteria_met": False}
    assert fitting(kind_of("A21").fields, {"low": 0, "high": None}, KNOWN) == {"low": 0}
