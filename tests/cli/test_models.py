"""`holdfast models`, `holdfast customers` and `holdfast customer`, over CDNOW."""

from __future__ import annotations

from shutil import copytree

import pytest
from terminal import Terminal


@pytest.fixture(scope="module")
def fitted(cdnow, tmp_path_factory) -> Terminal:
    """A copy of CDNOW's home, with models."""
    path = tmp_path_factory.mktemp("fitted") / "home"
    copytree(cdnow.home, path, symlinks=True)
    terminal = Terminal(path)
    assert "none yet" not in terminal("models", "fit", "--quiet").out
    return terminal


def test_before_anything_is_fitted_each_command_says_what_to_run(cdnow):
    assert "holdfast models fit" in cdnow("models").out
    assert cdnow("models", "--json").json == {"models": []}
    assert "run `holdfast models fit`" in cdnow("models", "show", code=1).err
    assert "import subscriptions" in cdnow("models", "staying", code=1).err
    assert "run `holdfast models fit`" in cdnow("customers", code=1).err


@pytest.mark.slow
def test_models_are_listed_with_what_they_may_be_called(fitted):
    told = fitted("models", "--json").json["models"]
    assert [m["model"] for m in told] == ["leaves", "orders_30", "orders_60", "orders_90"]
    leaves = told[0]
    assert leaves["label"].startswith("nothing bought within 90 days")
    assert leaves["over_baseline"] == "better than days since last order"
    assert leaves["over_regression"] == "better than a logistic regression on the same features"
    assert 0.72 < leaves["auc"]["point"] < 0.78
    assert "CDNOW, leaves: descriptive" in fitted("models").out


@pytest.mark.slow
def test_a_card_says_what_it_is_for_how_it_was_tested_and_where_it_fails(fitted):
    said = fitted("models", "show", columns=160).out
    for part in (
        "foretells",
        "days since the last order ÷ own usual gap, alone",
        "✗ lift",
        "left out",
        "Where imports stop",
    ):
        assert part in said
    assert "did you mean" in fitted("models", "show", "leave", code=1).err
    assert fitted("models", "show", "--json").json["card"]["results"]["word"] == "descriptive"


@pytest.mark.slow
def test_customers_are_listed_and_written_with_reasons(fitted, tmp_path):
    told = fitted("customers", "--limit", 3, "--json").json
    assert told["total"] > 8_000
    assert len(told["customers"]) == 3
    assert all(len(one["reasons"]) <= 3 for one in told["customers"])
    assert (
        "days since the last purchase; the middle customer"
        in fitted("customers", "--by", "risk", "--limit", 3, columns=160).out
    )
    out = tmp_path / "customers.csv"
    fitted("customers", "--out", out)
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == told["total"] + 1


@pytest.mark.slow
def test_one_customer_is_shown_by_the_shops_number(fitted):
    number = fitted("customers", "--limit", 1, "--json").json["customers"][0]["customer"]
    said = fitted("customer", number).out
    assert f"CDNOW, customer {number}" in said
    assert "leaves (descriptive)" in said
    assert fitted("customer", number, "--json").json["said"]["leaves"] > 0
    assert "no customer goes by" in fitted("customer", "nobody", code=1).err


@pytest.mark.slow
def test_the_record_is_empty_until_a_day_has_come(fitted):
    assert "has come due yet" in fitted("models", "record").out
    assert fitted("models", "publish", "--json").json["scored"] == []
