"""Every table besides sales: each reads its own file, rejects what it cannot use, and lands once."""

from __future__ import annotations

import csv
import io

import duckdb
import pytest

from holdfast.sources.files.fields import FIELDS, NEEDS
from holdfast.sources.files.guess import guess
from holdfast.sources.files.load import load
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.mappingtext import to_toml
from holdfast.sources.files.tablefields import field_name
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import canonical_views
from holdfast.warehouse.tables import PLAIN, Column, Table

CELLS = {
    "id": "A-7", "text": "as written", "word": "word", "currency": "EUR", "zone": "Asia/Tokyo", "moment": "2025-03-01 10:00:00",
    "day": "2025-03-01", "flag": "yes", "money": "12.50", "price": "0.5", "quantity": "3", "int": "1",
}  # fmt: skip


def cell(column: Column) -> str:
    if column.names:
        return f"{column.names}-1"
    if column.one_of:
        return column.one_of[0]
    return str(round(column.between[0])) if column.between and column.between[0] > 1 else CELLS[column.kind]


def row_of(table: Table) -> dict[str, str]:
    cells = {field_name(column): cell(column) for column in table.columns if column.name != "shop_id"}
    return cells | {"opens_minute": "540", "closes_minute": "1020"} if table.name == "schedule" else cells


def text(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


every_table = pytest.mark.parametrize("table", PLAIN, ids=lambda table: table.name)


@every_table
def test_a_file_called_by_its_rows_lands_in_its_table_with_every_cell(staging, table):
    result = staging({f"{table.rows.replace(' ', '_')}.csv": text(row_of(table))})
    assert table.name in result.staged.tables and result.rejects() == []
    (staged,) = result.con.execute(f"SELECT * FROM stage_{table.name}").fetchall()
    assert None not in staged


@every_table
def test_the_sources_own_key_is_called_like_no_other_column(table):
    staged = [column.staged_name for column in table.columns]
    assert sorted(set(staged)) == sorted(staged)


@every_table
def test_a_file_is_known_by_its_columns_and_its_mapping_can_be_written_and_read_again(tmp_path, table):
    path = tmp_path / "export.csv"
    path.write_text(text(row_of(table)))
    guessed = guess([path])
    assert guessed.rows == {"export.csv": table.name}
    assert Mapping.parse(to_toml(guessed.mapping)) == guessed.mapping


@every_table
def test_a_row_without_what_it_must_say_is_put_aside_with_the_reason(staging, table):
    lone = next(group for group in NEEDS[table.name] if len(group) == 1)
    bad = row_of(table) | {lone[0]: ""}
    result = staging({f"{table.rows.replace(' ', '_')}.csv": text(row_of(table), bad)})
    assert [(line, column) for _, line, column, _ in result.rejects()] == [(3, lone[0])]
    assert result.staged.rows_rejected == 1


@every_table
def test_a_cell_that_cannot_be_read_is_put_aside_by_itself(staging, table):
    wrong = {
        "number": "many",
        "moment": "someday",
        "day": "someday",
        "flag": "perhaps",
        "currency": "gold",
        "zone": "Haarlem",
    }
    fields = [f for f in FIELDS[table.name].values() if f.kind in wrong and f.name not in ("email", "sku")]
    bad = [row_of(table) | {field.name: wrong[field.kind]} for field in fields]
    result = staging({f"{table.rows.replace(' ', '_')}.csv": text(row_of(table), *bad)})
    expected = [(line, field.name) for line, field in enumerate(fields, start=3)]
    assert [(line, column) for _, line, column, _ in result.rejects()] == expected


def test_importing_the_same_rows_twice_changes_nothing(tmp_path):
    """Of every table, in one folder."""
    home, folder = Home(tmp_path / "home"), tmp_path / "files"
    home.create()
    folder.mkdir()
    files = [folder / f"{table.rows.replace(' ', '_')}.csv" for table in PLAIN]
    for table, path in zip(PLAIN, files, strict=True):
        path.write_text(text(row_of(table)))
    first = load(home, [folder], shop="shop", currency="EUR", zone="Europe/Berlin")
    for path in files:
        again = path.rename(folder / f"again_{path.name}")
        again.write_text(again.read_text() + "\n")
    second = load(home, [folder], shop="shop")
    names = {table.name for table in PLAIN}
    assert {name: first.tables[name].new for name in names} == dict.fromkeys(names, 1)
    assert {name for name in names if second.tables[name].new or second.tables[name].changed} == set()


worded = [table for table in PLAIN if any(column.one_of for column in table.columns)]


@pytest.mark.parametrize("table", worded, ids=lambda table: table.name)
def test_only_known_words_land_and_what_others_call_them_becomes_ours(staging, table):
    columns = [column for column in table.columns if column.one_of]
    known = [row_of(table) | {column.name: theirs} for column in columns for theirs in column.also]
    bad = [row_of(table) | {column.name: "nonsense"} for column in columns]
    result = staging({"rows.csv": text(row_of(table), *known, *bad)}, toml(table))
    assert [column for _, _, column, _ in result.rejects()] == [column.name for column in columns]
    for column in columns:
        found = {word for (word,) in result.rows(f"SELECT DISTINCT {column.name} FROM stage_{table.name}")}
        assert found <= set(column.one_of)


def toml(table: Table) -> str:
    fields = "\n".join(f'{name} = "{name}"' for name in FIELDS[table.name])
    return f'name = "rows"\n[{table.name}]\n{fields}\n'


def test_an_address_without_a_number_and_a_numbered_customer_are_one_person_across_tables(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer id,email\n7,ana@example.org\n")
    (folder / "tickets.csv").write_text("ticket_id,created_at,email\nT1,2025-03-01 10:00,Ana@example.org\n")
    load(home, [folder], shop="shop", currency="EUR", zone="UTC")
    views, _ = canonical_views(home, (1,))
    assert duckdb.connect().execute(
        f"SELECT count(DISTINCT customer_id), count(*) FROM (SELECT customer_id FROM ({views['ticket']})"
        f" UNION ALL SELECT customer_id FROM ({views['customer']}))"
    ).fetchone() == (1, 2)


def test_an_account_is_the_same_on_an_order_and_on_a_contract(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "orders.csv").write_text("order id,order date,total,account id\n1,2025-03-01,10.00,ACME\n")
    (folder / "contracts.csv").write_text("contract_id,account_id,starts_on,ends_on\nK1,ACME,2025-01-01,2025-12-31\n")
    load(home, [folder], shop="shop", currency="EUR", zone="UTC")
    views, _ = canonical_views(home, (1,))
    found = duckdb.connect().execute(
        f"SELECT o.account_id, c.account_id FROM ({views['order']}) AS o, ({views['contract']}) AS c"
    )
    assert found.fetchone() == (1, 1)


def test_an_account_on_orders_that_are_written_in_one_pass_is_the_one_in_the_file_of_accounts(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    folder = tmp_path / "files"
    folder.mkdir()
    told = "(1, 'ACME'), (2, 'NEW'), (3, NULL), (4, 'ACME')"
    duckdb.connect().execute(
        'COPY (SELECT id AS "order id", TIMESTAMP \'2025-03-01\' AS "order date", 10.0 AS total,'
        f' account AS "account id" FROM (VALUES {told}) AS t (id, account))'
        f" TO '{folder / 'orders.parquet'}' (FORMAT parquet)"
    )
    (folder / "accounts.csv").write_text("account_id,name\nACME,Acme Ltd\n")
    load(home, [folder], shop="shop", currency="EUR", zone="UTC")
    views, _ = canonical_views(home, (1,))
    found = duckdb.connect().execute(
        f"SELECT o.order_number, o.account_id IS NOT NULL, a.account_id IS NOT NULL FROM ({views['order']}) AS o"
        f" LEFT JOIN ({views['account']}) AS a USING (account_id) ORDER BY 1"
    )
    assert found.fetchall() == [("1", True, True), ("2", True, False), ("3", False, False), ("4", True, True)]


def test_a_later_row_of_a_ticket_is_believed_cell_by_cell(staging):
    result = staging(
        {
            "tickets.csv": "ticket_id,created_at,status,priority\nT1,2025-03-01,open,high\nT1,2025-03-01,solved,\n",
        }
    )
    assert result.rows("SELECT status, priority FROM stage_ticket") == [("solved", "high")]


def test_equal_rows_without_a_number_stay_two_within_a_file_and_are_one_across_files(staging):
    spend = "customer_id,type,happened_at,points\n7,earn,2025-03-01,5\n7,earn,2025-03-01,5\n"
    result = staging({"loyalty_events_a.csv": spend, "loyalty_events_b.csv": spend})
    assert result.one("SELECT count(*), sum(points)::INT FROM stage_loyalty_event") == (2, 10)


SPEND = "spent_on,platform,campaign,amount,currency,clicks\n2026-02-01,google,x,5.00,EUR,1\n2026-02-01,google,x,7.00,EUR,2\n"


def landed(home: Home, table: str, select: str) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(f"SELECT {select} FROM ({canonical_views(home, range(1, 9))[0][table]})").fetchall()


def test_two_lines_of_one_days_spend_on_a_campaign_add_up_and_importing_them_again_changes_nothing(tmp_path):
    home, file = Home(tmp_path / "home"), tmp_path / "advertising_spend.csv"
    file.write_text(SPEND)
    home.create()
    receipt = load(home, [file], shop="paper", currency="EUR", zone="UTC")
    assert landed(home, "ad_spend", "amount_minor, clicks") == [(1200, 3)]
    assert (receipt.added_up, receipt.told_twice) == (1, 0)
    assert receipt.adding_up == {"new": 1, "added to another": 1}
    assert not load(home, [file], shop="paper").changed_anything
    file.write_text(SPEND.replace("5.00", "6.00"))
    assert load(home, [file], shop="paper").tables["ad_spend"].changed == 1
    assert landed(home, "ad_spend", "amount_minor, clicks") == [(1300, 3)]


def test_spend_of_another_currency_under_the_same_key_is_put_aside_rather_than_added(tmp_path):
    home, file = Home(tmp_path / "home"), tmp_path / "advertising_spend.csv"
    file.write_text(SPEND.replace("7.00,EUR", "7.00,USD"))
    home.create()
    receipt = load(home, [file], shop="paper", currency="EUR", zone="UTC")
    assert landed(home, "ad_spend", "amount_minor, currency") == [(500, "EUR")]
    assert receipt.adding_up == {"new": 1, "rejected": 1}


def test_costs_without_a_number_of_their_own_all_count(tmp_path):
    home, file = Home(tmp_path / "home"), tmp_path / "costs.csv"
    file.write_text(
        "spent_on,amount,purpose\n2026-02-01,5.00,support\n2026-02-01,7.00,support\n2026-02-01,7.00,support\n"
    )
    home.create()
    receipt = load(home, [file], shop="paper", currency="EUR", zone="UTC")
    assert landed(home, "cost_event", "sum(amount_minor)::INT") == [(1900,)]
    assert receipt.adding_up == {"new": 3}


def test_a_row_told_again_by_a_later_one_is_counted_so_that_rows_read_add_up(tmp_path):
    home, tickets, costs = (tmp_path / name for name in ("home", "tickets.csv", "product_costs.csv"))
    home = Home(home)
    tickets.write_text(
        "ticket_id,created_at,status\nT1,2025-03-01,open\nT1,2025-03-01,solved\nT2,,open\nT3,2025-03-02,open\n"
    )
    home.create()
    receipt = load(home, [tickets], shop="paper", currency="EUR", zone="UTC")
    assert receipt.told_twice == 1
    assert receipt.adding_up == {"new": 2, "rejected": 1, "told twice": 1}
    costs.write_text("sku,unit_cost,since\nmug,9.00,2025-01-01\nmug,4.00,2025-01-01\n")
    assert load(home, [costs], shop="paper").adding_up == {"new": 1, "told twice": 1}
    assert landed(home, "product_cost", "unit_cost_minor") == [(400,)]
