"""A shop small enough to count, and playbooks in it."""

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home

from holdfast.warehouse.home import Home

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HELLO = """
id = "hello"
name = "Hello"
who = "customers"
aim = "To be tested."
owner = "Ada"
[audience]
when = ["frequency >= 1"]
[trigger]
on = "enter"
those_inside = true
[[step]]
id = "mail"
do = "email"
subject = "Hello"
body = "Hello"
[[step]]
id = "hook"
do = "webhook"
after_days = 1
name = "crm"
[[step]]
id = "again"
do = "email"
after_days = 1
subject = "Again"
body = "Again"
[stop]
bought = true
[again]
once = true
[holdout]
none_because = "They are few."
"""


def bought(*orders):
    """Orders as (number, customer, days before DAY)."""
    return book(*(order(number, customer, DAY - timedelta(days=ago)) for number, customer, ago in orders))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A home in which six customers bought, a to f, up to DAY."""
    home, it = paper_home(tmp_path_factory.mktemp("prepared"))
    land_rows(home, it, bought(*((f"o{n}", name, n) for n, name in enumerate("abcdef"))))
    build_rows(home)
    return home


@pytest.fixture
def shop(prepared, tmp_path):
    """A copy of it for one test to change."""
    shutil.copytree(prepared.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def written(home, text, id="hello"):
    folder = home.path / "playbooks"
    folder.mkdir(exist_ok=True)
    (folder / f"{id}.toml").write_text(text)
