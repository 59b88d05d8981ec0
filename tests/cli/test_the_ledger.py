"""`holdfast ledger`, over Saltmarsh's subscriptions."""

from __future__ import annotations

import os
import shutil

import duckdb
import pytest
from terminal import Terminal

from holdfast.warehouse.home import Home


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_home: Home) -> Terminal:
    return Terminal(saltmarsh_home.path)


def test_months_are_told_with_every_movement_and_add_up(saltmarsh):
    document = saltmarsh("ledger", "--json", "--last", 100).json
    june = next(m for m in document["months"] if m["month"] == "2026-06-01")
    moved = {m["kind"]: m["amount"] for m in june["movements"]}
    assert (june["opening"], june["closing"], moved["pause"], moved["churn_voluntary"]) == (176.0, 133.0, -30.0, -23.0)
    for month in document["months"]:
        assert round(month["opening"] + sum(m["amount"] for m in month["movements"]), 2) == month["closing"]


def test_the_bridge_tells_net_and_gross_retention(saltmarsh):
    bridges = saltmarsh("ledger", "--bridge", "--json", "--last", 100).json["bridges"]
    june = next(b for b in bridges if b["month"] == "2026-06-01")
    assert (june["then"], june["now"], june["kept"], june["payers"]) == (138.0, 103.0, 86.0, 7)
    assert june["net_retention"] == pytest.approx(103 / 138)


def test_a_wide_terminal_shows_each_movement_that_somebody_made_and_a_narrow_one_their_sums(saltmarsh, monkeypatch):
    said = saltmarsh("ledger", "--last", 24).out
    assert "−€33.00" in said  # who left in June, wanting to or not
    assert "shrunk" in said
    assert "…" not in said
    monkeypatch.setattr(shutil, "get_terminal_size", lambda fallback: os.terminal_size((200, 40)))
    wide = saltmarsh("ledger", "--last", 24).out
    assert "Churn, voluntary" in wide
    assert "Exchange" not in wide
    assert "62.3 %" in saltmarsh("ledger", "--bridge").out


@pytest.mark.parametrize(("words", "part"), [((), "movement"), (("--bridge",), "part")])
def test_all_of_it_is_written_to_a_file(saltmarsh, tmp_path, words, part):
    out = tmp_path / "ledger.parquet"
    rows = saltmarsh("ledger", *words, "--out", out, "--json").json["rows"]
    found = duckdb.connect().sql(f"SELECT count(*), count(DISTINCT {part}) FROM '{out}'").fetchall()[0]
    assert found == (rows, 13 if words else 12)


def test_a_shop_without_subscriptions_is_told_what_to_bring(mugs):
    assert "import files of subscriptions" in mugs("ledger", code=1).err
