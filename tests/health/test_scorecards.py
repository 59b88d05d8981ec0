"""Scorecards are files: what ships, a home's own copy, and what is said of a bad one."""

from importlib.resources import files

import pytest

from holdfast.health.scorecard import FrameworkProblem, all_scorecards, load

SHIPPED = (files("holdfast.health") / "scorecards" / "b2c_marketplace.toml").read_text()


def own(home, text, name="b2c_marketplace"):
    (home / "health").mkdir(exist_ok=True)
    (home / "health" / f"{name}.toml").write_text(text)
    return home


def test_a_copy_in_the_home_takes_the_place_of_what_ships(tmp_path):
    home = own(tmp_path, SHIPPED.replace("good = 75", "good = 80"))
    assert (load("b2c_marketplace").good, load("b2c_marketplace", home).good) == (75, 80)
    assert load("subscription", home) == load("subscription")


def test_the_version_is_what_the_file_says_not_how_it_is_laid_out(tmp_path):
    same = own(tmp_path, SHIPPED.replace("\n\n", "\n# a remark\n"))
    assert load("b2c_marketplace", same).digest == load("b2c_marketplace").digest
    other = own(tmp_path, SHIPPED.replace("at = 0.25, worth = 1", "at = 0.26, worth = 1", 1))
    assert load("b2c_marketplace", other).digest != load("b2c_marketplace").digest


def test_a_segment_of_the_merchants_own_has_a_scorecard_of_its_own(tmp_path):
    home = own(tmp_path, SHIPPED.replace('id = "b2c_marketplace"', 'id = "boutique"'), "boutique")
    assert list(all_scorecards(home))[-1] == "boutique"
    with pytest.raises(KeyError):
        load("boutique")


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        ("points = 45", "points = 44", "dimension 'behaviour'.points: is 44, and its inputs have 20 + 15 + 10 = 45"),
        ('id = "recency"', 'id = "recencies"', "did you mean recency?"),
        ('id = "frequency_trend"', 'id = "recency"', "the input 'recency' stands there twice"),
        ("good = 75", "good = 40", "must lie above watch, which is 50"),
        ("coverage = 60", "coverage = 160", "is a share in %, 0 to 100"),
        ("at = 0.25, worth = 1", "at = 0.5, worth = 1", "a larger value than the one before it"),
        ("worth = 0.5 }", "worth = 50 }", "a level is `worth` 0 to 1"),
        ("fresh_days = 45", "fresh = 45", "fresh_days: is missing"),
        ("[status]", 'colour = "red"\n[status]', "colour: is not a key here"),
        ('id = "b2c_marketplace"', 'id = "mine"', "must be the file's name, 'b2c_marketplace'"),
        ('id = "our_impression"\n  points = 0', 'id = "our_impression"\n  points = 3', "our_impression is shown and never counts"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_name_its_key_and_what_is_wrong(tmp_path, find, put, said):
    assert find in SHIPPED
    home = own(tmp_path, SHIPPED.replace(find, put, 1))
    with pytest.raises(FrameworkProblem) as problem:
        load("b2c_marketplace", home)
    assert said in str(problem.value)
    assert "b2c_marketplace.toml" in str(problem.value)


def test_an_input_is_not_weighed_for_what_it_cannot_be_read_of(tmp_path):
    wrong = SHIPPED.replace(
        '  id = "margin"\n  points = 4\n  fresh_days = 92\n  [dimension.input.levels]\n  account = [',
        '  id = "margin"\n  points = 4\n  fresh_days = 92\n  [dimension.input.levels]\n  customer = [',
    )
    with pytest.raises(FrameworkProblem, match="margin cannot be read of a customer, only of account"):
        load("b2c_marketplace", own(tmp_path, wrong))
