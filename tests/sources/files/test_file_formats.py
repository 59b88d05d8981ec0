"""However a file is written, the same rows come out."""

import datetime as dt
import gzip
from decimal import Decimal

import duckdb
import pytest
import xlsxwriter
from small_files import GENERIC, SHOP, write

from holdfast.sources.files.cells import local_to_utc
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.problem import FileProblem
from holdfast.sources.files.stage import stage

HEAD = "order,date,email,sku,qty,price,currency\n"
ROW = "1,2025-03-04 10:00:00,Ana@Example.test,MUG,2,9.50,EUR\n"


def line(result):
    return result.one("SELECT product_source, quantity, price, gross_minor FROM stage_order_line")


MUG = ("MUG", Decimal("2.000"), Decimal("9.500000"), 1900)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_of_the_four_separators_is_found(staging, delimiter):
    assert line(staging({"a.csv": (HEAD + ROW).replace(",", delimiter)}, GENERIC)) == MUG


def test_a_byte_order_mark_does_not_become_part_of_the_first_header(staging):
    assert line(staging({"a.csv": b"\xef\xbb\xbf" + (HEAD + ROW).encode()}, GENERIC)) == MUG


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-16"])
def test_an_accent_survives_every_usual_encoding(staging, encoding):
    result = staging({"a.csv": (HEAD + ROW.replace("MUG", "Café")).encode(encoding)}, GENERIC)
    assert result.one("SELECT product_source FROM stage_order_line") == ("Café",)


def test_a_euro_sign_in_a_windows_file_is_a_euro_sign(staging):
    result = staging(
        {"a.csv": (HEAD + ROW.replace("9.50", "€ 9.50").replace("MUG", "Mug €")).encode("cp1252")}, GENERIC
    )
    assert line(result) == ("Mug €", *MUG[1:])


def test_a_gzipped_file_is_unpacked(staging):
    assert line(staging({"a.csv.gz": gzip.compress((HEAD + ROW).encode())}, GENERIC)) == MUG


def test_quotes_hold_separators_quotes_and_line_ends(staging):
    text = HEAD + ROW.replace("MUG", '"MUG, ""blue""\nlarge"') + ROW.replace("1,", "2,", 1)
    result = staging({"a.csv": text}, GENERIC)
    assert result.rows("SELECT product_source FROM stage_order_line ORDER BY 1") == [("MUG",), ('MUG, "blue"\nlarge',)]


@pytest.mark.parametrize(
    ("written", "cents"),
    [("9,50", 950), ("1.234,50", 123450), ("1 234,50", 123450), ("1.234", 123400), ("12,5 €", 1250), ("€12,50", 1250),
     ("(3,00)", -300), ("7,00-", -700), ("EUR 5,00", 500), ("0,005", 1), ("-0,005", -1)],
)  # fmt: skip
def test_amounts_with_a_decimal_comma(staging, written, cents):
    toml = GENERIC + '[format]\ndecimal = ","\n'
    result = staging({"a.csv": (HEAD + ROW).replace(",", ";").replace(";2;9.50", f";1;{written}")}, toml)
    assert result.one("SELECT gross_minor FROM stage_order_line") == (cents,)


@pytest.mark.parametrize(
    ("written", "cents"),
    [("1,234.50", 123450), ("1'234.50", 123450), ("$12.5", 1250), ("1,234", 123400), ("-3", -300), ("1e2", 10000),
     (".5", 50), ("USD 5.00", 500), ("1 234 567.005", 123456701)],
)  # fmt: skip
def test_amounts_with_a_decimal_point(staging, written, cents):
    result = staging({"a.csv": (HEAD + ROW).replace(",", ";").replace(";2;9.50", f";1;{written}")}, GENERIC)
    assert result.one("SELECT gross_minor FROM stage_order_line") == (cents,)


def test_a_decimal_comma_read_as_a_point_is_put_aside_rather_than_read_as_a_thousand(staging):
    result = staging({"a.csv": (HEAD + ROW).replace(",", ";").replace("9.50", "9,50")}, GENERIC)
    assert result.rejects() == [("a.csv", 2, "price", "9,50")]


def test_yen_have_no_minor_units_and_dinars_have_three(staging):
    rows = ROW.replace("EUR", "JPY") + ROW.replace("1,", "2,", 1).replace("EUR", "KWD")
    result = staging({"a.csv": HEAD + rows}, GENERIC)
    assert result.rows("SELECT order_source, gross_minor FROM stage_order_line ORDER BY 1") == [("1", 19), ("2", 19000)]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-03-04 10:00:00", dt.datetime(2025, 3, 4, 9)),  # Berlin, winter
        ("2025-07-04T10:00:00", dt.datetime(2025, 7, 4, 8)),  # Berlin, summer
        ("2025-03-04 10:00:00 -0300", dt.datetime(2025, 3, 4, 13)),
        ("2025-03-04T10:00:00Z", dt.datetime(2025, 3, 4, 10)),
        ("2025-03-04 10:00:00 UTC", dt.datetime(2025, 3, 4, 10)),
        ("2025-03-04T10:00:00.250+05:30", dt.datetime(2025, 3, 4, 4, 30, 0, 250000)),
        ("2025-03-04", dt.datetime(2025, 3, 3, 23)),  # midnight of the shop
        ("20250304", dt.datetime(2025, 3, 3, 23)),
        ("Mar 4 2025 10:00 AM", dt.datetime(2025, 3, 4, 9)),
        ("2025-10-26 02:30:00", dt.datetime(2025, 10, 26, 1, 30)),  # comes twice: the second, winter time
        ("2025-03-30 02:30:00", dt.datetime(2025, 3, 30, 1, 30)),  # does not exist: an hour later
    ],
)
def test_moments_become_utc(staging, written, utc):
    result = staging({"a.csv": HEAD + ROW.replace("2025-03-04 10:00:00", written)}, GENERIC)
    assert result.one("SELECT processed_at FROM stage_order") == (utc,)


@pytest.mark.parametrize("written", ["03/04/2025", "3.4.2025", "03-04-25", "03/04/2025 0:00"])
@pytest.mark.parametrize(
    ("order", "day"), [("day first", dt.datetime(2025, 4, 3)), ("month first", dt.datetime(2025, 3, 4))]
)
def test_a_slashed_date_is_read_in_the_order_the_mapping_says(staging, written, order, day):
    toml = GENERIC + f'[format]\nzone = "UTC"\ndates = "{order}"\n'
    result = staging({"a.csv": HEAD + ROW.replace("2025-03-04 10:00:00", written)}, toml)
    assert result.one("SELECT processed_at FROM stage_order") == (day,)


def workbook(path, sheets):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)


def test_each_sheet_of_a_workbook_with_the_header_is_a_file_of_its_own(staging, tmp_path):
    head = HEAD.strip().split(",")
    row = [1, dt.datetime(2025, 3, 4, 10), "ana@example.test", "MUG", 2, 9.5, "EUR"]
    workbook(
        tmp_path / "book.xlsx",
        {"2024": [head, row], "notes": [["hello"], ["world"]], "2025": [head, row, [2, *row[1:]]]},
    )
    result = staging({"book.xlsx": (tmp_path / "book.xlsx").read_bytes()}, GENERIC + '[format]\ndecimal = ","\n')
    assert result.staged.files == ("book.xlsx:2024", "book.xlsx:2025")
    assert result.staged.rows_read == 3
    lines = result.rows("SELECT order_source, gross_minor, file_no FROM stage_order_line ORDER BY ALL")
    assert [(source, gross) for source, gross, _ in lines] == [("1", 1900), ("1", 1900), ("2", 1900)]
    assert len({number for _, _, number in lines}) == 2
    assert result.one("SELECT processed_at FROM stage_order WHERE order_source = '1'") == (dt.datetime(2025, 3, 4, 9),)


def test_a_parquet_column_of_floats_becomes_exact_money(staging, tmp_path):
    con = duckdb.connect()
    con.execute(
        "COPY (SELECT 7::BIGINT AS \"order\", TIMESTAMPTZ '2025-03-04 10:00:00+00' AS date, 'a@example.test' AS email,"
        " 'X' AS sku, 3 AS qty, 1.005::DOUBLE AS price, 'EUR' AS currency"
        " UNION ALL SELECT 8, TIMESTAMPTZ '2025-03-04 10:00:00+00', NULL, 'X', 1, 'nan'::DOUBLE, 'EUR') TO"
        f" '{tmp_path}/a.parquet'"
    )
    result = staging({"a.parquet": (tmp_path / "a.parquet").read_bytes()}, GENERIC)
    assert result.rows("SELECT order_source, price, gross_minor FROM stage_order_line") == [
        ("7", Decimal("1.005000"), 302)
    ]
    assert result.one("SELECT processed_at FROM stage_order") == (dt.datetime(2025, 3, 4, 10),)
    assert [(row[1], row[2]) for row in result.rejects()] == [(2, "price")]


def test_a_folder_is_one_batch_in_order_of_names(staging):
    files = {"b.csv": HEAD + ROW, "a.csv": HEAD + ROW, "readme.md": "not data"}
    result = staging(files, GENERIC, whole_folder=True)
    assert result.staged.files == ("a.csv", "b.csv")
    assert result.rows("SELECT file_no FROM stage_order_line ORDER BY 1") == [(0,), (1,)]
    assert result.one("SELECT count(*) FROM stage_order") == (1,)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.parquet", b"this is no parquet file at all", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 900)[:-20], "gzip file is broken"),
        ("a.csv.gz", b"not gzip", "gzip file is broken"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "empty"),
        ("a.csv", HEAD.encode(), "no rows"),
        ("a.csv", bytes(range(256)) * 40, "not a text file"),
        ("a.csv", b"1,2,3\n4,5,6\n", "no column names"),
        ("a.xlsx", b"PK\x03\x04 broken", "not an XLSX workbook"),
        ("a.pdf", b"%PDF", "not read"),
        ("a.csv", b"colour,size\nred,9\n", "fits none of its columns"),
    ],
    ids=[
        "no parquet", "gzip cut short", "no gzip", "empty", "only line ends", "only a header", "not text",
        "no header", "broken workbook", "another kind", "unknown columns",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_clear_error_and_stages_nothing(tmp_path, name, content, says):
    con = duckdb.connect()
    good, bad = write(tmp_path, {"good.csv": HEAD + ROW}) + write(tmp_path, {name: content})
    with pytest.raises(FileProblem, match=says) as problem:
        stage(con, [good, bad], Mapping.parse(GENERIC), shop=SHOP, salt="s")
    assert name in str(problem.value)
    left = con.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE table_name LIKE 'stage_%'"
    ).fetchall()
    assert [name for name, rows in left if rows] == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_moments_moved_by_arithmetic_are_those_of_the_engines_zone_database(zone):
    """Each half hour of 1988 to 2042, through repeated and left-out hours and past the years moved by arithmetic."""
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE clock AS SELECT range AS m FROM range(TIMESTAMP '1988-01-01', '2042-01-01', INTERVAL 30 MINUTE)"
    )
    engine = f"timezone('UTC', timezone('{zone}', m))"
    differ = f"SELECT count(*) FROM clock WHERE ({local_to_utc('m', zone)}) IS DISTINCT FROM {engine}"
    assert con.execute(differ).fetchone() == (0,)


def test_an_order_number_that_is_a_number_in_the_file_lands_as_its_text(staging, tmp_path):
    """Parquet keeps whole numbers, a second file may hold text: both name the same order."""
    con = duckdb.connect()
    cells = "'2025-03-04' AS date, 'a@example.test' AS email, 'X' AS sku, 1 AS qty, 2 AS price, 'EUR' AS currency"
    con.execute(f"COPY (SELECT 7::BIGINT AS \"order\", {cells}) TO '{tmp_path}/a.parquet'")
    con.execute(f"COPY (SELECT '7' AS \"order\", {cells}) TO '{tmp_path}/b.parquet'")
    number, text = ((tmp_path / name).read_bytes() for name in ("a.parquet", "b.parquet"))
    alone = staging({"a.parquet": number}, GENERIC)
    assert alone.staged.whole_orders
    assert alone.one("SELECT order_source, order_whole FROM stage_order_line") == ("7", 7)
    both = staging({"a.parquet": number, "b.parquet": text}, GENERIC)
    assert not both.staged.whole_orders
    assert both.rows("SELECT order_source FROM stage_order") == [("7",)]
