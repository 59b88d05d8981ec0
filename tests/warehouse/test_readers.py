"""A reader of a snapshot can ask anything of it and nothing of the machine."""

from datetime import date

import pytest
from looking import on_disk
from paper_shop import build_rows, land_rows, paper_home, sold

from holdfast.warehouse.snapshot import open_snapshot


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("readers"))
    land_rows(home, shop, sold(("1", "ana", date(2024, 1, 1)), ("2", "bo", date(2024, 1, 3))))
    return home, build_rows(home)


@pytest.fixture
def reader(shop):
    connection = open_snapshot(*shop)
    yield connection
    connection.close()


def test_a_reader_sees_tables_and_marts(reader):
    assert reader.execute("SELECT count(*) FROM history JOIN customer USING (customer_id)").fetchall() == [(2,)]
    assert reader.execute(
        "WITH a AS (FROM order_value) SELECT sum(placed_minor) FROM a WHERE shop_id = ?", [1]
    ).fetchall() == [(2000,)]


ASKED = [
    "SELECT * FROM read_text('{home}/salt')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('{home}/landed/000001/key_customer.parquet')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_blob('{home}/holdfast.toml')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{home}/out.csv''')",
    "COPY (SELECT 1) TO '{home}/out.csv'",
    "COPY (SELECT 1 AS a) TO '{home}/landed/000001/order.parquet' (FORMAT parquet, USE_TMP_FILE false)",
    "SELECT 1; COPY (SELECT 1 AS a) TO '{home}/landed/000001/order.parquet' (FORMAT csv, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{home}/landed/000001/order.parquet' (FORMAT csv, USE_TMP_FILE false)",
    "COPY (SELECT 1 AS a) TO '{spill}/out.csv'",
    "EXPORT DATABASE '{home}/out'",
    "ATTACH '{home}/out.db'",
    "ATTACH '{home}/landed/000001/order.parquet' AS file",
    "ATTACH ':memory:' AS memory_of_mine",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET enable_external_access = true",
    "SET allowed_paths = ['/etc/passwd']",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "CREATE SECRET s (TYPE http)",
    "CREATE TABLE mine AS SELECT 1",
    "DROP VIEW history",
    "CREATE OR REPLACE VIEW history AS SELECT 1",
    "INSERT INTO month_point VALUES (1)",
    "PREPARE p AS COPY (SELECT 1) TO '{home}/out.csv'",
]


@pytest.mark.parametrize("asked", ASKED)
def test_a_reader_reaches_no_file_setting_or_extension_and_writes_nothing(shop, reader, asked):
    home, _ = shop
    (spill,) = reader.execute("SELECT current_setting('temp_directory')").fetchone()
    before = {p: p.read_bytes() for p in home.path.rglob("*") if p.is_file()}
    with pytest.raises(Exception, match=r"only read|Permission Error|SELECT statement|Parser Error"):
        reader.execute(asked.format(home=home.path, spill=spill)).fetchall()
    assert {p: p.read_bytes() for p in home.path.rglob("*") if p.is_file()} == before
    assert reader.execute("SELECT count(*) FROM history").fetchall() == [(2,)]


def test_two_readers_spill_to_places_of_their_own_inside_the_home(shop):
    home, snapshot = shop
    one, two = open_snapshot(home, snapshot), open_snapshot(home, snapshot)
    places = {c.execute("SELECT current_setting('temp_directory')").fetchone()[0] for c in (one, two)}
    one.close()
    two.close()
    assert len(places) == 2
    assert all(place.startswith(f"{home.path}/tmp/read-") for place in places)
    assert on_disk(home, ["tmp"]) == set()


def test_published_files_are_not_writable(shop):
    home, snapshot = shop
    assert {p.stat().st_mode & 0o222 for p in snapshot.path.iterdir()} == {0}
    assert {p.stat().st_mode & 0o222 for p in (home.path / "landed" / "000001").iterdir()} == {0}
