"""Several lots read as one, on an invented shop whose treatment is known: half of the customers in each of two lots."""

from datetime import UTC, datetime

import pytest
from treated_shop import lot_file, registration

from holdfast.commerce.unknown import Unknown
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import LotProblem, declare, take
from holdfast.evidence.open_lot import register
from holdfast.evidence.pool import declare_pool, pool, pools, spoilt_pools
from holdfast.evidence.registration import RegistrationProblem
from holdfast.evidence.together import read_together
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.shelf import find
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot

NOW = datetime(2025, 7, 1, tzinfo=UTC)
DECLARED = """
id = "ID"
name = "Recommendations everywhere"
hypothesis = "Who is shown what fits buys more often, wherever."
owner = "Ada"
lots = ["even", "odd"]
effect = "fixed"
"""


@pytest.fixture(scope="module")
def home(run, truth, tmp_path_factory):
    """Two lots are declared, then that they are read together, then both are taken; the second pool comes too late."""
    home, folder = Home(run.home), tmp_path_factory.mktemp("pools")
    for id in ("even", "odd"):
        declare(home, registration(id))
    declare_pool(home, DECLARED.replace("ID", "both"), by="Ada", now=NOW)
    for place, id in enumerate(("even", "odd")):
        rows = [(c, TREATED if t else HELD_OUT) for n, (c, t, *_) in enumerate(truth) if n % 2 == place]
        take(home, id, lot_file(folder, rows), by="Ada", now=NOW)
    declare_pool(home, DECLARED.replace("ID", "late"), by="Ada", now=NOW)
    return home


@pytest.fixture(scope="module")
def found(home):
    return read_together(home, current_snapshot(home), pool(home, "both"))


def test_together_they_hold_the_truth_more_narrowly_than_each(found, truth):
    """The truth is of both worlds of every customer, relative to the world without treatment."""
    before, after = (sum(row[place] for row in truth) for place in (2, 3))
    assert found.relative.low <= after / before - 1 <= found.relative.high
    width = found.relative.high - found.relative.low
    assert all(width < one.relative.high - one.relative.low for one in found.parts)
    assert (found.verdict.word, found.grade, found.over) == ("worked", Grade.BY_LOT, True)
    assert sum(found.weights) == pytest.approx(1)
    assert found.found.n_treated + found.found.n_held_out == len(truth)


def test_the_sentence_says_which_mean_it_is(run, found):
    said = run("experiments", "show", "both", "--json").json
    assert said["sentence"].startswith("Recommendations everywhere changed orders per customer assigned by +")
    assert "the mean over these 2 lots, weighted by how surely each is known" in said["sentence"]
    assert set(said["weights"]) == {"even", "odd"}
    out = run("experiments", "show", "both", columns=300).out
    assert "even: +" in out and "weight" in out and "the lots agree" in out
    assert "both  Recommendations everywhere" in run("experiments", "list").out


def test_a_pool_declared_after_its_lots_could_be_read_gets_no_verdict(run, home):
    late = read_together(home, current_snapshot(home), pool(home, "late"))
    assert (late.verdict.word, late.grade) == ("explored", None)
    assert "Whether Recommendations everywhere changed" in run("experiments", "show", "late", columns=300).out


def test_a_broken_lot_has_no_weight_and_with_one_left_nothing_is_said(run, truth, home, tmp_path):
    declare(home, registration("torn"))
    declare_pool(home, DECLARED.replace("ID", "three").replace('["even", "odd"]', '["even", "torn", "odd"]'),
                 by="Ada", now=NOW)  # fmt: skip
    rows = [(c, TREATED if t else HELD_OUT) for n, (c, t, *_) in enumerate(truth) if t or n % 3 == 0]
    take(home, "torn", lot_file(tmp_path, rows), by="Ada", now=NOW)
    found = read_together(home, current_snapshot(home), pool(home, "three"))
    assert [one is None for one in found.weights] == [False, True, False]
    believed = next(one for one in found.checks if one.name == "every lot can be believed")
    assert not believed.passed and "torn" in believed.found
    declare_pool(home, DECLARED.replace("ID", "two").replace('["even", "odd"]', '["even", "torn"]'), by="Ada", now=NOW)
    alone = read_together(home, current_snapshot(home), pool(home, "two"))
    assert isinstance(alone.found, Unknown)
    assert "Nothing can be said" in run("experiments", "show", "two").out


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('["even", "odd"]', '["even"]', "2 lots or more"),
        ('["even", "odd"]', '["even", "even"]', "each once"),
        ('"fixed"', '"mixed"', "effect is one of"),
        ('"fixed"', '"random"', "3 lots or more"),
        ('owner = "Ada"', "", "does not say owner"),
        ("effect", "model", "nobody knows model"),
        ('["even", "odd"]', '["even", "longer"]', "another outcome or horizon"),
    ],
)
def test_what_cannot_be_read_together_is_said_in_a_sentence(home, was, now, said):
    declare(home, registration("longer").replace("days = 120", "days = 130"))
    with pytest.raises(RegistrationProblem, match=said):
        declare_pool(home, DECLARED.replace("ID", "wrong").replace(was, now), by="Ada", now=NOW)


def test_what_was_sealed_stays(home):
    with pytest.raises(LotProblem, match="stays as it is"):
        declare_pool(home, DECLARED.replace("ID", "both"), by="Ada", now=NOW)
    path = home.path / "experiments" / "late" / "pool.toml"
    kept = path.read_text()
    path.write_text(kept.replace("everywhere", "here"))
    assert "Put it back" in spoilt_pools(home)[0]
    assert "late" not in [one.id for one in pools(home)]
    path.write_text(kept)


def test_a_playbook_of_two_shops_registers_that_its_lots_are_read_together(tmp_path):
    from test_open_lot import PLAYBOOK

    home = Home(tmp_path / "home")
    home.create()
    for name in ("North", "South"):
        home.add_shop(name, account=name, zone="UTC", currency="EUR")
    (home.path / "playbooks").mkdir()
    (home.path / "playbooks" / "first.toml").write_text(PLAYBOOK)
    for _ in range(2):  # twice is once
        register(home, find(home, "first"), by="Ada", now=NOW)
    (it,) = pools(home)
    assert (it.id, it.lots, it.foreseen) == ("first-together", ("first-1", "first-2"), True)
