"""The invented shop keeps its promises: exact counts, one seed one shop, BG/NBD behaviour."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.special import hyp2f1

from holdfast.sources.files.guess import guess


def _lines(folder: Path, what: str) -> tuple:
    return _row(f"select {what} from read_parquet('{folder}/lines/*.parquet')")


def _row(query: str) -> tuple:
    with duckdb.connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_customers_orders_and_lines_are_exactly_as_asked(shop, tmp_path):
    shop.generate(shop.Shape(customers=700, orders=4_001, lines=9_003, seed=3), tmp_path)
    counts = _lines(
        tmp_path, "count(distinct customer_id), count(distinct order_id), count(*), count(distinct line_id)"
    )
    assert counts == (700, 4_001, 9_003, 9_003)


@pytest.mark.parametrize(("customers", "orders", "lines"), [(1, 1, 1), (50, 50, 60), (10, 900, 900)])
def test_small_and_strange_shops_are_exact_too(shop, tmp_path, customers, orders, lines):
    truth = shop.generate(shop.Shape(customers=customers, orders=orders, lines=lines), tmp_path)
    counts = _lines(tmp_path, "count(distinct customer_id), count(distinct order_id), count(*)")
    assert counts == (customers, orders, lines) == (truth["customers"], truth["orders"], truth["lines"])


def test_one_seed_makes_one_shop_and_another_seed_another(shop, tmp_path):
    shape = {"customers": 200, "orders": 1_000, "lines": 2_400}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        shop.generate(shop.Shape(**shape, seed=seed), tmp_path / name)
    fingerprint = "bit_xor(hash(order_id, line_id, placed_at, customer_id, sku, quantity, unit_price, status))"
    a, b, c = (_lines(tmp_path / name, fingerprint) for name in "abc")
    assert a == b
    assert a != c


def test_the_truth_is_what_a_reader_would_add_up(shop, tmp_path):
    truth = shop.generate(shop.Shape(customers=300, orders=2_000, lines=5_000), tmp_path)
    paid = "filter (where status = 'paid')"
    gross, discount, orders = _lines(
        tmp_path, f"sum(quantity * unit_price) {paid}, sum(line_discount) {paid}, count(distinct order_id) {paid}"
    )
    totals = truth["totals_minor"]
    assert (int(gross * 100), int(discount * 100)) == (totals["gross_paid"], totals["discount_paid"])
    assert orders == totals["orders_paid"]
    assert json.loads((tmp_path / "truth.json").read_text()) == truth


def test_duplicates_and_bad_rows_come_on_top_and_are_told(shop, tmp_path):
    truth = shop.generate(shop.Shape(customers=100, orders=500, lines=1_200, duplicates=30, bad=10), tmp_path)
    complete = "unit_price is not null and order_id is not null and quantity is not null"
    rows, whole = _lines(tmp_path, f"count(*), count(*) filter (where {complete})")
    assert (truth["duplicate_rows"], truth["bad_rows"]) == (30, 10)
    assert (rows, whole) == (1_240, 1_230)


def test_guests_have_no_id_and_order_once(shop, tmp_path):
    truth = shop.generate(shop.Shape(customers=100, orders=1_000, lines=1_500, guest_share=0.05), tmp_path)
    assert _lines(tmp_path, "count(distinct order_id) filter (where customer_id is null)") == (50,)
    assert truth["guest_orders"] == 50


def test_customers_come_back_as_often_as_bg_nbd_expects(shop):
    """Expected returns by time t, Fader, Hardie and Lee (2005), equation 9; the same t for everybody."""
    shape = shop.Shape(customers=1, orders=1, lines=1, r=1.2, a=2.0, b=6.0)
    n, t, alpha = 60_000, 500.0, 60.0
    who, _ = shop.returns(np.random.default_rng(5), shape, alpha, np.full(n, t))
    r, a, b = shape.r, shape.a, shape.b
    shrink = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    expected = (a + b - 1) / (a - 1) * (1 - shrink)
    assert len(who) / n == pytest.approx(expected, rel=0.03)  # about 4 standard errors


def test_as_many_never_come_back_as_bg_nbd_expects(shop):
    """P(no return by t) = (alpha / (alpha + t))^r: leaving is only possible after a return."""
    shape = shop.Shape(customers=1, orders=1, lines=1)
    n, t, alpha = 60_000, 300.0, 90.0
    who, day = shop.returns(np.random.default_rng(6), shape, alpha, np.full(n, t))
    assert 1 - len(np.unique(who)) / n == pytest.approx((alpha / (alpha + t)) ** shape.r, abs=0.01)
    assert day.min() > 0
    assert day.max() < t


def test_csv_holds_the_same_lines_as_parquet(shop, tmp_path):
    shape = shop.Shape(customers=50, orders=200, lines=400)
    shop.generate(shape, tmp_path / "p")
    shop.generate(shape, tmp_path / "c", csv=True)
    total = "count(*), sum(quantity * unit_price::decimal(12, 2)), min(placed_at)"
    from_csv = _row(f"select {total} from read_csv('{tmp_path}/c/lines/*.csv')")
    assert from_csv == _lines(tmp_path / "p", total)


def test_an_impossible_shop_is_refused_with_the_rule(shop, tmp_path):
    with pytest.raises(SystemExit, match="customers ≤ orders ≤ lines"):
        shop.generate(shop.Shape(customers=10, orders=5, lines=20), tmp_path)


def test_an_import_recognises_the_file_without_being_told(shop, tmp_path):
    shop.generate(shop.Shape(customers=20, orders=60, lines=100), tmp_path)
    guessed = guess([tmp_path / "lines"])
    headers = guessed.mapping.columns["order_lines"]
    assert {field for field, named in headers.items() if named} >= {
        "order_id",
        "line_id",
        "placed_at",
        "customer_id",
        "sku",
        "quantity",
        "price",
        "line_discount",
        "financial_status",
    }
