"""A real browser against a real server, over the invented shop of tests/web."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

import fakes
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from visit import Visit

from holdfast.warehouse.home import Home

# Playwright's synchronous calls run inside an event loop, which Django would otherwise refuse to share.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Pictures are no test: HOLDFAST_SCREENS=folder asks for them.
collect_ignore = [] if "HOLDFAST_SCREENS" in os.environ else ["test_screens.py"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    connections["default"].settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("book") / "work.sqlite3")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("there is no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as engine:
        opened = engine.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield opened
        opened.close()


@pytest.fixture
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    settings.HOME = made
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    fakes.install(monkeypatch)
    return made


@pytest.fixture
def visit(browser: Browser, home: Home, transactional_db: None, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """visit(width=390, theme="dark"): a browser, signed in as Ada unless signed_in=False."""
    call_command("createcachetable", verbosity=0)
    cache.clear()
    contexts: list[BrowserContext] = []

    def open_one(
        width: int = 1440,
        height: int = 900,
        theme: str = "light",
        signed_in: bool = True,
        script: bool = True,
        scale: int = 1,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
            device_scale_factor=scale,
        )
        contexts.append(context)
        page = context.new_page()
        seen = Visit(context, page, live_server.url)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on(
            "console", lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        if signed_in:
            _sign_in(context, live_server.url)
        return seen

    yield open_one
    for context in contexts:
        context.close()


def _sign_in(context: BrowserContext, at: str) -> None:
    """A session made on the server: the form itself is one test's business."""
    from django.test import Client

    people = get_user_model().objects
    ada = people.filter(username="ada").first() or people.create_user(
        "ada", password=fakes.PASSWORD, is_staff=True, is_superuser=True
    )
    client = Client()
    client.force_login(ada)
    context.add_cookies([{"name": "sessionid", "value": client.session.session_key, "url": at}])
