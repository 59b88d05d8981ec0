"""Subscribers who stay by a law that is known, and shops of which little can be said."""

from datetime import date, datetime, timedelta
from io import StringIO

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console
from shop_in_arrays import ordinal

from holdfast.cli.staying import _show
from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.predictions.customer import _subscribed
from holdfast.predictions.kinds import Asked
from holdfast.predictions.publish import publish, published
from holdfast.predictions.record import kept_scores
from holdfast.predictions.spells import spells
from holdfast.predictions.staying import STAYING, fitted, hazard, staying
from holdfast.predictions.staying_record import score_staying_due
from holdfast.warehouse.home import Home

END = date(2024, 12, 31)
ALPHA, BETA = 1.0, 9.0


def moved(customer, day, standing, minor, **more):
    return {
        "customer_id": customer,
        "payer_id": customer,
        "day": day,
        "standing": standing,
        "after_minor": minor,
    } | more


def months_later(day, n):
    return months_before(day, -n)


def test_months_are_counted_from_each_beginning_and_a_pause_is_no_end(paper):
    """Ana renewed twice and went on the day of the third; Bo went in his first month; Cy paused and is there; Dee came
    back; Eli came today; a company is no customer of its own."""
    began = date(2024, 1, 15)
    rows = paper(mrr_ledger=[
        moved(1, began, "paying", 900), moved(1, date(2024, 4, 15), "gone", 0),
        moved(2, began, "paying", 900), moved(2, date(2024, 1, 20), "gone", 0),
        moved(3, began, "paying", 900), moved(3, date(2024, 3, 1), "paused", 0), moved(3, date(2024, 5, 1), "paying", 700),
        moved(4, began, "paying", 900), moved(4, date(2024, 4, 16), "gone", 0), moved(4, date(2024, 10, 31), "paying", 500),
        moved(5, END, "paying", 900), moved(-6, began, "paying", 900, customer_id=6, account_id=6),
    ])  # fmt: skip
    told = spells(rows.connection, 1, END)
    assert list(zip(told.customer.tolist(), told.turn.tolist(), told.gone.tolist(), told.months.tolist(), strict=True)) == [
        (1, 0, True, 3), (2, 0, True, 1), (3, 0, False, 11), (4, 0, True, 4), (4, 1, False, 2), (5, 0, False, 0)
    ]  # fmt: skip
    assert told.monthly.tolist() == [0, 0, 700, 0, 500, 900]
    before = spells(rows.connection, 1, date(2024, 4, 15), left_out=(3,))
    assert before.customer.tolist() == [1, 2, 4]
    assert before.gone.tolist() == [True, True, False]  # what came later is not known


def test_who_left_within_a_month_is_lost_at_its_renewal_once_that_has_come(paper):
    """As of the 10th of March who began on 15 January had one renewal: none of the second is known, of Bo as of Ana."""
    began = date(2024, 1, 15)
    rows = paper(mrr_ledger=[
        moved(1, began, "paying", 900), moved(2, began, "paying", 900), moved(2, date(2024, 3, 1), "gone", 0),
    ])  # fmt: skip
    for day, lost, months in ((date(2024, 3, 10), False, [1, 1]), (date(2024, 3, 15), True, [2, 2])):
        told = spells(rows.connection, 1, day)
        assert told.gone.tolist() == [False, True]
        assert (told.lost.tolist(), told.months.tolist()) == ([False, lost], months)


def test_no_more_seem_to_leave_than_do_where_they_leave_on_any_day(paper):
    """8 in 100 a month, on any day, of 6,000 who began on any day of half a year: counted at once it were 9.3."""
    rng, moves = np.random.default_rng(5), []
    for who in range(1, 6001):
        began = END - timedelta(days=int(rng.integers(1, 184)))
        gone = began + timedelta(days=int(rng.exponential(30.4 / -np.log(0.92))) + 1)
        moves.append(moved(who, ordinal(began), "paying", 900))
        moves += [moved(who, ordinal(gone), "gone", 0)] if gone <= END else []
    paper.ledger([{"shop_id": 1} | one for one in moves])
    told = spells(paper.connection, 1, END).tallied()
    assert told.lost.sum() / told.risks == pytest.approx(0.08, abs=0.006)


@pytest.fixture
def subscribed(paper):
    """2,000 people who began in 30 months and leave by an sBG; who pays more leaves no more often."""
    rng = np.random.default_rng(7)
    moves = []
    for who in range(1, 2001):
        began = months_before(END, int(rng.integers(1, 31)))
        minor = int(rng.choice([1000, 2000, 4000]))
        moves.append(moved(who, ordinal(began), "paying", minor))
        lost = months_later(began, int(rng.geometric(rng.beta(ALPHA, BETA))))
        moves += [moved(who, ordinal(lost), "gone", 0)] if lost <= months_later(END, 12) else []
    paper.ledger([{"shop_id": 1} | one for one in moves])
    return paper


def asked_of(paper, tmp_path, day=END):
    of_labels = paper.asked(day, "subscription", Home(tmp_path))
    return Asked(of_labels.home, paper.connection, of_labels.snapshot, of_labels.shop), of_labels


def test_who_stays_is_foretold_by_the_nearer_model_with_what_it_brings(subscribed, tmp_path):
    asked, _ = asked_of(subscribed, tmp_path)
    made = staying(asked)
    card, table = made.card, STAYING.checked(made).table
    assert card["word"] == "predictive" and abs(card["scores"][0]["said"] / card["scores"][0]["came"] - 1) < 0.05
    assert abs(card["scores"][0]["said"] - card["scores"][0]["came"]) <= abs(
        card["scores"][1]["said"] - card["scores"][1]["came"]
    )
    truth = np.cumprod(1 - ALPHA / (ALPHA + BETA + np.arange(24)))
    for one in card["curve"][1:]:  # within the band of what was seen, but for one month in twenty or so
        assert one["model"]["point"] == pytest.approx(truth[one["month"] - 1], abs=0.04)
    assert np.mean([c["seen"]["low"] <= truth[c["month"] - 1] <= c["seen"]["high"] for c in card["curve"][1:]]) > 0.8
    stays, months = (table[name].to_numpy() for name in ("stays", "months"))
    chances = np.array([np.prod(1 - ALPHA / (ALPHA + BETA + np.arange(m, m + 12))) for m in months])
    assert stays == pytest.approx(chances, abs=0.05)
    assert stays[months > 20].mean() > stays[months < 3].mean()  # who stayed long is likely to go on
    low, value, high = (table[name].to_numpy() for name in ("low_minor", "value_minor", "high_minor"))
    assert ((low <= value) & (value <= high)).all() and (low < high).all()
    assert (high <= table["monthly_minor"].to_numpy() * 12).all()
    ratio = card["hazard"]["twice as much a month"]
    assert ratio["low"] < 1 < ratio["high"]


def test_where_subscribers_hardly_differ_their_chances_are_those_of_all(paper, tmp_path):
    """One in thirty leaves at each renewal: .97^12 = .67 stay a year, however little the parameters are told by it."""
    rng = np.random.default_rng(11)
    moves = []
    for who in range(1, 1501):
        began = months_before(END, int(rng.integers(1, 25)))
        moves.append(moved(who, ordinal(began), "paying", 1000))
        lost = months_later(began, int(rng.geometric(1 / 30)))
        moves += [moved(who, ordinal(lost), "gone", 0)] if lost <= END else []
    paper.ledger([{"shop_id": 1} | one for one in moves])
    stays = staying(asked_of(paper, tmp_path)[0]).table["stays"].to_numpy()
    assert stays.mean() == pytest.approx((29 / 30) ** 12, abs=0.08)


def test_whoever_objects_is_left_out(subscribed, tmp_path, monkeypatch):
    asked, _ = asked_of(subscribed, tmp_path)
    ours = staying(asked).table["customer_id"].to_pylist()
    monkeypatch.setattr("holdfast.predictions.staying.objected", lambda home, connection: (ours[0],))
    assert staying(asked).table["customer_id"].to_pylist() == ours[1:]


def test_dearer_subscriptions_that_end_sooner_are_found(paper):
    rng = np.random.default_rng(4)
    minor = rng.choice([1000, 2000, 4000], 3000)
    months = rng.geometric(np.clip(0.04 * minor / 1000, 0, 1))
    moves = [moved(n, ordinal(months_before(END, 18)), "paying", int(m)) for n, m in enumerate(minor, 1)]
    moves += [
        moved(n, ordinal(months_later(months_before(END, 18), int(m))), "gone", 0) for n, m in enumerate(months, 1)
    ]
    paper.ledger([{"shop_id": 1} | one for one in moves])
    ratio = hazard(spells(paper.connection, 1, END))["twice as much a month"]
    assert ratio.low > 1.7 and ratio.high < 2.5  # odds of .04, .08, .16


def test_what_was_said_is_scored_once_when_its_year_is_over(subscribed, tmp_path, monkeypatch):
    asked, of_labels = asked_of(subscribed, tmp_path)
    monkeypatch.setattr("holdfast.predictions.publish.opened", lambda home: _open(asked))
    (one,) = publish(asked.home, now=datetime(2025, 1, 1), kinds=[STAYING])
    row = one.table().to_pylist()[3]
    told = _subscribed(asked.home, 1, row["customer_id"])
    assert (told.months, told.stays, told.value_minor) == (row["months"], row["stays"], row["value_minor"])
    assert _subscribed(asked.home, 1, 9999) is None
    assert not list(score_staying_due(of_labels))  # its day has not come
    later = subscribed.asked(months_later(END, 12) + timedelta(days=1), "subscription", asked.home)
    subscribed(mrr_ledger=[moved(9999, later.snapshot.as_of, "paying", 900)])
    ((same, label, score),) = score_staying_due(later)
    assert (same, label) == (published(asked.home, "staying", 1)[0], "staying")
    assert score.n == one.table().num_rows and score.gone == 0
    assert score.said == pytest.approx(score.came, rel=0.06)
    assert score.calibration.slope == pytest.approx(1, abs=0.4)
    assert not list(score_staying_due(later))
    out = Console(width=120, file=StringIO())
    _show(out, later.shop, one.card | {"scored": kept_scores(asked.home, 1, "staying", "staying")})
    shown = out.file.getvalue()
    assert f"would stay, {score.came:,} did; skill" in shown
    assert "odds of leaving, twice as much a month: × " in shown and "still there, seen" in shown


def _open(asked):
    from contextlib import nullcontext

    return nullcontext((asked.connection, asked.snapshot))


def test_nobody_one_and_nobody_lost_are_told_with_a_reason(paper, tmp_path):
    asked, _ = asked_of(paper, tmp_path)
    assert staying(asked).why == "nobody has a subscription of their own"
    paper(mrr_ledger=[moved(1, date(2024, 1, 15), "paying", 900)])
    assert staying(asked).why.startswith("there is one customer only")
    paper(mrr_ledger=[moved(2, date(2024, 1, 15), "paying", 900)])
    assert staying(asked).why == "nobody of 2 was lost"
    paper(mrr_ledger=[moved(n, END, "paying", 900) for n in (3, 4)])  # a single day tells nothing more
    assert isinstance(staying(asked), Unknown)
    everybody = spells(paper.connection, 1, END)
    assert fitted(everybody, everybody).why == "nobody of 2 was lost"
    assert hazard(everybody)["who had left before"].why == "subscribers do not differ in what is known of them"
    assert pa.schema(list(STAYING.columns.items())).names[0] == "customer_id"
