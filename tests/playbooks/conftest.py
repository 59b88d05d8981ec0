"""A shop of six customers, built once and copied for each test that changes it; processes that tick, send and take in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import killing
import pytest
import written_to
from greeting import bought
from paper_shop import build_rows, land_rows, paper_home

from holdfast.warehouse.home import Home


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A home in which six customers bought, a to f, up to DAY."""
    home, it = paper_home(tmp_path_factory.mktemp("prepared"))
    land_rows(home, it, bought(*((f"o{n}", name, n) for n, name in enumerate("abcdef"))))
    build_rows(home)
    return home


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """A home of six people who may or may not be written to; only to be read, or copied."""
    return written_to.made(tmp_path_factory.mktemp("people"))


@pytest.fixture
def shop(prepared, tmp_path):
    """A copy of it for one test to change."""
    shutil.copytree(prepared.path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def ticks_apart(tmp_path_factory):
    """Ticks in processes of their own, which may be killed (`killing.py`)."""
    with killing.ready(tmp_path_factory.mktemp("nobody")) as ready:
        yield ready


@pytest.fixture(scope="session")
def senders_apart(request, tmp_path_factory):
    """Processes that send what waits in the book of work of the tests (`Killing.senders`)."""
    if url := os.environ.get("HOLDFAST_DATABASE_URL"):
        with killing.ready(tmp_path_factory.mktemp("nobody"), url) as ready:
            yield ready
    else:
        yield request.getfixturevalue("ticks_apart")


@pytest.fixture(scope="session")
def post_office(tmp_path_factory):
    """The port of a real mail server of its own process, and where it puts what it took."""
    folder = tmp_path_factory.mktemp("taken")
    command = [sys.executable, Path(__file__).with_name("mail_server.py"), folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield int(running.stdout.readline()), folder
        running.kill()


@pytest.fixture
def server(post_office):
    """It, before it took anything."""
    for letter in post_office[1].iterdir():
        letter.unlink()
    return post_office
