"""What is invented says so, from the file to the page, the answer and the export; what is real beside it does not."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from holdfast.metrics.export import table_of, write
from holdfast.simulate import CannotSimulate, Wanted, simulate
from holdfast.sources.files.load import load
from holdfast.sources.files.problem import FileProblem
from holdfast.warehouse.build import build_snapshot
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.simulated import label_of, mark_of, telling, told

SMALL = Wanted("subscription", 60, 6, 9, date(2025, 12, 31))
REAL = Shop(1, "Mugs", "Mugs", "UTC", "EUR")
INVENTED = Shop(2, "Simulated", "Simulated", "UTC", "EUR", True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("small") / "shop", SMALL)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    return home


def bytes_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(made, tmp_path):
    again = simulate(tmp_path / "again", SMALL)
    assert bytes_of(again.folder) == bytes_of(made.folder)
    other = simulate(tmp_path / "other", Wanted("subscription", 60, 6, 10, date(2025, 12, 31)))
    assert bytes_of(other.folder)["simulated_orders.parquet"] != bytes_of(made.folder)["simulated_orders.parquet"]


def test_a_folder_of_somebody_else_is_never_written_over(made, tmp_path):
    strange = tmp_path / "theirs"
    strange.mkdir()
    (strange / "thesis.docx").write_text("years of work")
    with pytest.raises(CannotSimulate, match=r"thesis\.docx"):
        simulate(strange, SMALL)
    mine = Path(shutil.copytree(made.folder, tmp_path / "mine"))
    assert simulate(mine, SMALL).folder == mine  # what it wrote itself it writes again
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(CannotSimulate, match=r"notes\.txt"):
        simulate(mine, SMALL)
    assert (mine / "notes.txt").read_text() == "mine"


def test_the_shop_becomes_simulated_though_nobody_says_so(made, home):
    receipt = load(home, [made.folder / "simulated_orders.parquet"])
    assert receipt.simulated
    (shop,) = home.shops()
    assert (shop.name, shop.simulated, shop.zone, shop.currency) == (
        "Simulated subscription", True, "Europe/Berlin", "EUR",
    )  # fmt: skip


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_single_file_taken_out_of_its_folder_still_says_so(tmp_path, home, format):
    folder = simulate(tmp_path / "shop", Wanted("marketplace", 20, 3, 1, date(2025, 12, 31), format)).folder
    moved = Path(shutil.copy(folder / f"simulated_orders.{format}", tmp_path))
    assert mark_of(moved) is not None
    assert load(home, [moved], shop="Copied", currency="EUR").simulated


def test_a_parquet_file_says_so_under_any_name(made, tmp_path):
    moved = Path(shutil.copy(made.folder / "simulated_orders.parquet", tmp_path / "orders.parquet"))
    assert mark_of(moved) is not None
    write(table_of(("order_id",), [(1,)]), tmp_path / "real.parquet", "parquet")
    assert mark_of(tmp_path / "real.parquet") is None


def test_invented_orders_never_land_among_real_ones(made, home):
    home.add_shop("Mugs", account="Mugs", zone="UTC", currency="EUR")
    with pytest.raises(FileProblem, match="holds real data"):
        load(home, [made.folder], shop="Mugs")


def test_an_edit_of_the_settings_does_not_make_a_shop_real(made, home):
    load(home, [made.folder / "simulated_orders.parquet"])
    settings = home.path / "holdfast.toml"
    settings.write_text(settings.read_text().replace("simulated = true", "simulated = false"))
    assert not home.shops()[0].simulated
    snapshot = build_snapshot(home, today=date(2025, 12, 31), finish=lambda *_: None)
    assert snapshot.simulated


def test_csv_holds_the_same_rows_as_parquet(made, tmp_path):
    text = simulate(tmp_path / "csv", Wanted("subscription", 60, 6, 9, date(2025, 12, 31), "csv"))
    assert text.rows == made.rows
    one, other = (json.loads((shop.folder / "truth.json").read_text())["facts"] for shop in (made, text))
    assert one == other


def test_shops_in_scope_decide_what_is_said():
    assert (label_of([REAL]), label_of([INVENTED]), label_of([REAL, INVENTED])) == ("", "simulated", "partly simulated")
    with telling(lambda: [INVENTED]):
        assert told() == "simulated"
    assert told() == ""


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_every_row_of_an_export_says_that_it_is_simulated(tmp_path, format):
    path = tmp_path / f"rows.{format}"
    with telling(lambda: [INVENTED]):
        write(table_of(("customer", "orders"), [("a", 1), ("b", 2)]), path, format)
    assert _rows(path, format) == [
        ["customer", "orders", "simulated"],
        ["a", "1", "simulated"],
        ["b", "2", "simulated"],
    ]


def test_an_export_of_real_rows_has_no_such_column(tmp_path):
    with telling(lambda: [REAL]):
        write(table_of(("customer",), [("a",)]), tmp_path / "rows.csv", "csv")
    assert _rows(tmp_path / "rows.csv", "csv")[0] == ["customer"]


def _rows(path, format):
    if format == "xlsx":
        import python_calamine

        rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        return [[str(int(cell)) if isinstance(cell, float) else cell for cell in row] for row in rows]
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM '{path}'")
        return [[column[0] for column in found.description], *([str(c) for c in row] for row in found.fetchall())]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("bakery", 10, 3, 1, date(2025, 12, 31)), "no kind of shop"),
        (Wanted("b2b", 0, 3, 1, date(2025, 12, 31)), "1 customers or more"),
        (Wanted("b2b", 10, 0, 1, date(2025, 12, 31)), "ask for 1 to 240"),
    ],
)
def test_what_cannot_be_invented_is_said(tmp_path, wanted, why):
    with pytest.raises(CannotSimulate, match=why):
        simulate(tmp_path / "out", wanted)
    assert not (tmp_path / "out").exists()


def test_a_shop_too_small_for_half_of_its_tables_is_written_all_the_same(tmp_path, home):
    folder = simulate(tmp_path / "one", Wanted("b2b", 1, 1, 3, date(2024, 2, 29))).folder
    assert load(home, [folder]).rows_rejected == 0
