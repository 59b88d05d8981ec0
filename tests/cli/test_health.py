"""`holdfast health`, over Saltmarsh."""

from __future__ import annotations

import pytest
from conftest import Terminal

from holdfast.warehouse.home import Home


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_home: Home) -> Terminal:
    return Terminal(saltmarsh_home.path)


def test_every_account_and_company_is_listed_with_its_score_and_why(saltmarsh):
    said = saltmarsh("health", columns=160).out
    assert "5 of 8 buyers of a year are overdue" in said
    assert "not scored" in said
    document = saltmarsh("health", "--json").json
    assert [r["subject"]["kind"] for r in document["readings"]] == ["account", *["company"] * 6]
    assert document["simulated"] is True


def test_one_account_is_shown_with_reasons_that_add_up_and_open(saltmarsh):
    (reading,) = saltmarsh("health", "Saltmarsh", "--json").json["readings"]
    assert reading["points"] == pytest.approx(100 + sum(r["signed"] for r in reading["reasons"]))
    assert {r["evidence"]["id"] for r in reading["reasons"]} >= {"reopen_rate", "recency"}
    said = saltmarsh("health", "Saltmarsh").out
    assert "no payments connected (import a file of payments)" in said
    assert "19 of 100 points are not known" in said


def test_a_company_is_found_by_its_name_and_a_wrong_name_is_said(saltmarsh):
    assert "no champion among 1 contact" in saltmarsh("health", "Mill Office").out
    assert "known: Saltmarsh" in saltmarsh("health", "nobody", code=1).err
    assert "did you mean" in saltmarsh("health", "--scorecard", "subscriptions", code=1).err
    assert "the data end on" in saltmarsh("health", "--as-of", "2030-01-01", code=1).err


def test_what_was_kept_is_compared_with_and_kept_once(saltmarsh):
    assert saltmarsh("health", "keep", "--as-of", "2026-03-31", "--json").json["readings"] == 7
    assert saltmarsh("health", "keep", "--as-of", "2026-03-31", "--json").json["readings"] == 0
    (reading,) = saltmarsh("health", "Saltmarsh", "--json").json["readings"]
    assert reading["moved"]["tenths"] == sum(m["tenths"] for m in reading["moved"]["moved"])
    assert "since 31 Mar 2026" in saltmarsh("health", "Saltmarsh").out


def test_help_names_the_account_and_has_an_example(saltmarsh):
    said = saltmarsh("health", "--help").out
    assert "[ACCOUNT]" in said
    assert "Example: holdfast health" in said
    assert "Example: holdfast health keep" in saltmarsh("health", "keep", "--help").out
