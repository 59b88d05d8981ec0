"""Customers and models in the browser, over a small shop drawn here: imported, built, fitted and said."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from django.test import Client
from paper_shop import build_rows

from holdfast.accounts.models import Account, Book, source_of
from holdfast.api import NotKnown, shop
from holdfast.predictions.publish import newest_published
from holdfast.predictions.record import kept_scores
from holdfast.predictions.rounds import fit_shops, say, try_past
from holdfast.segments.kept import keep_facts
from holdfast.segments.members import members
from holdfast.segments.standing import standing
from holdfast.segments.store import shipped
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home, HomeProblem
from holdfast.warehouse.snapshot import NothingBuilt
from holdfast.web import jobs, predicted, reading, wellbeing
from holdfast.web.wellbeing import _loss

START, NOW = date(2023, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
UP_TO = 700  # days of the first build; what is said of it comes due in the second


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


def orders(customers: int, days: int = 850) -> list[str]:
    """Each buys at their own pace until they stop, some early: what a model can learn from."""
    rng, rows = np.random.default_rng(3), ["order id,email,order date,sku,quantity,price,currency"]
    for who in range(customers):
        pace, stays, level = rng.gamma(2, 20), rng.exponential(400), rng.gamma(4, 8) + 3
        day = begun = rng.uniform(0, 500)
        while day < days and day - begun <= stays:
            on = START + timedelta(days=int(day))
            rows.append(f"{len(rows)},c{who}@example.com,{on} 10:00,mug,1,{level * rng.gamma(5, 0.2):.2f},EUR")
            day += rng.exponential(pace) + 1
    return rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder: Path = tmp_path_factory.mktemp("said")
    home = Home(folder / "home")
    home.create()
    head, *rows = orders(400)
    cut = str(START + timedelta(days=UP_TO))
    (folder / "orders.csv").write_text("\n".join([head, *(row for row in rows if row.split(",")[2] < cut)]))
    (folder / "later.csv").write_text("\n".join([head, *(row for row in rows if row.split(",")[2] >= cut)]))
    load(home, [folder / "orders.csv"], shop="Mugs", zone="UTC", currency="EUR")
    build_rows(home)
    list(fit_shops(home, now=NOW, draws=5))
    say(home, now=NOW)
    return home


@pytest.fixture(scope="module")
def gone_on(made: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same home half a year on."""
    path = tmp_path_factory.mktemp("later") / "home"
    copytree(made.path, path, symlinks=True)
    home = Home(path)
    load(home, [made.path.parent / "later.csv"], shop="Mugs", zone="UTC", currency="EUR")
    build_rows(home)
    say(home, now=NOW)
    try_past(home, "Mugs", "leaves", draws=5)
    return home


@pytest.fixture
def mugs(made: Home, settings: Any) -> Home:
    settings.HOME = made
    return made


def test_customers_are_listed_by_what_is_at_stake_and_open(mugs: Home, ada: Client) -> None:
    page = text_of(ada.get("/customers/"))
    assert "At stake in a year" in page
    assert "the middle customer" in page
    rows = list(csv.DictReader(io.StringIO(ada.get("/customers/?as=csv").content.decode("utf-8-sig"))))
    stakes = [float(row["stake_minor"]) for row in rows]
    assert stakes == sorted(stakes, reverse=True)
    said = newest_published(mugs, "risk", 1)
    assert said is not None and len(rows) == said.table().num_rows
    one = text_of(ada.get(f"/customers/{rows[0]['customer_id']}/"))
    assert ("What happened" in one and "Order" in one and "for leaving" in one) or "for staying" in one
    assert "an order soon" in one


def test_a_customer_shows_the_segments_they_are_in_and_why(mugs: Home, ada: Client, monkeypatch: Any) -> None:
    ids = list(shipped())
    table = members(mugs, ids)
    row = max(table.to_pylist(), key=lambda row: sum(row[id] for id in ids))
    page = text_of(ada.get(f"/customers/{row['customer_id']}/"))
    there = page[page.index("Segments table") : page.index("What happened, newest first")]
    for id, segment in shipped().items():
        assert (f">{segment.name}</a>" in there) is row[id], id
    assert "(it is " in there
    assert "All it asks" in there
    monkeypatch.setattr("holdfast.web.segmenting.large", lambda: True)
    assert "looked through by the worker" in text_of(ada.get(f"/customers/{row['customer_id']}/"))
    keep_facts(mugs)
    assert there in text_of(ada.get(f"/customers/{row['customer_id']}/"))


def test_a_customer_shows_how_they_stand_among_the_buyers(mugs: Home, ada: Client) -> None:
    (first, *_) = members(mugs, ["champions"])["customer_id"].to_pylist()
    told = standing(mugs, first, mugs.shops()[0])
    assert told is not None and min(told.recency_score, told.frequency_score, told.money_score) >= 4
    page = text_of(ada.get(f"/customers/{first}/"))
    there = page[page.index('id="standing"') : page.index("Segments table")]
    assert told.state.capitalize() in there and told.says in there
    assert f"{told.recency_score}, {told.frequency_score}, {told.money_score}" in there


def test_what_the_page_on_python_shows_runs_and_its_tables_have_the_columns_it_names(
    mugs: Home, monkeypatch: Any, capsys: Any
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "from-python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.setenv("HOLDFAST_HOME", str(mugs.path))
    names: dict[str, Any] = {}
    exec(code, names)
    assert "no order of this shop is of goods whose kind is known" in capsys.readouterr().out
    ours, last = names["ours"], names["last"]
    asked = {"timeline": (1,), "spread": ("cohort",), "members": ("slipping", "champions"), "listed": ("slipping",),
             "sizes": ("slipping",), "moves": (last - timedelta(days=90), last)}  # fmt: skip
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) >= 12
    for name, columns in rows:
        table = getattr(ours, name)(*asked.get(name, ()))
        assert table.column_names == re.findall(r"`(\w+)`", columns), name
    assert sum(ours.spread("band")["customers"].to_pylist()) == len(ours.values())


def test_python_raises_what_nobody_can_be_in_and_counts_no_nought_of_it(mugs: Home) -> None:
    ours = shop("Mugs", mugs.path)
    for asked in (ours.listed, ours.members):
        with pytest.raises(NotKnown, match="waiting_for_help: no tickets connected"):
            asked("waiting_for_help")
    told = ours.sizes("waiting_for_help")
    assert set(told["members"].to_pylist()) == {None} and min(told["universe"].to_pylist()) > 0


def test_from_python_nothing_is_said_without_a_reason(mugs: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeProblem, match="no shop is called 'Cups'"):
        shop("Cups", home=mugs.path)
    bare = Home(tmp_path / "bare")
    bare.create()
    (bare.path / "holdfast.toml").write_text((mugs.path / "holdfast.toml").read_text())
    with pytest.raises(NothingBuilt):
        shop(home=str(bare.path)).customers()
    with pytest.raises(NotKnown, match="no value has been worked out"):
        shop(home=bare.path).values()


def test_what_customers_will_bring_adds_up_however_it_is_parted(mugs: Home, ada: Client) -> None:
    page = text_of(ada.get("/customers/value/"))
    assert "May it be called predictive" in page and "chosen" in page
    rows = list(csv.DictReader(io.StringIO(ada.get("/customers/value/?as=csv").content.decode("utf-8-sig"))))
    said = newest_published(mugs, "value", 1)
    whole = sum(value or 0 for value in said.table()["value_minor"].to_pylist()) if said else 0
    for by in ("tenth", "cohort", "channel", "country", "band"):
        assert sum(float(row["value_minor"]) for row in rows if row["by"] == by) == pytest.approx(whole)
    tenths = [float(row["value_minor"]) for row in rows if row["by"] == "tenth"]
    assert tenths == sorted(tenths, reverse=True)


def test_the_last_page_ends_and_the_one_after_is_not_there(mugs: Home, ada: Client) -> None:
    said = newest_published(mugs, "risk", 1)
    last = -(-(said.table().num_rows if said else 0) // 50)
    assert ada.get(f"/customers/?page={last}").status_code == 200
    assert ada.get(f"/customers/?page={last + 1}").status_code == 404
    assert ada.get("/customers/?by=height").status_code == 404


def test_a_model_shows_its_checks_its_rivals_and_what_it_said(mugs: Home, ada: Client) -> None:
    assert "Leaves" in text_of(ada.get("/models/"))
    page = text_of(ada.get("/models/1/leaves/"))
    assert "At least 200 who left" in page
    assert "Days since the last order" in page
    assert "Nothing that was published has come due yet" in page
    assert "What it said, and what happened" in page
    assert ada.get("/models/1/leaves/?as=csv&of=calibration").status_code == 200
    assert ada.get("/models/1/height/").status_code == 404


def test_a_model_shows_what_came_of_what_it_said(gone_on: Home, settings: Any, ada: Client) -> None:
    """Forecast against actual by cohort, reliability, Brier, lift, who would have been found and when, and drift."""
    settings.HOME = gone_on
    (kept,) = kept_scores(gone_on, 1, "leaves")
    page = text_of(ada.get("/models/1/leaves/"))
    for words in ("Found by looking", "Days before", "20 looked at a week", "as published on", "Brier"):
        assert words in page
    assert f"{kept['brier']:.3f}" in page
    assert page.count("</tr>", page.index("Cohorts table"), page.index("Reliability of what was said")) == 1 + len(
        kept["cohorts"]
    )
    assert "Days since the last purchase" in page[page.index("Drift table") :]
    read = lambda of: list(  # noqa: E731
        csv.DictReader(io.StringIO(ada.get(f"/models/1/leaves/?as=csv&of={of}").content.decode("utf-8-sig")))
    )
    assert sum(int(row["customers"]) for row in read("cohorts")) == kept["n"]
    record = {row["source"]: row for row in read("record")}
    assert set(record) == {"published", "backtest"}
    assert float(record["published"]["recall"]) == pytest.approx(kept["recall"]["point"])
    assert int(record["published"]["found"]) == kept["lead"]["found"]


def test_values_that_came_due_stand_beside_what_came(mugs: Home, ada: Client, monkeypatch: Any) -> None:
    assert "held against what came 365 days later" in text_of(ada.get("/customers/value/"))
    group = {"name": "2023 Q1", "n": 40, "said_orders": 81.5, "orders": 77, "said_minor": 123400.0, "minor": 120000.0}
    due = {
        "as_of": "2024-01-01", "decided_on": "2024-12-31", "model": "MBG/NBD", "word": "descriptive", "inside": 0.96,
        "captured": 0.31, "all": group, "tenths": [group], "cohorts": [group],
    }  # fmt: skip
    why = {"as_of": "2023-01-01", "label": "value", "why": "something was said of 3 customers"}
    monkeypatch.setattr(predicted, "value_record", lambda shop: [why, due])
    page = text_of(ada.get("/customers/value/"))
    assert "€1 234" in page and "96 %" in page and "something was said of 3 customers" in page.lower()
    rows = list(csv.DictReader(io.StringIO(ada.get("/customers/value/?as=csv&of=record").content.decode("utf-8-sig"))))
    assert [row["by"] for row in rows] == ["all", "cohort", "tenth"]


def test_who_may_not_see_the_shop_finds_no_customer_and_no_model(
    mugs: Home, ada: Client, person: Callable[..., Any]
) -> None:
    stranger = Client()
    stranger.force_login(person("eve"))
    said = newest_published(mugs, "risk", 1)
    customer = 0 if said is None else said.table()["customer_id"][0].as_py()
    assert stranger.get(f"/customers/{customer}/").status_code == 404
    assert ada.get(f"/customers/{customer}/").status_code == 200
    assert stranger.get("/models/1/leaves/").status_code == 404
    assert stranger.get("/customers/?shop=1").status_code == 404
    assert "Mugs" not in text_of(stranger.get("/models/"))


def mugs_since(home: Home) -> int:
    """Cents of all orders of the last year, added up from the file: nothing was returned."""
    rows = csv.DictReader((home.path.parent / "orders.csv").read_text().splitlines())
    last = START + timedelta(days=UP_TO - 1)
    days = [(date.fromisoformat(row["order date"][:10]), round(float(row["price"]) * 100)) for row in rows]
    newest = max(day for day, _ in days)
    assert newest <= last
    return sum(cents for day, cents in days if newest - timedelta(days=365) < day)


def test_an_account_shows_what_would_leave_and_ranks_by_it_only_where_it_is_predictive(mugs: Home, ada: Client) -> None:
    account = Account.objects.create(name="Mugs and more", source=source_of("Mugs"), book=Book.objects.create(name="N"))
    said = newest_published(mugs, "risk", 1)
    rows = [] if said is None else said.table(["leaves", "spent_minor"]).to_pylist()
    spent = sum(row["spent_minor"] or 0 for row in rows)
    share = sum((row["spent_minor"] or 0) * row["leaves"] for row in rows) / spent
    with reading.seeing(lambda: None):
        told = predicted.at_stake()["Mugs"]
    assert told.share == pytest.approx(share)
    values = newest_published(mugs, "value", 1)
    assert values is not None
    expected, since = sum(values.table()["value_minor"].to_pylist()), mugs_since(mugs)
    with reading.seeing(lambda: None):
        work = wellbeing.works(NOW.date())["Mugs"]
    assert work.still_to_come == (pytest.approx(expected / since), values.table().num_rows)
    assert work.at_stake == (told.share, told.customers)
    page = text_of(ada.get(f"/accounts/{account.pk}/"))
    assert "were brought in the last" in page
    assert f"{share * 100:.0f} %" in page.split('id="foretold"')[1].split("</section>")[0]
    assert _loss(replace(told, word="descriptive")) is None
    assert _loss(replace(told, word="predictive")) == told.share


def test_models_are_fitted_by_who_may_and_once_at_a_time(mugs: Home, ada: Client, rob: Client) -> None:
    assert rob.post("/models/").status_code == 403
    assert "fits them now" in text_of(ada.post("/models/", follow=True))
    assert jobs.fitting()
    assert "already" in text_of(ada.post("/models/", follow=True))
