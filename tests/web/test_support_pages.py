"""The pages of support metrics over the shop counted on paper, nothing invented below."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import holdfast
from holdfast.metrics.publish import build
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

SALTMARSH = Path(holdfast.__file__).parent / "examples" / "saltmarsh"


@pytest.fixture(scope="module")
def saltmarsh(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("saltmarsh") / "home")
    home.create()
    load(home, [SALTMARSH], shop="Saltmarsh", zone="Europe/Amsterdam", currency="EUR", simulated=True)
    build(home, today=date(2026, 6, 30))
    return home


def test_the_page_of_first_replies_shows_how_hours_spread_and_gives_them_as_csv(
    saltmarsh: Home, ada: Client, settings: Any
) -> None:
    settings.HOME = saltmarsh
    page = ada.get("/metrics/first_reply_time/").content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "2.7 h" in page
    assert "By hours taken" in page
    assert "<title>First reply time: tickets by hours taken</title>" in page
    assert "still waiting" in page
    taken = ada.get("/metrics/first_reply_time/?of=hours&as=csv").content.decode("utf-8-sig").splitlines()
    assert taken[0].startswith("measure,from_hours,to_hours")
    assert taken[2] == "first reply,1,2,2,4,false,simulated"
    assert len(taken) == 1 + 9 + 1


def test_a_tickets_row_opens_on_its_comments_and_statuses(saltmarsh: Home, ada: Client, settings: Any) -> None:
    settings.HOME = saltmarsh
    assert ada.get("/metrics/resolution_rate/rows/").status_code == 200
    page = ada.get("/metrics/resolution_rate/rows/1/").content.decode()
    assert "comments" in page.lower()
    assert "statuses" in page.lower()


@pytest.mark.parametrize("metric", ["resolution_median", "tickets_waiting", "automation_rate", "self_service_rate"])
def test_every_support_page_answers(saltmarsh: Home, ada: Client, settings: Any, metric: str) -> None:
    settings.HOME = saltmarsh
    assert ada.get(f"/metrics/{metric}/").status_code == 200
    assert ada.get("/").status_code == 200
