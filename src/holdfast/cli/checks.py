"""The checks of `holdfast doctor`, each one a question with an answer and what to do."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from holdfast.cli.failure import sentence
from holdfast.commerce.counting import some
from holdfast.warehouse.home import FOLDERS, Home

GIB = 1 << 30
FEW_GIB, LEAST_GIB = 2.0, 0.2  # free disk: to look at; a build would fail


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: Literal["ok", "warn", "fail"]
    said: str
    to_do: str = ""


def examine(home: Home) -> list[Check]:
    """Every check that can be made; without a home only those of the machine."""
    checks = [_versions(), _memory()]
    if not home.exists:
        return [
            *checks,
            Check("home", "fail", f"there is none at {home.path}", "holdfast init, or name one with --home"),
        ]
    asked: tuple[tuple[str, Callable[[Home], Check]], ...] = (
        ("home", _folders), ("secrets", _secrets), ("settings", _settings), ("targets", _targets), ("disk", _disk),
        ("writer", _writer), ("rejects", _rejects), ("landed", _landed), ("snapshot", _snapshot),
        ("reports", _values), ("audits", _audits),
        ("database", _database),
    )  # fmt: skip
    for name, check in asked:
        try:
            checks.append(check(home))
        except Exception as problem:
            said = sentence(problem)
            to_do = "" if "`" in said else "mend it and run holdfast doctor again"  # the sentence names a command
            checks.append(Check(name, "fail", said, to_do))
    return checks


def _versions() -> Check:
    from importlib import metadata

    import duckdb

    said = f"Holdfast {metadata.version('holdfast')}, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    if sys.version_info < (3, 11) or int(duckdb.__version__.split(".")[0]) < 2:
        return Check("versions", "fail", said, "Python 3.11 and DuckDB 2 are the oldest that work: install again")
    return Check("versions", "ok", said)


def _memory() -> Check:
    import duckdb

    from holdfast.warehouse.engine import memory_limit, threads

    limit = memory_limit()
    try:
        duckdb.connect(config={"memory_limit": limit}).close()
        said = f"builds may use {limit} and {threads()} threads"
    except (duckdb.Error, ValueError):
        given = os.environ.get("HOLDFAST_MEMORY"), os.environ.get("HOLDFAST_THREADS")
        return Check("memory", "fail", f"HOLDFAST_MEMORY, HOLDFAST_THREADS = {given}", "write such as 6GB and 4")
    return Check("memory", "ok", said)


def _folders(home: Home) -> Check:
    missing = [name for name in FOLDERS if not (home.path / name).is_dir()]
    if missing:
        return Check("home", "fail", f"{home.path} has no {', '.join(missing)}", "holdfast init puts it back")
    shut = [name for name in (".", *FOLDERS) if not os.access(home.path / name, os.W_OK | os.X_OK)]
    if shut:
        return Check("home", "fail", f"{home.path} cannot be written to", f"chown -R $USER {home.path}")
    return Check("home", "ok", str(home.path))


def _secrets(home: Home) -> Check:
    paths = [home.path / name for name in ("salt", "secret.key")]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        return Check(
            "secrets", "fail", f"{' and '.join(absent)} missing",
            "restore it from a backup; a new salt would tell no known e-mail address again (holdfast init makes one)",
        )  # fmt: skip
    paths += [path for name in ("work.sqlite3", "welcome.token") if (path := home.path / name).is_file()]
    opened = [path for path in (home.path, *paths) if path.stat().st_mode & 0o077 and path.name != "work.sqlite3"]
    readable = [path for path in opened if path.stat().st_mode & 0o044 and path != home.path]
    if readable:
        names = " ".join(str(path) for path in readable)
        return Check("secrets", "fail", "others on this machine can read a secret", f"chmod 600 {names}")
    if opened:
        return Check("secrets", "warn", "others on this machine can look into the home", f"chmod 700 {home.path}")
    return Check("secrets", "ok", "only you can read them")


def _settings(home: Home) -> Check:
    from holdfast.cli import defaults

    defaults.read(home)
    shops = home.shops()
    if not shops:
        return Check("settings", "warn", "no shop yet", "holdfast import FILE")
    said = ", ".join(f"{s.name} ({s.currency}, {s.zone}{', simulated' if s.simulated else ''})" for s in shops)
    return Check("settings", "ok", said)


def _targets(home: Home) -> Check:
    from holdfast.metrics.framework import load_for

    framework = load_for(home.path)
    return Check("targets", "ok", f"{framework.name}, version {framework.version}")


def _disk(home: Home) -> Check:
    free = shutil.disk_usage(home.path).free / GIB
    used = sum(path.stat().st_size for path in home.path.rglob("*") if path.is_file() and not path.is_symlink()) / GIB
    said = f"{free:.1f} GiB free, the home takes {used:.1f} GiB"
    if free < LEAST_GIB:
        return Check("disk", "fail", said, "make room: an import or build would not fit")
    if free < max(FEW_GIB, used):
        return Check("disk", "warn", said, "make room: a build writes a second snapshot beside the first")
    return Check("disk", "ok", said)


def _writer(home: Home) -> Check:
    path = home.path / "lock"
    if not path.is_file():
        return Check("writer", "ok", "nobody is importing or building")
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Check(
                "writer", "warn", file.read().strip() or "somebody is writing", "imports and builds wait for it"
            )
    return Check("writer", "ok", "nobody is importing or building")


def _rejects(home: Home) -> Check:
    from holdfast.warehouse.receipts import rejects

    total = rejects(home, limit=1).total
    if total:
        return Check("rejects", "warn", f"{some(total, 'cells')} could not be used", "holdfast rejects says why")
    return Check("rejects", "ok", "none")


def _landed(home: Home) -> Check:
    from holdfast.warehouse.damage import check_loads
    from holdfast.warehouse.receipts import receipts

    found = receipts(home)
    check_loads(home, found)
    return Check("landed", "ok", f"{some(len(found), 'loads')}, each as its receipt says" if found else "nothing yet")


def _values(home: Home) -> Check:
    """What was reported on past days: nothing can make it again."""
    from holdfast.warehouse.damage import unreadable

    lost = [str(path) for path, _ in unreadable(sorted((home.path / "values").glob("*.parquet")))]
    if lost:
        to_do = "put it back from a backup; without one, move it away: past reports leave that day out"
        return Check("reports", "warn", f"{', '.join(lost)} cannot be read", to_do)
    return Check("reports", "ok", "every past report can be read")


def _snapshot(home: Home) -> Check:
    from holdfast.metrics.published import need_published
    from holdfast.warehouse.damage import check_snapshot
    from holdfast.warehouse.receipts import receipts
    from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

    loads = {r.load_id for r in receipts(home)}
    snapshot = current_snapshot(home)
    if snapshot is None:
        to_do = "holdfast build" if loads else "holdfast import FILE, then holdfast build"
        return Check("snapshot", "warn", "nothing has been built yet", to_do)
    check_snapshot(snapshot)
    connection = open_snapshot(home, snapshot)
    try:
        (orders,) = connection.execute("SELECT count(*) FROM order_value").fetchone() or (0,)
    finally:
        connection.close()
    need_published(home)
    said = f"{snapshot.id}, as of {snapshot.as_of}, {some(orders, 'orders')}"
    newer = len(loads - set(snapshot.loads))
    if newer:
        return Check("snapshot", "warn", f"{said}; {newer} imported since", "holdfast build")
    return Check("snapshot", "ok", said)


def _audits(home: Home) -> Check:
    from holdfast.warehouse.snapshot import current_snapshot

    snapshot = current_snapshot(home)
    if snapshot is None:
        return Check("audits", "ok", "nothing to audit yet")
    if not snapshot.findings:
        return Check("audits", "ok", "every promise holds")
    said = "; ".join(f"{f.promise} Not {some(f.rows, 'rows')}" for f in snapshot.findings)
    return Check("audits", "warn", said, "look at the examples: holdfast build --json")


def _database(home: Home) -> Check:
    if not (os.environ.get("HOLDFAST_DATABASE_URL") or (home.path / "work.sqlite3").is_file()):
        return Check("database", "ok", "not made yet; holdfast serve makes it")
    settings = {"HOLDFAST_HOME": str(home.path), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--check", "-v", "0"],
        env=os.environ | settings, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode == 0:
        return Check("database", "ok", "up to date")
    if done.stderr.strip():
        return Check(
            "database", "fail", done.stderr.strip().splitlines()[-1], "check HOLDFAST_DATABASE_URL and the server"
        )
    return Check("database", "warn", "it is of an older version", "holdfast serve upgrades it")
