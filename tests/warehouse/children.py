"""Imports and builds in a process of their own, so that they can be killed, starved or made to wait.

A fork server loads the libraries once; every child starts warm and clean.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

import duckdb
import ibis
from paper_shop import sold, stage

from holdfast.warehouse.build import build_snapshot
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.home import Home
from holdfast.warehouse.landing import Steps, land
from holdfast.warehouse.lock import writing
from holdfast.warehouse.marts.registry import DECLARED, unbound
from holdfast.warehouse.snapshot import Snapshot

TODAY = date(2024, 12, 31)
NOBODY = 65534
compiled(ibis.table({"a": "int64"}, name="warm"))
for mart in DECLARED:
    unbound(mart)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["children"])


@cache
def _server() -> multiprocessing.context.ForkServerContext:
    """Before Python 3.13 a fork server looks for what it loads first in fewer places than we do, and says nothing when
    it does not find it: every child would load it again."""
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):
        forkserver.ensure_running()
    return _forks


@dataclass(frozen=True)
class Stop:
    """Where a child kills itself: at a step of the progress, around a call of os, or while a file is written."""

    where: str  # "step", "before", "after" or "writing"
    name: str

    def __str__(self) -> str:
        return f"{self.where} {self.name}"


def second_file() -> dict[str, list[dict[str, object]]]:
    """One order known before with a new status, and two new ones."""
    tables = sold(("2", "bo", date(2024, 2, 1)), ("3", "ana", date(2024, 3, 1)), ("4", "cy", date(2024, 3, 2)))
    tables["order"][0]["financial_status"] = "paid"
    return tables


def first_file() -> dict[str, list[dict[str, object]]]:
    return sold(("1", "ana", date(2024, 1, 1)), ("2", "bo", date(2024, 2, 1)))


def many_orders(connection: duckdb.DuckDBPyConnection, count: int = 300_000) -> None:
    """Make the staged orders and lines many, so that writing them takes a moment."""
    connection.execute(
        "INSERT INTO stage_order (order_source, order_number, processed_at, currency)"
        f" SELECT 'n' || i, 'n' || i, TIMESTAMP '2024-01-01', 'EUR' FROM range({count}) AS t(i)"
    )
    connection.execute(
        "INSERT INTO stage_order_line (order_source, product_source, kind, quantity, price, gross_minor, file_no)"
        f" SELECT 'n' || i, 'mug', 'merchandise', 1, 10, 1000, 0 FROM range({count}) AS t(i)"
    )


def do_import(home: Home, tables: dict[str, list[dict[str, object]]], *, many: bool = False, progress=None) -> None:
    connection = duckdb.connect()
    try:
        staged = stage(connection, tables)
        if many:
            many_orders(connection)
        with writing(home, "import"):
            land(home, home.shops()[0], staged, connection, mapping_name="paper", steps=Steps(progress))
    finally:
        connection.close()


def do_build(home: Home, *, progress=None) -> Snapshot:
    return build_snapshot(home, today=TODAY, finish=one_value, progress=progress)


def one_value(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, folder: Path, steps: object, making: object
) -> None:
    """Stand-in for the metrics: the shop's net in one row."""
    connection.execute(
        f"COPY (SELECT '{snapshot.id}' AS snapshot, sum(net_minor) AS net FROM customer_month)"
        f" TO '{folder}/values.parquet' (FORMAT parquet)"
    )


def killed(home: Home, task: str, stop: Stop, *, many: bool = False) -> int:
    """Run a task in a child that kills itself; return its exit code."""
    child = _server().Process(target=_run_and_die, args=(home.path, task, stop, many))
    child.start()
    child.join(60)
    assert child.exitcode is not None, "the child neither died nor finished"
    return child.exitcode


def _run_and_die(path: Path, task: str, stop: Stop, many: bool) -> None:
    home = Home(path)
    progress = (lambda step, _: _die() if step == stop.name else None) if stop.where == "step" else None
    if stop.where in ("before", "after"):
        setattr(os, stop.name, _deadly(getattr(os, stop.name), stop.where))
    if stop.where == "writing":
        threading.Thread(target=_die_when_written, args=(home.path / "tmp", stop.name), daemon=True).start()
    if task == "import":
        do_import(home, second_file(), many=many, progress=progress)
    else:
        do_build(home, progress=progress)


def _deadly(call: Callable[..., None], where: str) -> Callable[..., None]:
    def wrapped(*args: object) -> None:
        if where == "after":
            call(*args)
        _die()

    return wrapped


def _die_when_written(tmp: Path, name: str) -> None:
    while True:  # the engine writes beside (tmp_…) and renames; some bytes of it are enough
        if any(path.stat().st_size for path in tmp.rglob(f"*{name}")):
            _die()
        time.sleep(0.001)  # or the writing would wait for the looking


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Paused:
    """A build that has come to a step and waits."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection

    def go_on(self) -> int | None:
        self.pipe.send("go on")
        self.process.join(60)
        return self.process.exitcode


def paused_build(home: Home, step: str) -> Paused:
    ours, theirs = _server().Pipe()
    process = _server().Process(target=_run_and_wait, args=(home.path, step, theirs))
    process.start()
    assert ours.poll(60), "the child never came to its step"
    assert ours.recv() == step
    return Paused(process, ours)


def _run_and_wait(path: Path, step: str, pipe: Connection) -> None:
    def wait(done: str, _: float) -> None:
        if done == step:
            pipe.send(step)
            pipe.recv()

    do_build(Home(path), progress=wait)


def said(home: Home, task: str, *, file_limit: int | None = None, as_nobody: bool = False) -> str:
    """Run a task in a child with less than it needs; return "error class: message", or "done"."""
    ours, theirs = _server().Pipe()
    child = _server().Process(target=_run_and_say, args=(home.path, task, file_limit, as_nobody, theirs))
    child.start()
    assert ours.poll(60), "the child said nothing"
    told = ours.recv()
    child.join(60)
    return str(told)


def _run_and_say(path: Path, task: str, file_limit: int | None, as_nobody: bool, pipe: Connection) -> None:
    if file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    if as_nobody and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        home = Home(path)
        do_import(home, second_file(), many=file_limit is not None) if task == "import" else do_build(home)
        pipe.send("done")
    except Exception as problem:
        pipe.send(f"{type(problem).__name__}: {problem}")
