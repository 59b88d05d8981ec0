"""Facts that are kept answer as facts that are worked out, and only of the day they were kept for."""

from __future__ import annotations

from datetime import timedelta
from shutil import copytree

import pytest

from holdfast.segments import kept, members
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.kept import KEPT, keep_facts, kept_facts
from holdfast.segments.listing import listed, together
from holdfast.segments.store import shipped
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_id, current_snapshot


@pytest.fixture
def home(saltmarsh_home: Home, tmp_path) -> Home:
    copytree(saltmarsh_home.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def asked_all(home: Home):
    """Every shipped segment, and every fact of everybody."""
    every = list(shipped().values())
    with members.asked(home, every) as ground:
        columns = {"shop_id": "u.shop_id", "customer_id": "u.customer_id"}
        ground.asking.everybody_too = True
        columns |= {id: ground.asking.value(fact) for id, fact in FACTS.items()}
        query = ground.asking.rows(list(FACTS.values()), columns)
        facts = ground.connection.execute(f"SELECT * FROM ({query}) ORDER BY 1, 2", ground.asking.given).fetchall()
        return ground.asking.kept, facts, [members.members_of(home, [one]).to_pylist() for one in every]


def test_kept_facts_say_what_worked_out_ones_say(home):
    none, facts, belonging = asked_all(home)
    assert none == frozenset()
    assert keep_facts(home)
    assert not keep_facts(home)
    some, again, too = asked_all(home)
    assert some == frozenset(KEPT)
    assert (again, too) == (facts, belonging)
    assert len(facts) > 10
    one = shipped()["new_buyers"]
    assert listed(home, one).total == sum(t.members for t in together(home, one))


def test_another_day_or_another_question_is_worked_out(home, monkeypatch):
    keep_facts(home)
    day = current_snapshot(home).as_of
    for days, known in (((day - timedelta(days=9),), False), ((day - timedelta(days=9), day), False), (None, True)):
        with members.asked(home, [], days) as ground:
            assert bool(ground.asking.kept) is known
    with members.asked(home, [], ruled_on=day - timedelta(days=1)) as ground:
        assert not ground.asking.kept
    monkeypatch.setattr(kept, "sql_of", lambda source, several: f"another {source}")
    assert kept_facts(home, current_id(home)) == {}


def test_facts_of_snapshots_long_gone_are_forgotten(home):
    older = [home.path / "segments" / "facts" / name for name in ("000000-a", "000000-b")]
    for folder in older:
        folder.mkdir(parents=True)
    keep_facts(home)
    assert [folder.is_dir() for folder in older] == [False, True]
    assert set(kept_facts(home, current_id(home))) == set(KEPT)
    assert not list((home.path / "tmp").glob("facts-*"))
