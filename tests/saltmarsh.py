"""The shop on paper, imported as a user would, and built once for all test files: whole, and folder by folder."""

import fcntl
from datetime import date
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest

from holdfast.metrics.publish import build
from holdfast.metrics.worked import read_with
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

FOLDER = Path(str(files("holdfast.examples") / "saltmarsh"))
JUNE_30 = date(2026, 6, 30)


def made(path: Path, folder: str = "") -> Home:
    """A home of its own with Saltmarsh in it, or one of its folders and what is read with it, read on 30 June 2026."""
    home = Home(path)
    home.create()
    told = [*(FOLDER / name for name in read_with(folder)), FOLDER / folder]
    receipt = load(home, told, shop="Saltmarsh", zone="Europe/Amsterdam", currency="EUR", simulated=True)
    assert receipt.rows_rejected == 0
    build(home, today=JUNE_30)
    return home


@pytest.fixture(scope="session")
def built_saltmarsh(tmp_path_factory, worker_id):
    """Folder → where its home lies. Built by whichever worker comes first; the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def built(folder: str = "") -> Path:
        path = shared / f"saltmarsh-{folder or 'whole'}"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (path / "built").exists():
                made(path, folder)
                (path / "built").touch()
        return path

    return built


@pytest.fixture(scope="module")
def saltmarsh_folder(built_saltmarsh, tmp_path_factory):
    """Folder → a copy of its home for one file of tests, so that what it does to it is seen by nobody else."""

    def copied(folder: str = "") -> Home:
        path = tmp_path_factory.mktemp("saltmarsh") / "home"
        copytree(built_saltmarsh(folder), path, symlinks=True)
        return Home(path)

    return copied


@pytest.fixture(scope="module")
def saltmarsh_home(saltmarsh_folder):
    return saltmarsh_folder()
