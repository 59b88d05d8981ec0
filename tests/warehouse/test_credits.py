"""Credit notes find the order they give back, or are said to have found none."""

from collections import Counter
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.warehouse.credits import match_credits

START = datetime(2024, 1, 1)


@pytest.fixture(scope="module")
def books():
    connection = duckdb.connect()
    connection.execute(
        'CREATE TABLE "order" (order_id BIGINT, customer_id BIGINT, processed_at TIMESTAMP);'
        "CREATE TABLE order_line (order_id BIGINT, product_id BIGINT, place BIGINT, kind VARCHAR, quantity DECIMAL(18,3),"
        " price DECIMAL(18,6));"
        "CREATE TABLE refund (refund_id BIGINT, shop_id BIGINT, order_id BIGINT, customer_id BIGINT, processed_at TIMESTAMP);"
        "CREATE TABLE refund_line (refund_id BIGINT, product_id BIGINT, place BIGINT, kind VARCHAR, quantity DECIMAL(18,3),"
        " price DECIMAL(18,6))"
    )
    yield connection
    connection.close()


def matched(books, sales, credits):
    """sales and credits: (customer, product, price, pieces, day), numbered from 1. Returns credit → order."""
    for table in ('"order"', "order_line", "refund", "refund_line"):
        books.execute(f"DELETE FROM {table}")
    for n, (who, product, price, pieces, day) in enumerate(sales, start=1):
        books.execute('INSERT INTO "order" VALUES (?, ?, ?)', [n, who, START + timedelta(days=day)])
        books.execute("INSERT INTO order_line VALUES (?, ?, 1, 'merchandise', ?, ?)", [n, product, pieces, price])
    for n, (who, product, price, pieces, day) in enumerate(credits, start=1):
        books.execute("INSERT INTO refund VALUES (?, 1, NULL, ?, ?)", [n, who, START + timedelta(days=day)])
        books.execute("INSERT INTO refund_line VALUES (?, ?, 1, 'merchandise', ?, ?)", [n, product, pieces, price])
    match_credits(books)
    rows = books.execute("SELECT refund_id, order_id FROM credit_match").fetchall()
    assert len(rows) == len(dict(rows)), "a credit was matched twice"
    return dict(rows)


ANA, BO, MUG, CUP = 1, 2, 1, 2


def test_a_credit_gives_back_the_latest_earlier_order(books):
    sales = [(ANA, MUG, 5, 2, 0), (ANA, MUG, 5, 2, 10), (ANA, MUG, 5, 2, 30)]
    assert matched(books, sales, [(ANA, MUG, 5, 1, 20)]) == {1: 2}


def test_it_passes_over_an_order_with_too_few_pieces(books):
    assert matched(books, [(ANA, MUG, 5, 6, 0), (ANA, MUG, 5, 2, 10)], [(ANA, MUG, 5, 3, 20)]) == {1: 1}


@pytest.mark.parametrize(
    "credit",
    [
        (ANA, MUG, 5, 1, 9),  # the day before the sale
        (None, MUG, 5, 1, 20),  # of nobody we know
        (BO, MUG, 5, 1, 20),  # of somebody else
        (ANA, CUP, 5, 1, 20),  # of another product
        (ANA, MUG, 4, 1, 20),  # at another price
        (ANA, MUG, 5, 3, 20),  # of more than was bought
    ],
    ids=["before the sale", "unknown customer", "other customer", "other product", "other price", "too large"],
)
def test_a_credit_that_fits_no_order_stays_unmatched(books, credit):
    assert matched(books, [(ANA, MUG, 5, 2, 10)], [credit]) == {}


def test_pieces_given_back_once_are_not_given_back_again(books):
    sales = [(ANA, MUG, 5, 1, 0), (ANA, MUG, 5, 2, 10)]
    assert matched(books, sales, [(ANA, MUG, 5, 2, 20), (ANA, MUG, 5, 1, 21), (ANA, MUG, 5, 1, 22)]) == {1: 2, 2: 1}


def test_a_busy_buyers_credits_all_find_an_order(books):
    """Sixty orders of one piece and sixty credits: each round of matching can place only one."""
    sales = [(ANA, MUG, 5, 1, day) for day in range(60)]
    assert len(matched(books, sales, [(ANA, MUG, 5, 1, 100 + day) for day in range(60)])) == 60


entry = st.tuples(
    st.sampled_from([ANA, BO]),
    st.sampled_from([MUG, CUP]),
    st.sampled_from([4, 5]),
    st.integers(1, 4),
    st.integers(0, 9),
)


@given(sales=st.lists(entry, max_size=10), credits=st.lists(entry, min_size=1, max_size=10))
@settings(max_examples=25, deadline=None)
def test_no_more_comes_back_than_was_sold_and_what_could_be_matched_is(books, sales, credits):
    found = matched(books, sales, credits)
    left = Counter({n: pieces for n, (*_, pieces, _) in enumerate(sales, start=1)})
    for credit, order in found.items():
        assert credits[credit - 1][:3] == sales[order - 1][:3]
        assert sales[order - 1][4] <= credits[credit - 1][4]
        left[order] -= credits[credit - 1][3]
    assert all(pieces >= 0 for pieces in left.values())
    for n, (*what, pieces, day) in enumerate(credits, start=1):
        if n not in found:
            open_to_it = [o for o, (*sold, _, on) in enumerate(sales, start=1) if sold == what and on <= day]
            assert all(left[o] < pieces for o in open_to_it)
