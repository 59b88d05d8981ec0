"""Trials of health scorecards on their pages: asked for, run by the worker, shown with their word, and to whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from holdfast.accounts.models import Account, Book, HealthOverride, Person, Role, Seat, WorkObject
from holdfast.accounts.reading.treated import treated
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.calibration import Bin, Calibration
from holdfast.estimates.estimate import Estimate
from holdfast.health.scorecard import load
from holdfast.health.trial.contest import NAMES, Rival
from holdfast.health.trial.kept import keep_trial
from holdfast.health.trial.known import Known
from holdfast.health.trial.label import Label
from holdfast.health.trial.run import Judged, Lead, Month, Trial
from holdfast.predictions.gate import gate
from holdfast.warehouse.home import Home
from holdfast.web import trials
from holdfast.web.jobs import run_trial
from holdfast.web.models import TrialRun

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAGE = "/health/subscription/"


def a_trial(
    auc: float = 0.7, over: float = 0.05, snapshot: str = "000001", accounts: tuple[str, ...] = ("acme",)
) -> Trial:
    near = Estimate(auc, auc - 0.04, auc + 0.04, "bootstrap by customer")
    better = Estimate(over, over - 0.04, over + 0.04, "")
    bins = (Bin(60, 0.1, 0.05), Bin(60, 0.4, 0.35))
    rivals = tuple(
        Rival(id, name, near, Unknown("it happened to nobody"), near, float("nan"), better, 0.2,
              Calibration(0.0, 1.0, 0.1), bins)
        for id, name in NAMES.items()
    )  # fmt: skip
    judged = Judged(
        date(2025, 7, 1), True, 900, 1200, 300, 260, 240, 260 / 1200, 0.1, rivals,
        (Month(date(2025, 7, 1), 200, 40, 0.7), Month(date(2025, 8, 1), 200, 0, float("nan"))), Lead(240, 60, 41.0),
        {"recency": 0.02, "threads": 0.4},
        gate(240, near, Calibration(0.0, 1.0, 0.1), Estimate(2.0, 1.6, 2.4, ""), better),
    )  # fmt: skip
    days = tuple(date(2025, month, 1) for month in range(1, 13))
    label = Label("subscription", "customer", 60, "no subscription is paid for any more within 60 days", "subscribers")
    return Trial(
        "subscription", "subscription", load("subscription").digest, snapshot, date(2025, 12, 31), False, label, days,
        Known(0.4), 20.0, 1.0, judged, accounts,
    )  # fmt: skip


def text_of(client: Client, page: str = PAGE) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_before_any_trial_the_page_says_that_nobody_knows(shop: Home, ada: Client) -> None:
    told = text_of(ada)
    assert "Nobody knows yet" in told and "redictive" not in told
    assert "Not tried yet" in text_of(ada, "/health/")
    assert "Purchases of the last half year" in told  # what counts
    assert ada.get("/health/nothing/").status_code == 404


def test_the_word_predictive_stands_there_only_through_the_gate(shop: Home, ada: Client) -> None:
    keep_trial(shop, a_trial(over=0.01), at=AT)
    told = text_of(ada)
    assert "Descriptive scorecard" in told and "No better than days since last order" in told
    assert ">Predictive" not in told and "met" not in told.split('id="verdict"')[1].split("</header>")[0]
    keep_trial(shop, a_trial(over=0.06, snapshot="000002"), at=AT)
    told = text_of(ada)
    assert ">Predictive</span>" in told.replace("</svg>Predictive", ">Predictive")
    assert "Every trial" in told and told.count("Descriptive scorecard") == 1


def test_every_number_is_on_the_page_and_in_a_file(shop: Home, ada: Client) -> None:
    keep_trial(shop, a_trial(), at=AT)
    told = text_of(ada)
    for part in ("60 of 240 who left", "0.66 to 0.74", "five inputs, fitted", "Other values", "41", "2 Mar 2026 09:00 UTC",
                 "another one serves now"):  # fmt: skip
        assert part.lower() in told.lower(), part
    assert told.count('<svg class="ch ') >= 2
    file = ada.get(PAGE + "?as=csv&of=calibration").content.decode("utf-8-sig").splitlines()
    assert file[0] == "said,left,low,high,rows" and file[1].startswith("0.1,0.05,") and len(file) == 3
    for of in ("rivals", "months", "inputs", "trials"):
        assert len(ada.get(PAGE + f"?as=csv&of={of}").content.splitlines()) > 1, of
    assert ada.get(PAGE + "?as=xlsx").status_code == 200
    assert ada.get(PAGE + "?as=csv&of=nothing").status_code == 404


def test_an_edited_scorecard_is_not_the_one_that_was_tried(shop: Home, ada: Client) -> None:
    keep_trial(shop, replace(a_trial(), digest="older"), at=AT)
    assert "The scorecard was edited since" in text_of(ada)


def test_a_trial_is_seen_by_who_sees_all_its_shops_and_by_nobody_else(
    shop: Home, ada: Client, person: Callable[..., Any]
) -> None:
    keep_trial(shop, a_trial(accounts=("acme", "other")), at=AT)
    north = Book.objects.create(name="North")
    Account.objects.create(name="Kelp", source="shops:acme", book=north)
    cas = person("cas")
    Person.objects.create(user=cas, role=Role.MANAGER)
    Seat.objects.create(user=cas, book=north)
    client = Client()
    client.force_login(cas)
    told = text_of(client)
    assert "of which you do not see all" in told and "0.66 to 0.74" not in told and "Try it" not in told
    assert client.get(PAGE + "?as=csv").status_code == 404
    assert client.post(PAGE, {"capacity": "20"}).status_code == 403
    assert "0.66 to 0.74" in text_of(ada)


def test_a_trial_is_asked_for_once_run_by_the_worker_and_loads_the_page_anew(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("holdfast.web.views.trials.run_trial", SimpleNamespace(enqueue=asked.append))
    assert "from 1 to" in ada.post(PAGE, {"capacity": "0"}, follow=True).content.decode()
    ada.post(PAGE, {"capacity": "35"})
    assert "being tried already" in ada.post(PAGE, {"capacity": "35"}, follow=True).content.decode()
    run = TrialRun.objects.get()
    assert (asked, run.capacity) == ([str(run.pk)], 35.0)
    assert "hx-get" in text_of(ada, PAGE + "trial/")

    def hold(card: str, capacity: float, *, at: datetime, tell: Any) -> str:
        tell("what was known on 12 past days", 0.1)
        assert TrialRun.objects.get().step == "what was known on 12 past days, 10%"
        keep_trial(shop, a_trial(), at=at)
        return ""

    monkeypatch.setattr(trials, "hold", hold)
    run_trial.func(str(run.pk))
    run_trial.func(str(run.pk))  # a worker that was killed is started again
    assert TrialRun.objects.get().state == "done"
    assert ada.get(PAGE + "trial/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "Descriptive scorecard" in text_of(ada) or "Predictive" in text_of(ada)


@pytest.mark.parametrize(("problem", "told"), [("too few left: more customers", "Too few left"), (None, "unexpected")])
def test_what_cannot_be_judged_or_breaks_says_so(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch, problem: str | None, told: str
) -> None:
    def hold(*args: Any, **more: Any) -> str:
        if problem is None:
            raise ZeroDivisionError
        return problem

    monkeypatch.setattr(trials, "hold", hold)
    run = TrialRun.objects.create(scorecard="subscription", capacity=20)
    run_trial.func(str(run.pk))
    assert told in text_of(ada) and TrialRun.objects.get().state == "failed"


def test_whoever_was_worked_on_after_a_flag_is_treated_and_nobody_else(shop: Home, db: None) -> None:
    def company(key: int) -> Account:
        return Account.objects.create(name=f"Company {key}", source=f"company:{key}")

    def plan(account: Account, on: date) -> None:
        WorkObject.objects.create(
            account=account, kind="A09", title="Plan", state="draft", created_on=on, changed_at=AT
        )

    one, two, three, four = (company(key) for key in (1, 2, 3, 4))
    flags = {1: date(2026, 1, 10), 2: date(2026, 1, 10)}
    plan(one, date(2026, 1, 9))
    plan(one, date(2026, 2, 1))
    plan(one, date(2026, 1, 20))
    plan(two, date(2026, 1, 9))  # the care that every account gets
    plan(three, date(2026, 1, 20))  # never at risk
    HealthOverride.objects.create(account=four, status="risk", reason="They told us", since=date(2026, 1, 5),
                                  until=date(2026, 2, 1))  # fmt: skip
    HealthOverride.objects.create(account=three, status="good", reason="Signed", since=date(2026, 1, 5),
                                  until=date(2026, 2, 1))  # fmt: skip
    assert treated(flags) == {1: date(2026, 1, 20), 4: date(2026, 1, 5)}


def test_a_trial_of_an_earlier_holdfast_is_read_still(shop: Home, ada: Client) -> None:
    path = keep_trial(shop, a_trial(), at=AT)
    told = json.loads(path.read_text())
    for later in ("tried_at", "accounts", "treated"):
        told.pop(later)
    path.write_text(json.dumps(told))
    assert "60 of 240 who left" in text_of(ada)
