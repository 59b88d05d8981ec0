"""Homes that commands can be asked about: CDNOW whole, once a run; and a shop of a few lines."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from terminal import Terminal
from typer.testing import CliRunner

from holdfast.cli.app import app

CDNOW = Path(__file__).parent.parent / "data" / "cdnow" / "cdnow_master.csv"

ORDERS = """order id,email,order date,sku,quantity,price,currency
1,ana@example.com,2025-01-05 10:00,mug,2,10.00,EUR
2,bo@example.com,2025-01-06 11:00,mug,1,10.00,EUR
3,ana@example.com,2025-02-05 10:00,cup,1,7.50,EUR
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal whose home is not made yet."""
    return Terminal(tmp_path / "home")


@pytest.fixture(scope="session")
def terminal_at() -> type[Terminal]:
    """A terminal for a home of one's own."""
    return Terminal


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


@pytest.fixture(scope="session")
def mugs_once(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """The shop of those few lines, imported and built by the commands; only to be copied."""
    folder = tmp_path_factory.mktemp("mugs")
    (folder / "orders.csv").write_text(ORDERS)
    terminal = Terminal(folder / "home")
    terminal("import", folder / "orders.csv", "--shop", "Mugs", "--zone", "UTC", "--currency", "EUR", "--quiet")
    terminal("build", "--quiet")
    return terminal


@pytest.fixture
def mugs(mugs_once: Terminal, tmp_path: Path) -> Terminal:
    """A copy of it, to be changed."""
    return Terminal(Path(copytree(mugs_once.home, tmp_path / "home", symlinks=True)))


@pytest.fixture(scope="session")
def cdnow(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """CDNOW imported and built by the commands themselves."""
    terminal = Terminal(tmp_path_factory.mktemp("cdnow") / "home")
    terminal("import", CDNOW, "--shop", "CDNOW", "--quiet")
    terminal("build", "--quiet")
    return terminal


@pytest.fixture(scope="session")
def shown(cdnow: Terminal) -> Any:
    """What CDNOW's commands print in a terminal of so many columns, line by line; said once however often asked."""

    @cache
    def lines(columns: int, *words: str) -> list[str]:
        env = {"HOLDFAST_HOME": str(cdnow.home), "COLUMNS": str(columns)}
        return CliRunner().invoke(app, list(words), env=env).stdout.splitlines()

    return lines
