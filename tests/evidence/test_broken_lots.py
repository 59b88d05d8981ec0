"""What a lot that cannot be believed hides, and where: on every door, and in whatever reads it later."""

import json
from dataclasses import replace

import pytest
from treated_shop import lot_file
from treated_shop import registration as declared

from holdfast.commerce.unknown import Unknown
from holdfast.evidence.checks import lost_check, parts_check
from holdfast.evidence.grade import Grade
from holdfast.evidence.growth import growth
from holdfast.evidence.look import look, spoilt
from holdfast.evidence.lot import lot
from holdfast.evidence.reading import explore
from holdfast.evidence.settling import settle
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot


def begun(run, id, rows, folder, **more):
    path = folder / f"{id}.toml"
    path.write_text(declared(id, **more))
    run("experiments", "declare", path)
    run("experiments", "take", id, lot_file(folder, rows), "--by", "Ada")
    home = Home(run.home)
    return home, current_snapshot(home), lot(home, id)


def arm_of(treated):
    return TREATED if treated else HELD_OUT


@pytest.fixture(scope="module")
def broken(run, truth, tmp_path_factory):
    """Half of those held out got lost on the way."""
    rows = [(c, arm_of(t)) for n, (c, t, *_) in enumerate(truth) if t or n % 2]
    return begun(run, "halved", rows, tmp_path_factory.mktemp("halved"), claims="M42", per="any")


def test_no_number_of_a_broken_lot_leaves_the_place_where_it_is_read(broken):
    found = look(*broken)
    assert (found.verdict.word, found.grade) == ("broken", Grade.OPINION)
    effects = [found.now, found.final, *(one.effect for one in found.guarded), *(one.effect for one in found.members)]
    assert len(effects) > 4
    assert all(isinstance(one, Unknown) for one in effects)
    assert isinstance(found.relative, Unknown) and isinstance(found.absolute, Unknown)
    assert growth(*broken) == explore(*broken, "channel") == ()
    assert "held out" in spoilt(*broken)


def test_no_door_of_the_terminal_shows_a_number_of_it(run, broken):
    """No effect and no interval in words, JSON or the ledger; counts of the arms stay, since they are what is wrong."""
    shown = run("experiments", "show", "halved", "--json").json
    assert {"point", "low", "high"} & set(_keys(shown)) == set()
    assert "Nothing is said of" in shown["sentence"]
    words = run("experiments", "show", "halved", columns=300).out
    assert "% (" not in words and "four times in five" not in words
    claim = next(one for one in run("experiments", "ledger", "--json").json["claims"] if one["id"] == "halved")
    assert {"point", "low", "high"} & set(_keys(claim)) == set()
    assert "halved" not in json.dumps(run("explain", "M42", "--json").json["value"], default=str)


def test_a_broken_lot_settles_nothing(broken):
    home, snapshot, _ = broken
    settle(home)
    settled = home.path / "experiments" / f"settled-{snapshot.id}.json"
    assert not settled.exists() or "halved" not in settled.read_text()


def test_a_lot_that_loses_one_arm_of_one_part_only_is_broken_too(run, truth, tmp_path):
    """As many in each arm on the whole: those held out are missing among the new, and too many among the known."""
    parts = {"new": {TREATED: 400, HELD_OUT: 300}, "known before": {TREATED: 300, HELD_OUT: 400}}
    assert not parts_check(parts, 0.5).passed
    assert parts_check(parts, 0.5).stops
    alike = {part: {TREATED: 350, HELD_OUT: 350} for part in parts}
    assert parts_check(alike, 0.5).passed
    assert parts_check({"few": {TREATED: 4, HELD_OUT: 0}}, 0.5).passed  # too few to say anything of
    # one of a thousand parts that is off by what one in two thousand would be is chance
    many = {str(n): {TREATED: 500, HELD_OUT: 500} for n in range(1000)} | {"odd": {TREATED: 555, HELD_OUT: 445}}
    assert parts_check(many, 0.5).passed


def test_people_lost_from_one_arm_are_told_where_it_is_more_than_chance():
    assigned = {TREATED: 400, HELD_OUT: 400}
    assert lost_check({TREATED: 1}, assigned).passed
    assert not lost_check({TREATED: 30, HELD_OUT: 4}, assigned).passed
    assert lost_check({}, {TREATED: 5}).passed


def test_a_sentence_says_that_large_outcomes_were_cut(run, truth, tmp_path):
    rows = [(c, arm_of(t)) for c, t, *_ in truth]
    home, snapshot, taken = begun(run, "cut", rows, tmp_path, winsorized=0.99)
    assert "outcomes above the 99.0 % quantile taken as it" in run(
        "experiments", "show", "cut", columns=900
    ).out.replace("\u00a0", " ")
    plain = look(home, snapshot, replace(taken, registration=replace(taken.registration, winsorized=1.0)))
    assert look(home, snapshot, taken).shown.treated <= plain.shown.treated


def _keys(document):
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _keys(value)
    elif isinstance(document, list):
        for one in document:
            yield from _keys(one)
