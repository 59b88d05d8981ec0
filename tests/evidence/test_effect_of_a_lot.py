"""A lot from declaration to sentence, on an invented shop whose treatment is known: buyers come 1.6 times as often."""

from contextlib import closing
from datetime import date

import pytest
from treated_shop import UNTIL, lot_file, registration

from holdfast.evidence.growth import growth
from holdfast.evidence.lot import LotProblem, declare, lot
from holdfast.evidence.reading import read
from holdfast.playbooks.aside import arm
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

DECLARED = registration("ID")


def begun(run, id, path):
    declared = path.with_name(f"{id}.toml")
    declared.write_text(DECLARED.replace("ID", id))
    run("experiments", "declare", declared)
    run("experiments", "take", id, path, "--by", "Ada")


def shown(run, id):
    home = Home(run.home)
    return read(home, current_snapshot(home), lot(home, id))


@pytest.fixture(scope="module")
def treated(run, truth, tmp_path_factory):
    path = lot_file(tmp_path_factory.mktemp("lot"), ((c, "treated" if t else "held out") for c, t, *_ in truth))
    begun(run, "real", path)
    return shown(run, "real")


def test_the_interval_holds_the_true_effect_and_the_sentence_says_it_changed(run, treated, truth):
    """The truth is of both worlds of every customer; orders that were cancelled are a few per cent less."""
    true = sum(after - before for *_, before, after in truth) / len(truth)
    assert treated.final.absolute.low <= true <= treated.final.absolute.high
    assert treated.verdict.word == "worked"
    assert (
        treated.now.absolute.high - treated.now.absolute.low > treated.final.absolute.high - treated.final.absolute.low
    )
    said = run("experiments", "show", "real", "--json").json
    assert said["simulated"] is True
    assert "changed orders per customer assigned by +" in said["sentence"]
    assert said["grade"] == "E4"


def test_both_arms_are_what_a_recount_of_the_orders_gives(run, treated, truth):
    """Two roads: sums in the engine, and the orders of the window gone through one by one."""
    home, arms = Home(run.home), {str(c): t for c, t, *_ in truth}
    with closing(open_snapshot(home, current_snapshot(home))) as connection:
        rows = connection.execute(
            "SELECT customer_number, placed_on FROM order_value JOIN customer USING (customer_id) WHERE counts"
        ).fetchall()
    counted = {True: 0, False: 0}
    for number, day in rows:
        if number in arms and date(2025, 3, 2) < day <= UNTIL:
            counted[arms[number]] += 1
    assert treated.final.treated == pytest.approx(counted[True] / sum(arms.values()))
    assert treated.final.held_out == pytest.approx(counted[False] / (len(arms) - sum(arms.values())))


def test_a_lot_that_means_nothing_is_not_said_to_have_changed_anything(run, truth, tmp_path):
    begun(run, "nothing", lot_file(tmp_path, ((c, arm("x", c, 0.5)) for c, *_ in truth)))
    found, out = shown(run, "nothing"), run("experiments", "show", "nothing", columns=300).out
    assert found.verdict.word == "did not show"
    assert "Whether Recommendations changed" in out
    assert "cannot be told" in out


def test_a_lot_of_the_wrong_proportion_is_broken_and_shows_no_effect(run, truth, tmp_path):
    """Half of those held out got lost on the way, as when a tool keeps aside only whom it reaches."""
    rows = [(c, "treated" if t else "held out") for n, (c, t, *_) in enumerate(truth) if t or n % 2]
    begun(run, "broken", lot_file(tmp_path, rows))
    out = run("experiments", "show", "broken", columns=300).out
    assert shown(run, "broken").verdict.word == "broken"
    assert "Nothing is said" in out
    assert "%" not in out.partition("▲")[2].partition("\n")[2]


def test_rows_that_assign_nobody_are_kept_with_line_and_reason(run, truth, tmp_path):
    known = [(c, "treated" if t else "held out") for c, t, *_ in truth]
    rows = [*known, (known[0][0], "held out"), ("nobody-1", "treated"), (known[1][0], "left")]
    begun(run, "refused", lot_file(tmp_path, rows))
    found = lot(Home(run.home), "refused")
    refused = (found.folder / "refused.csv").read_text().splitlines()
    assert found.drawn["assigned"] == str(len(known))
    assert [line.rpartition(",")[2] for line in refused] == [
        "why", "named before in the other arm", "no such customer in the shop", "named before",
    ]  # fmt: skip
    assert refused[2].startswith(f"{len(known) + 3},nobody-1")


def test_a_lot_is_drawn_once_and_its_declaration_stays(run, truth, tmp_path):
    home = Home(run.home)
    declare(home, DECLARED.replace("ID", "once"))
    run("experiments", "draw", "once")
    assert "salt" not in run("experiments", "list", "--json").out
    assert "drawn already" in run("experiments", "draw", "once", code=1).err
    with pytest.raises(LotProblem, match="stays as it is"):
        declare(home, DECLARED.replace("ID", "once").replace("planned = 1000", "planned = 10"))
    path = lot(home, "once").folder / "registration.toml"
    path.write_text(path.read_text().replace("days = 120", "days = 30"))
    assert "Put it back" in run("experiments", "show", "once", code=1).err


def test_how_it_grew_is_read_of_a_part_where_there_are_very_many(run, treated, monkeypatch):
    home = Home(run.home)
    asked = home, current_snapshot(home), lot(home, "real")
    whole = growth(*asked)
    assert [one.days for one in whole] == [12 * n for n in range(1, 11)]
    assert whole[-1].effect.absolute.point == pytest.approx(treated.now.absolute.point)
    monkeypatch.setattr("holdfast.evidence.growth.SAMPLE", sum(treated.assigned.values()) // 2)
    part = growth(*asked)
    assert {one.every for one in part} == {2}
    width = [one[-1].effect.absolute.high - one[-1].effect.absolute.low for one in (whole, part)]
    assert width[1] > width[0]
    assert part[-1].effect.n_treated == pytest.approx(whole[-1].effect.n_treated / 2, rel=0.1)


def test_what_can_be_found_is_said_before_it_begins(run, tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(DECLARED.replace("ID", "small"))
    plan = run("experiments", "declare", path, "--json").json["plan"]
    assert 0.02 < plan["ways"][0]["smallest"] < 0.3
    assert [way["days"] for way in plan["ways"]] == [120, 240, 360]
    assert "cannot be told" not in run("experiments", "plan", "small").out
