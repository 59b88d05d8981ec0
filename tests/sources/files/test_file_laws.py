"""What must not matter: the order of rows, the separator, and how often a file is staged."""

import random
import tempfile
from pathlib import Path

import duckdb
import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st
from small_files import GENERIC, SHOP

from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.stage import stage

NO_NUMBER = GENERIC.replace('order_id = "order"\n', "")

row = st.tuples(
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["2025-03-04", "2025-03-04 10:00:00", "2025-03-05", "never"]),
    st.sampled_from(["a@b.test", "A@B.test", "c@d.test", ""]),
    st.sampled_from(["MUG", "CUP", ""]),
    st.sampled_from(["1", "2", "-1", "x"]),
    st.sampled_from(["9.50", "0", "0.005", ""]),
    st.just("EUR"),
)
rows = st.lists(row, min_size=1, max_size=8)


def staged(lines, delimiter=",", toml=GENERIC):
    """Each staged table as a sorted list of its rows, the file's line numbers aside."""
    head = ("order", "date", "email", "sku", "qty", "price", "currency")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("\n".join(delimiter.join(cells) for cells in (head, *lines)) + "\n")
        con = duckdb.connect()
        left = stage(con, [path], Mapping.parse(toml), shop=SHOP, salt="s")
        tables = {
            t: sorted(con.execute(f"SELECT * EXCLUDE (line) FROM stage_{t}").fetchall(), key=repr) for t in left.tables
        }
        put_aside = sorted(con.execute('SELECT "column", value, reason FROM stage_reject').fetchall(), key=repr)
    return tables, put_aside, left.rows_read, left.rows_rejected


few = drawn(6, 12)


@pytest.mark.parametrize("toml", [GENERIC, NO_NUMBER], ids=["with order numbers", "without"])
@few
@given(lines=rows, seed=st.integers(0, 99))
def test_shuffled_rows_stage_the_same(toml, lines, seed):
    shuffled = lines[:]
    random.Random(seed).shuffle(shuffled)
    assert staged(shuffled, toml=toml) == staged(lines, toml=toml)


@few
@given(lines=rows, delimiter=st.sampled_from([";", "\t", "|"]))
def test_another_separator_stages_the_same(lines, delimiter):
    assert staged(lines, delimiter) == staged(lines)


@few
@given(lines=rows)
def test_every_row_is_staged_or_put_aside(lines):
    tables, _, read, rejected = staged(lines)
    assert len(tables.get("order_line", [])) + len(tables.get("refund_line", [])) == read - rejected
