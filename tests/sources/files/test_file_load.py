"""From files to the door of landing: the mapping kept, the shop declared, and a look before."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from small_files import write

from holdfast.sources.files.load import NothingLanded, choose, load, preview
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.problem import FileProblem
from holdfast.warehouse.build import NothingToBuild, build_snapshot
from holdfast.warehouse.files import TooLittleMemory
from holdfast.warehouse.home import Home
from holdfast.warehouse.lock import AnotherWriter, writing
from holdfast.warehouse.receipts import receipts, rejects
from holdfast.warehouse.snapshot import current_snapshot

CDNOW = Path(__file__).parents[2] / "data" / "cdnow" / "cdnow_master.csv"

SALES = (
    "Order No,Ordered At,E-mail,SKU,Qty,Unit Price\n"
    "1,2025-03-04,ana@example.test,MUG,2,9.50\n"
    "2,never,b@example.test,MUG,1,9.50\n"
)
UNCLEAR = SALES.replace("2025-03-04", "03/04/2025").replace("never", "05/06/2025")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def landed(home, table, load_id=1):
    """Rows of one table of one load, as dictionaries."""
    rows = duckdb.connect().execute(f"SELECT * FROM '{home.path}/landed/{load_id:06d}/{table}.parquet'")
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def test_a_first_import_declares_a_shop_keeps_the_mapping_and_lands(home, tmp_path):
    receipt = load(home, write(tmp_path, {"sales.csv": SALES}), currency="gbp", zone="Europe/London")
    (shop,) = home.shops()
    assert (shop.name, shop.currency, shop.zone) == ("shop", "GBP", "Europe/London")
    assert (receipt.load_id, receipt.rows_read, receipt.rows_rejected, receipt.mapping) == (1, 2, 1, "sales")
    assert receipt.totals == {"GBP": {"orders": 1900}}
    (line,) = landed(home, "order_line")
    (order,) = landed(home, "order")
    assert (line["order_id"], line["quantity"], line["gross_minor"]) == (order["order_id"], 2, 1900)
    assert [row["line"] for row in landed(home, "reject")] == [3]
    assert "# not used" not in (home.path / "mappings" / "sales.toml").read_text()
    assert list((home.path / "tmp").iterdir()) == []


def test_a_new_shop_reports_in_the_currency_of_most_of_its_orders(home, tmp_path):
    rows = "".join(
        f"{n},2025-03-04,ana@example.test,MUG,1,9.50,{code}\n" for n, code in enumerate(["SEK", "DKK", "SEK"])
    )
    load(home, write(tmp_path, {"sales.csv": SALES.splitlines()[0] + ",Currency\n" + rows}))
    assert [shop.currency for shop in home.shops()] == ["SEK"]


def test_a_currency_that_was_said_is_the_new_shops_currency_whatever_its_orders_are_in(home, tmp_path):
    row = "1,2025-03-04,ana@example.test,MUG,1,9.50,SEK\n"
    load(home, write(tmp_path, {"sales.csv": SALES.splitlines()[0] + ",Currency\n" + row}), currency="EUR")
    assert [shop.currency for shop in home.shops()] == ["EUR"]
    assert landed(home, "order")[0]["currency"] == "SEK"


def test_files_that_cannot_be_read_declare_no_shop(home, tmp_path):
    with pytest.raises(FileProblem, match="no rows"):
        load(home, write(tmp_path, {"sales.csv": SALES, "more.csv": SALES.splitlines()[0] + "\n"}))
    assert home.shops() == ()
    assert list((home.path / "landed").iterdir()) == []


def test_while_somebody_else_writes_an_import_does_not_begin(home, tmp_path):
    with writing(home, "a build"), pytest.raises(AnotherWriter):
        load(home, write(tmp_path, {"sales.csv": SALES}))
    assert home.shops() == () and list((home.path / "mappings").iterdir()) == []


def test_an_import_that_needs_more_memory_than_it_may_use_says_so_and_changes_nothing(home, monkeypatch):
    monkeypatch.setenv("HOLDFAST_MEMORY", "8MB")
    with pytest.raises(TooLittleMemory, match="HOLDFAST_MEMORY"):
        load(home, [CDNOW], currency="USD", zone="America/New_York")
    assert not receipts(home) and not home.shops()
    monkeypatch.setenv("HOLDFAST_MEMORY", "2GB")
    assert load(home, [CDNOW], currency="USD", zone="America/New_York").tables["order"].new > 60_000


def test_a_mapping_the_user_changed_is_used_again_and_left_alone(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES})
    load(home, paths)
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace("[kinds]", "[kinds]\nMUG = 'sample'  # mine"))
    mapping, guessed = choose(home, tuple(paths), None)
    assert (mapping.kinds, guessed) == ({"mug": "sample"}, None)
    load(home, paths)
    assert "# mine" in kept.read_text()
    assert [line["kind"] for line in landed(home, "order_line", 2)] == ["sample"]


def test_other_files_of_the_same_name_get_a_mapping_of_their_own(home, tmp_path):
    load(home, write(tmp_path, {"sales.csv": SALES}))
    other = SALES.replace("Unit Price", "Prix unitaire").replace("SKU", "Artikelnummer").replace("Ordered At", "Datum")
    receipt = load(home, write(tmp_path, {"sales.csv": other.replace("Order No", "Bestellnummer")}))
    assert sorted(path.name for path in (home.path / "mappings").iterdir()) == ["sales-2.toml", "sales.toml"]
    assert receipt.mapping == "sales-2"


def test_an_open_question_stops_the_import_and_leaves_a_mapping_to_edit(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": UNCLEAR})
    with pytest.raises(FileProblem, match="day first"):
        load(home, paths)
    assert list((home.path / "landed").iterdir()) == [] and home.shops() == ()
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace('dates = "ask"', 'dates = "month first"'))
    assert load(home, paths).rows_rejected == 0


def test_a_given_mapping_is_used_as_it_is(home, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[order_lines]\norder_id = "Order No"\nplaced_at = "Ordered At"\nprice = "Unit Price"\n'
    )
    receipt = load(home, write(tmp_path, {"sales.csv": SALES}), mapping=tmp_path / "mine.toml")
    assert receipt.mapping == "mine"
    assert Mapping.load(home.path / "mappings" / "mine.toml").name == "mine"


def test_a_preview_shows_first_rows_and_rejects_and_changes_nothing(home, tmp_path):
    seen = preview(home, write(tmp_path, {"sales.csv": SALES}), currency="CHF")
    assert seen.shop_is_new and seen.counts["order_line"] == 1
    order = dict(zip(seen.columns["order"], seen.first["order"][0], strict=True))
    assert (order["order_source"], order["currency"]) == ("1", "CHF")
    assert [row[:4] for row in seen.rejects] == [("sales.csv", 3, "Ordered At", "never")]
    assert home.shops() == () and list((home.path / "mappings").iterdir()) == []


def test_with_several_shops_one_has_to_be_named(home, tmp_path):
    for name in ("north", "south"):
        home.add_shop(name=name, account=name, zone="UTC", currency="EUR")
    with pytest.raises(FileProblem, match="north, south"):
        preview(home, write(tmp_path, {"sales.csv": SALES}))
    assert preview(home, write(tmp_path, {"sales.csv": SALES}), shop="south").shop.name == "south"


ORDERS = "order_id,customer_id,placed_at,total\n1,7,2025-03-04,19.00\n"
LINES = "order_id,customer_id,placed_at,sku,qty,unit price\n1,7,2025-03-04,MUG,2,9.50\n"


def test_a_kept_mapping_that_would_lose_columns_of_other_files_is_not_used_for_them(home, tmp_path):
    load(home, write(tmp_path, {"orders.csv": ORDERS}))
    receipt = load(home, write(tmp_path, {"lines.csv": LINES}))
    assert receipt.mapping == "lines"
    assert [line["gross_minor"] for line in landed(home, "order_line", 2)] == [1900]


def test_a_kept_mapping_is_not_used_against_what_the_cells_show(home, tmp_path):
    day = SALES.replace("2025-03-04", "31/03/2025").replace("never", "30/03/2025")
    load(home, write(tmp_path, {"march.csv": day}))
    month = day.replace("31/03", "03/31").replace("30/03", "03/04")
    receipt = load(home, write(tmp_path, {"april.csv": month.replace("\n1,", "\n11,").replace("\n2,", "\n12,")}))
    assert (receipt.mapping, receipt.rows_rejected) == ("april", 0)
    assert sorted(row["processed_at"].strftime("%m-%d") for row in landed(home, "order", 2)) == ["03-04", "03-31"]
    comma = SALES.replace(",", ";").replace("9.50", "9,50").replace("never", "2025-03-04")
    assert load(home, write(tmp_path, {"may.csv": comma})).rows_rejected == 0


def test_a_kept_mapping_is_used_again_for_the_next_months_file(home, tmp_path):
    load(home, write(tmp_path, {"march.csv": SALES}))
    assert load(home, write(tmp_path, {"april.csv": SALES.replace("\n1,", "\n3,")})).mapping == "march"


def test_a_column_taken_out_of_a_kept_mapping_and_named_unused_stays_out(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES})
    load(home, paths)
    kept = home.path / "mappings" / "sales.toml"
    lines = [line for line in kept.read_text().splitlines() if not line.startswith("email =")]
    kept.write_text("\n".join(lines).replace("unused = []", 'unused = ["E-mail"]'))
    assert choose(home, tuple(paths), None)[1] is None
    assert "email" not in choose(home, tuple(paths), None)[0].columns["order_lines"]


def test_orders_and_then_their_lines_are_worth_what_the_lines_say_once(home, tmp_path):
    both = {"orders.csv": ORDERS}, {"lines.csv": LINES}
    for first, second in (both, both[::-1]):
        place = Home(tmp_path / f"home-{next(iter(first))}")
        place.create()
        load(place, write(tmp_path, first))
        build_snapshot(place, today=date(2025, 4, 1), finish=lambda *_: None)
        assert _worth(place) == [1900]
        load(place, write(tmp_path, second))
        build_snapshot(place, today=date(2025, 4, 1), finish=lambda *_: None)
        assert _worth(place) == [1900]


def _worth(home):
    mart = current_snapshot(home).path / "order_value.parquet"
    return [value for (value,) in duckdb.connect().execute(f"SELECT placed_minor FROM '{mart}'").fetchall()]


def test_an_open_question_and_the_way_to_its_mapping_are_two_sentences(home, tmp_path):
    with pytest.raises(FileProblem, match=r"lines\. The mapping to edit: "):
        load(home, write(tmp_path, {"sales.csv": "Order No,Customer,SKU,Qty,Price\n1,7,MUG,2,9.50\n"}))


def _with_price(home, header):
    """The kept mapping reads the price from another column."""
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace('price = ["Unit Price"]', f'price = ["{header}"]'))
    return kept


def test_a_mapping_by_which_every_row_is_rejected_keeps_the_rejects_and_a_receipt_and_lands_nothing(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES})
    first = load(home, paths)
    with pytest.raises(NothingLanded, match=r"nothing landed: all 2 rows of sales\.csv.*`holdfast rejects`") as said:
        load(home, paths, mapping=_with_price(home, "SKU"))
    kept = said.value.receipt
    assert (kept.load_id, kept.shop_id, kept.rows_rejected, kept.tables) == (2, 1, 2, {})
    assert kept.next_keys == first.next_keys
    assert sorted({(row[0], row[2], row[3]) for row in rejects(home).rows}) == [
        (2, 2, "SKU"), (2, 3, "Ordered At"), (2, 3, "SKU"),
    ]  # fmt: skip
    assert [path.name for path in sorted((home.path / "landed" / "000002").iterdir())] == [
        "receipt.json", "reject.parquet",
    ]  # fmt: skip
    with pytest.raises(NothingLanded) as again:
        load(home, paths, mapping=home.path / "mappings" / "sales.toml")
    assert again.value.receipt.load_id == 0 and len(receipts(home)) == 2


def test_rejects_that_a_mended_mapping_no_longer_makes_are_no_longer_shown(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES.replace("never", "2025-03-05")})
    load(home, paths)
    kept = _with_price(home, "SKU")
    with pytest.raises(NothingLanded):
        load(home, paths, mapping=kept)
    assert rejects(home).total == 2
    kept.write_text(kept.read_text().replace('price = ["SKU"]', 'price = ["Unit Price"]'))
    assert not load(home, paths, mapping=kept).changed_anything
    assert rejects(home).total == 0


def test_a_first_import_that_lands_nothing_declares_no_shop_and_its_rejects_go_when_the_file_lands(home, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES.replace("never", "2025-03-05")})
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "wrong"\n[order_lines]\norder_id = "Order No"\nplaced_at = "Ordered At"\nprice = "SKU"\n')
    for _ in range(2):
        with pytest.raises(NothingLanded) as said:
            load(home, paths, shop="north", mapping=wrong)
    assert home.shops() == () and (said.value.receipt.shop, said.value.receipt.shop_id) == ("north", 0)
    assert (len(receipts(home)), rejects(home).total) == (1, 2)
    with pytest.raises(NothingToBuild):
        build_snapshot(home, today=date(2025, 4, 1), finish=lambda *_: None)
    assert load(home, paths, shop="north").tables["order_line"].new == 2
    assert [shop.name for shop in home.shops()] == ["north"]
    assert rejects(home).total == 0
    assert [order["order_id"] for order in landed(home, "order", 2)] == [1, 2]


def test_rows_name_the_file_and_line_they_were_read_from(home, tmp_path):
    more = SALES.splitlines()[0] + "\n2,2025-03-05,b@example.test,MUG,1,9.50\n2,2025-03-05,b@example.test,CUP,-1,4.00\n"
    load(home, write(tmp_path, {"a.csv": SALES, "b.csv": more}))
    asked = {(row["file_no"], row["line"]) for row in landed(home, "order_line")}
    assert asked == {(0, 2), (1, 2)}
    assert {(row["file_no"], row["line"]) for row in landed(home, "order")} == {(0, 2), (1, 2)}
    assert {(row["file_no"], row["line"]) for row in landed(home, "refund")} == {(1, 3)}
    assert {(row["file_no"], row["line"]) for row in landed(home, "refund_line")} == {(1, 3)}
    assert {(row["file_no"], row["line"]) for row in landed(home, "customer")} == {(0, 2), (1, 2)}
    assert {row["sku"]: (row["file_no"], row["line"]) for row in landed(home, "product")} == {
        "MUG": (1, 2), "CUP": (1, 3),
    }  # fmt: skip


SECOND = SALES.replace("1,2025", "11,2025").replace("ana@", "eva@")


def test_a_second_shop_lands_in_its_own_currency_and_zone_not_in_the_first_ones(home, tmp_path):
    load(home, write(tmp_path, {"sales.csv": SALES}), shop="north", currency="GBP", zone="Europe/London")
    load(home, write(tmp_path, {"sales.csv": SECOND}), shop="south", currency="JPY", zone="Asia/Tokyo")
    (order,) = landed(home, "order", 2)
    assert (order["currency"], order["processed_at"].isoformat()) == ("JPY", "2025-03-03T15:00:00")
    assert [path.name for path in (home.path / "mappings").iterdir()] == ["sales.toml"]


def test_a_later_file_of_a_shop_is_read_in_the_shops_own_currency_when_nothing_is_said(home, tmp_path):
    load(home, write(tmp_path, {"sales.csv": SALES}), shop="north", currency="GBP", zone="Europe/London")
    home.add_shop(name="south", account="south", zone="Asia/Tokyo", currency="JPY")
    load(home, write(tmp_path, {"sales.csv": SECOND}), shop="south")
    assert landed(home, "order", 2)[0]["currency"] == "JPY"


def test_a_presets_currency_is_for_a_shop_it_declares_and_not_for_another_one(home, tmp_path):
    retail = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    row = "{},85123A,LANTERN,6,2010-12-01 08:26:00,2.55,{},France\n"
    load(home, write(tmp_path, {"retail.csv": retail + row.format(536365, 17850)}), shop="uk")
    said = load(
        home, write(tmp_path, {"other.csv": retail + row.format(7, 1)}),
        shop="fr", currency="EUR", zone="Europe/Paris",
    )  # fmt: skip
    later = load(home, write(tmp_path, {"other.csv": retail + row.format(8, 1)}), shop="fr")
    assert [home.shop(name).currency for name in ("uk", "fr")] == ["GBP", "EUR"]
    assert [list(receipt.totals) for receipt in (said, later)] == [["EUR"], ["EUR"]]


def test_what_a_person_wrote_into_a_mapping_is_not_overruled_unsaid(home, tmp_path):
    load(home, write(tmp_path, {"sales.csv": SALES}), shop="north", currency="EUR")
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace('currency = ""', 'currency = "SEK"'))
    load(home, write(tmp_path, {"sales.csv": SECOND}), shop="north")
    assert landed(home, "order", 2)[0]["currency"] == "SEK"
    with pytest.raises(FileProblem, match=r"currency EUR was asked for, but the mapping 'sales' says currency = 'SEK'"):
        load(home, write(tmp_path, {"sales.csv": SECOND}), shop="west", currency="EUR")
    assert [shop.name for shop in home.shops()] == ["north"]


def test_files_that_contradict_each_other_are_to_be_imported_one_by_one(home, tmp_path):
    comma = SALES.replace(",", ";").replace("9.50", "9,50").replace("never", "2025-03-04")
    with pytest.raises(FileProblem, match=r"comma in b\.csv but a decimal point in a\.csv\. Import them separately"):
        load(home, write(tmp_path, {"a.csv": SALES, "b.csv": comma}))
    days = {"a.csv": SALES.replace("2025-03-04", "31/03/2025"), "b.csv": SALES.replace("2025-03-04", "03/31/2025")}
    with pytest.raises(FileProblem, match="Import them separately"):
        load(home, write(tmp_path, days))
    assert list((home.path / "mappings").iterdir()) == []
    load(home, write(tmp_path, {"a.csv": SALES}))
    with pytest.raises(FileProblem, match="Import them separately"):  # though the mapping kept now fits both headers
        load(home, write(tmp_path, {"a.csv": SALES, "b.csv": comma}))


def test_a_file_of_orders_with_odd_headers_is_asked_about_and_not_taken_for_customers(home, tmp_path):
    odd = "txn_ref,when_bought,shopper_id,item_code,units,unit_cost_gbp\nA1,2024-01-05,77,H,1,10.00\n"
    with pytest.raises(FileProblem, match=r"what its rows are \(txn_ref.*docs/how-to/import-your-files\.md"):
        load(home, write(tmp_path, {"odd.csv": odd}))
    people = "customer id,country,newsletter\n7,DE,yes\n"
    assert list(load(home, write(tmp_path, {"people.csv": people})).tables) == ["customer"]


def spend_with(home_of, amounts):
    home, file = Home(home_of / "home"), home_of / "advertising_spend.csv"
    home.create()
    rows = "".join(f'2026-02-01,google,c{n},"{amount}"\n' for n, amount in enumerate(amounts))
    file.write_text(f"spent_on,platform,campaign,amount\n{rows}")
    return home, file


def test_one_comma_among_many_points_is_put_aside_and_the_others_land(tmp_path):
    home, file = spend_with(tmp_path, ["2.50"] * 20 + ["1,50"])
    receipt = load(home, [file], shop="paper", currency="EUR", zone="UTC")
    assert (receipt.tables["ad_spend"].new, receipt.rows_rejected) == (20, 1)
    assert not load(home, [file], shop="paper").changed_anything


def test_commas_and_points_in_one_file_stop_the_import_with_the_cell_and_do_so_again(tmp_path):
    home, file = spend_with(tmp_path, ["2.50", "3.50", "1,50"])
    said = []
    for _ in range(2):
        with pytest.raises(FileProblem) as problem:
            load(home, [file], shop="paper", currency="EUR", zone="UTC")
        said.append(str(problem.value))
    assert "advertising_spend.csv line 4, amount = '1,50'" in said[0]
    assert said[0] == said[1]
