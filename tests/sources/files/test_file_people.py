"""A buyer known by a number in one file and by an e-mail in another is one buyer."""

import itertools

import duckdb
import pytest
from small_files import write

from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

PROFILES = "customer_id,email,account created\n7,ana@example.test,2024-01-02\n8,bo@example.test,2024-01-02\n"
SALES = "order_id,placed_at,email,sku,qty,price\nA,2025-01-01,Ana@example.test,MUG,1,9.50\n"
NUMBERED = "order_id,placed_at,customer_id,sku,qty,price\nB,2025-02-01,7,MUG,1,9.50\n"
FILES = {"customers.csv": PROFILES, "sales.csv": SALES, "numbered.csv": NUMBERED}


@pytest.mark.parametrize("order", list(itertools.permutations(FILES)), ids="-".join)
def test_accounts_and_buyers_meet_in_whatever_order_their_files_come(tmp_path, order):
    home = Home(tmp_path / "home")
    home.create()
    for name in order:
        load(home, write(tmp_path, {name: FILES[name]}), currency="EUR", zone="UTC")
    # Known under both names before anybody said they are one: two, until the orders are imported again.
    told_late = order[2] == "customers.csv"
    assert len({who for _, who in _buyers(home)}) == 1 + told_late
    again = [load(home, write(tmp_path, {name: FILES[name]}), currency="EUR", zone="UTC") for name in order]
    assert [receipt.tables["customer"].new for receipt in again] == [0, 0, 0]
    assert len({who for _, who in _buyers(home)}) == 1


def _buyers(home):
    found = (
        duckdb.connect()
        .execute(
            "SELECT order_number, arg_max(customer_id, load_id) FROM"
            f" read_parquet('{home.path}/landed/*/order.parquet', union_by_name=true) GROUP BY 1"
        )
        .fetchall()
    )
    return set(found)


def test_an_email_that_two_numbers_share_is_neither_of_them(staging):
    people = PROFILES.replace("bo@", "ana@")
    result = staging({"customers.csv": people, "sales.csv": SALES}, whole_folder=True)
    assert result.one("SELECT starts_with(customer_source, 'email:') FROM stage_order") == (True,)
    assert result.one("SELECT count(*) FROM stage_customer") == (3,)
