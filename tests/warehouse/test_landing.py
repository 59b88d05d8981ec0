"""Landing: every row of an import is counted, none twice, and what was known before stays where it was."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from drawn import drawn
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from looking import landed, on_disk
from paper_shop import build_rows, land_rows, line, paper_home, sold, stage

from holdfast.warehouse.home import Home
from holdfast.warehouse.landing import Steps, land
from holdfast.warehouse.lock import writing
from holdfast.warehouse.receipts import Landed, receipts, rejects
from holdfast.warehouse.snapshot import current_snapshot
from holdfast.warehouse.staging import Staged

JAN, FEB = date(2024, 1, 10), date(2024, 2, 10)
FOUR = ("customer", "product", "order", "order_line")


def order(number, **cells):
    return {
        "order_source": number, "order_number": number, "processed_at": datetime(2024, 1, 10, 12), "currency": "EUR",
    } | cells  # fmt: skip


def test_a_receipt_counts_what_was_read_what_was_new_and_what_it_adds_up_to(told):
    """By hand: 2 customers, 1 product, 3 orders of 10.00 and a note over 4.00; 10 rows staged."""
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN), ("3", None, FEB)) | {
        "refund": [{"refund_source": "c1", "customer_source": "ana", "currency": "EUR"}],
    }
    tables["refund_line"] = [
        {
            "refund_source": "c1",
            "product_source": "mug",
            "kind": "merchandise",
            "quantity": 1,
            "price": 4,
            "subtotal_minor": 400,
        }
    ]
    receipt = told(tables)
    assert receipt.load_id == 1
    assert receipt.rows_read == 11
    assert {name: (n.new, n.changed, n.unchanged) for name, n in receipt.tables.items()} == {
        "customer": (2, 0, 0), "product": (1, 0, 0), "order": (3, 0, 0), "order_line": (3, 0, 0),
        "refund": (1, 0, 0), "refund_line": (1, 0, 0),
    }  # fmt: skip
    assert receipt.totals == {"EUR": {"orders": 3000, "refunds": 400}}


def test_refunds_that_only_say_an_amount_are_in_the_totals_and_an_orders_own_total_is_not_counted_beside_them(told):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    back = {"currency": "EUR", "amount_minor": 300}
    tables["refund"] = [
        back
        | {"refund_source": "r1", "refund_number": "r1", "order_source": "1", "processed_at": datetime(2024, 1, 20)},
        back | {"refund_source": "1:refunded", "order_source": "1"},  # tells the first once more
        back | {"refund_source": "2:refunded", "order_source": "2", "amount_minor": 50},
        back | {"refund_source": "r3", "refund_number": "r3", "currency": "USD", "amount_minor": 7},
    ]
    assert told(tables).totals == {"EUR": {"orders": 2000, "refunds": 350}, "USD": {"refunds": 7}}


def test_lines_that_stand_in_two_files_are_said_to_be_told_twice(told):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    tables["order_line"] = [line | {"file_no": 0} for line in tables["order_line"]]
    tables["order_line"] += [tables["order_line"][0] | {"file_no": 1}]
    receipt = told(tables)
    assert (receipt.tables["order_line"].new, receipt.told_twice) == (2, 1)


def test_totals_are_kept_apart_by_currency(told):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    tables["order"][1]["currency"] = "USD"
    assert told(tables).totals == {"EUR": {"orders": 1000}, "USD": {"orders": 1000}}


def test_a_receipt_read_back_is_the_receipt_that_was_given(told, paper):
    given = told(sold(("1", "ana", JAN)))
    (kept,) = receipts(paper[0])
    assert (kept.load_id, kept.tables, kept.totals, kept.next_keys) == (1, given.tables, given.totals, given.next_keys)


def test_the_same_import_twice_writes_no_load_and_changes_nothing_on_the_disk(told, paper):
    home, _ = paper
    told(sold(("1", "ana", JAN), ("2", "bo", FEB)))
    before = on_disk(home)
    again = told(sold(("1", "ana", JAN), ("2", "bo", FEB)))
    assert again.load_id == 0
    assert not again.changed_anything
    assert [again.tables[t].unchanged for t in FOUR] == [2, 1, 2, 2]
    assert on_disk(home) == before


def test_a_file_that_overlaps_an_earlier_one_brings_only_what_it_adds(told, paper):
    told(sold(("1", "ana", JAN), ("2", "bo", JAN)), name="january.csv")
    receipt = told(sold(("2", "bo", JAN), ("3", "ana", FEB)), name="february.csv")
    assert receipt.tables["order"] == Landed(1, 0, 1)
    assert receipt.tables["order_line"] == Landed(1, 0, 1)
    assert landed(paper[0], "SELECT count(*), sum(gross_minor) FROM order_line") == [(3, 3000)]


def test_two_equal_lines_of_one_order_are_two_lines_however_often_the_file_comes(told, paper):
    tables = sold(("1", "ana", JAN))
    tables["order_line"] = [line("1", "mug", 1, "10.00"), line("1", "mug", 1, "10.00")]
    told(tables)
    told(tables, name="again.csv")
    assert landed(paper[0], "SELECT place, gross_minor FROM order_line ORDER BY place") == [(1, 1000), (2, 1000)]


def test_two_equal_lines_in_each_of_two_overlapping_files_are_two_lines(told, paper):
    tables = sold(("1", "ana", JAN))
    tables["order_line"] = [line("1", "mug", 1, "10.00", file_no=n) for n in (0, 0, 1, 1)]
    told(tables)
    assert landed(paper[0], "SELECT count(*) FROM order_line") == [(2,)]


def test_a_changed_cell_makes_a_new_version_and_the_old_one_stays_in_its_load(told, paper):
    home, _ = paper
    told({"order": [order("1", financial_status="pending")]})
    receipt = told({"order": [order("1", financial_status="paid")]}, name="later.csv")
    assert receipt.tables["order"] == Landed(0, 1, 0)
    assert landed(home, 'SELECT financial_status, load_id FROM "order"') == [("paid", 2)]
    first = home.path / "landed" / "000001" / "order.parquet"
    assert duckdb.connect().execute("SELECT financial_status FROM read_parquet(?)", [str(first)]).fetchall() == [
        ("pending",)
    ]


def test_a_third_version_replaces_the_second_and_going_back_is_a_change_too(told, paper):
    for load, status in enumerate(("pending", "paid", "pending"), start=1):
        assert told({"order": [order("1", financial_status=status)]}, name=f"{load}.csv").load_id == load
        assert landed(paper[0], 'SELECT financial_status FROM "order"') == [(status,)]


def test_an_empty_cell_says_nothing_and_takes_nothing_away(told, paper):
    told({"order": [order("1", financial_status="paid", country="FR")]})
    nothing = told({"order": [order("1")]}, name="later.csv")
    assert nothing.load_id == 0
    changed = told({"order": [order("1", country="DE")]}, name="last.csv")
    assert changed.tables["order"] == Landed(0, 1, 0)
    assert landed(paper[0], 'SELECT financial_status, country FROM "order"') == [("paid", "DE")]


def test_an_empty_cell_of_a_line_in_the_later_of_two_files_takes_nothing_away(told, paper):
    tables = sold(("1", "ana", JAN))
    tables["order_line"] = [line("1", "mug", 1, "10.00", tax_minor=160), line("1", "mug", 1, "10.00", file_no=1)]
    told(tables)
    assert landed(paper[0], "SELECT place, tax_minor FROM order_line") == [(1, 160)]


def test_the_later_of_two_files_is_believed_about_a_line(told, paper):
    tables = sold(("1", "ana", JAN))
    tables["order_line"] = [line("1", "mug", 2, "10.00", file_no=1), line("1", "mug", 1, "10.00")]
    told(tables)
    assert landed(paper[0], "SELECT place, quantity FROM order_line") == [(1, 2)]


def test_two_rows_of_one_thing_in_one_file_are_one_row_with_what_either_says(told, paper):
    told({"customer": [{"customer_source": "ana", "country": "FR"}, {"customer_source": "ana", "tags": "vip"}]})
    assert landed(paper[0], "SELECT country, tags FROM customer") == [("FR", "vip")]


def keys(home, noun):
    files = [str(p) for p in sorted((home.path / "landed").glob(f"*/key_{noun}.parquet"))]
    return dict(duckdb.connect().execute("SELECT source, key FROM read_parquet(?)", [files]).fetchall())


def test_keys_never_change_and_are_never_used_again_across_loads_and_shops(told, paper):
    home, _ = paper
    other = home.add_shop("other", account="other", zone="UTC", currency="EUR")
    told(sold(("1", "ana", JAN), ("2", "bo", JAN)))
    first = keys(home, "customer")
    land_rows(home, other, sold(("1", "ana", JAN), ("9", "zoe", JAN)), name="other.csv")
    told(sold(("2", "bo", JAN), ("3", "cy", FEB)), name="february.csv")
    issued = [
        key for load in sorted((home.path / "landed").glob("*/key_customer.parquet"))
        for (key,) in duckdb.connect().execute("SELECT key FROM read_parquet(?)", [str(load)]).fetchall()
    ]  # fmt: skip
    assert sorted(issued) == list(range(1, 6))
    by_order = dict(landed(home, 'SELECT order_number, customer_id FROM "order" WHERE shop_id = 1'))
    assert (by_order["1"], by_order["2"]) == (first["ana"], first["bo"])


def test_an_import_that_came_to_nothing_uses_no_key_up(told, paper):
    told(sold(("1", "ana", JAN)))
    told(sold(("1", "ana", JAN)), name="again.csv")
    assert told(sold(("2", "bo", JAN)), name="new.csv").next_keys["customer"] == 3


def test_two_shops_with_the_same_order_numbers_stay_apart(told, paper):
    home, _ = paper
    other = home.add_shop("other", account="other", zone="UTC", currency="EUR")
    told(sold(("1", "ana", JAN)))
    receipt = land_rows(home, other, sold(("1", "ana", JAN), price="25.00"), name="other.csv")
    assert receipt.tables["order"] == Landed(1, 0, 0)
    sums = 'SELECT o.shop_id, sum(l.gross_minor) FROM order_line AS l JOIN "order" AS o USING (order_id) GROUP BY 1 ORDER BY 1'
    assert landed(home, sums) == [(1, 1000), (2, 2500)]
    assert landed(home, "SELECT count(DISTINCT customer_id) FROM customer") == [(2,)]


def test_a_line_of_an_order_nobody_told_of_lands_and_the_audit_shows_it(told, paper):
    home, _ = paper
    tables = sold(("1", "ana", JAN))
    tables["order_line"].append(line("77", "mug", 1, "10.00"))
    assert told(tables).tables["order_line"].new == 2
    (finding,) = build_rows(home).findings
    assert (finding.audit, finding.rows) == ("lines_without_order", 1)


def test_an_order_told_after_its_lines_takes_them_under_the_same_key(told, paper):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    late = tables["order"].pop()
    told(tables)
    told({"order": [late]}, name="late.csv")
    assert landed(paper[0], 'SELECT count(*) FROM order_line JOIN "order" USING (order_id)') == [(2,)]


def import_rejects(home, shop, file, fingerprint, bad, day=JAN):
    """One good order and some bad lines of a file."""
    connection = duckdb.connect()
    staged = stage(connection, sold((f"{file}-1", "ana", day)))
    for number in bad:
        connection.execute("INSERT INTO stage_reject VALUES (?, ?, 'Date', 'soon', 'not a date', '{}')", [file, number])
    told = Staged(staged.tables, (file,), (fingerprint,), 1 + len(bad), len(bad))
    with writing(home, "import"):
        return land(home, shop, told, connection, mapping_name="paper")


def test_rejects_show_the_newest_load_of_a_file_only(paper):
    home, shop = paper
    import_rejects(home, shop, "a.csv", "same bytes", [4, 9])
    import_rejects(home, shop, "b.csv", "other bytes", [2])
    import_rejects(home, shop, "a.csv", "same bytes", [9], day=FEB)  # another mapping reads line 4
    page = rejects(home)
    assert [(r[0], r[1], r[2]) for r in page.rows] == [(3, "a.csv", 9), (2, "b.csv", 2)]
    assert page.total == 2
    assert [r[2] for r in rejects(home, load_id=1).rows] == [4, 9]


def test_a_file_imported_again_beside_another_hides_its_old_rejects_but_not_the_others(paper):
    home, shop = paper
    connection = duckdb.connect()
    staged = stage(connection, sold(("1", "ana", JAN)))
    for file in ("a.csv", "b.csv"):
        connection.execute("INSERT INTO stage_reject VALUES (?, 2, 'Date', 'soon', 'not a date', '{}')", [file])
    with writing(home, "import"):
        land(home, shop, Staged(staged.tables, ("a.csv", "b.csv"), ("A", "B"), 3, 2), connection, mapping_name="paper")
    import_rejects(home, shop, "b.csv", "B", [5])
    assert [(r[0], r[1], r[2]) for r in rejects(home).rows] == [(2, "b.csv", 5), (1, "a.csv", 2)]


def test_an_import_of_nothing_but_rejects_is_kept_once(paper):
    home, shop = paper
    assert import_rejects(home, shop, "a.csv", "A", [2]).load_id == 1
    assert import_rejects(home, shop, "a.csv", "A", [2]).load_id == 0
    assert rejects(home).total == 1


documents = st.lists(
    st.tuples(
        st.integers(0, 5),  # order
        st.sampled_from(["mug", "cup"]),
        st.integers(1, 3),  # pieces
        st.sampled_from(["1.00", "2.50"]),
    ),
    min_size=1,
    max_size=12,
)


def as_tables(lines, file_of):
    tables = sold(*((str(n), f"c{n % 3}", JAN) for n in sorted({n for n, *_ in lines})))
    tables["product"] = [{"product_source": p} for p in sorted({p for _, p, *_ in lines})]
    tables["order_line"] = [line(str(n), p, q, price, file_no=file_of(n)) for n, p, q, price in lines]
    return tables


def by_name(home: Home):
    """What landed, told in the source's own words, so that keys do not matter."""
    orders = {v: k for k, v in keys(home, "order").items()}
    products = {v: k for k, v in keys(home, "product").items()}
    rows = landed(home, "SELECT order_id, product_id, place, quantity, price, gross_minor FROM order_line")
    return sorted((orders[o], products[p], *rest) for o, p, *rest in rows)


@given(lines=documents, data=st.data())
@drawn(8, 20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_and_the_number_of_files_change_nothing(tmp_path_factory, lines, data):
    """An order's lines stay in one file, or stand whole in several (decision 0005)."""
    files = data.draw(st.dictionaries(st.integers(0, 5), st.integers(0, 2)))
    shuffled = data.draw(st.permutations(lines))
    plain, _ = one = paper_home(tmp_path_factory.mktemp("plain"))
    split, _ = two = paper_home(tmp_path_factory.mktemp("split"))
    land_rows(*one, as_tables(lines, lambda n: 0))
    tables = as_tables(shuffled, lambda n: files.get(n, 0))
    again = data.draw(st.sets(st.sampled_from(sorted({n for n, *_ in lines}))))
    tables["order_line"] += [line(str(n), *rest, file_no=3) for n, *rest in shuffled if n in again]
    land_rows(*two, tables)
    assert by_name(split) == by_name(plain)
    assert sum(row[5] for row in by_name(plain)) == sum(int(q * Decimal(p) * 100) for _, _, q, p in lines)


def test_an_import_that_fails_midway_leaves_nothing_behind(paper):
    home, shop = paper
    told = sold(("1", "ana", JAN))
    connection = duckdb.connect()
    staged = stage(connection, told)

    def stop(step, fraction):
        if step == "write order":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), writing(home, "import"):
        land(home, shop, staged, connection, mapping_name="paper", steps=Steps(stop))
    assert on_disk(home) == set()
    assert current_snapshot(home) is None
    assert land_rows(home, shop, told).load_id == 1


def test_a_load_written_before_a_column_was_declared_is_read_with_it_empty(told, paper):
    """As in a home that an older release filled: the file lacks `customer_number`."""
    home, _ = paper
    told(sold(("1", "ana", JAN)))
    path = home.path / "landed" / "000001" / "customer.parquet"
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE older AS SELECT * EXCLUDE (customer_number) FROM '{path}'; COPY older TO '{path}'"
    )
    assert landed(home, "SELECT customer_number FROM customer") == [(None,)]
    tables = sold(("1", "ana", JAN), ("2", "bo", FEB))
    tables["customer"] = [c | {"customer_number": c["customer_source"]} for c in tables["customer"]]
    assert told(tables, name="newer.csv").tables["customer"] == Landed(1, 1, 0)
    build_rows(home)
    assert landed(home, "SELECT customer_number FROM customer ORDER BY 1") == [("ana",), ("bo",)]
