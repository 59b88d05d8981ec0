"""Pictures of every page for people to look at: HOLDFAST_SCREENS=folder pytest tests/journeys/test_screens.py"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

PAGES = {
    "scorecard": "/",
    "unmeasured": "/?tab=unmeasured",
    "metrics": "/metrics/",
    "metric": "/metrics/repeat_purchase/",
    "rows": "/metrics/repeat_purchase/rows/",
    "unit": "/metrics/repeat_purchase/rows/17/",
    "cohorts": "/cohorts/",
    "sources": "/sources/",
    "rejects": "/sources/rejects/",
    "start": "/start/",
    "settings": "/settings/",
    "missing": "/metrics/none/",
    "login": "/login/",
}


@pytest.mark.journey
@pytest.mark.skipif("HOLDFAST_SCREENS" not in os.environ, reason="asked for by hand")
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
        page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=name in ("metric", "cohorts"))
    if only != [""] and "explain" not in only:
        return
    page = seen.go("/")
    page.get_by_role("link", name="Repeat purchase within 12 months: 45.8", exact=False).click()
    page.locator("#explain:popover-open").wait_for()
    page.wait_for_timeout(150)
    page.screenshot(path=folder / f"explain-{theme}-{width}.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()
    page.screenshot(path=folder / f"palette-{theme}-{width}.png")
