"""`holdfast health`, over Saltmarsh."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from rich.console import Console
from terminal import Terminal

from holdfast.cli.trial import show_trial, trial_document
from holdfast.estimates.calibration import Calibration
from holdfast.estimates.estimate import Estimate
from holdfast.health.trial.contest import NAMES, Rival
from holdfast.health.trial.kept import keep_trial, kept_trial, kept_trials
from holdfast.health.trial.known import Known
from holdfast.health.trial.label import Label
from holdfast.health.trial.run import Judged, Lead, Month, Trial
from holdfast.predictions.gate import gate
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


def test_a_trial_without_enough_data_says_what_is_missing(saltmarsh):
    assert "the scorecard needs 60" in saltmarsh("health", "trial", "subscription", code=1).err
    assert "known: b2c_marketplace" in saltmarsh("health", "trial", "b2b", code=1).err
    assert "Example: holdfast health trial" in saltmarsh("health", "trial", "--help").out


@pytest.fixture
def tried():
    label = Label("subscription", "customer", 60, "no subscription is paid for any more within 60 days", "subscribers")
    near = Estimate(0.7, 0.66, 0.74, "bootstrap by customer")
    rivals = tuple(
        Rival(id, name, near, near, near, 0.4, near, 0.2, Calibration(0.0, 1.0, 0.1)) for id, name in NAMES.items()
    )
    judged = Judged(
        date(2025, 7, 1), True, 900, 1200, 300, 260, 240, 260 / 1200, 0.1, rivals,
        (Month(date(2025, 7, 1), 200, 40, 0.7),), Lead(240, 60, 41.0), {"recency": 0.02, "threads": 0.4},
        gate(240, near, Calibration(0.0, 1.0, 0.1), Estimate(2.0, 1.6, 2.4, ""), Estimate(0.05, 0.01, 0.09, "")),
    )  # fmt: skip
    days = tuple(date(2025, month, 1) for month in range(1, 13))
    return Trial(
        "subscription",
        "subscription",
        "abc",
        "000001",
        date(2025, 12, 31),
        True,
        label,
        days,
        Known(0.4),
        20.0,
        1.0,
        judged,
    )


def test_a_trial_is_told_with_its_word_its_checks_and_its_rivals(tried):
    out = Console(width=140, file=StringIO())
    show_trial(out, tried)
    document = trial_document(tried)
    assert (document["word"], document["rule"]["days"], document["judged"]["people_left"]) == ("predictive", 60, 240)
    assert "label" not in document  # which says whether the data are invented
    said = out.file.getvalue()
    assert said.startswith("subscription: predictive; better than days since last order\n")
    assert said.count("● yes") == 5
    for part in (
        "five inputs, fitted",
        "0.66 to 0.74",
        "60 of 240 who left",
        "threads 0.40",
        "40 % of the orders and subscriptions",
    ):
        assert part in said, part


def test_a_kept_trial_is_read_again_and_the_newest_is_shown(tried, tmp_path):
    home = Home(tmp_path)
    assert kept_trial(home, "subscription") is None
    keep_trial(home, tried, at=datetime(2026, 1, 2, tzinfo=UTC))
    keep_trial(home, replace(tried, snapshot="000002", capacity=30.0), at=datetime(2026, 1, 1, tzinfo=UTC))
    told = kept_trial(home, "subscription")
    assert (told["word"], told["snapshot"], told["capacity"]) == ("predictive", "000002", 30.0)
    assert told["judged"]["gate"]["checks"][0]["passed"] is True
    assert [one.tried_at.day for one in kept_trials(home, "subscription")] == [1, 2]
