"""What cannot be used is put aside with its place and a reason; the rest lands."""

import json

import pytest
from small_files import GENERIC, SHOP

HEAD = "order,date,email,sku,qty,price,currency\n"
GOOD = "1,2025-03-04,ana@example.test,MUG,2,9.50,EUR\n"


@pytest.mark.parametrize(
    ("row", "column", "value", "says"),
    [
        ("2,2025-03-04,a@b.test,CUP,two,1.00,EUR", "qty", "two", "not a number"),
        ("2,2025-03-04,a@b.test,CUP,,1.00,EUR", "qty", None, "no quantity"),
        ("2,2025-03-04,a@b.test,CUP,1,,EUR", "price", None, "no price"),
        ("2,2025-03-04,a@b.test,CUP,1,9.9.9,EUR", "price", "9.9.9", "not a number"),
        ("2,2025-03-04,a@b.test,CUP,999999999,99999999999,EUR", "price", "99999999999", "too large"),
        ("2,2025-02-30,a@b.test,CUP,1,1.00,EUR", "date", "2025-02-30", "not a date"),
        ("2,0025-02-03,a@b.test,CUP,1,1.00,EUR", "date", "0025-02-03", "not a date"),
        ("2,soon,a@b.test,CUP,1,1.00,EUR", "date", "soon", "not a date"),
        ("2,,a@b.test,CUP,1,1.00,EUR", "date", None, "no usable date"),
        (",2025-03-04,a@b.test,CUP,1,1.00,EUR", "order", None, "no order number"),
        ("2,2025-03-04,a@b.test,CUP,1,1.00,DOGE", "currency", "DOGE", "not a currency"),
        ("2,2025-03-04,a@b.test,CUP,1", None, None, "fewer cells"),
        ("2,2025-03-04,a@b.test,CUP,1,1.00,EUR,surprise", None, None, "more cells"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_named_and_the_next_one_lands(staging, row, column, value, says):
    result = staging({"a.csv": f"{HEAD}{GOOD}{row}\n{GOOD.replace('1,', '3,', 1)}"}, GENERIC)
    assert result.rejects() == [("a.csv", 3, column, value)]
    reason, raw = result.one("SELECT reason, raw FROM stage_reject")
    assert says in reason
    assert "a@b.test" not in str(json.loads(raw))
    assert "•••" in str(json.loads(raw))
    assert result.rows("SELECT order_source FROM stage_order_line ORDER BY 1") == [("1",), ("3",)]
    assert result.rows("SELECT order_source FROM stage_order ORDER BY 1") == [("1",), ("3",)]
    assert (result.staged.rows_read, result.staged.rows_rejected) == (3, 1)


def test_a_row_with_two_bad_cells_is_two_reasons_and_one_row(staging):
    result = staging({"a.csv": HEAD + GOOD + "2,never,a@b.test,CUP,many,1.00,EUR\n"}, GENERIC)
    assert [row[2] for row in result.rejects()] == ["date", "qty"]
    assert result.staged.rows_rejected == 1


def test_line_numbers_are_those_an_editor_shows_after_line_ends_in_cells_and_empty_lines(staging):
    text = (
        HEAD
        + '1,2025-03-04,a@b.test,"MUG\nwith\nlines",2,9.50,EUR\n\n'
        + "2,2025-03-04,a@b.test,CUP,x,1.00,EUR\nragged\n"
    )
    result = staging({"a.csv": text + GOOD + "4,2025-03-04,a@b.test,CUP,y,1.00,EUR\n"}, GENERIC)
    assert [row[1] for row in result.rejects()] == [6, 7, 9]


def test_lines_with_windows_ends_are_counted_alike(staging):
    text = (HEAD + GOOD + "ragged\n2,2025-03-04,a@b.test,CUP,x,1.00,EUR\n").replace("\n", "\r\n")
    assert [row[1] for row in staging({"a.csv": text}, GENERIC).rejects()] == [3, 4]


def test_a_quote_left_open_is_put_aside_with_what_it_swallowed(staging):
    result = staging({"a.csv": HEAD + GOOD + '2,2025-03-04,a@b.test,"CUP,1,1.00,EUR\n'}, GENERIC)
    assert result.one("SELECT line, reason FROM stage_reject")[0] == 3
    assert result.rows("SELECT order_source FROM stage_order") == [("1",)]


def test_a_good_line_of_an_order_lands_when_another_line_of_it_is_bad(staging):
    result = staging({"a.csv": HEAD + GOOD + GOOD.replace("2,9.50", "?,1.00")}, GENERIC)
    assert result.one("SELECT count(*) FROM stage_order_line") == (1,)
    assert result.staged.rows_rejected == 1


def test_without_a_currency_column_the_shops_currency_is_meant(staging):
    toml = GENERIC.replace('currency = "currency"\n', "")
    result = staging({"a.csv": HEAD + GOOD}, toml)
    assert result.one("SELECT currency FROM stage_order") == (SHOP.currency,)


def test_a_cell_of_money_too_large_for_any_shop_is_not_fatal(staging):
    result = staging({"a.csv": HEAD + GOOD + "2,2025-03-04,a@b.test,CUP,1,1e30,EUR\n"}, GENERIC)
    assert result.rejects() == [("a.csv", 3, "price", "1e30")]


def test_a_rejected_row_is_shown_without_what_tells_who_somebody_is(staging):
    head = "order,date,Customer E-Mail,Shipping Street,First Name,qty,price,sku\n"
    toml = GENERIC.replace('email = "email"', 'email = "Customer E-Mail"').replace('currency = "currency"\n', "")
    result = staging({"a.csv": head + "2,2025-03-04,a@b.test,High Road 1,Ana,x,1.00,CUP\n"}, toml)
    (raw,) = result.one("SELECT raw FROM stage_reject")
    assert json.loads(raw) == {
        "order": "2", "date": "2025-03-04", "Customer E-Mail": "•••", "Shipping Street": "•••", "First Name": "•••",
        "qty": "x", "price": "1.00", "sku": "CUP",
    }  # fmt: skip


def test_an_email_in_a_column_of_customer_numbers_is_put_aside_masked(staging):
    toml = GENERIC.replace('email = "email"', 'customer_id = "email"')
    result = staging({"a.csv": HEAD + GOOD + GOOD.replace("1,", "2,", 1).replace("ana@example.test", "77")}, toml)
    assert result.rejects() == [("a.csv", 2, "email", "•••")]
    assert result.rows("SELECT customer_source, customer_number FROM stage_customer") == [("77", "77")]


def test_an_old_order_in_a_currency_that_is_no_longer_money_lands(staging):
    result = staging({"a.csv": HEAD + GOOD.replace("EUR", "HRK")}, GENERIC)
    assert result.rows("SELECT currency, gross_minor FROM stage_order, stage_order_line") == [("HRK", 1900)]
