"""Composing a segment in a real browser: it is counted as it is chosen, by keys alone, and without script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paper_shop import build_rows
from visit import Visit

from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

ORDERS = """order id,email,order date,sku,quantity,price,currency
1,ana@example.com,2025-01-05 10:00,mug,2,10.00,EUR
2,bo@example.com,2025-01-06 11:00,mug,1,10.00,EUR
3,ana@example.com,2025-02-05 10:00,cup,1,7.50,EUR
4,cy@example.com,2025-04-20 10:00,cup,1,70.50,EUR
"""
Opened = Callable[..., Visit]


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    (tmp_path / "orders.csv").write_text(ORDERS)
    load(made, [tmp_path / "orders.csv"], shop="Mugs", zone="UTC", currency="EUR")
    build_rows(made)
    settings.HOME = made
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return made


def test_a_segment_is_counted_as_it_is_chosen_and_kept_by_keys_alone(visit: Opened) -> None:
    told = visit()
    page = told.go("/segments/new/")
    page.locator("#fact0").select_option("frequency")
    page.locator("#compose:not(.htmx-added) #test0 option[value=at_least]").wait_for(state="attached")
    page.locator("#test0").select_option("at_least")
    page.locator("#value0").fill("2")
    page.locator("#value0").press("Tab")
    page.get_by_role("heading", name="1 customer", exact=True).wait_for()
    assert page.url.endswith("/segments/new/")  # nothing was loaded anew
    page.locator("#more").press("Enter")
    page.locator("#compose:not(.htmx-added) #value1").wait_for()
    page.locator("#value1").select_option("new")
    page.get_by_role("heading", name="0 customers", exact=True).wait_for()
    page.locator("#less").press("Enter")
    page.get_by_role("heading", name="1 customer", exact=True).wait_for()
    assert told.axe() == []
    page.locator("#name").fill("Bought twice")
    page.locator("#name").press("Enter")
    page.get_by_text("Bought twice is kept as version 1.").wait_for()
    aborted = ("htmx:afterRequest", "htmx:sendAbort")  # what htmx says of an answer that was not waited for
    assert told.axe() == [] and [said for said in told.complaints if not said.startswith(aborted)] == []


def test_without_script_buttons_do_the_same(visit: Opened) -> None:
    told = visit(script=False)
    page = told.go("/segments/new/")
    page.locator("#fact0").select_option("frequency")
    page.locator("#count").click()
    page.locator("#test0").select_option("at_least")
    page.locator("#value0").fill("2")
    page.locator("#count").click()
    page.get_by_role("heading", name="1 customer", exact=True).wait_for()
    assert "csrf" not in page.url
    page.locator("#name").fill("Bought twice")
    page.locator("#keep").click()
    page.get_by_text("Bought twice is kept as version 1.").wait_for()


@pytest.mark.parametrize("address", ["", "new_buyers/", "new/?fact0=recency&test0=below&value0=30", "rfm/", "moves/"])
def test_pages_of_segments_fit_a_small_screen_and_everybody(visit: Opened, address: str) -> None:
    told = visit(width=390, height=844, theme="dark")
    page = told.go(f"/segments/{address}")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert told.axe() == [] and told.complaints == []
