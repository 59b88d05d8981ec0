"""Settings and decisions: what the home says, what it refuses, and what holds after all was said."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.warehouse.home import Home, HomeProblem
from holdfast.warehouse.identity.decisions import CannotDecide, Decision, decide, decisions, standing, undo
from holdfast.warehouse.identity.settings import settings_of, shipped

NOW = datetime(2026, 1, 1)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def test_a_home_without_a_file_has_the_shipped_rules(home):
    rules = settings_of(home)
    assert rules == shipped()
    assert (rules.limits["email_numbers"], rules.limits["phone_persons"]) == (5, 3)
    assert (rules.limits["device_persons"], rules.limits["device_days"], rules.limits["lookback_days"]) == (2, 30, 30)
    assert (
        "info" in rules.roles
        and "privaterelay.appleid.com" in rules.relay_domains
        and "gmail.com" in rules.personal_domains
    )


def test_what_the_home_says_of_a_key_replaces_it_and_the_rest_stays(home):
    (home.path / "identity.toml").write_text(
        '[limits]\nphone_persons = 1\n[block]\nown_domains = ["Our.Example "]\n[merge]\ndevice = false\n'
    )
    rules = settings_of(home)
    assert (rules.limits["phone_persons"], rules.limits["email_numbers"]) == (1, 5)
    assert rules.own_domains == ("our.example",) and rules.roles == shipped().roles
    assert rules.merge == shipped().merge - {"device"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nphones = 3", "nobody reads 'phones'"),
        ("[limit]\nphone_persons = 3", "a section [limit]"),
        ("[limits]\nphone_persons = 'three'", "must be like 3"),
        ("[limits]\nphone_persons = 0", "must be 1 or more"),
        ("[block]\nid_patterns = ['(']", "is no pattern"),
        ("[block", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_the_key(home, text, said):
    (home.path / "identity.toml").write_text(text)
    with pytest.raises(HomeProblem) as refusal:
        settings_of(home)
    assert said in str(refusal.value) and "identity.toml" in str(refusal.value)


def test_a_decision_keeps_who_when_and_why_and_a_later_one_about_the_same_pair_holds(home):
    decide(home, "together", by="eva", at=NOW, why="told us", customers=(2, 1))
    decide(home, "apart", by="otto", at=NOW, why="two sisters", customers=(1, 2))
    first, second = decisions(home)
    assert (first.number, first.by, first.at, first.why, first.customers) == (1, "eva", NOW, "told us", (2, 1))
    assert standing([first, second]).apart == {(1, 2): 2} and not standing([first, second]).together


def test_an_undo_brings_back_what_held_before_and_can_be_undone(home):
    decide(home, "together", by="eva", at=NOW, why="told us", customers=(1, 2))
    decide(home, "apart", by="otto", at=NOW, why="sisters", customers=(1, 2))
    undo(home, 2, by="eva", at=NOW, why="no")
    assert standing(decisions(home)).together == {(1, 2): 1}
    undo(home, 3, by="otto", at=NOW, why="yes they are")
    assert standing(decisions(home)).apart == {(1, 2): 2}


@pytest.mark.parametrize(
    "about",
    [
        {"kind": "apart", "customers": (1, 1)},
        {"kind": "apart", "identifier": ("email", "ab")},
        {"kind": "ignore", "customers": (1, 2)},
        {"kind": "apart", "customers": (1, 2), "why": " "},
        {"kind": "apart", "customers": (1, 2), "by": ""},
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_trace(home, about):
    with pytest.raises(CannotDecide):
        decide(home, **{"by": "eva", "at": NOW, "why": "because"} | about)
    assert decisions(home) == []
    with pytest.raises(CannotDecide):
        undo(home, 7, by="eva", at=NOW, why="because")


def test_a_line_that_is_no_decision_is_told_and_nothing_is_guessed(home):
    (home.path / "identity_decisions.jsonl").write_text('{"kind": "apart"}\n')
    with pytest.raises(HomeProblem, match="no decision"):
        decisions(home)


kinds = st.sampled_from(["together", "apart"])


@given(said=st.lists(st.tuples(kinds, st.integers(1, 4), st.integers(5, 8)), max_size=8), undone=st.data())
def test_taking_back_every_decision_leaves_none(said, undone):
    made = [Decision(n, kind, "eva", NOW, "why", (a, b)) for n, (kind, a, b) in enumerate(said, start=1)]  # type: ignore[arg-type]
    backs = [
        Decision(len(made) + n, "undo", "eva", NOW, "why", undoes=one.number) for n, one in enumerate(made, start=1)
    ]
    assert standing([*made, *undone.draw(st.permutations(backs))]) == standing([])
