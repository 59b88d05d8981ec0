"""A customer's copy: what the profile hides is nowhere in the file, not in a chart's workbook, not in a footnote."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from holdfast.accounts.decide.blackening import blackened_text
from holdfast.reviews.deck import deck_of
from holdfast.reviews.sheets import file_of
from holdfast.reviews.story import Story, to_json
from holdfast.reviews.withheld import withhold

NAMES = ("Ann", "Berg", "Kelp", "kelp-shop", "ann.berg@kelp.example", "Kelp%20")
AMOUNTS = (
    "€",
    "EUR",
    "1284310",
    "1\u00a0284\u00a0310",
    "1,250,000",
    "40k",
    "68.4",
    "41.27",
    "48120",
    "10800.0",
    "3006.0",
    "61.2",
)


def everything(packed: bytes) -> str:
    """All text of a zip, and of the zips in it."""
    found = []
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        for name in files.namelist():
            body = files.read(name)
            found.append(everything(body) if body[:2] == b"PK" else body.decode("utf-8", "ignore"))
    return "\n".join(found)


@pytest.fixture(scope="module")
def copies(story: Story) -> dict[str, str]:
    found = {}
    for profile in ("nothing", "names", "money", "both"):
        held = withhold(story, profile)
        found[profile] = everything(deck_of(held)) + file_of(held) + json.dumps(to_json(held), ensure_ascii=False)
    return found


def test_the_test_sees_names_and_amounts_where_nothing_is_withheld(copies: dict[str, str]) -> None:
    for word in ("Ann", "Kelp", "kelp-shop", "€", "EUR", "1,250,000", "10800", "68.4"):
        assert word in copies["nothing"], word


@pytest.mark.parametrize("profile", ["names", "both"])
def test_no_name_is_left_anywhere(copies: dict[str, str], profile: str) -> None:
    for name in NAMES:
        assert not re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![a-z])", copies[profile]), name
    assert "(name withheld)" in copies[profile] and "cs.example.com" not in copies[profile]


@pytest.mark.parametrize("profile", ["money", "both"])
def test_no_amount_is_left_anywhere(copies: dict[str, str], profile: str) -> None:
    for amount in AMOUNTS:
        assert amount not in copies[profile], amount
    assert "(amount withheld)" in copies[profile] and "14.1\u00a0%" in copies[profile]


def test_what_is_not_hidden_stays(copies: dict[str, str]) -> None:
    assert "Ann Berg" in copies["money"] and "€" in copies["names"]
    assert all("SIMULATED DATA" in copy and "second_purchase_within_30_days" in copy for copy in copies.values())


def test_a_story_in_which_things_are_withheld_is_still_a_story(story: Story) -> None:
    held = withhold(story, "both")
    assert [page.key for page in held.pages] == [page.key for page in story.pages]
    assert len(held.notes) == len(story.notes) and held.withheld == "both"
    with pytest.raises(KeyError):
        withhold(story, "everything")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("worth €1,200 to €1,500 a year", "worth (amount withheld) a year"),
        ("for 40 EUR by 30 Jun 2026", "for (amount withheld) by 30 Jun 2026"),
        ("3 million euros and 12 orders", "(amount withheld) and 12 orders"),
        ("USD 5k in 2026", "(amount withheld) in 2026"),
        ("95 % of 30 days", "95 % of 30 days"),
    ],
)
def test_amounts_in_words_are_known_by_the_currency_beside_them(said: str, left: str) -> None:
    assert blackened_text(said, (), "money") == left
