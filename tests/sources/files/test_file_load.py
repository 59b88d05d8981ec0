"""From files to the door of landing: the mapping kept, the shop declared, and a look before."""

import sys
import types

import pytest
from small_files import write

from holdfast.sources.files.load import choose, load, preview
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.problem import FileProblem
from holdfast.warehouse.home import Home

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


@pytest.fixture
def landed(monkeypatch):
    """What was handed to landing, in place of landing it."""
    calls = []
    fake = types.ModuleType("holdfast.warehouse.landing")
    fake.land = lambda home, shop, staged, con, *, mapping_name: calls.append((shop, staged, mapping_name)) or "receipt"
    monkeypatch.setitem(sys.modules, "holdfast.warehouse.landing", fake)
    return calls


def test_a_first_import_declares_a_shop_keeps_the_mapping_and_hands_over(home, landed, tmp_path):
    assert load(home, write(tmp_path, {"sales.csv": SALES}), currency="gbp", zone="Europe/London") == "receipt"
    ((shop, staged, mapping_name),) = landed
    assert home.shops() == (shop,)
    assert (shop.name, shop.currency, shop.zone) == ("shop", "GBP", "Europe/London")
    assert (staged.rows_read, staged.rows_rejected, mapping_name) == (2, 1, "sales")
    assert "# not used" not in (home.path / "mappings" / "sales.toml").read_text()
    assert list((home.path / "tmp").iterdir()) == []


def test_a_mapping_the_user_changed_is_used_again_and_left_alone(home, landed, tmp_path):
    paths = write(tmp_path, {"sales.csv": SALES})
    load(home, paths)
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace("[kinds]", "[kinds]\nMUG = 'sample'  # mine"))
    mapping, guessed = choose(home, tuple(paths), None)
    assert (mapping.kinds, guessed) == ({"mug": "sample"}, None)
    load(home, paths)
    assert "# mine" in kept.read_text()


def test_other_files_of_the_same_name_get_a_mapping_of_their_own(home, landed, tmp_path):
    load(home, write(tmp_path, {"sales.csv": SALES}))
    other = SALES.replace("Unit Price", "Prix unitaire").replace("SKU", "Artikelnummer").replace("Ordered At", "Datum")
    load(home, write(tmp_path, {"sales.csv": other.replace("Order No", "Bestellnummer")}))
    assert sorted(path.name for path in (home.path / "mappings").iterdir()) == ["sales-2.toml", "sales.toml"]
    assert landed[-1][2] == "sales-2"


def test_an_open_question_stops_the_import_and_leaves_a_mapping_to_edit(home, landed, tmp_path):
    paths = write(tmp_path, {"sales.csv": UNCLEAR})
    with pytest.raises(FileProblem, match="day first"):
        load(home, paths)
    assert landed == [] and home.shops() == ()
    kept = home.path / "mappings" / "sales.toml"
    kept.write_text(kept.read_text().replace('dates = "ask"', 'dates = "month first"'))
    load(home, paths)
    assert landed[0][1].rows_rejected == 0


def test_a_given_mapping_is_used_as_it_is(home, landed, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[order_lines]\norder_id = "Order No"\nplaced_at = "Ordered At"\nprice = "Unit Price"\n'
    )
    load(home, write(tmp_path, {"sales.csv": SALES}), mapping=tmp_path / "mine.toml")
    assert landed[0][2] == "mine"
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
