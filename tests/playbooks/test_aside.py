"""Who is kept aside: the same lot in Python and in the engine, even, and independent of every other."""

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.playbooks.aside import HELD_OUT, arm, arm_sql, place, place_sql


@given(st.text(max_size=20), st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=20, unique=True))
def test_a_lot_drawn_again_in_the_other_language_is_the_same(salt, keys):
    salt = salt.replace("\x00", "")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE k (key BIGINT)")
        connection.executemany("INSERT INTO k VALUES (?)", [[key] for key in keys])
        said = dict(connection.execute(f"SELECT key, {place_sql(salt, 'key')} FROM k").fetchall())
        arms = dict(connection.execute(f"SELECT key, {arm_sql(salt, 'key', 0.3)} FROM k").fetchall())
    assert said == {key: place(salt, key) for key in keys}
    assert arms == {key: arm(salt, key, 0.3) for key in keys}


def test_places_are_even_and_two_salts_know_nothing_of_each_other():
    with duckdb.connect() as connection:
        one, other = connection.execute(
            f"SELECT list({place_sql('a', 'i')} ORDER BY i), list({place_sql('b', 'i')} ORDER BY i) FROM range(50000) AS t(i)"
        ).fetchone()
    tenths = np.bincount((np.array(one) * 10).astype(int), minlength=10)
    assert ((tenths - 5000) ** 2 / 5000).sum() < 27.9  # χ² on nine degrees, one in a thousand
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(50_000)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_stratum_keeps_its_share_to_the_unit(share):
    with duckdb.connect() as connection:
        drawn = arm_sql("s", "i", share, "g")
        rows = connection.execute(
            f"WITH d AS (SELECT g, {drawn} AS arm FROM (SELECT i, i % 7 AS g FROM range(1000) AS t(i)))"
            f" SELECT g, count(*), count(*) FILTER (arm = '{HELD_OUT}') FROM d GROUP BY g"
        ).fetchall()
    assert all(held == round(share * n) for _, n, held in rows)
