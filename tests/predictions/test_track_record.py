"""A shop that goes on: what was said of its customers in spring is scored when its day has come, and never rewritten."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from paper_shop import build_rows
from shop_in_arrays import random_shop

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions import publish as publishing
from holdfast.predictions.customer import NoSuchCustomer, customer
from holdfast.predictions.customers import customers
from holdfast.predictions.features.frame import frame
from holdfast.predictions.kinds import RISK_COLUMNS, VALUE_COLUMNS, Asked, Kind, Made
from holdfast.predictions.label import LEAVES, Label
from holdfast.predictions.model import newest
from holdfast.predictions.objections import OBJECTED, Word, hand_over, objected
from holdfast.predictions.publish import newest_published, publish, published
from holdfast.predictions.record import document, kept_backtest, kept_scores, score_one
from holdfast.predictions.rounds import asking, fit_shops, models_of, say, say_once, try_past, usual_segment
from holdfast.predictions.score import Lead, Outcome, cohorts_of, lead_of, score
from holdfast.predictions.value_record import score_value, score_values_due
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

START, SPRING = date(2023, 1, 1), date(2024, 9, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def csv(path, orders):
    lines = ["order id,email,order date,sku,quantity,price,currency"]
    lines += [
        f"{n},c{who}@example.com,{START + timedelta(days=int(day))} 10:00,mug,1,10.00,EUR" for n, who, day in orders
    ]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Built as of spring, fitted and said; then the autumn came in, and what was said came due."""
    folder = tmp_path_factory.mktemp("goes-on")
    who, when = random_shop(customers=500)
    orders = list(zip(range(1, len(who) + 1), who, when, strict=True))
    home = Home(folder / "home")
    home.create()
    cut = (SPRING - START).days
    load(
        home, [csv(folder / "one.csv", [o for o in orders if o[2] <= cut])], shop="goes on", zone="UTC", currency="EUR"
    )
    build_rows(home)
    told = [model for _, model in fit_shops(home, now=NOW, draws=10)]
    assert [model.label.id for model in told] == [LEAVES, "orders_30", "orders_60", "orders_90"]
    said, scored = say(home, now=NOW)
    (risk,) = [one for one in said if getattr(one, "kind", "") == "risk"]
    assert not scored
    spring = {path.name: path.read_bytes() for path in risk.path.iterdir()}
    load(home, [csv(folder / "two.csv", [o for o in orders if o[2] > cut])], shop="goes on", zone="UTC", currency="EUR")
    build_rows(home)
    return home, spring, say(home, now=NOW)


def first(home):
    return published(home, "risk")[0]


def label_of(said):
    return Label(**said.card["models"][LEAVES]["label"])


def test_what_was_said_is_never_written_again(home):
    home, spring, _ = home
    assert {path.name: path.read_bytes() for path in first(home).path.iterdir()} == spring
    assert all(not path.stat().st_mode & 0o222 for path in first(home).path.iterdir())
    assert next(iter(publish(home, now=NOW))).path == newest_published(home, "risk", 1).path
    assert len(published(home, "risk")) == 2


def test_every_customer_of_a_year_has_a_row_as_declared_with_reasons(home):
    table = first(home[0]).table()
    assert table.schema.names == list(RISK_COLUMNS)
    assert table["customer_id"].to_pylist() == sorted(table["customer_id"].to_pylist())
    chances = np.array([table[name].to_numpy() for name in (LEAVES, "orders_30", "orders_60", "orders_90")])
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (chances * 4096 % 1 == 0).all()
    assert (np.diff(chances[1:], axis=0) >= 0).all()  # more time, more orders
    assert table["reason_1"].null_count < len(table) / 10
    assert table["soon_reason_1"].null_count < len(table) / 10
    card = first(home[0]).card
    assert card["customers"] == len(table)
    assert card["models"][LEAVES]["label"]["days"] >= 90
    assert card["peers"]["since"] > 0


def test_what_came_due_was_scored_once_against_what_happened(home):
    home, _, (_, scored) = home
    assert {label for label, _ in scored} == {LEAVES, "orders_30", "orders_60", "orders_90"}
    assert say(home, now=NOW)[1] == ()
    (kept,) = kept_scores(home, 1, LEAVES)
    said, days = first(home), first(home).card["models"][LEAVES]["label"]["days"]
    ids = said.table()["customer_id"].to_pylist()
    with opened(home) as (connection, _):
        ((came,),) = connection.execute(
            "SELECT count(DISTINCT customer_id) FROM order_value WHERE counts AND placed_on > $day AND placed_on <= $day + $days::INT"
            " AND list_contains($ids, customer_id)", {"day": said.as_of, "days": days, "ids": ids},
        ).fetchall()  # fmt: skip
    assert (kept["n"], kept["happened"]) == (len(ids), len(ids) - came)
    assert kept["source"] == "published"
    assert kept["decided_on"] == str(said.as_of + timedelta(days=days))
    assert kept["auc"]["point"] > 0.6
    assert kept["looked_at"] == pytest.approx(20 * days / 7)
    assert kept["recall"]["point"] > kept["looked_at"] / len(ids)
    assert 0 <= kept["lead"]["days"] <= days
    assert kept["lead"]["found"] <= kept["happened"]
    assert sum(c["n"] for c in kept["cohorts"]) == kept["n"]
    assert sum(b["n"] for b in kept["reliability"]) == kept["n"]
    assert kept["word"] in ("predictive", "descriptive")
    assert len(list((home.path / "predictions" / "scores").glob("risk.*"))) == 4


def test_a_schedule_says_it_once_a_snapshot_and_nothing_where_no_model_is(home, tmp_path):
    assert say_once(home[0], now=NOW)
    assert not say_once(home[0], now=NOW)
    other = Home(tmp_path / "home")
    other.create()
    assert not say_once(other, now=NOW)


def test_a_backtest_is_kept_apart_and_called_one(home):
    told = try_past(home[0], "goes on", LEAVES, draws=5)
    model = newest(home[0], 1, LEAVES)
    kept = kept_backtest(home[0], model)
    assert 1 <= len(kept) <= len(told) <= 12
    assert {one["source"] for one in kept} == {"backtest"}
    assert [one["as_of"] for one in kept] == sorted(one["as_of"] for one in kept)
    assert {one["version"] for one in kept} == {model.version}
    assert isinstance(try_past(home[0], "goes on", "nothing"), Unknown)


def test_customers_are_listed_by_what_is_at_stake_with_reasons_in_words(home):
    home = home[0]
    (shop,) = home.shops()
    told = customers(home, shop, limit=10)
    stakes = told.table["stake_minor"].to_pylist()
    assert stakes == sorted(stakes, reverse=True)
    row = told.table.to_pylist()[0]
    assert row["stake_minor"] == pytest.approx(row["leaves"] * row["spent_minor"])
    assert row["reasons"]
    assert all("cause" not in said for said in row["reasons"])
    assert told.total > 10
    assert not told.stale
    again = customers(home, shop, limit=5, offset=5).table
    assert again["customer_id"].to_pylist() == told.table["customer_id"].to_pylist()[5:]
    risk = customers(home, shop, by="risk", limit=None).table[LEAVES].to_pylist()
    assert risk == sorted(risk, reverse=True)


def test_one_customer_is_told_whole_and_what_was_said_before_stays(home):
    home = home[0]
    (shop,) = home.shops()
    id = customers(home, shop, by="risk", limit=1).table["customer_id"][0].as_py()
    told = customer(home, f"#{id}")
    assert told.said.as_of > told.before[0].as_of if told.before else told.said.as_of
    assert told.said.leaves == pytest.approx(customers(home, shop, by="risk", limit=1).table[LEAVES][0].as_py())
    assert {event.kind for event in told.events} == {"order"}
    assert [event.day for event in told.events] == sorted((e.day for e in told.events), reverse=True)
    assert told.spent_minor == 1000 * len(told.events)
    with pytest.raises(NoSuchCustomer, match="no customer goes by 'nobody'"):
        customer(home, "nobody")


def test_a_value_that_is_published_stands_beside_the_risk_also_in_a_shop_of_one_price(home):
    home = home[0]
    (shop,) = home.shops()
    said = newest_published(home, "value", 1)
    assert said.table().schema.names == list(VALUE_COLUMNS)
    assert any("the plain mean" in warning for warning in said.card["warnings"])
    told = {row["customer_id"]: row for row in said.table().to_pylist()}
    assert {row["each_minor"] for row in told.values()} == {1000.0}
    top = customers(home, shop, by="value", limit=1).table.to_pylist()[0]
    assert top["value_minor"] == max(row["value_minor"] for row in told.values())
    assert customer(home, f"#{top['customer_id']}").said.value["high_minor"] == told[top["customer_id"]]["high_minor"]


@pytest.fixture
def objecting(home):
    """One customer's no to being profiled, taken back afterwards."""
    home = home[0]
    id = customers(home, home.shops()[0], by="risk", limit=1).table["customer_id"][0].as_py()
    hand_over(home, [Word(id, "", "", False, NOW), Word(id, "", "", True, NOW)])
    yield home, id
    hand_over(home, [])


def test_of_whoever_objected_nothing_is_read_said_or_shown(objecting):
    home, id = objecting
    shop = home.shops()[0]
    told = customer(home, f"#{id}")
    assert (told.said, told.before) == (OBJECTED, ())
    assert told.events  # what happened is the merchant's book, not a profile
    assert id not in customers(home, shop, limit=None).table["customer_id"].to_pylist()
    with opened(home) as (connection, snapshot):
        for kind in (publishing.RISK, publishing.VALUE):  # nobody subscribes here
            made = kind.make(Asked(home, connection, snapshot, shop))
            everybody = newest_published(home, kind.id, 1).table(["customer_id"])["customer_id"].to_pylist()
            assert sorted([*made.table["customer_id"].to_pylist(), id]) == everybody
    with asking(home) as (asked,):
        assert asked.rows.left_out == (id,)
        assert id not in frame(asked.rows, "buyers", [SPRING]).customer
        said = first(home)
        scored = score_one(asked.rows, said, label_of(said), "v", SPRING, draws=2)
    assert scored.n == kept_scores(home, 1, LEAVES)[0]["n"] - (id in said.table()["customer_id"].to_pylist())


def test_a_no_holds_under_the_key_or_address_it_was_said_until_a_later_yes(objecting):
    home, id = objecting
    with opened(home) as (connection, _):
        ((hashed,),) = connection.execute("SELECT email_hash FROM customer WHERE customer_id = ?", [id]).fetchall()
        later = NOW + timedelta(days=1)
        for words, expected in (
            ([Word(None, hashed, "email", True, NOW)], (id,)),
            ([Word(None, hashed, "", True, NOW), Word(id, "", "", False, later)], ()),
            ([Word(None, hashed, "", True, NOW), Word(id, "", "sms", False, later)], (id,)),
            ([Word(10**6, "", "", True, NOW)], ()),
        ):
            assert hand_over(home, words)
            assert not hand_over(home, words)
            assert objected(home, connection) == expected


def test_a_crash_while_saying_leaves_what_was_said(home, monkeypatch, tmp_path):
    home = home[0]
    before = sorted(p.name for p in (home.path / "predictions" / "risk").iterdir())

    def dies(*_, **__):
        raise OSError(28, "No space left on device")

    kind = Kind("other", "another", RISK_COLUMNS, lambda asked: Made(first(home).table(), {"as_of": "2024-01-01"}))
    monkeypatch.setattr(publishing, "publish_folder", dies)
    with pytest.raises(OSError, match="No space"):
        list(publish(home, now=NOW, kinds=[kind]))
    assert sorted(p.name for p in (home.path / "predictions" / "risk").iterdir()) == before
    assert published(home, "other") == ()
    assert not list((home.path / "tmp").glob("predict-*"))


def test_rows_that_are_not_as_declared_are_refused(home):
    kind = Kind("other", "another", RISK_COLUMNS, lambda asked: Made(first(home[0]).table(["customer_id"]), {}))
    with pytest.raises(ValueError, match="declared are"):
        list(publish(home[0], now=NOW, kinds=[kind]))


def test_without_a_model_nothing_is_said_and_why_is(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    load(home, [csv(tmp_path / "few.csv", [(1, 1, 0), (2, 1, 40)])], shop="few", zone="UTC", currency="EUR")
    build_rows(home)
    why, no_value, no_subscription = publish(home, now=NOW)
    assert no_value.why.startswith("one customer has bought again")
    assert no_subscription.why == "nobody has a subscription of their own"
    assert why.would_need == "run `holdfast models fit`"
    assert isinstance(customers(home, home.shops()[0]), Unknown)
    told = [model for _, model in fit_shops(home, now=NOW)]
    assert told[0].unknown.why == "nobody bought twice in the first half of the data"
    assert models_of(home, home.shops()[0])[0].unknown == told[0].unknown
    why, *_ = publish(home, now=NOW)
    assert why == told[0].unknown
    assert isinstance(customer(home, "#1").said, Unknown)


def test_a_shop_nobody_chose_a_segment_for_is_one_of_orders(paper):
    paper.sold([1], [19000])
    assert usual_segment(paper.rows) == "b2c_marketplace"
    paper(mrr_ledger=[{"payer_id": 1, "customer_id": 1}])
    paper.connection.execute("DELETE FROM purchase")
    assert usual_segment(paper.rows) == "subscription"


def outcome(chance, event, cohort="2024 Q1"):
    n = len(chance)
    until = np.where(event, 30.0, np.nan)
    return Outcome(
        np.arange(n), np.array(chance), np.array(chance), np.array(event, bool), np.full(n, cohort), until, np.zeros(n)
    )


def test_a_score_adds_up_what_was_said_and_what_came():
    rng = np.random.default_rng(2)
    chance = rng.uniform(0.05, 0.95, 4000)
    told = score(
        outcome(chance, rng.random(4000) < chance), source="published", label=LEAVES, version="v", as_of=date(2024, 1, 1),
        decided_on=date(2024, 4, 1), draws=20,
    )  # fmt: skip
    assert told.said == pytest.approx(told.rate, abs=0.03)
    assert told.brier == pytest.approx(np.mean(chance * (1 - chance)), abs=0.01)
    assert told.skill == pytest.approx(1 - told.brier / (told.rate * (1 - told.rate)))
    assert told.calibration.slope == pytest.approx(1, abs=0.1)
    assert told.word == "descriptive"  # days since the last order, here the same, foretold as much
    assert json.loads(json.dumps(document(told)))["rate"] == told.rate


def test_who_would_have_been_looked_at_is_told_with_how_long_before():
    """130 to be seen in 91 days at 20 in 7, and ties that do not all fit are nobody's: 100 with the highest chance, of
    whom 80 left 30 days on; ten of these had been there for 60 days. 80 of the 120 who left."""
    chance = np.repeat([0.9, 0.5, 0.1], [100, 100, 800])
    event = np.repeat([1, 0, 1, 0], [80, 20, 40, 860])
    told = outcome(chance, event)
    told = replace(told, before=np.where(np.arange(1000) < 41, 60.0, 0.0))
    found = score(
        told, source="published", label=LEAVES, version="v", as_of=date(2024, 1, 1), decided_on=date(2024, 4, 1), draws=5
    )  # fmt: skip
    assert found.looked_at == 260
    assert (found.lead.found, found.lead.days) == (120, 30.0)
    few = lead_of(told, 130)
    assert (few.found, few.days) == (80, 90.0)
    assert found.recall.point == 1
    assert lead_of(told, 99) == Lead(0, None)
    assert found.precision.point == pytest.approx((80 * 0.8 + 40 * 120 / 200) / 120)


def test_too_few_on_either_side_are_not_scored():
    told = score(
        outcome([0.5] * 100, [1] * 10 + [0] * 90), source="published", label=LEAVES, version="v", as_of=date(2024, 1, 1),
        decided_on=date(2024, 4, 1),
    )  # fmt: skip
    assert told.why == "it happened to 10 of 100; 20 of either kind are the fewest"


def test_small_cohorts_are_told_together_at_the_end():
    told = outcome([0.5] * 60, [1] * 30 + [0] * 30)
    cohorts = np.array(["2024 Q2"] * 30 + ["2024 Q1"] * 25 + [""] * 5)
    (one, two, rest) = cohorts_of(replace(told, cohort=cohorts))
    assert [(c.name, c.n, c.said, c.happened) for c in (one, two, rest)] == [
        ("2024 Q1", 25, 12.5, 0), ("2024 Q2", 30, 15.0, 30), ("others", 5, 2.5, 0),
    ]  # fmt: skip


def test_tickets_answers_and_subscriptions_of_a_customer_stand_among_the_orders(saltmarsh_home):
    with opened(saltmarsh_home) as (connection, _):
        asked = {
            kind: connection.execute(f"SELECT min(customer_id) FROM {table}").fetchall()[0][0]
            for kind, table in (("ticket", "ticket_times"), ("answer", "survey_answer"), ("subscription", "mrr_ledger"))
        }
    for kind, id in asked.items():
        told = customer(saltmarsh_home, f"#{id}")
        assert kind in {event.kind for event in told.events}
        assert isinstance(told.said, Unknown)
    assert [told.unknown.why for _, told in fit_shops(saltmarsh_home, now=NOW)]


def test_what_customers_were_said_to_bring_is_held_against_what_they_brought(home):
    """In the time that has passed since: counted here with a plain query, discounted by day."""
    home, said = home[0], published(home[0], "value")[0]
    until = said.as_of + timedelta(days=90)
    table = said.table(["customer_id", "value_minor", "expected_orders"])
    ids = table["customer_id"].to_pylist()
    with asking(home) as (asked,):
        told = score_value(asked.rows, said, said.card, until)
        rows = asked.rows.connection.execute(
            "SELECT customer_id, placed_on - $day, placed_minor FROM order_value WHERE placed_on > $day"
            " AND placed_on <= $until AND list_contains($ids, customer_id)",
            {"day": said.as_of, "until": until, "ids": ids},
        ).fetchall()  # fmt: skip
        assert list(score_values_due(asked)) == []  # a year has not passed
    assert told.all.n == len(ids) and told.gone == 0
    assert told.all.orders == len({(id, ago) for id, ago, _ in rows}) > 50
    assert told.all.minor == pytest.approx(sum(minor * 1.1 ** (-ago / 365) for _, ago, minor in rows))
    assert told.all.said_minor == pytest.approx(sum(table["value_minor"].to_pylist()))
    for groups in (told.tenths, told.cohorts):
        for name in ("n", "orders", "minor", "said_minor", "said_orders"):
            assert sum(getattr(g, name) for g in groups) == pytest.approx(getattr(told.all, name))
    assert [g.said_minor / g.n for g in told.tenths] == sorted((g.said_minor / g.n for g in told.tenths), reverse=True)
    assert told.captured == pytest.approx(told.tenths[0].minor / told.all.minor)
    assert 0.5 < told.inside <= 1


def test_values_that_have_come_due_are_scored_once(home, monkeypatch):
    home, said = home[0], published(home[0], "value")[0]
    card = {**said.card, "horizon_days": 60}
    monkeypatch.setattr(type(said), "card", property(lambda one: card | {"as_of": str(snapshot_day(one))}))

    def snapshot_day(one):
        return json.loads((one.path / "card.json").read_text())["as_of"]

    with asking(home) as (asked,):
        ((one, name, told),) = score_values_due(asked)
        assert list(score_values_due(asked)) == []
    (kept,) = kept_scores(home, 1, "value", "value")
    assert (one.snapshot, name) == (said.snapshot, "value")
    assert kept["all"]["minor"] == pytest.approx(told.all.minor)
    assert kept["decided_on"] == str(told.decided_on)
    assert kept_scores(home, 1, LEAVES)[0]["label"] == LEAVES
