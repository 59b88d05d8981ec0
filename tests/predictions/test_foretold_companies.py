"""Companies that buy, foretold as companies: by contracts that are not renewed, and by orders that fall to half."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from shop_in_arrays import day, ordinal

from holdfast.predictions.companies import followed
from holdfast.predictions.features.frame import frame
from holdfast.predictions.fit import fit
from holdfast.predictions.kinds import RISK_COLUMNS
from holdfast.predictions.kinds import Asked as ToSay
from holdfast.predictions.label import COMPANY_DAYS, LEAVES
from holdfast.predictions.model import Model, keep
from holdfast.predictions.risk import risk
from holdfast.warehouse.home import Home

NOW, START, END = datetime(2026, 1, 1), date(2022, 1, 1), date(2025, 6, 30)
ASKED = date(2024, 6, 1)
MILL, QUAY, ROPE, SAIL, TAR, NET = 1, 2, 3, 4, 5, 6


def ordered(paper, rows):
    """account, people's key, day, minor."""
    account, person, on, minor = (np.array(column) for column in zip(*rows, strict=True))
    paper.sold(person, on, minor)
    told = pa.table({"order_id": np.arange(1, len(rows) + 1), "account_id": account.astype(np.int64)})
    paper.connection.register("of_account", told)
    paper.connection.execute(
        "UPDATE order_value AS o SET account_id = a.account_id FROM of_account AS a WHERE a.order_id = o.order_id"
    )
    paper.connection.unregister("of_account")
    return paper.rows


def contract(account, starts, due, *, renewed=False, until=None, year=120_000):
    return {
        "contract_id": account, "account_id": account, "starts_on": starts, "due_on": due, "until_on": until,
        "renewed": renewed, "year_minor": year,
    }  # fmt: skip


def companies(paper):
    return replace(paper.rows, companies=True)


def test_a_company_is_lost_by_its_contract_or_by_half_its_orders(paper):
    """MILL's contract is due in 60 days and not renewed; QUAY's is renewed; ROPE's is due in 200 days; SAIL ordered 100
    before and 40 after; TAR 100 and 60, half of it under the company it became part of; NET's contract was over."""
    on = ordinal(ASKED)
    ordered(paper, [(SAIL, 40, on - 100, 10_000), (SAIL, 41, on + 50, 4_000), (TAR, 50, on - 5, 10_000),
                    (TAR, 51, on + 20, 3_000), (99, 52, on + 90, 3_000), (SAIL, 40, on + 200, 90_000)])  # fmt: skip
    year = timedelta(days=365)
    paper(
        contract_term=[
            contract(MILL, ASKED - year, ASKED + timedelta(days=60)),
            contract(QUAY, ASKED - year, ASKED + timedelta(days=60), renewed=True),
            contract(ROPE, ASKED - year, ASKED + timedelta(days=200)),
            contract(NET, ASKED - 2 * year, ASKED - year, until=ASKED - year),
        ],
    )
    paper.connection.execute("INSERT INTO account_survivor (account_id, survivor_id) VALUES (99, ?)", [TAR])
    rows = companies(paper)
    told = rows.columns(followed(COMPANY_DAYS), [ASKED])
    found = {int(id): came for id, came in zip(told["customer_id"], told["came_in"], strict=True)}
    assert {id for id, came in found.items() if np.isfinite(came)} == {MILL, SAIL}
    assert set(found) == {MILL, QUAY, ROPE, SAIL, TAR}
    assert (found[MILL], found[SAIL]) == (60, 180)
    seen = frame(rows, "companies", [ASKED])
    assert sorted(seen.customer) == [MILL, QUAY, ROPE, SAIL, TAR]
    until = dict(zip(seen.customer, seen.columns["until_due"], strict=True))
    assert (until[MILL], until[ROPE]) == (60, 200) and np.isnan(until[SAIL])
    assert dict(zip(seen.customer, seen.columns["since"], strict=True))[TAR] == 5


@pytest.fixture
def merchant(paper):
    """500 companies that order about monthly, a contract of a year for most; who orders ever less does not renew."""
    rng, rows, terms = np.random.default_rng(7), [], []
    first, last = ordinal(START), ordinal(END)
    for company in range(1, 501):
        fades = rng.random() < 0.5
        begun = first + int(rng.integers(0, 300))
        over = begun + int(rng.integers(300, 1300)) if fades else last + 400
        now, gap = begun, 25.0
        while now < min(last, over):
            rows.append((company, 1000 + company * 3 + int(rng.integers(3)), now, int(rng.integers(5_000, 20_000))))
            gap = 25.0 if now < over - 200 else gap * 1.5
            now += max(1, int(rng.exponential(gap)))
        for n in range(4):
            starts, due = begun + 365 * n, begun + 365 * (n + 1)
            if starts >= min(last, over):
                break
            terms.append((company, starts, due, due < over))
    ordered(paper, rows)
    for n, (company, starts, due, renewed) in enumerate(terms):
        paper(contract_term=[contract(company, day(starts), day(due), renewed=renewed,
                                      until=None if not renewed else day(due)) | {"contract_id": n}])  # fmt: skip
    paper(account=[{"account_id": n, "account_number": f"A{n}", "name": f"Company {n}"} for n in range(1, 501)])
    return paper


def test_a_merchant_of_companies_gets_a_model_that_is_tested_and_speaks_of_each_company(merchant, tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    asked = merchant.asked(END, "b2b_platform", home)
    (model,) = fit(asked, now=NOW, draws=20)
    assert isinstance(model, Model), model
    assert (model.label.id, model.label.who, model.label.days) == (LEAVES, "companies", 180)
    assert model.label.said.startswith("a contract due within 180 days is not renewed, or orders of 180 days fall")
    results = model.card["results"]
    assert results["rivals"][0]["auc"]["point"] > 0.7
    assert "buyers of whom no company is known" in model.card["exclusions"]
    assert {"until_due", "overdue"} <= set(model.features)
    keep(home, model)
    made = risk(ToSay(home, merchant.connection, asked.snapshot, asked.shop))
    assert made.table.schema.names == list(RISK_COLUMNS)
    assert made.card["of_companies"] is True
    assert set(made.table["customer_id"].to_pylist()) <= set(range(1, 501))
    assert len(made.table) > 250
    assert made.table["reason_1"].null_count < len(made.table) / 4
    assert Path(home.path / "models" / "1" / LEAVES).is_dir()
