"""Why is this not the number my shop shows: the pages, over Saltmarsh, imported and built here."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from holdfast.warehouse.home import Home

KEPT = {"definition": "shopify", "value": "24.50", "on": "2026-06-30", "source": "Shopify, Analytics"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode().replace("\u00a0", " ").replace("\u202f", " "))


@pytest.fixture(scope="module")
def built(saltmarsh_folder: Callable[[str], Home]) -> Home:
    return saltmarsh_folder("value")


@pytest.fixture
def saltmarsh(built: Home, settings: Any) -> Home:
    settings.HOME = built
    (built.path / "shown_numbers.jsonl").unlink(missing_ok=True)
    return built


def test_every_word_is_listed_with_each_tools_number_and_a_way_to_its_steps(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/parity/"))
    for shown in ("€26.69", "€24.19", "€23.57", "€28.12", "€395.00", "60.0 %"):
        assert shown in page
    assert 'href="/parity/aov/"' in page
    assert 'href="/parity/sales/#shopify_gross"' in page  # no metric of its own: its number opens its steps
    assert "not known, no subscriptions connected" in page or "not known, no prices or movements" in page


def test_a_word_leads_step_by_step_from_their_number_to_ours(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/parity/aov/"))
    section = page.split('id="total_sales"')[1].split("</section>")[0]
    for step in ("€377.05", "+€22.00", "−€2.10", "−€9.95", "−€40.00", "€347.00", "€26.69"):
        assert step in section
    assert "Not told apart further" not in page


def test_every_meanings_metric_links_to_the_page_of_its_word(saltmarsh: Home, ada: Client) -> None:
    for metric in ("average_order_value", "average_order_value_woocommerce", "returning_customer_rate", "net_revenue"):
        assert "/parity/" in text_of(ada.get(f"/metrics/{metric}/")).split('id="main"')[1]
    assert "Not the number my shop shows?" not in text_of(ada.get("/metrics/active_customers/"))


def test_what_the_shop_shows_is_kept_compared_and_named(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.post("/parity/aov/", KEPT, follow=True))
    section = page.split('id="shopify"')[1].split("</section>")[0]
    assert "Shopify, Analytics, 30 Jun 2026, written down by ada" in section
    assert "Unexplained" in section
    assert "−€0.31" in section
    assert (saltmarsh.path / "shown_numbers.jsonl").read_text().count("\n") == 1


def test_who_may_only_read_sees_what_was_written_down_and_is_not_asked(
    saltmarsh: Home, ada: Client, rob: Client
) -> None:
    ada.post("/parity/aov/", KEPT)
    page = text_of(rob.get("/parity/aov/"))
    assert "written down by ada" in page and "What does yours show?" not in page
    assert rob.post("/parity/aov/", KEPT).status_code == 403
    assert (saltmarsh.path / "shown_numbers.jsonl").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": "many"}, "is no number"),
        ({"value": "12 %"}, "leave the percent sign away"),
        ({"source": " "}, "Say where you read it"),
        ({"definition": "nobody"}, "Choose whose number"),
        ({"on": "2026-07-01"}, "The data end on 30 Jun 2026"),
        ({"on": "soon"}, "Write the day as"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence_and_stays_typed(
    saltmarsh: Home, ada: Client, changed: dict[str, str], said: str
) -> None:
    answer = ada.post("/parity/aov/", KEPT | changed)
    assert (answer.status_code, said in text_of(answer)) == (400, True)
    assert KEPT["source"] in text_of(answer) or "source" in changed
    assert not (saltmarsh.path / "shown_numbers.jsonl").exists()


def test_the_steps_are_taken_away_as_a_file_that_adds_up(saltmarsh: Home, ada: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(ada.get("/parity/aov/?as=csv").content.decode("utf-8-sig"))))
    total = [row for row in rows if row["definition"] == "total_sales"]
    assert round(sum(float(row["counted"]) for row in total), 2) == 347.00
    assert float(total[-1]["number"]) == pytest.approx(347 / 13)
    assert len(list(csv.DictReader(io.StringIO(ada.get("/parity/?as=csv").content.decode("utf-8-sig"))))) > len(rows)


def test_a_word_nobody_declared_is_missing_and_strangers_are_sent_to_sign_in(saltmarsh: Home, ada: Client) -> None:
    assert ada.get("/parity/nonsense/").status_code == 404
    assert Client().get("/parity/").status_code == 302


def test_network_thresholds_stand_beside_the_networks_reading_with_who_says_so(saltmarsh: Home, ada: Client) -> None:
    page = text_of(ada.get("/metrics/dispute_activity_visa/"))
    assert "Thresholds of the network" in page
    assert "1.5 %" in page
    assert "read on 27 Nov 2026" in page


def test_what_is_left_of_a_customer_is_shown_beside_how_much_of_the_cost_is_known(saltmarsh: Home, ada: Client) -> None:
    beside = text_of(ada.get("/metrics/contribution_per_customer/")).split("Beside it</h2>")[1].split("</section>")[0]
    assert "Cost coverage" in beside
    assert "88.0 %" in beside
