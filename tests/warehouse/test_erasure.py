"""A person erased from the facts: nothing in the home leads to them, and every number stays as it was."""

import json
import shutil
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest
from paper_shop import build_rows

from holdfast.sources.files.load import load
from holdfast.warehouse.erasure import Blanked, erase_facts, erased, replay
from holdfast.warehouse.home import Home
from holdfast.warehouse.lock import AnotherWriter, writing
from holdfast.warehouse.receipts import rejects
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

DAY = date(2026, 3, 1)
CUSTOMERS = """customer id,email,phone,first name,last name,country
1041,bo@kelp.example,+442079460019,Bo,Lund,GB
1042,Ann.Vik@kelp.example,+442079460018,Ann,Vik,GB
"""
ORDERS = "order id,customer id,email,ordered at,currency,product,quantity,price\n" + "".join(
    f"{n},{who},{mail},{DAY + timedelta(days=n)},GBP,mug,1,{10 + n}.00\n"
    for n, (who, mail) in enumerate([("1042", "ann.vik@kelp.example"), ("1041", "bo@kelp.example"),
                                     ("1042", "ann.vik@kelp.example")], start=1)
)  # fmt: skip
MAIL, HASHED = b"ann.vik@kelp.example", "SELECT email_hash FROM customer_profile WHERE customer_number = '1042'"


def asked(home, query):
    reader = open_snapshot(home, current_snapshot(home))
    try:
        return reader.execute(query).fetchall()
    finally:
        reader.close()


@pytest.fixture(scope="module")
def kelp(tmp_path_factory):
    """A folder with files and the home that was built of them; only to be copied."""
    folder = tmp_path_factory.mktemp("kelp")
    home, files = Home(folder / "home"), folder / "files"
    home.create()
    files.mkdir()
    for name, told in (("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        (files / name).write_text(told)
    load(home, [files], shop="Kelp", zone="Europe/London", currency="GBP")
    build_rows(home)
    return folder


@pytest.fixture(scope="module")
def kelp_refused(kelp, tmp_path_factory):
    """The same, and three rows that could not be read: Ann's, Bo's with her telephone number, and Bo's in which a
    number stands that is hers elsewhere."""
    folder = tmp_path_factory.mktemp("refused") / "kelp"
    shutil.copytree(kelp, folder, symlinks=True)
    (folder / "refused.csv").write_text(REFUSED)
    load(Home(folder / "home"), [folder / "refused.csv"], shop="Kelp")
    return folder


@pytest.fixture
def home(kelp, tmp_path):
    shutil.copytree(kelp, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Home(tmp_path / "home")


def cells(home):
    """Every text that stands in a landed file."""
    for path in home.path.glob("landed/*/*.parquet"):
        for column in pq.read_table(path).to_pydict().values():
            yield from (str(cell) for cell in column if cell is not None)


def found(home, *words):
    told = list(cells(home))
    return [word for word in words if any(word.lower() in one.lower() for one in told)]


def money(home):
    return asked(home, "SELECT count(*), sum(placed_minor), count(DISTINCT customer_id) FROM order_value")


def test_no_landed_file_and_no_snapshot_built_since_leads_to_them(home):
    ((key,),) = asked(home, "SELECT customer_id FROM customer_profile WHERE customer_number = '1042'")
    ((hashed,),) = asked(home, HASHED)
    names = ("ann.vik@kelp", "7946 0018", "79460018", "Vik", hashed)
    assert len(found(home, *names)) >= 4
    before = money(home)
    done = erase_facts(home, [key])
    assert done.files >= 3 and done.rows >= 3
    assert found(home, *names) == []
    assert found(home, "bo@kelp", "Lund") == ["bo@kelp", "Lund"]
    build_rows(home)
    assert money(home) == before
    assert asked(home, f"SELECT first_name, email FROM customer_contact WHERE customer_id = {key}") == [(None, None)]
    assert asked(home, HASHED) == []
    everywhere = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
    assert MAIL not in everywhere.lower()


def test_the_same_files_again_bring_nobody_back_and_land_nothing(home, tmp_path):
    ((key,),) = asked(home, "SELECT customer_id FROM customer_profile WHERE customer_number = '1042'")
    erase_facts(home, [key])
    receipt = load(home, [tmp_path / "files"], shop="Kelp")
    assert (receipt.load_id, found(home, "Vik", "ann.vik")) == (0, [])
    later = tmp_path / "later.csv"
    later.write_text(CUSTOMERS.replace("+442079460018,Ann,Vik,GB", "+442079460018,Ann,Vik-Lund,DE"))
    load(home, [later], shop="Kelp")
    assert found(home, "Vik", "ann.vik") == []
    build_rows(home)
    assert asked(home, f"SELECT country FROM customer WHERE customer_id = {key}") == [("DE",)]


def test_twice_is_once_and_what_a_backup_brought_back_goes_again(home):
    ((key,),) = asked(home, "SELECT customer_id FROM customer_profile WHERE customer_number = '1042'")
    kept = {path: path.read_bytes() for path in home.path.glob("landed/*/*.parquet")}
    erase_facts(home, [key])
    assert erase_facts(home, [key]) == Blanked(0, 0)
    for path, told in kept.items():
        path.write_bytes(told)
    assert found(home, "Vik") == ["Vik"]
    assert replay(home).rows > 0
    assert found(home, "Vik") == []
    assert erased(home) == {key}


REFUSED = """order id,customer id,email,ordered at,currency,product,quantity,price,remark
9,1042,ann.vik@kelp.example,soon,GBP,mug,1,10.00,for Ann
8,1041,bo@kelp.example,soon,GBP,mug,1,10.00,ring 020 7946 0018 instead
7,1041,bo@kelp.example,soon,GBP,mug,1042,10.00,for Bo
6,1043,cy@kelp.example,2026-03-02,GBP,mug,1,10.00,for Cy
"""


def refused(home):
    """Line → what is kept of the row: the cell that could not be used, and all of them."""
    return {row[2]: (row[4], row[6]) for row in rejects(home).rows}


@pytest.fixture
def with_refused(kelp_refused, tmp_path):
    shutil.copytree(kelp_refused, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Home(tmp_path / "home")


def key_of(home):
    return asked(home, "SELECT customer_id FROM customer_profile WHERE customer_number = '1042'")[0][0]


def test_rows_that_could_not_be_read_tell_nothing_of_them_either(with_refused):
    home = with_refused
    assert "for Ann" in refused(home)[2][1] and "7946 0018" in refused(home)[3][1]
    key = key_of(home)
    erase_facts(home, [key])
    told = refused(home)
    assert told[2] == told[3] == ("•••", '"•••"')
    assert "for Bo" in told[4][1], "an amount that is the same as their number is nobody's number"
    assert rejects(home).total == 3
    assert erase_facts(home, [key]) == Blanked(0, 0)


def test_rows_of_loads_that_do_not_say_where_a_number_stands_are_found_by_what_the_column_is_called(with_refused):
    for path in with_refused.path.glob("landed/*/receipt.json"):
        told = json.loads(path.read_text())
        del told["customer_headers"]
        path.write_text(json.dumps(told))
    erase_facts(with_refused, [key_of(with_refused)])
    assert refused(with_refused)[2] == ("•••", '"•••"')
    assert "for Bo" in refused(with_refused)[4][1]


def test_the_same_refused_rows_again_and_later_ones_land_without_them(with_refused, tmp_path):
    home = with_refused
    erase_facts(home, [key_of(home)])
    later = tmp_path / "later.csv"
    later.write_text(REFUSED.replace("for Ann", "again for Ann").replace("ring 020 7946 0018 instead", ""))
    load(home, [later], shop="Kelp")
    load(home, [tmp_path / "refused.csv"], shop="Kelp")
    assert found(home, "for Ann") == []
    assert "for Bo" in found(home, "for Bo")


def test_a_backup_that_was_put_back_is_replayed_and_forgets_refused_rows_too(with_refused):
    home = with_refused
    kept = {path: path.read_bytes() for path in home.path.glob("landed/*/*.parquet")}
    erase_facts(home, [key_of(home)])
    for path, told in kept.items():
        path.write_bytes(told)
    assert found(home, "for Ann") == ["for Ann"]
    replay(home)
    assert found(home, "for Ann", "7946 0018") == []


def test_while_somebody_imports_or_builds_nothing_is_erased(home):
    with writing(home, "build"), pytest.raises(AnotherWriter):
        erase_facts(home, [1])
    assert erased(home) == frozenset()
