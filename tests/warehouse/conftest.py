"""What the warehouse's proofs share: how to look at a whole home, and a shop with something of everything."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # paper_shop

from paper_shop import land_rows, paper_home


@pytest.fixture
def paper(tmp_path):
    """A home with one empty shop in UTC and EUR."""
    return paper_home(tmp_path)


@pytest.fixture
def told(paper):
    """Land rows in that shop."""
    home, shop = paper
    return lambda tables, **more: land_rows(home, shop, tables, **more)
