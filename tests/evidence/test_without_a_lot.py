"""Comparisons nobody drew by lot, on an invented shop whose treatment is known: buyers come 1.6 times as often."""

import csv
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from treated_shop import DAYS, UNTIL

from holdfast.commerce.unknown import Unknown
from holdfast.evidence.look import look
from holdfast.evidence.lot import LotProblem, lot, take
from holdfast.evidence.registration import RegistrationProblem, read_registration
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

BEGAN = UNTIL - timedelta(days=DAYS)
DECLARED = f"""
id = "ID"
name = "Recommendations"
hypothesis = "Who is shown what fits buys more often."
owner = "Ada"
shop = "Simulated marketplace"
design = "DESIGN"
days = {DAYS}
[outcome]
metric = "average_order_value"
per = "times"
"""


def written(folder, columns, rows):
    path = folder / "treated.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(rows)
    return path


def shown(run, id, design, path, **more):
    text = DECLARED.replace("ID", id).replace("DESIGN", design)
    declared = path.with_name(f"{id}.toml")
    declared.write_text("".join(f"{key} = {value}\n" for key, value in more.items()) + text)
    run("experiments", "declare", declared)
    run("experiments", "take", id, path, "--by", "Ada")
    home = Home(run.home)
    return look(home, current_snapshot(home), lot(home, id))


def test_those_who_looked_alike_show_what_the_treatment_did_and_never_more_than_e3(run, truth, tmp_path):
    """The interval of pairs holds the true effect on those treated; a difference where nothing was done is looked for."""
    path = written(tmp_path, ("customer", "began"), [(c, BEGAN) for c, treated, *_ in truth if treated])
    found = shown(run, "alike", "matched", path)
    true = {c: after - before for c, treated, before, after in truth if treated}
    with duckdb.connect() as connection:
        paired = connection.execute(
            "SELECT customer_id FROM read_parquet($path) WHERE arm = 'treated'",
            {"path": str(lot(Home(run.home), "alike").assigned)},
        ).fetchall()
    mine = numbers_of(run, [c for (c,) in paired])
    assert found.absolute.low <= sum(true[c] for c in mine) / len(mine) <= found.absolute.high
    assert all(check.passed for check in found.checks), found.checks
    assert (found.verdict.word, str(found.grade)) == ("indicated", "E3")
    said = run("experiments", "show", "alike", columns=400).out
    assert "Compared with customers who looked alike before" in said
    assert "if those who looked alike would have moved alike" in said
    assert "changed" not in said


def test_who_began_later_or_never_shows_it_too_with_the_time_before_as_a_placebo(run, truth, tmp_path):
    path = written(tmp_path, ("customer", "began"), [(c, BEGAN if treated else "") for c, treated, *_ in truth])
    found = shown(run, "waves", "staggered", path)
    true = [after - before for _, treated, before, after in truth if treated]
    per_period = sum(true) / len(true) / (DAYS / 28)
    assert found.absolute.low <= per_period <= found.absolute.high
    assert found.verdict.word == "indicated"
    assert {step.periods < 0 for step in found.course} == {True, False}
    assert "customers who had not begun yet" in run("experiments", "show", "waves", columns=400).out


def test_next_to_a_threshold_that_changes_nothing_no_difference_is_claimed(run, truth, tmp_path):
    """A score that knows nothing of the treatment: those above and below are treated alike."""
    path = written(tmp_path, ("customer", "score"), [(c, (int(c) * 7919 % 1000) / 1000) for c, *_ in truth])
    found = shown(run, "edge", "threshold", path, threshold=0.5)
    assert isinstance(found.absolute, Unknown) or found.absolute.low <= 0 <= found.absolute.high
    assert found.verdict.word in ("did not show", "cannot tell yet")


def test_a_design_without_a_lot_settles_no_claim_and_is_not_drawn(run, truth, tmp_path):
    text = DECLARED.replace("ID", "claims").replace("DESIGN", "matched")
    with pytest.raises(RegistrationProblem, match="only a comparison by lot settles a claim"):
        read_registration(f'claims = "M42"\n{text}'.replace('per = "times"', 'per = "any"'))
    with pytest.raises(RegistrationProblem, match="design is one of"):
        read_registration(text.replace('"matched"', '"hunch"'))
    path = written(tmp_path, ("customer", "began"), [(truth[0][0], BEGAN), (truth[1][0], BEGAN + timedelta(days=3))])
    declared = tmp_path / "claims.toml"
    declared.write_text(text)
    run("experiments", "declare", declared)
    assert "nobody draws a lot for a matched design" in run("experiments", "draw", "claims", code=1).err
    path.write_text("customer,began\n")
    with pytest.raises(LotProblem, match="nobody was found"):
        take(Home(run.home), "claims", path, by="Ada", now=date_of(UNTIL))


def numbers_of(run, keys):
    """The shop's own numbers of customers, by which the truth knows them."""
    home = Home(run.home)
    with closing(open_snapshot(home, current_snapshot(home))) as connection:
        rows = connection.execute("SELECT customer_id, customer_number FROM customer").fetchall()
    known = {key: int(number) for key, number in rows if number}
    return [known[key] for key in keys]


def date_of(day: date):
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
