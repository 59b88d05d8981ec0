"""Segments: read strictly, put together by all, any and not, and the same however they are asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_segments import Asked, jan
from test_facts import ANA, BO, CY, DEE, ELI, FAY, PAPER, orders

from holdfast.metrics.section import FrameworkProblem
from holdfast.segments.condition import All, AnyOf, Condition, Leaf, Not
from holdfast.segments.segment import read, segment
from holdfast.segments.states import STATES
from holdfast.segments.store import all_segments, declare, find, keep, shipped, versions, written
from holdfast.warehouse.home import Home

NEW = Leaf("state", (("is", ("new",)),))
RICH = Leaf("money", (("at_least", 50.0),))
LATELY = Leaf("last_purchase", (("within_days", 5.0),))


def test_all_any_and_not_are_put_together(shop: Asked) -> None:
    shop.sold(PAPER)
    asked = {
        "new": NEW, "rich": RICH, "both": All((NEW, RICH)), "either": AnyOf((NEW, RICH)), "neither": Not(AnyOf((NEW, RICH))),
    }  # fmt: skip
    assert shop.at_once(asked, jan(95)) == {
        "new": {DEE, FAY}, "rich": {ANA, DEE}, "both": {DEE}, "either": {ANA, DEE, FAY}, "neither": {BO, CY, ELI},
    }  # fmt: skip


def test_a_day_counts_from_the_day_asked_about_and_reaches_so_many_days_back(shop: Asked) -> None:
    shop.sold(PAPER)
    assert shop.members(LATELY, jan(95)) == {DEE, FAY}  # days 90 and 94
    assert shop.members(LATELY, jan(96)) == {FAY}
    assert shop.members(Leaf("first_purchase", (("since", jan(10)), ("until", jan(64)))), jan(95)) == {BO, CY}


def test_who_never_bought_is_in_everybody_and_in_no_segment_of_buyers(shop: Asked) -> None:
    shop.sold(PAPER)
    shop.rows(customer=[{"customer_id": 99}, {"customer_id": ANA}])
    nobody = Leaf("first_purchase", (("known", False),))
    assert shop.members(nobody, jan(95), "everybody") == {99}
    assert shop.members(nobody, jan(95)) == set()
    assert shop.members(Not(NEW), jan(95), "everybody") == {ANA, BO, CY, ELI, 99}


def test_what_is_not_known_does_not_hold(shop: Asked) -> None:
    """No ticket was ever connected, so nobody has none."""
    shop.sold(PAPER)
    none_open = Leaf("open_tickets", (("at_most", 0.0),))
    assert shop.members(none_open, jan(95)) == set()
    shop.rows(ticket=[{"ticket_id": 1}])
    assert shop.members(none_open, jan(95)) == {ANA, BO, CY, DEE, ELI, FAY}


conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(
        st.sampled_from(STATES).map(lambda state: Leaf("state", (("is", (state,)),))),
        st.integers(1, 5).map(lambda n: Leaf("recency_score", (("at_least", float(n)),))),
        st.integers(0, 20).map(lambda n: Leaf("money", (("below", float(n)),))),
        st.integers(0, 60).map(lambda n: Leaf("last_purchase", (("within_days", float(n)),))),
        st.just(Leaf("last_gap", (("known", True),))),
        st.just(Leaf("country", (("in", ("de", "fr")),))),
    ),
    lambda parts: st.one_of(
        parts.map(Not), st.lists(parts, min_size=1, max_size=3).map(lambda p: All(tuple(p))),
        st.lists(parts, min_size=1, max_size=3).map(lambda p: AnyOf(tuple(p))),
    ),
    max_leaves=6,
)  # fmt: skip
again = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@again
@given(orders, conditions, st.integers(1, 70).map(jan))
def test_a_segment_and_its_opposite_are_everybody(
    shop: Asked, sold: list[tuple[int, date, int]], when: Condition, day: date
) -> None:
    shop.connection.execute("DELETE FROM order_value")
    shop.sold(sold)
    found = shop.at_once({"asked": when, "opposite": Not(when)}, day)
    assert found["asked"] | found["opposite"] == {who for who, placed, _ in sold if placed <= day}
    assert not found["asked"] & found["opposite"]


@again
@given(orders, st.lists(conditions, min_size=2, max_size=5), st.integers(1, 70).map(jan))
def test_many_at_once_are_each_alone(
    shop: Asked, sold: list[tuple[int, date, int]], whens: list[Condition], day: date
) -> None:
    shop.connection.execute("DELETE FROM order_value")
    shop.sold(sold)
    together = shop.at_once({f"s{n}": when for n, when in enumerate(whens)}, day)
    assert list(together.values()) == [shop.members(when, day) for when in whens]


@again
@given(orders, st.integers(1, 70).map(jan), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_and_states_part_the_buyers(
    shop: Asked, sold: list[tuple[int, date, int]], day: date, random: object
) -> None:
    facts = ["state", "recency_score", "money_score", "value_decile", "last_gap"]
    told = []
    for rows in (sold, random.sample(sold, len(sold))):  # type: ignore[attr-defined]
        shop.connection.execute("DELETE FROM order_value")
        shop.sold(rows)
        told.append(shop.values(facts, day))
    assert told[0] == told[1]
    by_state = shop.at_once({state: Leaf("state", (("is", (state,)),)) for state in STATES}, day)
    assert sorted(who for some in by_state.values() for who in some) == sorted({w for w, on, _ in sold if on <= day})


@again
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.integers(1, 9))
def test_scores_depend_on_the_order_of_values_only(shop: Asked, cents: list[int], times: int) -> None:
    told = []
    for stretched in (cents, [times * value + value**2 for value in cents]):
        shop.connection.execute("DELETE FROM order_value")
        shop.sold([(who, jan(1), value) for who, value in enumerate(stretched)])
        told.append(shop.values(["money_score", "value_decile"], jan(1)))
    assert told[0] == told[1]


def _file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = 'mine'\nname = 'Mine'", "when: is missing"),
        ("id = 'other'\nname = 'Mine'", "id: must be the file's name"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recencey', below = 3}", "did you mean recency?"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recency', is_about = 3}", "recency needs one of at_least"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recency', below = 3, abve = 1}", "when.abve: is not a key here"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recency', below = 'x'}", "when.below: must be a number"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'state', is = 'gone'}", "state is one of lapsed"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'state', below = 3}", "when.below: cannot be asked of state"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {all = []}", "when.all: must hold one condition or more"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {all = [{fact = 'recency'}]}", "when.all[1].fact: recency needs one of"),
        ("id = 'mine'\nname = 'Mine'\nuniverse = 'all'\nwhen = {fact = 'recency', below = 3}", "buyers or everybody"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'last_purchase', since = 'May'}", "must be a day such as"),
        ("id = 'mine'\nname = 'Mine'\nwhen = {fact = 'recency', below = 3, even_descriptive = true}", "is for what models"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FrameworkProblem, match=r"mine\.toml") as problem:
        read(_file(tmp_path, text))
    assert said in str(problem.value)


@again
@given(conditions)
def test_what_is_written_is_read_again(tmp_path: Path, when: Condition) -> None:
    told = segment("mine", "Mine", "", "buyers", when)
    assert read(_file(tmp_path, written(told))) == told


def test_a_version_that_was_used_stays_when_the_file_is_edited(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    first = declare(home, segment("mine", "Mine", "Why.", "buyers", NEW))
    assert (first.number, keep(home, find(home, "mine")).number) == (1, 1)
    assert declare(home, segment("mine", "Mine", "Why.", "buyers", All((NEW, RICH)))).number == 2
    assert declare(home, segment("mine", "Mine", "Why.", "buyers", NEW)).number == 1  # what it was before is known
    assert [one.segment.when for one in versions(home, "mine")] == [NEW, All((NEW, RICH))]
    assert set(all_segments(home)) == {*shipped(), "mine"}
    assert keep(home, shipped()["slipping"]).number == 1
    with pytest.raises(FrameworkProblem, match="id"):
        declare(home, segment("../mine", "Mine", "", "buyers", NEW))
