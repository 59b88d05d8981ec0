"""Trials where the truth is known: what is there is found, what is not there is not, and nobody looks ahead."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Calibration
from holdfast.estimates.estimate import Estimate
from holdfast.health.answer import Evidence, Found
from holdfast.health.facts import Facts
from holdfast.health.many import scores
from holdfast.health.reading import read
from holdfast.health.scorecard import load, versioned
from holdfast.health.subject import Subject
from holdfast.health.trial.contest import recall_at
from holdfast.health.trial.frame import Frame, frame
from holdfast.health.trial.label import Label, label_for, people
from holdfast.health.trial.run import judge, lead_of, untreated
from holdfast.health.trial.split import monthly, split
from holdfast.predictions.gate import NO_BETTER, gate
from holdfast.simulate import Wanted, simulate

CARD = versioned(replace(load("b2c_marketplace"), coverage=40.0))  # orders alone tell 45 of a customer's 96 points
UNTIL = date(2025, 12, 31)
BUYERS = Label("no purchase", "customer", 90, "nothing bought within 90 days", "customers")


@pytest.fixture(scope="module")
def shop(empty, tmp_path_factory):
    """A simulated marketplace's orders: people buy at rates of their own and stop by chances of their own (BG/NBD)."""
    made = simulate(tmp_path_factory.mktemp("simulated") / "shop", Wanted("marketplace", 1200, 27, 5, UNTIL))
    empty.execute(
        "INSERT INTO order_value (order_id, shop_id, customer_id, placed_on, valid, counts, shop_money, gross_minor,"
        " discount_minor, placed_minor) SELECT order_id, 7, customer_id, placed_at::DATE, true, true, true,"
        " (total * 100)::BIGINT, coalesce(discount * 100, 0)::BIGINT, (total * 100)::BIGINT"
        " FROM read_parquet(?) WHERE NOT test AND cancelled_at IS NULL AND customer_id IS NOT NULL",
        [str(made.folder / "simulated_orders.parquet")],
    )
    empty.execute(
        'INSERT INTO "order" (order_id, shop_id, customer_id, processed_at, recorded_at, load_id) '
        "SELECT order_id, 7, customer_id, placed_on, placed_on + INTERVAL 40 DAY, 1 FROM order_value WHERE shop_id = 7"
    )
    yield Facts(empty, (7,))
    for name in ("order_value", '"order"'):
        empty.execute(f"DELETE FROM {name} WHERE shop_id = 7")


@pytest.fixture(scope="module")
def rows(shop):
    days = monthly(*shop.span(), BUYERS.days)
    return frame(shop, CARD, BUYERS, days)


def test_where_people_differ_the_scorecard_finds_who_leaves(rows):
    judged = judge(rows, CARD, BUYERS, draws=80)
    card = judged.rivals[0]
    assert (card.id, [r.id for r in judged.rivals]) == ("scorecard", ["scorecard", "recency", "spend", "logistic"])
    assert card.auc.low > 0.6
    assert card.lift.low > 1.1
    assert card.auc.low > judged.rivals[2].auc.point  # the trend of spend alone says less
    assert judged.people_left >= 200
    assert judged.gap
    assert 0 < judged.base_rate < 1
    assert sum(b.n for b in card.reliability) == judged.rows
    # All there is to know of these customers is when they bought: nothing beats that.
    assert judged.gate.verdict == NO_BETTER
    assert judged.gate.word == "descriptive scorecard"


def test_on_shuffled_outcomes_it_is_no_better_than_anything(rows):
    left = rows.left.copy()
    for day in np.unique(rows.day):  # each day keeps its share
        here = np.flatnonzero(rows.day == day)
        left[here] = left[np.random.default_rng(int(day)).permutation(here)]
    judged = judge(rows.with_left(left), CARD, BUYERS, draws=80)
    card = judged.rivals[0]
    assert card.auc.low < 0.5 < card.auc.high
    assert card.lift.low < 1 < card.lift.high
    assert (judged.gate.verdict, judged.gate.passed) == (NO_BETTER, False)


def test_nothing_that_happens_later_changes_what_was_known_on_a_day(shop, rows):
    day = rows.days[3]
    shop.connection.execute("BEGIN")
    shop.connection.execute("DELETE FROM order_value WHERE placed_on > ?", [day])
    alone = frame(shop, CARD, BUYERS, [day])
    shop.connection.execute("ROLLBACK")
    then = rows.only(rows.day == 3)
    assert np.array_equal(alone.party, then.party)
    for name in ("score", "recency", "spend_trend", "coverage"):
        assert np.array_equal(getattr(alone, name), getattr(then, name), equal_nan=True), name
    assert set(rows.inputs) == {
        line.input.id for _, line in CARD.lines_for("customer") if line.points
    }  # and no override


def test_people_are_learned_from_or_tested_and_tests_come_later(rows):
    cut = split(rows, BUYERS.days)
    assert not set(rows.party[cut.learn]) & set(rows.party[cut.test])
    latest = max(rows.days[int(d)] for d in rows.day[cut.learn])
    assert latest + timedelta(days=BUYERS.days) <= cut.first_test
    assert 0.35 < np.mean(np.isin(np.unique(rows.party), rows.party[rows.lot < 0.4])) < 0.45


def test_keys_issued_anew_change_no_trial(shop, rows):
    """The same people in another order of landing: everybody has the number of their shop, and a key that is another."""
    tried = [judge(rows, CARD, BUYERS, draws=20)]
    shop.connection.execute("BEGIN")
    shop.connection.execute(
        "INSERT INTO customer (shop_id, customer_id, customer_number) SELECT DISTINCT 7, customer_id,"
        " 'C' || customer_id FROM order_value WHERE shop_id = 7"
    )
    drawn = []
    for _ in range(2):
        told = frame(shop, CARD, BUYERS, rows.days)
        tried.append(judge(told, CARD, BUYERS, draws=20))
        drawn.append(len(shop.lots("customer").drawn(0.3)))
        for table in ("order_value", "customer"):
            shop.connection.execute(f"UPDATE {table} SET customer_id = 90_001 - customer_id WHERE shop_id = 7")
    shop.connection.execute("ROLLBACK")
    without, first, again = tried
    assert first.rows == again.rows and first.left == again.left and drawn[0] == drawn[1]
    for one, other in zip(first.rivals, again.rivals, strict=True):
        for told in ("auc", "lift", "over"):
            ours, theirs = getattr(one, told), getattr(other, told)
            assert (ours.point, ours.low, ours.high) == pytest.approx((theirs.point, theirs.low, theirs.high), abs=1e-9)
    assert without.rows != first.rows  # by keys, others were tested


def test_a_person_of_two_shops_is_learned_from_or_tested_in_both(told):
    """Ana is C1 in one shop and K7 in the other; who has no number goes by the address of the first profile."""
    both = replace(told(customer=[{"customer_id": 1, "customer_number": "C1"}, {"customer_id": 3, "email_hash": "f" * 64}]),
                   shop_ids=(1, 2))  # fmt: skip
    told(customer=[{"shop_id": 2, "customer_id": 2, "customer_number": "K7"}])
    told(order_value=[*bought(1, on(0)), *bought(2, on(0), shop_id=2), *bought(3, on(0))])
    both.connection.execute("INSERT INTO merged_profile VALUES (1, 1, 1), (2, 1, 2)")
    lots = both.lots("customer")
    both.connection.execute("DELETE FROM merged_profile")
    both.connection.execute("DELETE FROM customer; DELETE FROM order_value WHERE shop_id = 2")
    assert lots.keys.tolist() == [1, 2, 3]
    ana, there, bo = lots.of(lots.keys)
    assert ana == there != bo
    assert np.isnan(lots.of(np.array([9]))[0])


def test_a_sample_is_of_whole_customers_and_says_of_each_what_all_say(shop, rows):
    some = frame(shop.sampled(0.5), CARD, BUYERS, rows.days)
    ours = rows.only(np.isin(rows.party, some.party))
    assert 0.4 < len(np.unique(some.party)) / len(np.unique(rows.party)) < 0.6
    assert np.array_equal(some.party, ours.party)
    for id in ("frequency_trend", "discount_dependence", "refund_share"):
        assert np.array_equal(some.inputs[id], ours.inputs[id], equal_nan=True)


def test_how_much_had_been_recorded_is_said(shop, rows):
    from holdfast.health.trial.known import known

    share = known(shop, rows.days).share
    assert 0.3 < share < 0.95  # each order was learned of forty days later
    assert "of the orders and subscriptions up to these days had been recorded by then" in known(shop, rows.days).said


def test_too_little_data_is_said_and_not_judged(shop, rows):
    assert monthly(date(2025, 1, 1), date(2025, 12, 31), 90).why.startswith("4 monthly days have 182 days")
    assert len(monthly(date(2023, 1, 1), UNTIL, 90)) == 12
    strict = load("b2c_marketplace")
    days = rows.days
    assert "the scorecard needs 60" in judge(frame(shop, strict, BUYERS, days), strict, BUYERS).why
    few = rows.only(rows.party < np.sort(np.unique(rows.party))[12])
    assert "are the least to judge by" in judge(few, CARD, BUYERS).why


# --- a world made by hand ------------------------------------------------------------------------


def world(people=2500, days=6, truth=1.0, seed=3):
    """Scores that say the chance to leave, where truth is 1; days since the last order say nothing."""
    rng = np.random.default_rng(seed)
    n = people * days
    odds = np.repeat(rng.normal(-1.2, 1.6, people), days)
    left = rng.random(n) < 1 / (1 + np.exp(-odds * truth - (1 - truth) * 1.2))
    score = 100 / (1 + np.exp(odds))
    dates = tuple(date(2025, 1, 1) + timedelta(days=30 * k) for k in range(days))
    day = np.tile(np.arange(days), people)
    since = np.array(dates, dtype="datetime64[D]").astype(float)[day]
    return Frame(
        dates, day, np.repeat(np.arange(people), days), left, np.where(left, since + 20, np.nan),
        {"recency": rng.gamma(2, 1, n), "refund_share": -score}, rng.gamma(2, 1, n), rng.normal(0, 1, n), score,
        np.full(n, 100.0), np.repeat(rng.random(people), days),
    )  # fmt: skip


WATCHED = Label("subscription", "customer", 20, "left within 20 days", "subscribers")


def test_a_score_that_is_right_may_be_called_predictive_and_a_blind_one_may_not():
    right = judge(world(), CARD, WATCHED, draws=60)
    assert all(check.passed for check in right.gate.checks), right.gate.checks
    assert (right.gate.word, right.gate.verdict) == ("predictive", "better than days since last order")
    orderless = replace(world(), recency=np.full(15000, np.nan))  # a shop of subscriptions alone
    assert judge(orderless, CARD, WATCHED, draws=20).rivals[1].auc.point == 0.5
    blind = judge(world(truth=0.0), CARD, WATCHED, draws=60)
    assert (blind.gate.word, blind.gate.verdict) == ("descriptive scorecard", NO_BETTER)


def sure(point, width=0.02):
    return Estimate(point, point - width, point + width, "bootstrap by customer")


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True), ({"events": 199}, False), ({"auc": sure(0.66)}, False), ({"auc": Unknown("nobody left")}, False),
        ({"calibration": Calibration(0, 0.79, 0.1)}, False), ({"calibration": Calibration(0, 1.26, 0.1)}, False),
        ({"lift": sure(1.51)}, False), ({"over_recency": sure(0.02)}, False),
    ],
)  # fmt: skip
def test_the_word_is_allowed_only_when_every_check_holds(change, passed):
    asked = {
        "events": 200,
        "auc": sure(0.7),
        "calibration": Calibration(0.0, 1.0, 0.1),
        "lift": sure(2.0),
        "over_recency": sure(0.05),
    }
    told = gate(**asked | change)
    assert told.passed is passed
    assert (told.word == "predictive") is passed
    assert sum(not check.passed for check in told.checks) == (0 if passed else 1)
    assert (told.verdict == NO_BETTER) is ("over_recency" in change)


def test_scores_of_many_rows_are_those_of_readings():
    rng = np.random.default_rng(2)
    lines = [line for _, line in CARD.lines_for("customer") if line.points]
    inputs = {x.input.id: np.where(rng.random(60) < 0.4, np.nan, rng.normal(0.3, 0.5, 60)) for x in lines}
    found, coverage = scores(CARD, "customer", inputs, 60)
    for row in range(60):
        told = {
            id: Found(float(v[row]), None, "", Evidence("rows", id, 1, UNTIL, 1))
            for id, v in inputs.items()
            if np.isfinite(v[row])
        }
        reading = read(CARD, Subject("customer", "1", "1"), UNTIL, told)
        assert reading.coverage == pytest.approx(coverage[row])
        if reading.score is None:
            assert np.isnan(found[row])
        else:
            assert reading.score / 10 == pytest.approx(found[row], abs=0.05 * (len(told) + 1) + 0.1 * len(told))


def test_found_and_lead_by_hand():
    """Four people on two days; the first two leave, one of them after having been at risk for 30 days."""
    days = (date(2025, 1, 1), date(2025, 1, 31))
    first = np.array(days, dtype="datetime64[D]").astype(float)
    told = Frame(
        days, np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1, 2, 3, 4, 1, 2, 3, 4]),
        np.array([0, 1, 0, 0, 1, 0, 0, 0], bool),
        np.array([np.nan, first[0] + 10, np.nan, np.nan, first[1] + 5, np.nan, np.nan, np.nan]), {}, np.zeros(8),
        np.zeros(8), np.array([40.0, 90, 80, 70, 30, 95, 60, 20]), np.full(8, 100.0), np.tile([0.1, 0.3, 0.5, 0.7], 2),
    )  # fmt: skip
    assert recall_at(told, 100 - told.score, 1) == 0.0  # each day one: 1, who leaves later; then 4, who stays
    assert recall_at(told, 100 - told.score, 2) == 0.5
    whole = replace(split(told, 10), test=np.ones(8, bool))
    lead = lead_of(told, whole, CARD)
    assert (lead.left, lead.flagged, lead.days) == (2, 1, 35.0)
    left_alone = untreated(told, replace(WATCHED, days=20), {2: date(2025, 1, 15), 3: date(2025, 3, 1)})
    assert [(int(d), int(p)) for d, p in zip(left_alone.day, left_alone.party, strict=True) if p == 2] == []
    assert len(left_alone) == 6


# --- labels, on rows written here ------------------------------------------------------------------


def on(n):
    return date(2025, 1, 1) + timedelta(days=n)


def left(facts, label, *days):
    told = people(facts, label, days)
    return {(d.item(), int(p)): bool(x) for d, p, x in zip(told["as_of"], told["party"], told["left"], strict=True)}


def bought(customer, *days, **more):
    given = {"customer_id": customer, "valid": True, "counts": True, "shop_money": True, "placed_minor": 1000}
    return [given | {"order_id": customer * 100 + i, "placed_on": d} | more for i, d in enumerate(days)]


def test_a_buyer_left_when_nothing_is_bought_for_as_long_as_is_usual(told):
    facts = told(order_value=bought(1, on(0), on(400)) + bought(2, on(380), on(470)) + bought(3, on(380), on(471)))
    assert left(facts, BUYERS, on(380)) == {(on(380), 2): False, (on(380), 3): True}  # 1 bought longer ago than a year


def test_the_rule_is_fixed_by_the_first_half_of_the_data(told):
    gaps = [bought(n, on(0), on(100 + n)) for n in range(1, 6)]
    facts = told(order_value=[o for one in gaps for o in one])
    label = label_for("b2c_marketplace", facts, on(0), on(800))
    assert label.days == 105  # four in five gaps of 101 … 105 days, interpolated: 104.2
    assert "are of 104 days or fewer" in label.said
    assert isinstance(label_for("b2c_marketplace", facts, on(0), on(150)), Unknown)
    assert label_for("subscription", facts, on(0), on(800)).days == 60


def test_a_subscriber_left_when_nothing_is_paid_within_sixty_days(told):
    def step(payer, day, standing, **more):
        return {"payer_id": payer, "customer_id": payer, "day": day, "standing": standing, "after_minor": 1} | more

    facts = told(mrr_ledger=[
        step(1, on(0), "paying"), step(1, on(160), "gone"), step(2, on(0), "paying"), step(2, on(161), "gone"),
        step(3, on(0), "paying"), step(3, on(50), "gone"), step(4, on(0), "paused"),
        step(-5, on(0), "paying", customer_id=9, account_id=5),
    ])  # fmt: skip
    label = label_for("subscription", facts, on(0), on(800))
    assert left(facts, label, on(100)) == {(on(100), 1): True, (on(100), 2): False, (on(100), 4): False}


def test_a_company_left_when_its_contract_is_not_renewed_or_its_orders_halve(told):
    def term(account, due, renewed, until=None):
        return {
            "contract_id": account,
            "account_id": account,
            "starts_on": on(0),
            "due_on": due,
            "until_on": until or due,
            "renewed": renewed,
        }

    facts = told(
        contract_term=[term(1, on(300), False), term(2, on(300), True), term(3, on(900), False), term(6, on(150), False)],
        order_value=[
            *bought(4, on(100), on(150), on(220), account_id=4),  # one of two
            *bought(5, on(100), on(110), on(120), on(250), account_id=5),  # one of three
        ],
    )  # fmt: skip
    label = label_for("b2b_platform", facts, on(0), on(900))
    assert left(facts, label, on(200)) == {
        (on(200), 1): True, (on(200), 2): False, (on(200), 3): False, (on(200), 4): False, (on(200), 5): True
    }  # fmt: skip
