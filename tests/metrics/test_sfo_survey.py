"""A real survey: San Francisco airport, May 2017 and May 2018, against its published scores."""

from datetime import date
from math import sqrt
from pathlib import Path

import pytest
from paper_shop import build_rows, series_on, value_on

from holdfast.metrics.values import Scope
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

FOLDER = Path(__file__).parents[1] / "data" / "sfo_survey"
ALL = Scope()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The home, and the receipts of the two years, each imported by itself."""
    home = Home(tmp_path_factory.mktemp("sfo") / "home")
    home.create()
    receipts = [load(home, [FOLDER / f"sfo_{year}.csv.gz"], shop="sfo") for year in (2017, 2018)]
    build_rows(home, today=date(2100, 1, 1))
    return home, receipts


def test_each_passenger_lands_and_those_without_an_answer_are_said_not_rejected(told):
    """2,831 and 2,809 rows; an 11 or nothing in 84 + 1 and 159 of them."""
    _, receipts = told
    assert [(r.rows_read, r.rows_rejected, r.tables["survey_response"].new) for r in receipts] == [
        (2831, 0, 2831),
        (2809, 0, 2809),
    ]
    assert [r.empty for r in receipts] == [
        {"survey answers without a score": 85},
        {"survey answers without a score": 159},
    ]


@pytest.mark.parametrize(
    ("day", "n", "promoters", "detractors", "published"),
    [(date(2017, 5, 31), 2746, 1436, 342, 39.8), (date(2018, 5, 31), 2650, 1268, 447, 31.0)],
)
def test_the_published_scores_come_out_with_their_sampling_error(told, day, n, promoters, detractors, published):
    """Published by the airport: +39.8 and +31.0, unweighted."""
    found = value_on(told[0], "nps", ALL, day)
    assert (found.n, found.counted) == (n, promoters - detractors)
    assert round(found.reading.point, 1) == published
    p, d = promoters / n, detractors / n
    assert found.reading.high - found.reading.point == pytest.approx(196 * sqrt((p + d - (p - d) ** 2) / n), rel=1e-4)


def test_both_years_stand_side_by_side_by_month(told):
    months = {v.member: round(v.reading.point, 1) for v in series_on(told[0], "nps", ALL, None)}
    assert months == {"2017-05-01": 39.8, "2018-05-01": 31.0}


def test_answers_without_people_count_and_the_shares_that_answer_are_known(told):
    answered = [value_on(told[0], "nps_question_answered", ALL, d) for d in (date(2017, 5, 31), date(2018, 5, 31))]
    assert [(v.counted, v.out_of) for v in answered] == [(2746, 2831), (2650, 2809)]
    why = {m: value_on(told[0], m, ALL, None).reading.why for m in ("nps_response_rate", "M36", "M35b", "M37")}
    assert why == {
        "nps_response_rate": "no survey invitations connected",
        "M36": "no satisfaction answers from 1 to 5 connected",
        "M35b": "no answers from 0 to 10 about a transaction connected",
        "M37": "no effort answers from 1 to 7 connected",
    }


def test_each_year_read_twice_changes_nothing(told):
    again = load(told[0], [FOLDER / "sfo_2017.csv.gz"], shop="sfo")
    assert not again.changed_anything


def test_two_years_in_one_import_are_not_read_as_one(tmp_path):
    from holdfast.sources.files.guess import guess

    guessed = guess([FOLDER / "sfo_2017.csv.gz", FOLDER / "sfo_2018.csv.gz"])
    assert guessed.mapping.preset == ""
    assert not guessed.usable
