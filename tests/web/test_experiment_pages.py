"""Experiments in the browser, over Saltmarsh, imported and built here: six buyers are too few to show anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any

import pytest
from django.test import Client

from holdfast.evidence.lot import declare, draw
from holdfast.warehouse.home import Home

DECLARED = """
id = "guide"
name = "A guide for newcomers"
hypothesis = "Who is told how to begin buys again."
owner = "Ada"
shop = "Saltmarsh"
held_out = 0.5
days = 30
planned = 100
[outcome]
metric = "net_revenue"
"""


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


@pytest.fixture(scope="module")
def built(saltmarsh_folder: Callable[[str], Home]) -> Home:
    return saltmarsh_folder("value")


@pytest.fixture
def saltmarsh(built: Home, settings: Any) -> Home:
    settings.HOME = built
    rmtree(built.path / "experiments", ignore_errors=True)
    return built


def test_before_anything_is_declared_the_page_says_how_to_begin(saltmarsh: Home, ada: Client) -> None:
    assert "holdfast experiments declare" in text_of(ada.get("/experiments/"))


def test_what_is_declared_is_shown_with_what_it_could_find_then_with_its_lot(
    saltmarsh: Home, ada: Client, rob: Client, person: Callable[..., Any]
) -> None:
    declare(saltmarsh, DECLARED)
    assert "not begun" in text_of(ada.get("/experiments/"))
    assert "too few customers" in text_of(ada.get("/experiments/guide/")).lower()
    draw(saltmarsh, "guide", by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    page = text_of(rob.get("/experiments/guide/"))
    assert "cannot tell yet" in page
    assert "sealed since the lot was drawn by Ada" in page
    rows = list(csv.DictReader(io.StringIO(rob.get("/experiments/?as=csv").content.decode("utf-8-sig"))))
    assert [(row["id"], row["verdict"]) for row in rows] == [("guide", "cannot tell yet")]
    stranger = Client()
    stranger.force_login(person("eve"))
    assert stranger.get("/experiments/guide/").status_code == 404
    assert "guide" not in text_of(stranger.get("/experiments/"))
