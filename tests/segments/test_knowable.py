"""A size that cannot be known is never 0: which segments nobody can be in, and why."""

from __future__ import annotations

from holdfast.commerce.unknown import Unknown
from holdfast.segments.condition import All, AnyOf, Condition, Leaf, Not
from holdfast.segments.knowable import DESCRIPTIVE, nobody_can
from holdfast.segments.segment import segment

BOUGHT = Leaf("frequency", (("at_least", 2.0),))
TICKET = Leaf("open_tickets", (("at_least", 1.0),))
GOODS = Leaf("prefers", (("has", ("tea",)),))
RISKY = Leaf("risk", (("at_least", 0.5),))
MISSING = {
    "open_tickets": Unknown("no tickets connected", "import a file of tickets"),
    "prefers": Unknown("nothing says of what kind the goods are", "import products"),
    "risk": DESCRIPTIVE,
}


def why(when: Condition) -> str | None:
    told = nobody_can(segment("asked", "Asked", "", "buyers", when), MISSING)
    return None if told is None else told.why


def test_one_condition_that_nobody_can_meet_is_enough_where_all_must_hold() -> None:
    assert why(All((BOUGHT, TICKET))) == "no tickets connected"
    assert why(All((BOUGHT, AnyOf((TICKET, GOODS))))) == (
        "no tickets connected; nothing says of what kind the goods are"
    )


def test_where_one_of_several_is_enough_all_must_be_unknown() -> None:
    assert why(AnyOf((BOUGHT, TICKET))) is None
    assert why(AnyOf((TICKET, TICKET))) == "no tickets connected"


def test_what_is_not_known_does_not_hold_so_that_its_opposite_does() -> None:
    assert why(Not(TICKET)) is None
    assert why(Leaf("open_tickets", (("known", False),))) is None


def test_a_descriptive_number_may_be_asked_even_so() -> None:
    assert why(RISKY) == DESCRIPTIVE.why
    assert why(Leaf("risk", (("at_least", 0.5),), even_descriptive=True)) is None
