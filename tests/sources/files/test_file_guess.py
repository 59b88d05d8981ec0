"""What is guessed of files, what is asked, and what is said to be missing."""

import pytest
from small_files import write

from holdfast.sources.files.guess import guess
from holdfast.sources.files.mapping import Mapping, preset, preset_names
from holdfast.sources.files.mappingtext import to_toml
from holdfast.sources.files.problem import FileProblem

LINES = "Order No,Ordered At,E-mail,SKU,Qty,Unit Price,Favourite colour\n"


def guessed(tmp_path, **files):
    return guess(write(tmp_path, {f"{name}.csv": text for name, text in files.items()}))


def test_each_header_is_told_what_it_became(tmp_path):
    found = guessed(tmp_path, sales=LINES + "1,2025-03-04,a@b.test,MUG,2,9.50,blue\n")
    assert {c.header: c.became for c in found.columns} == {
        "Order No": "order_lines.order_id",
        "Ordered At": "order_lines.placed_at",
        "E-mail": "order_lines.email",
        "SKU": "order_lines.sku",
        "Qty": "order_lines.quantity",
        "Unit Price": "order_lines.price",
        "Favourite colour": None,
    }
    assert [(c.header, c.sample) for c in found.unused] == [("Favourite colour", "blue")]
    assert found.confidence == "likely" and found.usable
    assert [m.what for m in found.missing] == ["the currency"]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2025", "13/04/2025"], "day first"),
        (["03/04/2025", "03/14/2025"], "month first"),
        (["3.4.2025", "4.5.2025"], "day first"),
        (["2025-03-04", "2025-04-03"], "iso"),
    ],
)
def test_the_order_of_day_and_month_is_read_off_the_cells(tmp_path, dates, order):
    rows = "".join(f"{n},{date},a@b.test,MUG,2,9.50,blue\n" for n, date in enumerate(dates))
    assert guessed(tmp_path, sales=LINES + rows).mapping.format.dates == order


@pytest.mark.parametrize("dates", [["03/04/2025", "05/06/2025"], ["13/04/2025", "04/13/2025"]])
def test_dates_that_no_cell_decides_are_asked_for(tmp_path, dates):
    rows = "".join(f"{n},{date},a@b.test,MUG,2,9.50,blue\n" for n, date in enumerate(dates))
    found = guessed(tmp_path, sales=LINES + rows)
    assert found.mapping.format.dates == "ask" and len(found.questions) == 1
    assert not found.usable and found.confidence == "unsure"


def test_a_decimal_comma_is_seen(tmp_path):
    text = (LINES + "1,2025-03-04,a@b.test,MUG,2,9.50,blue\n").replace(",", ";").replace("9.50", "9,50")
    assert guessed(tmp_path, sales=text).mapping.format.decimal == ","


def test_order_cells_that_stand_once_an_order_are_seen(tmp_path):
    text = LINES + "1,2025-03-04,a@b.test,MUG,2,9.50,\n1,,,CUP,1,2.00,\n"
    assert guessed(tmp_path, sales=text).mapping.rules.order_level_cells == "first row"


def test_orders_without_any_date_are_said_to_lack_one(tmp_path):
    found = guessed(tmp_path, sales="Order No,Customer,SKU,Qty,Price\n1,7,MUG,2,9.50\n")
    assert [m.what for m in found.missing if m.required] == ["when orders were placed"]
    assert not found.usable


def test_columns_nobody_knows_are_an_open_question_and_no_crash(tmp_path):
    found = guessed(tmp_path, sales="colour,size\nred,9\n")
    assert not found.usable and found.missing[0].required
    assert "colour" in found.missing[0].what


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_valid_mapping_and_survives_being_written(name):
    mapping = preset(name)
    assert Mapping.parse(to_toml(mapping)) == mapping
    assert "#" in to_toml(mapping)


def test_a_guessed_mapping_survives_being_written(tmp_path):
    found = guessed(tmp_path, sales=LINES + "1,2025-03-04,a@b.test,MUG,2,9.50,blue\n")
    text = to_toml(found.mapping, ["Favourite colour"])
    assert Mapping.parse(text) == found.mapping
    assert "# not used: Favourite colour" in text


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('[order_lines]\norder_idd = "x"', "did you mean 'order_id'"),
        ('[order_line]\norder_id = "x"', "did you mean 'order_lines'"),
        ('[rules]\nzero_value_orders = "purchases"', "did you mean 'purchase'"),
        ('[kinds]\nPOST = "shiping"', "did you mean 'shipping'"),
        ('[format]\nzone = "Europe/Lodnon"', "IANA"),
        ('[format]\ndecimal = "x"', "it is one of"),
        ('[constants]\ncurrency = "EURO"', "ISO 4217"),
        ("[order_lines]\norder_id = 3", "header in quotes"),
        ("[order_lines]\norder_id = ", "not TOML"),
        ("", "no columns are mapped"),
    ],
)
def test_a_mistake_in_a_mapping_is_pointed_at(toml, says):
    body = toml if "order_line" in toml or not toml else f'{toml}\n[order_lines]\norder_id = "x"'
    with pytest.raises(FileProblem, match=says) as problem:
        Mapping.parse(f'name = "mine"\n{body}', where="mine.toml")
    assert str(problem.value).startswith("mine.toml")


@pytest.mark.parametrize("price", ["1.250", "1,250"])
def test_a_number_that_may_have_thousands_or_decimals_is_asked_for(tmp_path, price):
    row = f"1;2025-03-04;a@b.test;MUG;2;{price};blue\n"
    found = guessed(tmp_path, sales=LINES.replace(",", ";") + row)
    assert found.mapping.format.decimal == "ask" and "1.250" in found.questions[0]
    assert not found.usable


@pytest.mark.parametrize(
    ("other", "sign"), [("9.50", "."), ("9,50", ","), ("1.250.000", ","), ("1,250,000", "."), ("0.125", ".")]
)
def test_one_plain_cell_decides_what_the_point_of_all_numbers_is(tmp_path, other, sign):
    head = LINES.replace(",", ";")
    rows = "".join(f"{n};2025-03-04;a@b.test;MUG;2;{price};blue\n" for n, price in enumerate(["1.250", other]))
    found = guessed(tmp_path, sales=head + rows)
    assert (found.mapping.format.decimal, found.questions) == (sign, ())


@pytest.mark.parametrize(
    ("cell", "became"),
    [("a@b.test", "orders.email"), ("Ana Alves", None), ("O'Neil, José", None), ("C-17", "orders.customer_id")],
)
def test_what_a_column_called_customer_holds_decides_what_it_is(tmp_path, cell, became):
    found = guessed(tmp_path, sales=f'order_id,customer,date,amount\n1,"{cell}",2025-03-04,9.50\n')
    assert {c.header: c.became for c in found.columns}["customer"] == became
    assert any("holds names" in m.what for m in found.missing) == (became is None)


def test_created_at_is_when_an_order_was_placed_if_nothing_else_says_it(tmp_path):
    found = guessed(tmp_path, sales="order_id,customer,created at,total\n1,7,2025-03-04,9.50\n")
    assert found.usable and found.mapping.columns["orders"]["placed_at"] == ("created at",)
    both = guessed(tmp_path, both="order_id,customer,created at,order date,total\n1,7,2025-03-04,2025-03-04,9.50\n")
    assert both.mapping.columns["orders"]["placed_at"] == ("order date",)


def test_files_of_different_columns_are_said_to_come_one_at_a_time(tmp_path):
    found = guessed(tmp_path, answers_2017="Q1,Q2\n5,4\n", answers_2018="Q7,Q8\n5,4\n")
    assert "one at a time" in found.missing[0].to_do
