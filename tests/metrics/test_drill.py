"""Opening a number: its units are exactly those it counted, and a unit's rows add up to what it counted."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from paper_shop import OF_ORDERS, account, book, build_rows, land_rows, order, paper_home, refund, value_on
from python_calamine import CalamineWorkbook

from holdfast.metrics.drill import export_units, source_rows, units
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

ALL = Scope()
SHOP = "=2+5"  # what somebody may name a shop to have a spreadsheet run it
LAST = date(2022, 3, 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("drill"), name=SHOP)
    parts = [order("x 1", None, date(2021, 9, 1)), refund("r x", date(2021, 11, 5), "3.00")]
    for n in range(12):
        who, first = f"c{n}", date(2020, 2, 1) + timedelta(days=60 * n)
        parts += [account(who, datetime(first.year, first.month, first.day, 9))]
        parts += [order(f"{who} {k}", who, first + timedelta(days=45 * k), f"{10 + n}.50") for k in range(3)]
    parts += [refund("r 1", date(2022, 1, 2), "18.50", of="c8 1"), refund("r 2", LAST, "2.00", customer="c9")]
    land_rows(home, shop, book(*parts, order("last", "c0", LAST)))
    build_rows(home)
    return home


@pytest.mark.parametrize("metric", OF_ORDERS)
def test_the_units_of_a_headline_are_those_counted_and_those_still_open(home, metric):
    value = value_on(home, metric, ALL, LAST)
    rows = units(home, metric, ALL, limit=1000, as_of=LAST)
    assert rows.total == len(rows.rows) == value.n + value.still_open
    kept = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    assert sum(r["status"] == "counted" for r in kept) == value.n
    assert len({(r["shop"], r["unit_id"]) for r in kept}) == len(kept)
    scale = 100 if METRICS[metric].basis else 1
    counted = [r for r in kept if r["status"] == "counted"]
    assert sum(r["counted"] for r in counted) == pytest.approx(value.counted * scale)
    below = scale if METRICS[metric].scale == "share" else 1
    assert sum(r["out_of"] for r in counted) == pytest.approx(value.out_of * below)


def test_a_page_of_units_shows_days_and_the_newest_first(home):
    rows = units(home, "M61", ALL, limit=2)
    assert all(type(row[rows.columns.index("anchor")]) is date for row in rows.rows)
    assert len(rows.rows) == 2 < rows.total


def test_the_orders_and_refunds_of_a_customer_add_up_to_what_they_spent(home):
    """Every unit of M31, an unknown buyer's order and an unknown refund among those of M30."""
    spent = {u[0]: u[5] for u in units(home, "M31", ALL, limit=100).rows}
    spent |= {u[0]: u[5] for u in units(home, "M30", ALL, limit=100).rows if u[0] <= 0}
    assert len(spent) > 8
    assert min(spent) < 0
    assert 0 in spent
    for unit, counted in spent.items():
        assert _net(source_rows(home, "M31", unit)) == counted


def _net(pages) -> int:
    """Net minor units of the twelve months to the last day, from the rows a person sees."""
    since = date(2021, 3, 1)
    rows = {name: [dict(zip(p.columns, row, strict=True)) for row in p.rows] for name, p in pages.items()}
    kept = {o["order_number"]: o for o in rows["orders"] if o["counts"] and o["placed_on"] > since}
    net = sum(o["placed_minor"] for o in kept.values())
    for r in rows["refunds"]:
        fits = r["gives_back"] is not None
        if (r["gives_back"] in kept) if fits else r["refunded_on"] > since:
            net -= r["merch_minor"]
    return net


def test_the_lines_of_an_order_are_shown_with_what_was_bought(home):
    unit = units(home, "M31", ALL, limit=1).rows[0][0]
    lines = source_rows(home, "M31", unit)["order lines"]
    assert len(lines.rows) >= 3
    assert {"sku", "quantity", "price", "gross_minor"} <= set(lines.columns)


def test_the_rows_behind_a_unit_name_the_file_and_line_they_were_read_from(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    head = "Order No,Ordered At,Customer,SKU,Qty,Unit Price\n"
    (tmp_path / "march.csv").write_text(head + "1,2025-03-04,7,MUG,2,9.50\n1,2025-03-04,7,CUP,1,4.00\n")
    (tmp_path / "april.csv").write_text(head + "2,2025-04-04,7,MUG,3,9.50\n2,2025-04-09,7,MUG,-1,9.50\n")
    load(home, [tmp_path / "march.csv", tmp_path / "april.csv"])
    build_rows(home)
    (unit,) = (row[0] for row in units(home, "M31", ALL).rows)
    pages = source_rows(home, "M31", unit)
    places = {name: [row[-3:] for row in page.rows] for name, page in pages.items()}
    assert {page.columns[-3:] for page in pages.values()} == {("load_id", "file", "line")}
    assert places == {
        "orders": [(1, "march.csv", 2), (1, "april.csv", 2)],
        "order lines": [(1, "march.csv", 3), (1, "march.csv", 2), (1, "april.csv", 2)],
        "refunds": [(1, "april.csv", 3)],
    }


@pytest.fixture(scope="module")
def exported(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    for kind in ("csv", "parquet", "xlsx"):
        assert export_units(home, "M10", ALL, folder / f"rows.{kind}", kind) == 12
    return folder


def test_three_formats_hold_the_same_rows(exported):
    table = pq.read_table(exported / "rows.parquet").to_pylist()
    with (exported / "rows.csv").open(newline="", encoding="utf-8-sig") as file:
        from_csv = list(csv.DictReader(file))
    sheet = CalamineWorkbook.from_path(exported / "rows.xlsx").get_sheet_by_index(0).to_python()
    from_xlsx = [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]]
    assert [_plain(r) for r in table] == [_plain(r) for r in from_csv] == [_plain(r) for r in from_xlsx]


def _plain(row) -> tuple:
    return (
        int(row["unit_id"]), row["shop"].removeprefix("'"), str(row["anchor"])[:10], str(row["matures_on"])[:10],
        Decimal(str(row["counted"])), Decimal(str(row["out_of"])), row["status"],
    )  # fmt: skip


def test_a_shop_named_like_a_formula_is_text_in_a_spreadsheet(exported):
    with (exported / "rows.csv").open(newline="") as file:
        assert {r["shop"] for r in csv.DictReader(file)} == {"'=2+5"}
    from zipfile import ZipFile

    with ZipFile(exported / "rows.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_an_export_that_fails_leaves_no_half_file(home, tmp_path):
    with pytest.raises(KeyError):
        export_units(home, "M10", ALL, tmp_path / "rows.doc", "doc")
    assert list(tmp_path.iterdir()) == []
