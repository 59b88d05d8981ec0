"""Numbers as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import fakes
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Reading
from holdfast.web import formatting as fmt
from holdfast.web import reading


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (fmt.share(0.45802), "45.8 %"),
        (fmt.share(-0.0001), "0.0 %"),
        (fmt.money(1234.5, "GBP"), "£1 234.50"),
        (fmt.money(-3, "EUR"), "−€3.00"),
        (fmt.money(1_176_580.44, "USD"), "$1 176 580"),
        (fmt.money(1200, "JPY"), "¥1 200"),
        (fmt.money(99.9, "SEK"), "99.90 SEK"),
        (fmt.money(2.5, "KWD"), "2.500 KWD"),
        (fmt.money(1500.5, "HUF"), "1 500.50 HUF"),
        (fmt.money(1500, "UGX"), "1 500 UGX"),
        (fmt.measured(57, "days"), "57 days"),
        (fmt.measured(1, "days"), "1 day"),
        (fmt.measured(12.5, "days"), "12.5 days"),
        (fmt.count(23570), "23 570"),
        (fmt.signed(-0.019, "share"), "−1.9 pp"),
        (fmt.signed(0.00001, "share"), "0.0 pp"),
        (fmt.signed(0.62, "money", "USD"), "+$0.62"),
        (fmt.signed(2, "days"), "+2 days"),
        (fmt.interval(Reading(0.458, 0.449, 0.467, "Wilson"), "share"), "44.9 to 46.7 %"),
        (fmt.interval(Reading(57, 55, 59, "order statistics"), "days"), "55 to 59 days"),
        (fmt.interval(Reading(10, None, None, "full count"), "count"), ""),
        (fmt.interval(Unknown("too few"), "share"), ""),
        (fmt.day(date(1998, 6, 30)), "30 Jun 1998"),
        (fmt.day(None), "—"),
        (fmt.plural(1, "companies"), "1 company"),
        (fmt.plural(2, "customers"), "2 customers"),
    ],
)
def test_it_is_written(written: str, text: str) -> None:
    assert plain(written) == text


@pytest.mark.parametrize(
    ("acceptable", "stretch", "direction", "scale", "text"),
    [
        (0.6, 0.8, "up", "share", "60 to 80 %"),
        (0.05, 0.03, "down", "share", "3 to 5 %"),
        (0.85, None, "up", "share", "≥ 85 %"),
        (4, None, "down", "hours", "≤ 4 h"),
        (4.3, None, "up", "mean_1_5", "≥ 4.3"),
        (0.25, None, "up", "relative_change", "≥ +25 %"),
        (0.25, 0.4, "up", "relative_change", "+25 to +40 %"),
    ],
)
def test_a_target_says_which_way(
    acceptable: float, stretch: float | None, direction: str, scale: str, text: str
) -> None:
    assert plain(fmt.target(fakes.criterion("x", "X", "M1", None, acceptable, stretch, direction, scale))) == text


def test_an_unknown_value_is_a_dash_not_a_zero() -> None:
    assert fmt.reading(fakes.value_of("time_to_first"), "share") == "—"


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [(150050, "HUF", 1500.5), (2500, "KWD", 2.5), (2500, "BHD", 2.5), (2500, "TND", 2.5), (1500, "UGX", 1500),
     (1500, "XOF", 1500), (1500, "JPY", 1500), (1999, "GBP", 19.99)],
)  # fmt: skip
def test_minor_units_become_what_iso_4217_says(minor: int, currency: str, major: float) -> None:
    assert reading.money_of(minor, currency) == (major, currency)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("empty.csv has no rows", "empty.csv has no rows."),
        ("passwd: no table", "passwd: no table."),
        ("/data/orders.csv is gone", "/data/orders.csv is gone."),
        ("order_lines.quantty is not known", "order_lines.quantty is not known."),
        ("too early: no window has closed yet", "Too early: no window has closed yet."),
        ("not measured", "Not measured."),
        ("Is it? It is!", "Is it? It is!"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_and_a_file_keeps_its_name(said: str, sentence: str) -> None:
    assert fmt.as_sentence(said) == sentence


@pytest.mark.parametrize(
    ("n", "strangers", "said"),
    [
        (4250, 0, "4 250 customers"),
        (5576, 1326, "4 250 customers and 1 326 orders of unknown buyers"),
        (30, 30, "30 orders of unknown buyers"),
        (2, 1, "1 customer and 1 order of an unknown buyer"),
    ],
)
def test_orders_of_unknown_buyers_are_not_called_customers(n: int, strangers: int, said: str) -> None:
    value = replace(fakes.value_of("time_to_first"), n=n, strangers=strangers)
    assert fmt.units(value, "customers").replace("\u00a0", " ").replace("\u202f", " ") == said


def test_a_rules_sentence_is_written_with_days_and_money_as_pages_write_them() -> None:
    said = fmt.dated("It was due by 2026-03-02. EUR 36000.00 a year is at stake, not ISO 9001.")
    assert (
        said.replace("\u202f", " ").replace("\u00a0", " ")
        == "It was due by 2 Mar 2026. €36 000 a year is at stake, not ISO 9001."
    )
    reason = fmt.dated("GBP 8,438 spent in a year; the middle customer: GBP 65.90, and GBP −1,200, 7 days")
    assert (
        reason.replace("\u202f", " ").replace("\u00a0", " ")
        == "£8 438 spent in a year; the middle customer: £65.90, and −£1 200, 7 days"
    )
