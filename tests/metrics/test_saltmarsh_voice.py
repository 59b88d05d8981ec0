"""Saltmarsh: what customers say and what they do with messages, every number counted by hand.

The rows lie in examples/saltmarsh/voice_*.csv; the shop is read on 30 June 2026.
"""

from datetime import date
from math import sqrt
from pathlib import Path

import pytest
from paper_shop import build_rows, said, series_on, value_on

import holdfast
from holdfast.metrics.drill import source_rows, units
from holdfast.metrics.published import need_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.scorecard import scorecard
from holdfast.metrics.values import Scope
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

FOLDER = Path(holdfast.__file__).parent / "examples" / "saltmarsh"
ALL, DAY = Scope(), date(2026, 6, 30)


@pytest.fixture(scope="module")
def home(saltmarsh_home):
    return saltmarsh_home


def count(home, metric, day=None):
    return said(need_published(home).value(metric) if day is None else value_on(home, metric, ALL, day))


def by(home, metric, dimension):
    """Member → (n, counted); the points of so few are not shown."""
    return {v.member: (v.n, v.counted) for v in need_published(home).breakdown(metric, dimension)}


def test_the_recommendation_score_counts_a_person_once_in_90_days_and_passives_below_the_line(home):
    """Nine answers from July 2025: 10 9 9 10 promote, 7 8 8 are passive, 3 and 0 detract: 4 − 2 of 9.

    Not counted: Ana's 2 forty days after her 10; Bo's 3 of October, 75 days after her 9 (her 3 of November, 96
    days after it, counts); an 11; an empty one; a 10 of June 2025. Ivy's 10 is of 1 July in Haarlem and still of
    30 June in UTC.
    """
    found = value_on(home, "nps", ALL, None)
    assert said(found) == (9, 0, 2, 9, pytest.approx(200 / 9))
    half = 1.96 * 100 * sqrt((6 / 9 - (2 / 9) ** 2) / 9)
    assert found.reading.high - found.reading.point == pytest.approx(half, rel=1e-4)


def test_what_is_asked_after_a_purchase_is_a_score_of_its_own(home):
    """10 and 9 against a 0 from Ana, a day after her 10 for the shop: 1 of 3."""
    assert count(home, "nps_transactional") == (3, 0, 1, 3, pytest.approx(100 / 3))


def test_an_earlier_day_hears_only_what_had_been_said(home):
    """On 20 October 2025: Ivy's 10, Bo's 9 and Eli's 10 of June; Bo's 3 is too early after her 9."""
    assert count(home, "nps", date(2025, 10, 20)) == (3, 0, 3, 3, 100)
    """On 30 November Bo's second word is there."""
    assert count(home, "nps", date(2025, 11, 30)) == (4, 0, 2, 4, 50)


def test_the_months_of_the_score_are_those_in_which_people_answered(home):
    """June 2026: 7, 0, 8, 8, 9."""
    told = {v.member: (v.n, v.counted) for v in series_on(home, "nps", ALL, None)}
    assert told == {
        "2025-06-01": (1, 1), "2025-07-01": (1, 1), "2025-08-01": (1, 1), "2025-11-01": (1, -1), "2026-05-01": (1, 1),
        "2026-06-01": (5, 0),
    }  # fmt: skip


def test_an_invitation_counts_after_14_days_and_one_that_bounced_never(home):
    """Answered in time: Ana, Cy twice. Not: Fay (left it empty), Jon, Bo (on day 14). Kim's bounced, Lia's is open."""
    assert count(home, "nps_response_rate") == (6, 1, 3, 6, 0.5)
    assert by(home, "nps_response_rate", "sort") == {"relationship": (5, 2), "transactional": (1, 1)}
    assert count(home, "survey_response_rate") == (10, 3, 5, 10, 0.5)


def test_questionnaires_without_the_answer_are_counted_by_themselves(home):
    """Sixteen came back in twelve months, Fay's without it."""
    assert count(home, "nps_question_answered") == (16, 0, 15, 16, 15 / 16)


def test_satisfaction_is_of_5_and_other_scales_only_where_the_merchant_says_so(home):
    """Purchase 5 4 2 5, and 10 and 1 of 10 as 5 and 1; support 1 and 4 in school marks as 5 and 2; onboarding
    3 5 5 4 5; retained 5 4 4. Dee's 7 of 7 is refused, and what contacts say for their firms is M40's.
    """
    assert count(home, "customer_satisfaction") == (16, 0, 12, 16, 0.75)
    assert count(home, "customer_satisfaction_mean") == (16, 0, 64, 16, 4.0)
    assert by(home, "customer_satisfaction_mean", "about") == {
        "purchase": (6, 22), "onboarding": (5, 22), "retained": (3, 13), "support": (2, 7),
    }  # fmt: skip
    assert count(home, "retained_satisfaction") == (3, 0, 13, 3, pytest.approx(13 / 3))


def test_answers_that_were_refused_are_named_with_the_build(home):
    """Gus's 11 of 10, and Dee's survey from 1 to 7 that does not say it may be moved."""
    found = {f.audit: f.rows for f in need_published(home).manifest.findings}
    assert found == {"answers_on_scale": 1, "satisfaction_scale": 1}


def test_effort_is_of_7_and_the_older_wording_is_never_added(home):
    """7 and 5 agree, 4 does not; Dee's 1 of 5 is of the first edition."""
    assert count(home, "customer_effort") == (3, 0, 2, 3, pytest.approx(2 / 3))
    assert count(home, "customer_effort_mean") == (3, 0, 16, 3, pytest.approx(16 / 3))


def test_onboarding_counts_first_answers_within_14_days_of_the_invitation(home):
    """Hal's 3 (not the 5 five days later) and Jon's 4. Ivy answered on day 14; Kim's 5 is in a window still open."""
    assert count(home, "onboarding_satisfaction") == (2, 1, 7, 2, 3.5)
    assert count(home, "onboarding_satisfied") == (2, 1, 1, 2, 0.5)
    """Asked: Hal, Jon and in vain Ivy, Gus; Kim and Lia are still open."""
    assert count(home, "onboarding_response_rate") == (4, 2, 2, 4, 0.5)


def test_a_firm_is_one_voice_however_many_of_its_people_answer(home):
    """Harbour Hotel: Eli (buyer) 5 and 3, so 4; Fay 2 and Gus 3 (users): a mean of 3. Mill Office: 5."""
    assert count(home, "business_satisfaction") == (2, 0, 8, 2, 4.0)
    """Roles alike: the hotel's buyer 4 and users 2.5 make 3.25."""
    assert count(home, "business_satisfaction_by_role") == (2, 0, 8.25, 2, 4.125)
    assert by(home, "satisfaction_of_roles", "role") == {"buyer": (2, 9), "user": (1, 2.5)}
    """Before Eli's second answer her contact's mean is 5."""
    assert count(home, "business_satisfaction", date(2026, 5, 31))[4] == pytest.approx((10 / 3 + 5) / 2)
    now = {v.member: (v.n, v.counted) for v in series_on(home, "business_satisfaction", ALL, None)}
    assert now["2026-06-30"] == (2, 8)
    assert now["2026-05-30"] == (2, pytest.approx(10 / 3 + 5))


def test_a_welcome_counts_a_persons_click_within_7_days_and_no_machines(home):
    """Jon clicked after two days. Kim's scanner clicked at once and she on day 7; Gus's mail service opened it.
    Ivy's bounced, Hal's was held back, Lia's window is open.
    """
    assert count(home, "welcome_engagement") == (3, 1, 1, 3, pytest.approx(1 / 3))
    assert count(home, "welcome_machine_opens") == (3, 1, 2, 3, pytest.approx(2 / 3))
    assert count(home, "welcome_bot_clicks") == (3, 1, 1, 3, pytest.approx(1 / 3))


def test_a_flow_is_read_by_person_with_its_guardrails_beside_it(home):
    """Jon 1 of 2, Ana 1 of 2, Kim, Gus and Bo 0 of 1; Lia's is open; the spring campaign was sent by hand."""
    assert count(home, "automated_engagement") == (5, 1, 2, 7, pytest.approx(2 / 7))
    assert count(home, "automated_unsubscribes") == (7, 1, 1, 7, pytest.approx(1 / 7))
    assert count(home, "automated_complaints") == (7, 1, 1, 7, pytest.approx(1 / 7))
    assert count(home, "automated_machine_opens") == (7, 1, 2, 7, pytest.approx(2 / 7))


def test_a_slot_is_read_by_people_and_against_the_same_slot_shown_to_all(home):
    """Chosen for them: Ana and a phone clicked, Bo and Eli did not; Fay's click is of the year before."""
    assert count(home, "personalized_click_rate") == (4, 0, 2, 4, 0.5)
    """The hero only: the footer has no other arm."""
    assert count(home, "slot_click_rate") == (5, 0, 3, 5, 0.6)
    assert by(home, "slot_click_rate", "arm") == {"personalized": (3, 2), "the same for all": (2, 1)}
    assert set(by(home, "slot_click_rate", "slot_and_arm")) == {"hero: personalized", "hero: the same for all"}


def test_a_parcel_is_on_time_until_midnight_and_one_that_never_came_is_late(home):
    """On time: Cy's at 23:30 and four more. Late: Bo's by a day, Ivy's for ever. Jon's is promised for July.

    The label of Ivy's that was cancelled a day before is no second late parcel.
    """
    assert count(home, "on_time_delivery") == (7, 0, 5, 7, pytest.approx(5 / 7))


def test_people_stay_in_touch_within_30_days_of_a_parcel(home):
    """Cy reviewed, Gus registered after the second of two parcels; Hal looked it up on day 30, Bo viewed a page that
    nobody declared; Eli's 30 days still run.
    """
    assert count(home, "post_purchase_engagement") == (4, 1, 2, 4, 0.5)


def test_advocacy_is_four_counts_with_names(home):
    """Two of nine orders came by referral; ratings 5, 4 and a stranger's 1; Ana agreed to be a reference."""
    assert count(home, "referral_order_share") == (8, 0, 2, 9, pytest.approx(2 / 9))
    assert count(home, "review_rating") == (3, 0, 10, 3, pytest.approx(10 / 3))
    assert count(home, "reviews_written") == (3, 0, 3, 3, 3)
    assert count(home, "references_given") == (1, 0, 1, 1, 1)


def test_market_share_is_somebodys_number_with_their_name_on_it(home):
    """The newest that speaks of the day; not the forecast for December."""
    found = value_on(home, "market_share", ALL, None).reading
    assert (found.point, found.low, found.high) == (0.042, None, None)
    assert found.method == "stated by Tea Traders' Association, for 2026-03-31"
    then = value_on(home, "market_share", ALL, date(2026, 1, 15)).reading
    assert (then.point, then.method) == (0.03, "stated by Chamber of Commerce, for 2025-12-31")
    assert need_published(home).value("market_share").reading == found


def test_effects_wait_for_a_holdout_and_the_panel_adds_nothing_up(home):
    published = need_published(home)
    for number in ("M12", "M24", "M42", "M50"):
        metric = next(m for m in METRICS.values() if m.number == number)
        reading = published.value(metric.id).reading
        assert reading.why == "needs a holdout"
        assert reading.would_need
        assert value_on(home, number, ALL, None).reading == reading
        assert published.series(metric.id) == ()
    assert published.value("experience_panel").reading.why == "a panel, not one number"
    panel = next(g for g in scorecard(published).groups if g.title == "Customer experience panel")
    assert {"nps", "customer_satisfaction", "customer_effort", "on_time_delivery", "refund_share"} <= {
        line.metric.id for line in panel.lines
    }


def test_satisfaction_targets_are_read_on_means_and_wait_for_30_answers(home):
    card = scorecard(need_published(home))
    lines = {line.criterion.id: line for line in card.lines if line.criterion}
    assert lines["marketplace_satisfaction"].metric.id == "customer_satisfaction_mean"
    assert lines["retention_satisfaction"].metric.id == "retained_satisfaction"
    assert lines["acquisition_onboarding_satisfaction"].metric.id == "onboarding_satisfaction"
    assert lines["marketplace_satisfaction"].sentence.startswith("Unknown: fewer than 30 units")
    assert lines["marketplace_satisfaction"].criterion.question


def test_an_answer_opens_to_its_own_row_without_what_may_name_people(home):
    rows = units(home, "nps", ALL, limit=50)
    unit = rows.rows[0][rows.columns.index("unit_id")]
    (name, page), *rest = source_rows(home, "nps", unit).items()
    assert (name, page.total, rest) == ("survey answers", 1, [])
    assert "comment" not in page.columns
    assert source_rows(home, "market_share", 1)["figures from outside"].total == 4


@pytest.mark.parametrize(
    "metric", ["nps", "onboarding_satisfaction", "business_satisfaction", "automated_engagement", "slot_click_rate"]
)
def test_published_headlines_are_those_measured_afresh(home, metric):
    assert count(home, metric) == count(home, metric, DAY)


@pytest.mark.slow
def test_rows_in_another_order_and_in_two_files_give_the_same_numbers(home, tmp_path):
    """The two strangers' equal answers stay in one file: told in two, they would be one answer told twice."""
    head, *rows = (FOLDER / "voice_survey_answers.csv").read_text().splitlines()
    early, late = [r for r in rows if r < "csat-first"], [r for r in rows if r >= "csat-first"]
    files = [FOLDER / "customers.csv", FOLDER / "orders.csv"]
    for name, part in (("survey_answers_b.csv", reversed(early)), ("survey_answers_a.csv", reversed(late))):
        files.append(tmp_path / name)
        files[-1].write_text("\n".join([head, *part]) + "\n")
    files += [f for f in sorted(FOLDER.glob("voice_*.csv")) if "answers" not in f.name]
    other = Home(tmp_path / "home")
    other.create()
    load(other, files, shop="saltmarsh", currency="EUR", zone="Europe/Amsterdam", simulated=True)
    build_rows(other, today=DAY)
    for metric in ("nps", "nps_response_rate", "onboarding_satisfaction", "customer_satisfaction_mean", "M40b"):
        assert said(value_on(other, metric, ALL, None)) == said(value_on(home, metric, ALL, None))


def test_a_snapshot_from_before_these_metrics_says_so_and_still_tells_the_others(home, tmp_path):
    from shutil import copytree

    old = Home(tmp_path / "home")
    copytree(home.path, old.path, symlinks=True)
    for mart in ("nps_answer", "csat_answer"):
        ((old.path / "snapshots" / "current").resolve() / f"{mart}.parquet").unlink()
    assert value_on(old, "nps", ALL, None).reading.why == "not measured yet by this snapshot"
    assert count(old, "repeat_purchase_rate", DAY) == count(home, "repeat_purchase_rate", DAY)
