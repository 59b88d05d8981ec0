"""Parquet whose order numbers are numbers is read without text and written in one pass: the same rows land."""

import sys
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn import drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.sources.files import orderrefs
from holdfast.sources.files.load import load
from holdfast.sources.files.problem import FileProblem
from holdfast.warehouse import cut
from holdfast.warehouse.home import Home
from holdfast.warehouse.receipts import receipts, rejects
from holdfast.warehouse.snapshot import canonical_views

NAMES = ("order_id", "placed_at", "customer_id", "channel", "currency", "sku", "quantity", "price", "line_id")
KINDS = {name: pa.int64() for name in NAMES} | {
    "placed_at": pa.timestamp("us"), "channel": pa.string(), "currency": pa.string(), "sku": pa.string(),
    "price": pa.decimal128(12, 2),
}  # fmt: skip
NOON = datetime(2025, 3, 4, 12)


def a_home(folder):
    home = Home(folder / "home")
    home.create()
    return home


def write(path, rows, names=NAMES):
    """Rows (dicts) as Parquet or as CSV, by the name of the file."""
    columns = {name: pa.array([row.get(name) for row in rows], KINDS[name]) for name in names}
    table = pa.table(columns)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        con = duckdb.connect()
        con.register("lines", table)
        con.execute(f"COPY (FROM lines) TO '{path}' (HEADER, FORMAT csv)")
    return path


def row(order, sku="MUG", quantity=1, price="9.50", **cells):
    return {
        "order_id": order, "placed_at": NOON + timedelta(days=(order or 0) % 3), "customer_id": (order or 0) % 4 or None,
        "channel": "web", "currency": "EUR", "sku": sku, "quantity": quantity, "price": Decimal(price),
    } | cells  # fmt: skip


def ask(home, query):
    """Ask the newest rows of every table, and the keys as key_<noun>."""
    con = duckdb.connect()
    for name, body in canonical_views(home, tuple(r.load_id for r in receipts(home)))[0].items():
        con.execute(f'CREATE VIEW "{name}" AS {body}')
    for noun in ("order", "product", "customer"):
        files = [str(path) for path in sorted(home.path.glob(f"landed/*/key_{noun}.parquet"))]
        con.execute(
            f"CREATE VIEW key_{noun} AS SELECT source::VARCHAR AS source, key FROM read_parquet({files},"
            " union_by_name = true)"
        )
    return con.execute(query).fetchall()


LINES = (
    "SELECT k.source AS number, p.source AS sku, l.place, l.line_number, l.kind, l.quantity, l.price, l.gross_minor"
    " FROM order_line AS l JOIN key_order AS k ON k.key = l.order_id JOIN key_product AS p ON p.key = l.product_id"
    " ORDER BY ALL"
)
ORDERS = (
    "SELECT k.source, o.order_number, c.source, o.processed_at, o.channel, o.currency, o.free_counts"
    ' FROM "order" AS o JOIN key_order AS k ON k.key = o.order_id LEFT JOIN key_customer AS c ON c.key = o.customer_id'
    " ORDER BY ALL"
)
BACK = "SELECT refund_number, processed_at, currency FROM refund ORDER BY ALL"
CUSTOMERS = (
    "SELECT k.source, c.customer_number FROM customer AS c JOIN key_customer AS k ON k.key = c.customer_id ORDER BY 1"
)


def told(home):
    """What landed, in the source's own words, and what was put aside."""
    put_aside = [(r[1].split(".")[0], r[2], r[3], r[5]) for r in rejects(home).rows]
    return [ask(home, query) for query in (LINES, ORDERS, BACK, CUSTOMERS)], put_aside


rows = st.lists(
    st.builds(
        row,
        order=st.one_of(st.integers(1, 6), st.sampled_from([None, 900, -4])),
        sku=st.sampled_from(["MUG", "CUP", " CUP", "", None]),
        quantity=st.sampled_from([1, 2, -1, 0, None]),
        price=st.sampled_from(["9.50", "0.00", "1234567890.12"]),
        channel=st.sampled_from(["web", " shop ", "", None]),
        currency=st.sampled_from(["EUR", "eur", "EURO", None]),
        line_id=st.one_of(st.none(), st.integers(1, 4)),
        placed_at=st.sampled_from([NOON, NOON + timedelta(hours=1), datetime(1890, 1, 1), None]),
    ),
    min_size=1,
    max_size=14,
)
GOOD = row(5, "MUG", 3)


few = drawn(3, 4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(first=rows, second=rows)
@few
def test_parquet_lands_what_the_same_rows_as_text_land(tmp_path_factory, first, second):
    """Two files of one import, then the second again beside a row more: in numbers and in words."""
    lands_alike(tmp_path_factory, first, second)


@pytest.mark.slow
@given(first=rows, second=rows)
@few
def test_orders_that_are_gathered_span_by_span_land_as_they_do_at_once(tmp_path_factory, first, second):
    """A line at a time, so that there are as many spans of numbers as lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(orderrefs, "LINES_AT_ONCE", 1)
        patch.setattr(cut, "APART", 1000.0)
        lands_alike(tmp_path_factory, first, second)


def test_orders_of_files_that_lie_in_order_land_in_the_order_of_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(orderrefs, "LINES_AT_ONCE", 40)  # as many as each file has
    home = a_home(tmp_path)
    files = [write(tmp_path / f"lines_{n}.parquet", [row(n * 100 + k) for k in range(1, 41)]) for n in range(4)]
    load(home, files)
    (path,) = home.path.glob("landed/*/order.parquet")
    landed = [int(number) // 100 for (number,) in duckdb.sql(f"SELECT order_number FROM '{path}'").fetchall()]
    assert landed == [0] * 40 + [1] * 40 + [2] * 40 + [3] * 40


@pytest.mark.slow
@given(first=rows, second=rows)
@settings(few, max_examples=60)
def test_parquet_lands_what_text_lands_whatever_the_rows(tmp_path_factory, first, second):
    lands_alike(tmp_path_factory, first, second)


def lands_alike(tmp_path_factory, first, second):
    found = []
    for suffix in ("parquet", "csv"):
        folder = tmp_path_factory.mktemp("rows")
        home = a_home(folder)
        paths = [write(folder / f"{n}.{suffix}", [GOOD, *part]) for n, part in enumerate((first, second))]
        one = load(home, paths, zone="Europe/Berlin")
        more = write(folder / f"2.{suffix}", [*second, row(7, "CUP")])
        two = load(home, [more], zone="Europe/Berlin")
        counts = [(r.rows_read, r.rows_rejected, r.totals, r.tables) for r in (one, two)]
        lines, aside = told(home)
        header = suffix == "csv"  # which is a line of its own
        aside = sorted(((file, line - header, *rest) for file, line, *rest in aside), key=repr)
        found.append((counts, lines, aside))
    assert found[0] == found[1]


def test_the_same_parquet_twice_changes_nothing_and_an_overlapping_one_adds_what_is_new(tmp_path):
    home = a_home(tmp_path)
    old = [row(1), row(2), row(2, "CUP"), row(3)]
    assert load(home, [write(tmp_path / "a.parquet", old)]).tables["order_line"].new == 4
    keys = ask(home, "SELECT source, key FROM key_order ORDER BY 1")
    assert load(home, [tmp_path / "a.parquet"]).load_id == 0
    again = load(home, [write(tmp_path / "b.parquet", [*old[1:], row(9), row(9)])])
    assert [(t.new, t.changed, t.unchanged) for n, t in again.tables.items() if n in ("order", "order_line")] == [
        (1, 0, 2), (2, 0, 3),
    ]  # fmt: skip
    assert ask(home, "SELECT source, key FROM key_order ORDER BY 1")[:3] == keys
    assert ask(home, "SELECT count(DISTINCT key), count(*) FROM key_order") == [(4, 4)]


@pytest.mark.parametrize("numbers", [(1, 2, 3), (5, 90_000_000_000, 7), (-9_223_372_036_854_775_808, 3, 4)])
def test_order_numbers_far_apart_and_close_together_get_small_keys_of_their_own(tmp_path, numbers):
    home = a_home(tmp_path)
    load(home, [write(tmp_path / "a.parquet", [row(n) for n in numbers])])
    keys = dict(ask(home, "SELECT source, key FROM key_order"))
    assert sorted(map(int, keys)) == sorted(numbers)
    assert len(set(keys.values())) == 3 and all(0 < key < 10 for key in keys.values())
    assert receipts(home)[-1].next_keys["order"] > max(keys.values())
    assert ask(home, 'SELECT count(*) FROM order_line JOIN "order" USING (order_id)') == [(3,)]


def test_one_line_told_twice_counts_once_and_two_equal_lines_of_an_order_count_twice(tmp_path):
    home = a_home(tmp_path)
    twice = [row(1, line_id=1), row(1, line_id=1), row(1, line_id=2), row(2), row(2)]
    load(home, [write(tmp_path / "a.parquet", twice)])
    assert [(line[0], line[2], line[3]) for line in ask(home, LINES)] == [
        ("1", 1, "1"), ("1", 2, "2"), ("2", 1, None), ("2", 2, None),
    ]  # fmt: skip


def test_line_numbers_that_landed_as_numbers_are_compared_as_text(tmp_path):
    home = a_home(tmp_path)
    load(home, [write(tmp_path / "a.parquet", [row(1, line_id=7)])])
    assert load(home, [write(tmp_path / "a.csv", [row(1, line_id=7)])]).load_id == 0
    assert ask(home, "SELECT line_number FROM order_line") == [("7",)]


def test_rows_of_several_parquet_files_name_the_file_and_the_row_they_came_from(tmp_path):
    home = a_home(tmp_path)
    a, b = [row(1), row(2), row(2, "CUP")], [row(None), row(4), row(4), row(1)]
    paths = [write(tmp_path / f"{name}.parquet", part) for name, part in (("a", a), ("b", b))]
    load(home, paths)
    said = "SELECT k.source, l.file_no, l.line FROM {} AS l JOIN key_order AS k ON k.key = l.order_id ORDER BY ALL"
    assert ask(home, said.format("order_line")) == [("1", 1, 4), ("2", 0, 2), ("2", 0, 3), ("4", 1, 2), ("4", 1, 3)]
    assert ask(home, said.format('"order"')) == [("1", 1, 4), ("2", 0, 2), ("4", 1, 2)]
    assert receipts(home)[0].files == ("a.parquet", "b.parquet")
    assert [(r[1], r[2]) for r in rejects(home).rows] == [("b.parquet", 1)]


def test_a_parquet_file_that_changes_while_it_is_read_lands_nothing(tmp_path, monkeypatch):
    home = a_home(tmp_path)
    path = write(tmp_path / "a.parquet", [row(1), row(2)])

    def and_write(*given):
        write(path, [row(1), row(2), row(3)])
        return leave_products(*given)

    staging = sys.modules["holdfast.sources.files.stage"]
    leave_products = staging.leave_products
    monkeypatch.setattr(staging, "leave_products", and_write)
    with pytest.raises(FileProblem, match="changed while it was read"):
        load(home, [path])
    assert list((home.path / "landed").iterdir()) == []
