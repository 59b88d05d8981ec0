"""A score is the sum of its reasons, whatever is known; what is not known is neither good nor bad."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.unknown import Unknown
from holdfast.health.answer import Evidence, Found
from holdfast.health.comparison import compare
from holdfast.health.override import OverrideProblem, override, standing
from holdfast.health.reading import read, shared
from holdfast.health.scorecard import SHIPPED, all_scorecards, load, versioned
from holdfast.health.subject import Subject

DAY = date(2026, 6, 30)
ACME = Subject("account", "Acme", "Acme")
CARDS = all_scorecards()


def found(value, told_on=DAY, sentence="said"):
    return Found(value, told_on, sentence, Evidence("rows", "input", 1, DAY, 3))


@st.composite
def answered(draw, card=None):
    """A scorecard, and an answer or none for each of its inputs."""
    card = card or draw(st.sampled_from(list(CARDS.values())))
    answers = {}
    for _, line in card.lines_for("account"):
        told = draw(st.one_of(st.none(), st.just(Unknown("no tickets connected")), st.floats(-150, 150)))
        if told is not None:
            answers[line.input.id] = told if isinstance(told, Unknown) else found(told)
    return card, answers


@given(answered())
def test_the_parts_add_up_and_coverage_says_how_much_is_known(told):
    card, answers = told
    reading = read(card, ACME, DAY, answers)
    lines = [line for _, line in card.lines_for("account") if line.points]
    known = [line.points for line in lines if isinstance(answers.get(line.input.id), Found)]
    assert reading.coverage == pytest.approx(sum(known))  # an account's points are 100
    assert {r.input for r in reading.reasons} | {m.input for m in reading.missing} == {x.input.id for x in lines}
    assert all(0 <= r.lost <= r.full for r in reading.reasons)
    assert sum(r.full for r in reading.reasons) == (1000 if known else 0)
    if reading.coverage < 60:
        assert (reading.score, reading.status) == (None, "not scored")
    else:
        assert reading.score == 1000 - sum(r.lost for r in reading.reasons)
        assert 0 <= reading.score <= 1000


@given(answered(), st.integers(0, 30))
def test_what_is_not_known_neither_lifts_nor_lowers_a_score_beyond_the_rest(told, place):
    """Without an input the score is what the others alone say: their weighted mean."""
    card, answers = told
    id = sorted(line.input.id for _, line in card.lines_for("account"))[place % len(list(card.lines_for("account")))]
    without = {key: value for key, value in answers.items() if key != id}
    reading = read(card, ACME, DAY, without)
    assert reading == replace(
        read(card, ACME, DAY, {**without, id: Unknown("never asked")}),
        missing=reading.missing, shown=reading.shown,
    )  # fmt: skip
    if reading.score is not None:
        worths = [1 - r.lost / r.full for r in reading.reasons if r.full]
        assert min(worths) * 1000 - 10 <= reading.score <= max(worths) * 1000 + 10


@given(answered(load("b2b_platform")), answered(load("b2b_platform")))
def test_what_moved_a_score_adds_up_to_the_difference(first, second):
    card = first[0]
    before, after = read(card, ACME, DAY, first[1]), read(card, ACME, DAY + timedelta(days=30), second[1])
    told = compare(before, after)
    if before.score is None or after.score is None:
        assert isinstance(told, Unknown)
        return
    assert told.tenths == after.score - before.score == sum(m.tenths for m in told.moved)
    assert all(m.tenths for m in told.moved)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_points_are_shared_out_to_the_last_tenth(points):
    full = shared(points)
    assert sum(full) == 1000
    assert all(abs(f - 1000 * p / sum(points)) < 1 for f, p in zip(full, points, strict=True))


def test_a_reading_by_hand():
    """Consumers: recency 20, trend 15, refunds 5, late tickets 8 … of which some are known."""
    answers = {
        "recency": found(0.375, sentence="3 of 8 are overdue"),  # half way from 1 to 0.5: 0.75
        "frequency_trend": found(0.2), "discount_dependence": found(0.05), "refund_share": found(0.15),
        "payment_failures": found(0.02), "late_tickets": found(0.25), "margin": found(-3.0), "disputes": found(0.0),
    }  # fmt: skip
    reading = read(CARDS["b2c_marketplace"], ACME, DAY, answers)
    assert reading.coverage == 63.0  # 20 + 15 + 5 + 5 + 4 + 8 + 4 + 2
    lost = {r.input: (r.full, r.lost) for r in reading.reasons}
    assert lost["late_tickets"] == (127, 127)  # 8 ÷ 63 of 1000
    assert lost["recency"] == (317, round(317 * 0.25))
    assert lost["refund_share"] == (79, round(79 * 0.5))
    assert reading.score == 1000 - 127 - 79 - 40 - lost["margin"][1]
    assert [r.input for r in reading.reasons[:2]] == ["late_tickets", "recency"]
    assert reading.reasons[0].signed == -12.7
    assert reading.redistributed.startswith("37 of 100 points are not known: Key capabilities in use (10)")
    assert reading.said == "69.0, to be watched"


def test_what_is_stale_is_not_known_and_says_so():
    card = CARDS["b2c_marketplace"]
    old = read(card, ACME, DAY, {"satisfaction": found(4.5, DAY - timedelta(days=181))})
    told = next(m for m in old.missing if m.input == "satisfaction")
    assert told.unknown.why == "stale: the newest is of 2025-12-31, 181 days before, and holds for 180"
    new = read(card, ACME, DAY, {"satisfaction": found(4.5, DAY - timedelta(days=180))})
    assert [r.input for r in new.reasons] == ["satisfaction"]


def test_a_company_is_not_asked_for_what_only_a_shop_can_say():
    company = Subject("company", "7", "Lock House")
    reading = read(CARDS["b2b_platform"], company, DAY, {})
    assert "margin" not in {m.input for m in reading.missing}
    assert (reading.coverage, reading.status) == (0.0, "not scored")
    assert reading.said == "not scored: 0 % of the points are known, and 60 % are needed"


def test_what_is_shown_only_counts_for_nothing():
    card = CARDS["b2b_platform"]
    busy = {"meetings_held": found(40), "documents": found(90), "our_impression": found(1.0)}
    reading = read(card, ACME, DAY, busy)
    assert (reading.coverage, reading.score) == (0.0, None)
    assert {s.input for s in reading.shown} >= set(busy)


def test_moves_are_told_by_value_and_by_weight():
    card = CARDS["b2c_marketplace"]
    full = {
        line.input.id: found(line.levels_for("account")[0].at) for _, line in card.lines_for("account") if line.points
    }
    full |= {"recency": found(0.25), "payment_failures": found(0.02)}
    before = read(card, ACME, DAY, full)
    after = read(
        card, ACME, DAY + timedelta(days=30), full | {"payment_failures": found(0.15, sentence="3 invoices failed")}
    )
    told = compare(before, after)
    assert [(m.input, m.signed, m.why, m.sentence) for m in told.moved] == [
        ("payment_failures", -4.0, "value", "3 invoices failed")
    ]
    without = {k: v for k, v in full.items() if k != "capability_use"}
    told = compare(before, read(card, ACME, DAY, without))
    assert told.moved[0].why == "vanished"
    assert {m.why for m in told.moved[1:]} == {"weight"}
    edited = versioned(replace(card, good=80.0))
    assert compare(before, read(edited, ACME, DAY, full)).formula_changed


def test_somebody_may_say_otherwise_with_a_reason_and_for_thirty_days():
    reading = read(CARDS["b2c_marketplace"], ACME, DAY, {})
    said = override("risk", "their buyer told us they are leaving", by="cas", on=DAY)
    assert said.until == date(2026, 7, 30)
    assert standing(reading, [said], date(2026, 7, 29)).status == "risk"
    assert standing(reading, [said], date(2026, 7, 30)) == standing(reading, [], DAY)
    later = override("good", "they stay", by="sup", on=date(2026, 7, 3))
    told = standing(reading, [said, later], date(2026, 7, 4))
    assert (told.status, told.scored, told.override) == ("good", "not scored", later)
    assert "cas" not in told.said


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reason": " "}, "why"),
        ({"by": ""}, "who"),
        ({"until": date(2026, 8, 1)}, "2026-07-30"),
        ({"status": "green"}, "status"),
    ],
)
def test_an_override_without_what_it_needs_is_refused(change, word):
    told = {"status": "risk", "reason": "leaving", "by": "cas", "on": DAY} | change
    with pytest.raises(OverrideProblem, match=word):
        override(told.pop("status"), told.pop("reason"), **told)


def test_three_scorecards_ship_and_add_up():
    assert tuple(CARDS) == SHIPPED
    for card in CARDS.values():
        assert sum(line.points for _, line in card.lines_for("account")) == 100
