"""Pictures of every page for people to look at: HOLDFAST_SCREENS=folder pytest tests/journeys/test_screens.py

The shop in them is a real one, Online Retail II, imported and built here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.metrics.publish import build
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.web.models import Import

CDNOW = Path(__file__).parents[1] / "data" / "cdnow" / "cdnow_master.csv"
EXAMPLES = Path(holdfast.__file__).parent / "examples"
IN_THE_README = Path(__file__).parents[2] / "docs" / "images" / "scorecard.png"
PAGES = {
    "scorecard": "/",
    "unmeasured": "/?tab=unmeasured",
    "metrics": "/metrics/",
    "metric": "/metrics/repeat_purchase_rate/",
    "rows": "/metrics/repeat_purchase_rate/rows/",
    "month": "/metrics/repeat_purchase_rate/rows/?at=2010-03-01",
    "member": "/metrics/average_order_value/rows/?by=country&member=France",
    "cell": "/cohorts/rows/?cohort=2011-01-01&month=3",
    "cell-explained": "/cohorts/explain/?cohort=2011-01-01&month=3",
    "unit": "/metrics/repeat_purchase_rate/rows/17/",
    "cohorts": "/cohorts/",
    "recurring": "/recurring/",
    "parity": "/parity/",
    "word": "/parity/aov/",
    "sources": "/sources/",
    "rejects": "/sources/rejects/",
    "start": "/start/",
    "settings": "/settings/",
    "missing": "/metrics/none/",
    "login": "/login/",
}


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The shop of the examples, as the import brings it in."""
    home = Home(tmp_path_factory.mktemp("retail") / "home")
    home.create()
    load(home, [EXAMPLES / "online_retail_ii"], shop="Online Retail II")
    build(home, today=date(2011, 12, 10), progress=lambda step, share: None)
    return home


@pytest.fixture
def home(online_retail: Home, settings: Any) -> Home:
    """In place of the invented shop of the other journeys."""
    settings.HOME = online_retail
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return online_retail


@pytest.mark.journey
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_pictures_are_taken(visit: Callable[..., object], theme: str, width: int, height: int) -> None:
    folder = Path(os.environ["HOLDFAST_SCREENS"])
    folder.mkdir(parents=True, exist_ok=True)
    seen = visit(width=width, height=height, theme=theme)
    only = os.environ.get("HOLDFAST_SCREENS_ONLY", "").split(",")
    for name, path in PAGES.items():
        if only != [""] and name not in only:
            continue
        here = seen if name != "login" else visit(width=width, height=height, theme=theme, signed_in=False)
        page = here.go(path)
        whole = name in ("metric", "cohorts", "recurring") or (name in ("scorecard", "sources") and width < 900)
        page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=whole)
        if (name, theme, width) == ("scorecard", "light", 1440):
            IN_THE_README.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=IN_THE_README)
    if only == [""] or "mapping" in only:
        job = Import.objects.create(paths=[str(CDNOW)])
        page = seen.go(f"/start/{job.pk}/")
        page.locator("summary", has_text="Edit how").click()
        page.screenshot(path=folder / f"mapping-{theme}-{width}.png", full_page=True)
        page.get_by_label("Mapping", exact=True).fill('name = "cdnow"\n[orders]\nplaced_at = "date"\n')
        page.get_by_role("button", name="Read them so").click()
        page.get_by_role("alert").wait_for()
        page.screenshot(path=folder / f"mapping-wrong-{theme}-{width}.png")
    if only != [""] and "explain" not in only:
        return
    page = seen.go("/")
    page.locator(".numb[href*=repeat_purchase_rate]").first.click()
    page.locator("#explain:popover-open").wait_for()
    page.wait_for_timeout(150)
    page.screenshot(path=folder / f"explain-{theme}-{width}.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    page.screenshot(path=folder / f"palette-{theme}-{width}.png")
