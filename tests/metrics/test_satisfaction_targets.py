"""The framework's satisfaction targets, on a shop with enough answers to judge: 40 of each kind."""

from datetime import date, datetime, timedelta

import pytest
from paper_shop import land_rows, paper_home

from holdfast.metrics.publish import build
from holdfast.metrics.published import need_published
from holdfast.metrics.scorecard import scorecard

ASKED = datetime(2026, 3, 1, 10)
SURVEYS = {  # about → type, scale, answers in turn
    "purchase": ("csat", 5, [5, 5, 5, 4]),  # mean 4.75
    "retained": ("csat", 5, [5, 4, 4, 3]),  # mean 4.0
    "onboarding": ("csat", 5, [5, 4, 4, 4]),  # mean 4.25
    "business": ("csat", 5, [5, 5, 5, 5]),
    "relationship": ("nps", 10, [10, 9, 8, 3]),  # 40 answers: 25 points
}


def survey(about):
    kind, top, _ = SURVEYS[about]
    lowest = 0 if kind == "nps" else 1
    return {"survey_source": about, "type": kind, "scale_min": lowest, "scale_max": top, "about": about}


def answers(about, **whose):
    _, _, scores = SURVEYS[about]
    return [
        {"survey_response_source": f"{about} {n}", "survey_source": about, "customer_source": f"c{n}",
         "responded_at": ASKED + timedelta(days=1), "score": scores[n % 4]}
        | {name: value(n) for name, value in whose.items()}
        for n in range(40)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """criterion → line of the scorecard, of each segment."""
    home, shop = paper_home(tmp_path_factory.mktemp("targets"))
    rows = {
        "customer": [{"customer_source": f"c{n}"} for n in range(40)],
        "account": [{"account_source": f"a{n}", "name": f"Firm {n}"} for n in range(40)],
        "survey": [survey(about) for about in SURVEYS],
        "survey_invitation": [
            {"survey_invitation_source": f"i{n}", "survey_source": "onboarding", "customer_source": f"c{n}",
             "sent_at": ASKED} for n in range(40)
        ],
        "survey_response": [
            *(row for about in ("purchase", "retained", "onboarding", "relationship") for row in answers(about)),
            *answers("business", account_source=lambda n: f"a{n}"),
        ],
    }  # fmt: skip
    land_rows(home, shop, rows)
    build(home, today=date(2026, 3, 20))
    published = need_published(home)
    assert published.as_of == date(2026, 3, 2)  # the last day on which anybody said anything
    land_rows(home, shop, {"survey_invitation": [
        {"survey_invitation_source": "late", "survey_source": "relationship", "customer_source": "c1",
         "sent_at": datetime(2026, 3, 20, 10)}]}, name="later.csv")  # fmt: skip
    build(home, today=date(2026, 3, 20))
    published = need_published(home)
    cards = [scorecard(published, segment=segment) for segment in ("b2c_marketplace", "b2b_platform")]
    return {line.criterion.id: line for card in cards for line in card.lines if line.criterion} | {
        line.metric.id: line for line in cards[0].lines if line.criterion is None
    }


def test_a_target_of_4_point_3_is_met_by_a_mean_whose_whole_interval_is_above_it(lines):
    """Purchase, retained and onboarding answers together: (190 + 160 + 170) ÷ 120 = 4.33, which reaches over 4.3."""
    line = lines["marketplace_satisfaction"]
    assert line.value.reading.point == pytest.approx(520 / 120)
    assert line.verdict == "undecided"
    assert line.criterion.question.startswith("The target says “4.3+ NPS”")
    assert lines["b2b_satisfaction"].verdict == "met"
    assert lines["b2b_satisfaction"].value.n == 40


def test_retained_customers_are_judged_by_their_own_survey(lines):
    line = lines["retention_satisfaction"]
    assert (line.value.n, line.value.reading.point, line.verdict) == (40, 4.0, "missed")
    assert {flag.id for flag in line.criterion.flags} == {"scale_conflict"}


def test_onboarding_is_judged_once_its_fourteen_days_are_over(lines):
    line = lines["acquisition_onboarding_satisfaction"]
    assert (line.value.n, line.value.still_open, line.value.reading.point) == (40, 0, 4.25)
    assert line.verdict == "undecided"


def test_the_true_score_stands_beside_without_a_target(lines):
    line = lines["nps"]
    assert (line.value.n, line.value.reading.point, line.verdict) == (40, 25, "no target")
    assert lines["personalization_conversion_effect"].sentence.startswith("Unknown: needs a holdout")
