"""A reader that stays open serves every page of a process, and only reads."""

from contextlib import closing
from datetime import date

import pytest
from paper_shop import build_rows, land_rows, paper_home, sold

from holdfast.warehouse import kept
from holdfast.warehouse.engine import OnlyReading
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.snapshot import DamagedSnapshot, open_snapshot


@pytest.fixture
def shop(tmp_path):
    home, paper = paper_home(tmp_path)
    land_rows(home, paper, sold(("1", "ana", date(2024, 1, 2))))
    return home, paper, build_rows(home)


def count(home, snapshot):
    with kept_reader(home, snapshot) as connection:
        return connection.execute("SELECT count(*) FROM order_value").fetchone()[0]


def test_it_is_opened_once_and_each_has_a_cursor_of_its_own(shop, monkeypatch):
    home, _, snapshot = shop
    opened = []
    monkeypatch.setattr(kept, "open_snapshot", lambda *asked: opened.append(asked) or open_snapshot(*asked))
    with kept_reader(home, snapshot) as one, kept_reader(home, snapshot) as two:
        assert one.execute("SELECT 1").fetchone() == two.execute("SELECT 1").fetchone()
    assert count(home, snapshot) == 1
    assert len(opened) == 1


def test_a_new_snapshot_is_read_as_soon_as_it_serves(shop):
    home, paper, old = shop
    assert count(home, old) == 1
    land_rows(home, paper, sold(("2", "bo", date(2024, 1, 3))), name="more.csv")
    assert count(home, build_rows(home)) == 2
    assert count(home, old) == 1


def test_it_writes_nothing(shop, tmp_path):
    home, _, snapshot = shop
    with kept_reader(home, snapshot) as connection:
        for asked in ("CREATE TABLE t (a INT)", f"COPY (SELECT 1) TO '{tmp_path / 'x.csv'}'", "SET threads = 1"):
            with pytest.raises(OnlyReading):
                connection.execute(asked)


def test_who_reads_on_is_not_cut_off_when_others_are_opened(tmp_path, shop):
    home, _, snapshot = shop
    with kept_reader(home, snapshot) as reading:
        for n in range(kept.KEPT + 1):
            other, paper = paper_home(tmp_path / str(n))
            land_rows(other, paper, sold(("1", "ana", date(2024, 1, 2))))
            count(other, build_rows(other))
        assert reading.execute("SELECT count(*) FROM order_value").fetchone() == (1,)


def test_a_snapshot_built_before_usual_gaps_were_kept_still_tells_them(shop):
    home, _, snapshot = shop
    (snapshot.path / "usual_gap.parquet").unlink()
    for names in (None, "SELECT * FROM usual_gap"):
        with closing(open_snapshot(home, snapshot, names_in=names)) as connection:
            assert connection.execute("SELECT * FROM usual_gap").fetchall() == []


def test_a_snapshot_that_another_version_built_says_how_to_go_on(shop):
    """It lacks a column that this version reads: one sentence, and not the engine's."""
    home, _, snapshot = shop
    with (
        pytest.raises(DamagedSnapshot, match=r"another version.*holdfast build"),
        kept_reader(home, snapshot) as connection,
    ):
        connection.execute("SELECT no_such_column FROM order_value")
