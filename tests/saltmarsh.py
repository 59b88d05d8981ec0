"""The shop on paper, imported as a user would: its whole folder in one import, built once for all test files."""

import fcntl
from datetime import date
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest

from holdfast.metrics.publish import build
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

FOLDER = Path(str(files("holdfast.examples") / "saltmarsh"))
JUNE_30 = date(2026, 6, 30)


def made(path: Path) -> Home:
    """A home of its own with Saltmarsh in it, read on 30 June 2026."""
    home = Home(path)
    home.create()
    receipt = load(home, [FOLDER], shop="Saltmarsh", zone="Europe/Amsterdam", currency="EUR", simulated=True)
    assert receipt.rows_rejected == 0
    build(home, today=JUNE_30)
    return home


@pytest.fixture(scope="session")
def built_saltmarsh(tmp_path_factory, worker_id):
    """Built by whichever worker comes first; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "saltmarsh.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = shared / "saltmarsh"
        if not (path / "built").exists():
            made(path)
            (path / "built").touch()
    return path


@pytest.fixture(scope="module")
def saltmarsh_home(built_saltmarsh, tmp_path_factory):
    """A copy for one file of tests, so that what it does to its home is seen by nobody else."""
    path = tmp_path_factory.mktemp("saltmarsh") / "home"
    copytree(built_saltmarsh, path, symlinks=True)
    return Home(path)
