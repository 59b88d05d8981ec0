"""Experiments in the browser, over Saltmarsh, imported and built here: six buyers are too few to show anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from django.test import Client

from holdfast.evidence.lot import declare, draw, take
from holdfast.evidence.pool import declare_pool
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

POOL = """
id = "both"
name = "The guide in both halves"
hypothesis = "Who is told how to begin buys again, wherever."
owner = "Ada"
lots = ["north", "south"]
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


def test_the_ledger_shows_a_claim_to_who_sees_its_shop_and_to_nobody_else(
    saltmarsh: Home, ada: Client, rob: Client, person: Callable[..., Any]
) -> None:
    assert "Nothing is claimed yet" in text_of(ada.get("/value/"))
    declare(saltmarsh, DECLARED)
    draw(saltmarsh, "guide", by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    page = text_of(rob.get("/value/"))
    assert "A guide for newcomers" in page
    assert "Measured by lot" in page
    rows = list(csv.DictReader(io.StringIO(rob.get("/value/?as=csv").content.decode("utf-8-sig"))))
    assert [(row["id"], row["grade"], row["net_value"]) for row in rows] == [("guide", "E4", "")]
    stranger = Client()
    stranger.force_login(person("eve"))
    assert "guide" not in text_of(stranger.get("/value/?as=csv"))


def test_a_comparison_without_a_lot_says_so_on_its_page(saltmarsh: Home, ada: Client, tmp_path: Path) -> None:
    text = "\n".join(line for line in DECLARED.splitlines() if not line.startswith(("held_out", "planned")))
    declare(saltmarsh, f'design = "staggered"\n{text}')
    listed = tmp_path / "began.csv"
    listed.write_text("customer,began\nc01,2026-03-01\nc02,2026-03-01\nc03,\nc04,\n")
    take(saltmarsh, "guide", listed, by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    page = text_of(ada.get("/experiments/guide/"))
    assert "nobody was kept aside by lot" in page
    assert "E3" in page
    assert "E3" in text_of(ada.get("/experiments/"))


def test_a_declaration_changed_after_its_lot_is_told_and_hides_no_other(saltmarsh: Home, ada: Client) -> None:
    declare(saltmarsh, DECLARED)
    draw(saltmarsh, "guide", by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    declare(saltmarsh, DECLARED.replace("guide", "other"))
    path = saltmarsh.path / "experiments" / "guide" / "registration.toml"
    path.write_text(path.read_text().replace("days = 30", "days = 31"))
    page = text_of(ada.get("/experiments/"))
    assert "was changed after the lot was drawn" in page
    assert "/experiments/other/" in page


def test_a_broken_lot_shows_its_checks_and_no_number_on_page_and_in_files(
    saltmarsh: Home, ada: Client, tmp_path: Path
) -> None:
    """Three of six held out where one in a hundred should be; the same rows at one in two show their numbers."""
    listed = tmp_path / "lot.csv"
    rows = [f"c{n:02d},{'treated' if n % 2 else 'held out'},2025-12-01" for n in range(1, 9)]
    listed.write_text("\n".join(["customer,arm,assigned_on", *rows]))
    for id, share in (("whole", "0.5"), ("broken", "0.01")):
        text = DECLARED.replace('"guide"', f'"{id}"').replace("days = 30", "days = 200")
        declare(saltmarsh, text.replace("held_out = 0.5", f"held_out = {share}"))
        take(saltmarsh, id, listed, by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    told = csv.DictReader(io.StringIO(ada.get("/experiments/whole/?as=csv").content.decode("utf-8-sig")))
    assert float(next(told)["held_out"]) > 0
    page = text_of(ada.get("/experiments/broken/?by=channel"))
    assert "Nothing is said of A guide for newcomers" in page
    assert "treated and" in page  # what the check found
    for hidden in ("Effects chart", "Growth chart", "Exploratory table", "four times in five"):
        assert hidden not in page
    own, all_of = (
        ("treated", "held_out", "absolute", "relative", "low"),
        ("effect", "low", "high", "net_value", "net_low"),
    )
    for address, id, numbers in (
        ("/experiments/broken/", "", own), ("/experiments/", "broken", all_of), ("/value/", "broken", all_of),
    ):  # fmt: skip
        told = csv.DictReader(io.StringIO(ada.get(f"{address}?as=csv").content.decode("utf-8-sig")))
        mine = [row for row in told if not id or row["id"] == id]
        assert mine and not any(row.get(name) for row in mine for name in numbers)
    assert "withheld" in text_of(ada.get("/value/"))


def test_lots_read_together_have_a_page_of_their_own_and_a_file(
    saltmarsh: Home, ada: Client, person: Callable[..., Any], tmp_path: Path
) -> None:
    for id, buyers in (("north", (1, 2, 3, 4)), ("south", (5, 6, 7, 8))):
        declare(saltmarsh, DECLARED.replace('"guide"', f'"{id}"').replace("days = 30", "days = 200"))
        listed = tmp_path / f"{id}.csv"
        rows = [f"c{n:02d},{'treated' if n % 2 else 'held out'},2025-12-01" for n in buyers]
        listed.write_text("\n".join(["customer,arm,assigned_on", *rows]))
        if id == "south":
            declare_pool(saltmarsh, POOL, by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
            assert "Nobody is assigned yet" in text_of(ada.get("/experiments/both/"))
        else:
            declare(saltmarsh, DECLARED.replace('"guide"', '"south"').replace("days = 30", "days = 200"))
    for id in ("north", "south"):
        take(saltmarsh, id, tmp_path / f"{id}.csv", by="Ada", now=datetime(2026, 7, 1, tzinfo=UTC))
    page = text_of(ada.get("/experiments/both/"))
    assert "What they show together" in page
    assert "declared before any of the lots could be read" in page.lower()
    assert "Read together" in text_of(ada.get("/experiments/"))
    told = csv.DictReader(io.StringIO(ada.get("/experiments/both/?as=csv").content.decode("utf-8-sig")))
    assert [row["lot"] for row in told] == ["north", "south", "together"]
    stranger = Client()
    stranger.force_login(person("eve"))
    assert stranger.get("/experiments/both/").status_code == 404
    assert "/experiments/both/" not in text_of(stranger.get("/experiments/"))
