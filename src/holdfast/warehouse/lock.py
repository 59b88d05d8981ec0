"""One writer at a time. Readers never wait."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from holdfast.warehouse.home import Home


class AnotherWriter(Exception):
    """Somebody else is importing or building; nothing was changed."""


@contextmanager
def writing(home: Home, what: str) -> Iterator[None]:
    """Hold the home's only writer's place; the kernel lets go of it when the process dies.

    Scratch left behind by a writer that died is removed here, when nobody can be using it.
    """
    path = home.path / "lock"
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            who = file.read().strip() or "another process"
            raise AnotherWriter(f"cannot {what}: {who}. Wait for it to finish, then run this again.") from busy
        file.seek(0)
        file.truncate()
        file.write(f"{what} is running (process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC)")
        file.flush()
        _sweep(home)
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def _sweep(home: Home) -> None:
    """Remove scratch whose process is gone; its name ends in the process number."""
    for leftover in (home.path / "tmp").glob("*-*"):
        owner = leftover.name.rpartition("-")[2]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
