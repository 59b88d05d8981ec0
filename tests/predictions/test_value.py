"""A value for every customer of CDNOW, from rows of purchases to a file."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.predictions.value import ValueModel, held_out, histories_sql, value_model, write_values

MASTER = Path(__file__).parents[1] / "data" / "cdnow" / "cdnow_master.csv"
ENDS = date(1998, 6, 30)
PURCHASES = "SELECT customer_id, day, paid FROM bought"


@pytest.fixture(scope="module")
def shop():
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE bought AS SELECT customer_id, strptime(CAST(date AS VARCHAR), '%Y%m%d')::DATE AS day,"
        " CAST(round(dollar_value * 100) AS BIGINT) AS paid FROM read_csv(?)",
        [str(MASTER)],
    )
    return connection


@pytest.fixture(scope="module")
def found(shop):
    return value_model(shop, histories_sql(PURCHASES, ENDS), ENDS, held_out(shop, PURCHASES, ENDS))


def test_two_purchases_of_a_day_are_one_and_what_came_later_is_not_known(shop):
    """Customer 8 bought twice on 1997-11-16; customer 7 for the third time on 1998-03-22."""
    query = f"SELECT * FROM ({histories_sql(PURCHASES, date(1998, 1, 31))}) WHERE customer_id IN (7, 8) ORDER BY 1"
    seven, eight = shop.execute(query).fetchall()
    assert seven == (7, 1, 283, 395, 2, 2874 + 9743)
    assert eight[:5] == (8, 5, 358, 395, 6)  # eight rows by then, two of one day, and one of 1998-03-29 to come
    everybody = shop.execute(f"SELECT count(*), sum(x), sum(total) FROM ({histories_sql(PURCHASES, ENDS)})").fetchone()
    assert everybody == (23570, 69659 - 2068 - 23570, 250031563)


def test_the_model_is_chosen_by_half_a_year_held_out(found):
    """All models run far from ±10 % here: a cohort that all came in one quarter cools down faster than they know."""
    assert isinstance(found, ValueModel)
    best = found.choice.chosen
    assert best.class_error == min(score.class_error for score in found.choice.scores)
    assert found.buying.name == best.name
    assert found.gate.predictive == (found.choice.passed and best.capture > 0.1)
    assert found.warnings == found.buying.warnings + found.spend.warnings


def test_every_customer_gets_a_value_with_its_ends(shop, found, tmp_path):
    path = tmp_path / "values.parquet"
    some = f"FROM ({histories_sql(PURCHASES, ENDS)}) WHERE customer_id <= 500"
    assert write_values(shop, some, found, path, draws=100) == 500
    told = shop.execute(f"FROM read_parquet('{path}') ORDER BY customer_id").fetchnumpy()
    assert list(told) == ["customer_id", "purchases", "alive", "spend", "value", "low", "high"]
    assert told["customer_id"].tolist() == list(range(1, 501))
    assert (told["low"] <= told["high"]).all() and (told["value"] >= 0).all()
    assert (told["value"] <= told["purchases"] * told["spend"]).all()
    assert (told["high"] >= told["value"] * 0.5).mean() > 0.9


def test_without_draws_the_ends_are_not_told(shop, found, tmp_path):
    some = f"FROM ({histories_sql(PURCHASES, ENDS)}) WHERE customer_id <= 20"
    write_values(shop, some, found, tmp_path / "values.parquet", draws=0)
    query = f"SELECT count(value), count(low), count(high) FROM read_parquet('{tmp_path / 'values.parquet'}')"
    assert shop.execute(query).fetchone() == (20, 0, 0)


def test_a_shop_of_one_week_has_no_values_and_says_why(shop):
    early = date(1997, 1, 7)
    choice = held_out(shop, PURCHASES, early)
    assert isinstance(choice, Unknown) and choice.why == "nobody has bought yet"
    few = f"SELECT * FROM ({PURCHASES}) WHERE customer_id < 40"
    found = value_model(shop, histories_sql(few, early), early, choice)
    assert isinstance(found, Unknown) and found.why.endswith("bought again")


def test_a_value_is_worked_out_alike_in_batches_and_at_once(shop, found, tmp_path, monkeypatch):
    some = f"FROM ({histories_sql(PURCHASES, ENDS - timedelta(days=30))}) WHERE customer_id <= 3000"
    write_values(shop, some, found, tmp_path / "once.parquet", draws=0)
    monkeypatch.setattr("holdfast.predictions.value.BATCH", 700)
    write_values(shop, some, found, tmp_path / "parts.parquet", draws=0)
    once, parts = (
        shop.execute(f"SELECT value FROM read_parquet('{tmp_path / name}.parquet') ORDER BY customer_id").fetchnumpy()
        for name in ("once", "parts")
    )
    assert np.array_equal(once["value"], parts["value"])


def test_a_shop_of_one_price_gets_values_by_the_plain_mean_and_says_so(shop):
    one_price = "SELECT customer_id, day, 2000 AS paid FROM (SELECT DISTINCT customer_id, day FROM bought)"
    choice = Unknown("not held out here", "")
    found = value_model(shop, histories_sql(one_price, ENDS), ENDS, choice)
    assert isinstance(found, ValueModel)
    assert found.spend.law.mean == 2000
    assert "the plain mean" in found.warnings[-1]
