"""The public data sets come out with the numbers that were published or counted before."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import holdfast
from holdfast.sources.files.mapping import preset
from holdfast.sources.files.stage import stage
from holdfast.warehouse.home import Shop

RETAIL = Path(holdfast.__file__).parent / "examples" / "online_retail_ii"
CDNOW = Path(__file__).parents[2] / "data" / "cdnow" / "cdnow_master.csv"
SHOP = Shop(1, "shop", "account", "UTC", "EUR")

# What landing does: a line counts as often as in the file that has it most often.
PLACED = """
CREATE TEMP TABLE placed AS
SELECT * EXCLUDE (file_no, n), max(n) AS n
FROM (SELECT * EXCLUDE (line), count(*) AS n FROM stage_order_line GROUP BY ALL) GROUP BY ALL
"""
PLACED_BACK = PLACED.replace("placed", "placed_back").replace("stage_order_line", "stage_refund_line")


@pytest.fixture(scope="module")
def retail():
    con = duckdb.connect()
    staged = stage(con, [RETAIL], preset("uci-online-retail"), shop=SHOP, salt="salt")
    con.execute(PLACED)
    con.execute(PLACED_BACK)
    return con, staged


@pytest.fixture(scope="module")
def cdnow():
    con = duckdb.connect()
    return con, stage(con, [CDNOW], preset("cdnow"), shop=SHOP, salt="salt")


def one(con, query):
    return con.execute(query).fetchone()


def test_every_line_of_both_sheets_is_read_and_none_is_put_aside(retail):
    """Chen (2019), counted in the two Parquet files: 525,461 + 541,909 lines."""
    _, staged = retail
    assert (staged.rows_read, staged.rows_rejected) == (1_067_370, 0)
    assert staged.files == ("year_2009_2010.parquet", "year_2010_2011.parquet")


def test_lines_that_stand_in_both_sheets_count_once(retail):
    """Counted over the raw columns with max(count per sheet): 1,044,847 = 1,067,370 - 22,523."""
    con, _ = retail
    lines = one(con, "SELECT (SELECT sum(n) FROM placed) + (SELECT sum(n) FROM placed_back)")[0]
    assert lines + one(con, "SELECT count(*) FROM stage_order_adjustment")[0] == 1_044_847


def test_clean_lines_give_the_counted_customers_invoices_and_pounds(retail):
    """Counted over the raw columns: customer known, quantity > 0, price > 0, no credit notes.

    In whole pence the sum is two pence lower: 18 lines at 0.001 (PADS, bank charges) round to nothing.
    """
    con, _ = retail
    clean = one(
        con,
        "SELECT sum(n), count(DISTINCT customer_source), count(DISTINCT order_source), sum(n * gross_minor)"
        " FROM placed JOIN stage_order USING (order_source)"
        " WHERE customer_source IS NOT NULL AND quantity > 0 AND price > 0",
    )
    assert clean == (791_044, 5_878, 36_969, 1_743_153_316)
    assert one(
        con,
        "SELECT round(sum(n * CAST(quantity * price AS DECIMAL(18,3))), 2) FROM placed JOIN stage_order USING"
        " (order_source)"
        " WHERE customer_source IS NOT NULL AND quantity > 0 AND price > 0",
    )[0] == Decimal("17431533.18")


def test_credit_notes_are_refunds_and_bad_debt_is_neither_sale_nor_refund(retail):
    """8,292 invoices begin with C and 6 with A; the one charge on a credit note (C496350) stays a charge."""
    con, _ = retail
    assert one(con, "SELECT count(*), count(order_source), count(processed_at) FROM stage_refund") == (8_292, 0, 8_292)
    assert one(con, "SELECT min(quantity) > 0 FROM stage_refund_line") == (True,)
    assert con.execute("SELECT refund_source FROM stage_refund_line WHERE subtotal_minor < 0").fetchall() == [
        ("C496350",)
    ]
    adjusted = con.execute(
        "SELECT adjustment_source, kind, amount_minor FROM stage_order_adjustment ORDER BY 1"
    ).fetchall()
    assert len(adjusted) == 6 and adjusted[0] == ("A506401", "bad debt", -5_359_436)


def test_buyers_products_and_kinds_are_those_of_the_file(retail):
    """5,942 customers; 5,305 codes of which B stands only on adjustments; stock is corrected 3,457 times."""
    con, _ = retail
    assert one(con, "SELECT count(*) FROM stage_customer") == (5_942,)
    assert one(con, "SELECT count(*) FROM stage_product") == (5_304,)
    kinds = dict(con.execute("SELECT kind, count(*) FROM stage_order_line GROUP BY 1").fetchall())
    assert kinds["stock"] == 3_457
    assert set(kinds) == {"merchandise", "shipping", "fee", "discount", "gift_card", "sample", "manual", "stock"}


def test_an_invoice_with_two_timestamps_is_dated_by_the_earlier(retail):
    con, _ = retail
    source = f"read_parquet('{RETAIL}/*.parquet')"
    wrong = one(
        con,
        "SELECT count(*) FROM stage_order JOIN (SELECT Invoice, min(InvoiceDate) AS first, count(DISTINCT"
        " InvoiceDate) AS n"
        f" FROM {source} GROUP BY 1) ON order_source = Invoice"
        " WHERE n > 1 AND processed_at <> timezone('UTC', timezone('Europe/London', first))",
    )
    assert wrong == (0,)


def test_cdnow_has_the_published_cohort(cdnow):
    """Fader and Hardie (2001): 23,570 customers; counted in the file: 69,659 rows, 2,500,315.63 USD, 167,881 CDs."""
    con, staged = cdnow
    assert (staged.rows_read, staged.rows_rejected) == (69_659, 0)
    assert one(con, "SELECT count(*) FROM stage_customer") == (23_570,)
    assert one(con, "SELECT count(DISTINCT order_source) FROM stage_order") == (69_659,)
    assert one(con, "SELECT sum(gross_minor), sum(quantity) FROM stage_order_line") == (250_031_563, 167_881)
    assert one(con, "SELECT bool_and(free_counts), any_value(currency) FROM stage_order") == (True, "USD")


def test_cdnow_prices_multiply_back_to_what_was_paid(cdnow):
    con, _ = cdnow
    assert one(con, "SELECT count(*) FROM stage_order_line WHERE round(quantity * price, 2) * 100 <> gross_minor") == (
        0,
    )


def test_cdnow_imported_twice_has_the_same_order_keys(cdnow):
    con, _ = cdnow
    again = duckdb.connect()
    stage(again, [CDNOW], preset("cdnow"), shop=SHOP, salt="salt")
    keys = "SELECT order_source FROM stage_order ORDER BY 1"
    assert again.execute(keys).fetchall() == con.execute(keys).fetchall()


def test_an_order_names_the_account_its_purchase_order_and_how_it_came(staging):
    header = "order id,order date,total,currency,company id,po number,integrated,is exchange\n"
    result = staging({"orders.csv": header + "1,2025-03-01,10.00,EUR,ACME,PO-7,yes,no\n2,2025-03-02,5.00,EUR,,,,yes\n"})
    found = result.rows(
        "SELECT account_source, po_number, integrated, is_exchange FROM stage_order ORDER BY order_number"
    )
    assert found == [("ACME", "PO-7", True, False), (None, None, None, True)]
