"""init, import, build: what a person does first."""

import json
import re

import pytest

from holdfast.warehouse.home import Home
from holdfast.warehouse.lock import writing


def test_init_makes_a_home_keeps_its_defaults_and_says_what_comes_next(terminal):
    said = terminal("init", "--currency", "eur", "--zone", "Europe/Berlin")
    assert str(terminal.home) in said.out.replace("\n", "")
    assert "Next: holdfast import FILE" in said.out
    again = terminal("init", "--json").json
    assert (again["made"], again["currency"], again["zone"]) == (False, "EUR", "Europe/Berlin")


def test_init_refuses_a_currency_and_a_zone_that_do_not_exist(terminal):
    assert "not a currency code" in terminal("init", "--currency", "EURO", code=1).err
    assert "IANA time zone" in terminal("init", "--zone", "Mars/Base", code=1).err
    assert not terminal.home.exists()


def test_import_makes_the_home_shows_the_columns_and_ends_with_a_receipt(terminal, orders):
    said = terminal("import", orders, "--shop", "Mugs")
    assert "order date" in said.err
    assert "→" in said.err
    assert "3 rows read" in said.out
    assert "EUR 37.50 orders" in said.out
    assert "currency EUR, the one most rows are in" in " ".join(said.out.split())
    assert "Next: holdfast build" in said.out


def test_the_same_file_twice_says_nothing_changed_and_lands_no_second_load(terminal, orders):
    first = terminal("import", orders, "--json").json
    second = terminal("import", orders, "--json").json
    assert (first["load_id"], first["changed_anything"]) == (1, True)
    assert (second["load_id"], second["changed_anything"]) == (0, False)
    assert all(t["new"] == t["changed"] == 0 for t in second["tables"].values())
    assert "Nothing changed" in terminal("import", orders).out
    assert len(terminal("loads", "--json").json["loads"]) == 1


def test_a_receipt_for_machines_has_its_steps_and_no_progress(terminal, orders):
    said = terminal("import", orders, "--json")
    assert said.err == ""
    assert {"name", "wall_seconds", "cpu_seconds"} <= set(said.json["steps"][0])
    assert {"header": "email", "became": "order_lines.email", "file": "orders.csv"} in said.json["columns"]


def test_a_dry_run_shows_the_first_rows_and_writes_nothing(terminal, orders):
    said = terminal("import", orders, "--dry-run")
    assert "nothing was written" in " ".join(said.out.split())
    assert not terminal.home.exists()
    seen = terminal("import", orders, "--dry-run", "--json").json
    assert seen["tables"]["order"]["rows"] == 3
    terminal("init")
    before = sorted(p for p in terminal.home.rglob("*") if p.is_file())
    terminal("import", orders, "--dry-run")
    assert sorted(p for p in terminal.home.rglob("*") if p.is_file()) == before


def test_a_broken_file_is_one_sentence_and_leaves_no_shop_behind(terminal, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"\x00\x01\x02 not a table")
    said = terminal("import", broken, code=1)
    assert said.err.splitlines()[-1].startswith("holdfast: ")
    assert Home(terminal.home).shops() == ()


def test_a_file_that_is_not_there_makes_no_home(terminal, tmp_path):
    said = terminal("import", tmp_path / "nowhere.csv", code=1)
    assert "there is no file or folder" in said.err
    assert not terminal.home.exists()


def test_rows_that_cannot_be_used_are_counted_and_listed_with_the_reason(terminal, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order id,email,order date,sku,quantity,price\n1,a@example.com,2025-01-05,mug,1,9.00\n"
                    "2,b@example.com,someday,mug,1,9.00\n")  # fmt: skip
    said = terminal("import", path)
    assert "1 row rejected; see why: holdfast rejects" in " ".join(said.out.split())
    (row,) = terminal("rejects", "--json").json["rejects"]
    assert (row["file"], row["line"], row["column"], row["value"]) == ("orders.csv", 3, "order date", "someday")
    assert "someday" in terminal("rejects").out
    assert "there is no load 9" in terminal("rejects", "--load", 9, code=1).err


def test_a_home_default_is_the_currency_of_a_file_that_says_none(terminal, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order id,email,order date,sku,quantity,price\n1,a@example.com,2025-01-05,mug,1,9.00\n")
    terminal("init", "--currency", "SEK")
    said = terminal("import", path)
    assert "currency SEK, the default of this home" in " ".join(said.out.split())
    assert Home(terminal.home).shops()[0].currency == "SEK"


def test_simulated_data_do_not_mix_with_a_shop_of_real_ones(terminal, orders):
    terminal("import", orders, "--shop", "Mugs", "--account", "Ana Ltd")
    assert "holds real data" in terminal("import", orders, "--shop", "Mugs", "--simulated", code=1).err
    assert "belongs to account 'Ana Ltd'" in terminal("import", orders, "--shop", "Mugs", "--account", "Bo", code=1).err


def test_a_simulated_shop_is_announced_on_every_answer(terminal, orders):
    terminal("import", orders, "--simulated")
    built = terminal("build", "--json").json
    assert built["simulated"] is True
    assert "SIMULATED" in terminal("scorecard").out
    assert "SIMULATED" in terminal("explain", "M11").out
    assert terminal("series", "M11", "--json").json["simulated"] is True


def test_a_build_says_its_snapshot_its_day_its_steps_and_what_it_took_over(mugs):
    built = mugs("build", "--json").json
    assert built["as_of"] == "2025-02-05"
    assert built["snapshot"].startswith("000002-")
    assert built["steps"][0]["name"]
    assert {one["how"] for one in built["made"]} == {"reused"}


def test_a_build_says_that_every_promise_holds_and_why_it_took_nothing_over(terminal, orders):
    terminal("import", orders)
    first = " ".join(terminal("build").out.split())
    assert "every promise holds" in first
    assert "rebuilt (nothing was built before)" in first
    assert "rebuilt (all of it was asked for)" in " ".join(terminal("build", "--full").out.split())


def test_a_build_may_leave_out_what_comes_after_a_day(mugs):
    assert mugs("build", "--today", "2025-01-10", "--json").json["as_of"] == "2025-01-06"


def test_another_writer_is_exit_code_3_and_changes_nothing(terminal, orders):
    terminal("import", orders)
    with writing(Home(terminal.home), "build"):
        said = terminal("import", orders, code=3)
        assert "Wait for it to finish" in said.err
        assert json.loads(terminal("build", "--json", code=3).out)["exit_code"] == 3


@pytest.mark.parametrize("command", [["build"], ["scorecard"], ["rows", "M18"], ["rejects"], ["loads"]])
def test_without_a_home_every_command_says_how_to_make_one(terminal, command):
    assert "holdfast init" in terminal(*command, code=1).err


def test_before_the_first_build_the_numbers_say_what_to_run(terminal, orders):
    terminal("import", orders)
    assert "holdfast build" in terminal("explain", "M18", code=1).err


def test_an_import_of_which_every_row_is_rejected_fails_and_says_where_to_look(terminal, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("Order No,Ordered At,Customer,SKU,Qty,Unit Price\n1,2025-03-04,7,MUG,two,free\n")
    said = terminal("import", path, code=1)
    assert "nothing landed" in said.err and "holdfast rejects" in said.err
    listed = terminal("rejects", "--json").json["rejects"]
    assert {(row["file"], row["line"], row["column"]) for row in listed} == {
        ("orders.csv", 2, "Qty"), ("orders.csv", 2, "Unit Price"),
    }  # fmt: skip
    assert "error" in terminal("import", path, "--json", code=1).json


def test_how_columns_are_read_is_shown_at_every_import_and_not_only_at_the_first(terminal, orders):
    terminal("import", orders)
    orders.write_text(orders.read_text().replace("3,ana", "4,ana"))
    said = terminal("import", orders)
    assert "order date → placed at" in " ".join(said.err.split())
    again = terminal("import", orders, "--json").json
    assert {"header": "order date", "became": "order_lines.placed_at", "file": "orders.csv"} in again["columns"]


def test_a_currency_that_was_said_is_not_called_missing(terminal, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order id,email,order date,sku,quantity,price\n1,a@example.com,2025-01-05,mug,1,9.00\n")
    assert "missing: the currency" in terminal("import", path, "--dry-run").err
    assert "missing" not in terminal("import", path, "--dry-run", "--currency", "SEK").err


def test_a_dry_run_into_a_shop_that_is_there_says_that_shops_currency(terminal, orders):
    terminal("init", "--currency", "SEK")
    terminal("import", orders, "--shop", "Mugs", "--currency", "EUR")
    assert "in EUR, days in UTC" in " ".join(terminal("import", orders, "--shop", "Mugs", "--dry-run").out.split())


def test_a_mapping_that_says_another_currency_than_its_shop_is_noted(terminal, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("order id,email,order date,sku,quantity,price\n1,a@example.com,2025-01-05,mug,1,9.00\n")
    terminal("import", path, "--currency", "EUR")
    kept = terminal.home / "mappings" / "orders.toml"
    kept.write_text(kept.read_text().replace('currency = ""', 'currency = "SEK"'))
    said = " ".join(terminal("import", path).out.split())
    assert "read as SEK, as the mapping orders says; the shop's own is EUR" in said


@pytest.mark.parametrize("columns", [80, 100, 120, 160])
def test_a_dry_run_shows_whole_moments_and_money_under_words_and_no_long_hash(terminal, orders, columns):
    said = terminal("import", orders, "--dry-run", "--zone", "Europe/Berlin", columns=columns).out
    assert "2025-01-05 10:00" in said
    assert "EUR" in said and "20.00" in said
    assert "_source" not in said and "_minor" not in said
    assert not re.search("[0-9a-f]{20}", said)
    assert max(map(len, said.splitlines())) <= columns
