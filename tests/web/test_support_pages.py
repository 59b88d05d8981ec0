"""The pages of support metrics over the shop counted on paper, nothing invented below."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from holdfast.warehouse.home import Home


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_home: Home) -> Home:
    return saltmarsh_home


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


def test_the_three_counts_of_tickets_without_a_reply_say_what_each_holds(
    saltmarsh: Home, ada: Client, settings: Any
) -> None:
    settings.HOME = saltmarsh
    page = ada.get("/support/").content.decode()
    assert "also those that were solved without a reply" in page
    first, _, second = page.partition("<h2>Resolution</h2>")
    assert ">Not answered</th>" in first
    assert ">Not solved</th>" in second
