"""One writer at a time. Readers never wait."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from holdfast.warehouse.files import refusal
from holdfast.warehouse.home import Home, HomeProblem, sweep


class AnotherWriter(Exception):
    """Somebody else is importing or building; nothing was changed."""


@contextmanager
def writing(home: Home, what: str) -> Iterator[None]:
    """Hold the home's only writer's place; the kernel lets go of it when the process dies.

    Scratch left behind by a writer that died is removed here, when nobody can be using it. Raises
    AnotherWriter, DiskProblem (the home may not be written to) or HomeProblem (there is no home).
    """
    handle = _open(home)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            who = os.pread(handle, 1000, 0).decode().strip() or "another process"
            raise AnotherWriter(f"cannot {what}: {who}. Wait for it to finish, then run this again.") from busy
        _say(handle, f"{what} is running (process {os.getpid()}, since {_now():%Y-%m-%d %H:%M} UTC)")
        sweep(home)
        try:
            yield
        finally:
            _say(handle, "")
    finally:
        os.close(handle)


@contextmanager
def editing(home: Path) -> Iterator[None]:
    """Hold the home's settings while they are read, changed and written: whoever comes meanwhile waits, a moment.

    Apart from `writing`, so that a setting can be kept while a build runs.
    """
    with held(home / "settings.lock"):
        yield


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file that says nothing: whoever comes meanwhile waits. The kernel lets go of it when a process dies."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(home: Home) -> int:
    if not home.exists:
        raise HomeProblem(f"no Holdfast home at {home.path}. Make one with `holdfast init`.")
    try:
        return os.open(home.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise refusal(problem, home.path) or problem from problem


def _say(handle: int, who: str) -> None:
    # Courtesy for whoever finds the place taken: a full disk must not stop us here.
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, who.encode(), 0)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (told to a person, never stored)
