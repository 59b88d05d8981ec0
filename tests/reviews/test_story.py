"""What a review says: the customer first, levels without claims, guardrails beside successes, and a source for each
figure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import invented
import pytest
from invented import KNOWN, TOLD

from holdfast.accounts.decide.reviewing import Told
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.grade import Grade
from holdfast.evidence.ledger import Claim
from holdfast.evidence.verdict import Verdict
from holdfast.reviews import written
from holdfast.reviews.figure import Figure
from holdfast.reviews.story import (
    MOST_PAGES,
    Grid,
    Own,
    Story,
    figures_in,
    from_json,
    parts_in,
    slots_of,
    to_json,
    with_words,
)
from holdfast.reviews.telling import lacking, tell


def page(story: Story, key: str):
    return next(one for one in story.pages if one.key == key)


def words(thing: object) -> str:
    """All that is read, in the order in which it stands."""
    return " ".join(p for p in parts_in(thing) if isinstance(p, str)) + " ".join(
        p.text for p in parts_in(thing) if isinstance(p, Figure | Own)
    )


def test_the_customers_goals_come_before_any_number_of_ours(story):
    keys = [one.key for one in story.pages]
    assert keys[:3] == ["opening", "goals", "outcomes"] and keys[-2:] == ["misses", "ending"]
    assert len(keys) <= MOST_PAGES
    assert TOLD.strategy in words(page(story, "goals")) and "Ann Berg wants fewer returns" in words(
        page(story, "goals")
    )


def test_every_measured_figure_has_a_footnote_that_says_all_that_finds_it_again(story):
    agreed = {
        id(f) for row in page(story, "outcomes").columns[0][0].rows for cell in row[2:4] for f in figures_in(cell)
    }
    notes = {note.number: note for note in story.notes}
    for one in story.pages:
        for figure in figures_in(one):
            if id(figure) in agreed:
                continue
            note = notes[figure.note]
            assert note in story.notes_of(one)
            assert note.metric and note.version and note.snapshot == invented.SNAPSHOT and note.as_of == invented.AS_OF
            assert note.address.startswith("https://cs.example.com/") and note.address.endswith(
                "?scope=account:Kelp%20%26%20Co"
            )
            assert note.interval and (note.n or note.interval.startswith("not known: "))
    churn = next(note for note in story.notes if note.metric == "second_purchase_within_30_days")
    assert "n 801" in churn.short and "67 still open" in churn.short and "11.8 to 16.7" in churn.short
    assert "1 Jul 2025 to 30 Jun 2026" in churn.short


def test_the_value_of_each_figure_is_the_published_one(story):
    second = next(
        f for f in figures_in(page(story, "targets")) if f.point == KNOWN["second_purchase_within_30_days"][0]
    )
    assert (second.low, second.high, second.text) == (0.118, 0.167, "14.1\u00a0%")


def test_a_level_is_told_as_two_levels_and_never_as_an_effect(story):
    told = words(page(story, "value"))
    assert "Average order value:" in told and "a year before" in told and "E1 described" in told
    for claim in ("increased", "because of", "rose", "improved", "thanks to"):
        assert claim not in words(story.pages)
    assert "nobody was kept aside" in told  # what claims an effect without a holdout
    assert "Part of this is expected without any action" in told  # E2


def test_measured_and_told_stand_apart_and_nothing_adds_them_up(story):
    (grid,) = [b for b in page(story, "value").columns[0] if isinstance(b, Grid)]
    kinds = [row[0][0] for row in grid.rows]
    assert kinds == sorted(kinds, key=["Measured", "Projected", "Told"].index) and "Told" in kinds
    assert "it is not added up" in words(page(story, "value"))
    assert "total" not in words(page(story, "value")).lower()


def test_the_guardrail_stands_beside_the_success(story):
    grid = page(story, "successes").columns[0][0]
    first = next(row for row in grid.rows if "First purchase" in row[0][0] or "Account complete" in row[0][0])
    assert first[3]
    assert "Share of the cost" in words(page(story, "value")) or "beside it" in words(page(story, "value"))


def test_a_miss_shows_its_gap_and_leaves_the_cause_to_a_person(story):
    grid = page(story, "misses").columns[0][0]
    row = next(row for row in grid.rows if "60 %+" in row[0][0])
    assert row[3][0].text == "45.9 points" and row[3][0].point == pytest.approx(0.459)
    assert row[4][0].asks and row[4][0].slot == "cause.activation_second_purchase"


def test_a_story_comes_back_from_json_as_it_was(story):
    assert from_json(json.loads(json.dumps(to_json(story)))) == story
    with pytest.raises(ValueError, match="form"):
        from_json({"is": "Story", "form": 99})


def test_a_persons_words_take_the_place_of_the_draft_and_an_empty_slot_is_the_drafts_again(story):
    slots = [own.slot for own in slots_of(story)]
    assert len(set(slots)) == len(slots)
    told = with_words(story, {"purpose": "To decide about the warehouse.", "changed": "  "})
    assert "To decide about the warehouse." in words(page(told, "opening"))
    assert "You speak first" in words(page(told, "goals"))


def test_a_review_that_asks_for_no_decision_is_not_fit_to_be_issued(story):
    assert lacking(story) == ()
    bare = tell(invented.given(told=Told("Kelp & Co")))
    assert "no decision" in lacking(bare)[0]
    assert lacking(with_words(bare, {"decisions": "Open the second warehouse?"})) == ()


def test_an_account_without_numbers_or_plan_gets_questions_in_place_of_zeros():
    bare = tell(invented.given(told=Told("Kelp & Co"), numbers=None))
    assert bare.notes == () and figures_in(bare) == ()
    told = words(bare.pages)
    assert (
        "The data hold no numbers" in told and "No outcome is agreed yet" in told and "No action is agreed yet" in told
    )


def test_targets_of_a_segment_that_nobody_chose_are_said_to_be():
    numbers = invented.given().numbers
    told = words(page(tell(invented.given()), "opening"))
    assert (
        f"Nobody has chosen a segment for this account: the targets are those of {numbers.card.segment.name}." in told
    )
    chosen = tell(invented.given(numbers=replace(numbers, chosen=True)))
    assert "Nobody has chosen" not in words(page(chosen, "opening"))


def test_a_month_that_is_not_over_is_not_drawn_as_a_fall():
    source = invented.Source(as_of=date(2026, 6, 9))
    labels = page(tell(invented.given(source)), "months").columns[0][0].labels
    assert labels[-1] == "May 2026" and len(labels) == 11


def test_what_is_not_known_is_said_with_its_reason(story):
    source = invented.Source({k: v for k, v in KNOWN.items() if k != "average_order_value"})
    assert isinstance(source.value("average_order_value").reading, Unknown)
    now = tell(invented.given(source))
    figure = page(now, "outcomes").columns[0][0].rows[1][5][0]
    note = next(n for n in now.notes if n.number == figure.note)
    assert figure.text == "not known" and figure.point is None and note.interval == "not known: no tickets connected"


def test_one_day_is_a_day():
    assert [written.measured(n, "days") for n in (1, 1.5, 2)] == ["1\u00a0day", "1.5\u00a0days", "2\u00a0days"]


def claim(id: str, grade: Grade, kind: str, word: str, relative: Estimate | Unknown) -> Claim:
    return Claim(
        id, id.title(), "Kelp", "Ada", grade, kind, "net_revenue", 1, "net merchandise per customer assigned", 60,
        date(2026, 6, 30), date(2026, 3, 1), 4000, relative, Unknown("no money"), 0, "EUR", Verdict(word, ""), "",
    )  # fmt: skip


def test_what_was_measured_by_lot_stands_first_with_its_footnote_and_no_money():
    """A copy without money keeps it: the effect is relative. What only looked alike is never said to have changed."""
    shown = (
        claim("pairs", Grade.COMPARED, "indicated", "indicated", Estimate(0.2, 0.1, 0.3, "")),
        claim("guide", Grade.BY_LOT, "measured", "worked", Estimate(0.05, 0.01, 0.09, "")),
        claim("waiting", Grade.BY_LOT, "measured", "cannot tell yet", Estimate(0.05, -0.1, 0.2, "")),
    )
    given = invented.given()
    told = page(tell(replace(given, numbers=replace(given.numbers, claims=shown))), "value")
    grid = next(block for column in told.columns for block in column if isinstance(block, Grid))
    first, second = (words(row) for row in grid.rows[:2])
    assert "Guide changed net merchandise per customer assigned by" in first
    assert f"+5.0{written.HARD}%" in first
    assert "E4 against a holdout" in first
    assert "If trends would have been parallel" in second
    assert "changed" not in second
    assert "Waiting" not in words(told)
    effect = next(part for part in figures_in(grid.rows[0]) if part.point == 0.05)
    assert (effect.money, effect.low, effect.note > 0) == (False, 0.01, True)


def test_what_only_looked_alike_is_never_called_measured_where_it_has_no_per_cent():
    pairs = replace(
        claim("pairs", Grade.COMPARED, "indicated", "indicated", Unknown("those compared show nothing")),
        absolute=Estimate(0.2, 0.1, 0.3, ""), scale="share",
    )  # fmt: skip
    given = invented.given()
    told = page(tell(replace(given, numbers=replace(given.numbers, claims=(pairs,)))), "value")
    grid = next(block for column in told.columns for block in column if isinstance(block, Grid))
    first = words(grid.rows[0])
    assert "Compared" in first and "Measured" not in first and "+20.0 points" in first
