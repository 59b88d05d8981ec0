"""What is kept of everybody between ticks: files, written whole, switched in one step.

home/playbooks/ticks/<n>/tick.json            what the tick did, and in which files what is kept lies
                        member_<who>.parquet  subject, member, dealt: a bit a playbook
                        run_<who>.parquet     runs under way
                        hold_<who>.parquet    who waits to begin, since when and why
                        tally_<who>.parquet   how many lines of the ledger say what, and why
                        ledger_<who>.parquet  what was decided and done in this tick; only ever added to
                        moved_<who>.parquet   who entered and left which audience in it; only ever added to
                        todo_<who>.parquet    what is to be handed over to the outbox and the book of work
                        handed                that it was
                        joined_….parquet      files of earlier ticks that were put together (`joining.py`)
home/playbooks/ticks/current                  the tick that holds

A tick whose folder is there and that `current` does not name was killed before anything was handed over: it never was.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb

from holdfast.playbooks.facts import Who
from holdfast.playbooks.shelf import FOLDER
from holdfast.warehouse.engine import parquet_rows, text
from holdfast.warehouse.files import point, publish_folder
from holdfast.warehouse.home import Home

TICKS, CURRENT, HANDED = "ticks", "current", "handed"
WHO: tuple[Who, ...] = ("customers", "accounts")
STATE = {
    "member": "subject BIGINT, member UBIGINT, dealt UBIGINT",
    "run": "run BIGINT, slot INTEGER, version INTEGER, subject BIGINT, shop_id BIGINT, started_at TIMESTAMP,"
    " day DATE, anchor DATE, orders_then DOUBLE, step INTEGER, turn INTEGER, wake_at TIMESTAMP",
    "hold": "slot INTEGER, subject BIGINT, why VARCHAR, since TIMESTAMP",
    "tally": "slot INTEGER, what VARCHAR, arm VARCHAR, why VARCHAR, day DATE, n BIGINT",
}
# Lines of a ledger, counted; by day where somebody was assigned.
TALLIED = (
    "SELECT slot, what, arm, coalesce(why, '') AS why, CASE WHEN what = 'assigned' THEN day END AS day, count(*) AS n"
    " FROM {ledger} GROUP BY ALL"
)
ADDED = {
    "ledger": "slot INTEGER, version INTEGER, subject BIGINT, run BIGINT, step VARCHAR, turn INTEGER,"
    " moment TIMESTAMP, day DATE, what VARCHAR, why VARCHAR, anchor DATE, arm VARCHAR, shop_id BIGINT, place INTEGER",
    "moved": "subject BIGINT, entered UBIGINT, gone UBIGINT, moment TIMESTAMP, day DATE",
    "todo": "slot INTEGER, version INTEGER, run BIGINT, step VARCHAR, turn INTEGER, shop_id BIGINT, subject BIGINT,"
    " not_before TIMESTAMP",
}


class AnotherTick(Exception):
    """Somebody else decides at this moment; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick that was done. files: of the state, name → path under the ticks' folder; added: of what is only added
    to, name → paths, oldest first. seen: slots it decided for. behind: whose data were too old to decide by, who → shop
    or account → the day on which they end."""

    number: int = 0
    at: str = ""
    as_of: str = ""
    snapshot: str = ""
    next_run: int = 1
    seen: tuple[int, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # by playbook: what → how many
    behind: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.number:06d}"

    @property
    def moment(self) -> datetime | None:
        return datetime.fromisoformat(self.at) if self.at else None

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.as_of) if self.as_of else None


@contextmanager
def ticking(home: Home) -> Iterator[None]:
    """Hold the only place from which is decided; the kernel lets go of it when the process dies. Raises AnotherTick."""
    folder = home.path / FOLDER / TICKS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise AnotherTick("another tick runs at this moment: wait for it to end") from busy
        yield
    finally:
        os.close(handle)


def last_tick(home: Home) -> Tick:
    """The one that holds; number 0 where there was none."""
    return _tick(folder_of(home) / CURRENT)


def folder_of(home: Home) -> Path:
    return home.path / FOLDER / TICKS


def added(home: Home, name: str, who: Who) -> list[Path]:
    """The files of what is only added to, oldest first."""
    return [folder_of(home) / path for path in last_tick(home).added.get(f"{name}_{who}", ())]


def rows_of(files: Sequence[Path], columns: str) -> str:
    """A SELECT over files that may be none."""
    if files:
        return parquet_rows(list(files), "union_by_name = true")  # a column may be newer than the first of them
    nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in (c.split() for c in columns.split(", ")))
    return f"SELECT {nothing} WHERE false"


def tallied(home: Home, tick: Tick, who: Who) -> str:
    """A SELECT of the tally; of a home whose last tick kept none, from the ledger."""
    if path := tick.files.get(f"tally_{who}"):
        return rows_of([folder_of(home) / path], STATE["tally"])
    files = [folder_of(home) / path for path in tick.added.get(f"ledger_{who}", ())]
    return TALLIED.format(ledger=f"({rows_of(files, ADDED['ledger'])})")


def load_state(
    connection: duckdb.DuckDBPyConnection, home: Home, last: Tick, who: Who, *, past: bool = True
) -> None:  # fmt: skip
    """Tables member, run and hold as they were kept, and the view `past`; whose profiles are one person by now are one.

    Read from `same_person`, which must be there. Of two runs of one person in one playbook the earlier stays; `doubled`
    holds the others. past: False for a day on which nothing had been decided yet.
    """
    for name, columns in STATE.items():
        kept = [folder_of(home) / path] if (path := last.files.get(f"{name}_{who}")) else []
        rows = tallied(home, last, who) if name == "tally" and past else rows_of(kept, columns)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW kept_{name} AS {rows}")
    same = "LEFT JOIN same_person AS s ON s.customer_id = k.subject"
    subject = "coalesce(s.subject, k.subject)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE member AS SELECT {subject} AS subject, bit_or(member) AS member,"
        f" bit_or(dealt) AS dealt FROM kept_member AS k {same} GROUP BY 1"
        if _merged(connection)
        else "CREATE OR REPLACE TEMP VIEW member AS SELECT * FROM kept_member"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE all_run AS SELECT k.* REPLACE ({subject} AS subject), row_number() OVER"
        f" (PARTITION BY slot, {subject} ORDER BY run) AS place FROM kept_run AS k {same}"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE run AS SELECT * EXCLUDE place FROM all_run WHERE place = 1")
    connection.execute("CREATE OR REPLACE TEMP TABLE doubled AS SELECT * EXCLUDE place FROM all_run WHERE place > 1")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE hold AS SELECT slot, {subject} AS subject, arg_min(why, since) AS why,"
        f" min(since) AS since FROM kept_hold AS k {same} GROUP BY ALL"
    )
    ledger = rows_of(added(home, "ledger", who) if past else [], ADDED["ledger"])
    told = "slot, what, moment, day, anchor, arm, why, step"
    decided = (
        f"SELECT {subject} AS subject, {told} FROM ({ledger}) AS k {same}"
        if _merged(connection)
        else f"SELECT subject, {told} FROM ({ledger})"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW past AS {decided}")


def _merged(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute("SELECT 1 FROM same_person LIMIT 1").fetchall())


def write_rows(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> int:
    """How many rows were written; none, and no file."""
    found = connection.execute(
        f"COPY ({select}) TO {text(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 245760)"
    ).fetchone()
    count = int(found[0]) if found else 0
    if not count:
        path.unlink(missing_ok=True)
    return count


def keep(home: Home, made: Path, tick: Tick) -> Path:
    """Put a tick's folder in its place, then switch to it: before the switch it never was, behind it it is whole."""
    (made / "tick.json").write_text(json.dumps(asdict(tick), indent=1), encoding="utf-8")
    place = folder_of(home) / tick.name
    publish_folder(made, place)
    point(place.parent / CURRENT, tick.name)
    return place


def forget_killed(home: Home, last: Tick) -> None:
    """Folders of ticks that were killed before they held, and files that nobody reads any more."""
    used = {*last.files.values(), *(path for paths in last.added.values() for path in paths)}
    for folder in folder_of(home).glob("[0-9]*"):
        if int(folder.name) > last.number:
            shutil.rmtree(folder, ignore_errors=True)
            continue
        for path in folder.glob("*.parquet"):
            to_do = path.name.startswith("todo_") and int(folder.name) == last.number
            if not to_do and f"{folder.name}/{path.name}" not in used:
                path.unlink(missing_ok=True)


def is_handed(home: Home, tick: Tick) -> bool:
    return not tick.number or (folder_of(home) / tick.name / HANDED).exists()


def mark_handed(home: Home, tick: Tick) -> None:
    (folder_of(home) / tick.name / HANDED).touch()


def _tick(folder: Path) -> Tick:
    with suppress(FileNotFoundError):
        told = json.loads((folder / "tick.json").read_text(encoding="utf-8"))
        told.setdefault("added", _named(folder, told["number"]))
        return Tick(**told | {"seen": tuple(told["seen"])})
    return Tick()


def _named(folder: Path, last: int) -> dict[str, list[str]]:
    """What was only added to by ticks that did not name it yet."""
    folders = sorted(path for path in folder.resolve().parent.glob("[0-9]*") if int(path.name) <= last)
    named = {
        f"{name}_{who}": [f"{one.name}/{name}_{who}.parquet" for one in folders
                          if (one / f"{name}_{who}.parquet").is_file()]
        for name in ("ledger", "moved") for who in WHO
    }  # fmt: skip
    return {key: paths for key, paths in named.items() if paths}
