"""The deck as another program draws it: LibreOffice makes pages, and these are looked at as pictures and as words in
places."""

from __future__ import annotations

import io
import re
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation

from holdfast.reviews.deck import deck_of
from holdfast.reviews.printed import pdf_of

DOTS = 50  # an inch
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
SIZE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')
PAPER = 250  # of 255, and lighter


def narrow() -> bytes:
    """A user's template of the old width, four to three."""
    file = io.BytesIO()
    Presentation().save(file)
    return file.getvalue()


@pytest.fixture(scope="module", params=["quiet", "the user's own"])
def drawn(story, tmp_path_factory, request) -> Path:
    """A folder with the deck as PDF, and a picture of each page."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "deck.pdf").write_bytes(pdf_of(deck_of(story, None if request.param == "quiet" else narrow())))
    subprocess.run(["pdftoppm", "-r", str(DOTS), "-png", "deck.pdf", "page"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def pictures(drawn) -> list[Image.Image]:
    return [Image.open(one).convert("L") for one in sorted(drawn.glob("page-*.png"))]


@pytest.fixture(scope="module")
def words(drawn) -> list[list[tuple[float, float, float, float, str]]]:
    """Of each page its words, with the left, upper, right and lower edge of each in points."""
    told = subprocess.run(
        ["pdftotext", "-bbox", "deck.pdf", "-"], cwd=drawn, check=True, capture_output=True, text=True
    )
    return [
        [(*map(float, found[:4]), found[4]) for found in WORD.findall(page)] for page in told.stdout.split("<page ")[1:]
    ]


def test_every_page_is_drawn_with_its_title_and_no_page_is_empty(pictures, words, story):
    assert len(pictures) == len(words) == len(story.pages)
    for picture, said, page in zip(pictures, words, story.pages, strict=True):
        assert picture.getextrema()[0] < 120 < PAPER <= picture.getextrema()[1], page.title
        assert set(page.title.split()) <= {one[4].replace("&amp;", "&") for one in said}, page.title


def test_nothing_runs_over_the_edge_of_a_page(pictures, story):
    for picture, page in zip(pictures, story.pages, strict=True):
        wide, high = picture.size
        for edge in ((0, 0, 3, high), (wide - 3, 0, wide, high), (0, 0, wide, 3), (0, high - 3, wide, high)):
            assert picture.crop(edge).getextrema()[0] >= PAPER, page.title


def test_no_words_lie_upon_others(words, story):
    for said, page in zip(words, story.pages, strict=True):
        for one, other in combinations(said, 2):
            assert not upon(one, other), f"{page.title}: “{one[4]}” and “{other[4]}”"


def upon(one, other) -> bool:
    """More than a quarter of the smaller word is under the other."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return False
    return across * down > min((word[2] - word[0]) * (word[3] - word[1]) for word in (one, other)) / 4
