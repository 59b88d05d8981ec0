"""The page of recurring revenue: over the invented shop, and over Saltmarsh, imported and built here."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import fakes
import pytest
from django.test import Client

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.publish import build
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


@pytest.fixture
def saltmarsh(saltmarsh_home: Home, settings: Any) -> Home:
    settings.HOME = saltmarsh_home
    return saltmarsh_home


def test_the_page_shows_the_newest_whole_month_and_another_when_asked(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/recurring/"))
    assert "Movements in Jun 2026" in page
    assert "Opening €176.00; New +€20.00; Paused −€30.00" in page
    assert "7 customers, to Jun 2026: net retention 74.6 %, gross 62.3 %" in page
    assert "Opening €156.00; New +€20.00; Closing €176.00" in text_of(ada.get("/recurring/?month=2026-05-01"))


def test_a_months_growth_and_churn_stand_beside_what_they_come_to_in_a_year(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/recurring/"))
    assert "× 0.03 in a year of such months" in page  # (133 / 176) ** 12
    assert "keeps 4.9 % in a year of such months" in page  # (7 / 9) ** 12


def test_every_key_figure_opens(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/recurring/"))
    for metric in ("monthly_recurring_revenue", "subscriber_churn", "net_revenue_retention", "scheduled_cancellations"):
        assert f'href="/metrics/{metric}/explain/"' in page
        assert ada.get(f"/metrics/{metric}/explain/").status_code == 200


def test_the_files_hold_every_month_and_movement_and_add_up(saltmarsh: Home, ada: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(ada.get("/recurring/?as=csv").content.decode("utf-8-sig"))))
    june = {row["movement"]: float(row["amount"]) for row in rows if row["month"] == "2026-06-01"}
    assert (june.pop("opening"), june.pop("closing"), sum(june.values())) == (176.0, 133.0, -43.0)
    bridge = list(csv.DictReader(io.StringIO(ada.get("/recurring/?as=csv&of=bridge").content.decode("utf-8-sig"))))
    assert {row["part"]: float(row["amount"]) for row in bridge if row["month"] == "2026-06-01"}["kept"] == 86.0


def test_a_shop_without_subscriptions_is_told_what_to_bring(home: Home, ada: Client, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "order id,email,order date,sku,quantity,price\n1,a@b.example,2025-01-05,mug,1,9\n"
    )
    load(home, [tmp_path / "orders.csv"], shop="mugs", currency="EUR", zone="UTC")
    build(home, today=date(2025, 2, 1))
    page = text_of(ada.get("/recurring/"))
    assert "No recurring revenue yet" in page
    assert "Import files of subscriptions and their items or movements" in page


def test_shops_of_several_currencies_are_not_told_that_there_is_no_revenue(
    shop: Home, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add_shop("north", account="acme", zone="Europe/London", currency="GBP")
    shop.add_shop("south", account="acme", zone="Europe/Rome", currency="EUR")
    seen = fakes.Published(shops=shop.shops())
    apart = Unknown("these shops report in EUR and GBP, which cannot be added", "choose one shop")
    monkeypatch.setattr("holdfast.metrics.published.open_published", lambda home: seen)
    monkeypatch.setattr("holdfast.metrics.recurringmonths.waterfall", lambda source, scope: apart)
    monkeypatch.setattr("holdfast.metrics.recurringmonths.bridges", lambda source, scope: apart)
    page = text_of(ada.get("/recurring/"))
    assert "These shops report in EUR and GBP, which cannot be added" in page
    assert '<option value="shop:south">' in page
    assert "No recurring revenue yet" not in page
