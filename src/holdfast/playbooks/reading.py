"""What pages and commands tell of playbooks: frozen rows, read from what ticks keep. Nothing is decided here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.declare import Playbook, PlaybookProblem
from holdfast.playbooks.facts import Who
from holdfast.playbooks.live import Live
from holdfast.playbooks.shelf import Switch, all_playbooks, lives, switches, text_of, version_text
from holdfast.playbooks.state import ADDED, STATE, Tick, added, folder_of, last_tick, rows_of, tallied
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home, write_whole

FAILED = "failed.json"
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last tick that was tried did not come to its end."""

    at: str
    said: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A subject of a lot, as it was called then: it may have been merged into another since."""

    subject: int
    arm: str
    day: date


@dataclass(frozen=True, slots=True)
class Listed:
    """One playbook of the list. edited: its file says something else than the version that is on. problem: why its file
    cannot be read. counts: of the last tick, what → how many."""

    id: str
    playbook: Playbook | None
    problem: str
    on: bool
    version: int
    edited: bool
    since: str
    by: str
    under_way: int
    waiting: int
    treated: int
    held_out: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Health:
    """When was last decided, for which day, and what went wrong since."""

    tick: Tick
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Run:
    """One run under way: before which step it stands, and from when on it goes further (UTC)."""

    run: int
    playbook: str
    version: int
    subject: int
    started_at: datetime
    step: str
    turn: int
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who would begin, and why not yet."""

    playbook: str
    subject: int
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One line of what became of somebody in a playbook."""

    playbook: str
    version: int | None
    run: int | None
    at: datetime
    day: date
    what: str
    step: str
    turn: int | None
    why: str
    arm: str


@dataclass(frozen=True, slots=True)
class Stay:
    """An audience somebody belonged to: from when, and until when; None while they do."""

    playbook: str
    entered: date
    left: date | None


@dataclass(frozen=True, slots=True)
class Arm:
    """A lot of an open playbook: of one day, how many were assigned to which arm."""

    playbook: str
    day: date
    treated: int
    held_out: int


def health(home: Home) -> Health:
    failure = None
    with suppress(FileNotFoundError):
        failure = Failure(**json.loads((folder_of(home) / FAILED).read_text(encoding="utf-8")))
    return Health(last_tick(home), failure)


def note_failure(home: Home, said: str, now: datetime) -> None:
    folder_of(home).mkdir(parents=True, exist_ok=True)
    write_whole(folder_of(home) / FAILED, json.dumps({"at": now.isoformat(), "said": said}))


def forget_failure(home: Home) -> None:
    (folder_of(home) / FAILED).unlink(missing_ok=True)


def listed(home: Home) -> tuple[Listed, ...]:
    """All there are, by id; those that are on with how they stand."""
    known, counts = switches(home), last_tick(home).counts
    slots = {one.slot: id for id, one in known.items()}
    under_way, waiting, arms = (_by_slot(home, what) for what in ("run", "hold", "arm"))
    found = []
    for id, it in all_playbooks(home).items():
        switch = known.get(id)
        slot = next((slot for slot, name in slots.items() if name == id), -1)
        held = arms.get((slot, HELD_OUT), 0)
        found.append(Listed(
            id, None if isinstance(it, PlaybookProblem) else it, str(it) if isinstance(it, PlaybookProblem) else "",
            bool(switch and switch.on), switch.version if switch else 0, _edited(home, id, switch),
            switch.since if switch else "", switch.by if switch else "", under_way.get((slot, ""), 0),
            waiting.get((slot, ""), 0), arms.get((slot, TREATED), 0), held, counts.get(id, {}),
        ))  # fmt: skip
    return tuple(found)


def runs(home: Home, playbook: str = "", limit: int = SHOWN) -> tuple[Run, ...]:
    """Those under way, the next to go on first."""
    found: list[Run] = []
    live = lives(home)
    for who in _whose(live, playbook):
        for row in _ask(
            f"SELECT * FROM ({_state(home, 'run', who)}) WHERE {_of(live, playbook)}"
            f" ORDER BY wake_at, run LIMIT {limit}"
        ):
            one = _live(live, row["slot"])
            steps = dict(one.all_versions())[row["version"]].steps
            found.append(Run(row["run"], one.playbook.id, row["version"], row["subject"], row["started_at"],
                             steps[row["step"]].id, row["turn"], row["wake_at"]))  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.wake_at, one.run))[:limit])


def waiting(home: Home, playbook: str = "", limit: int = SHOWN) -> tuple[Waiting, ...]:
    """Those who would begin and do not yet, who waits longest first."""
    found: list[Waiting] = []
    live = lives(home)
    for who in _whose(live, playbook):
        for row in _ask(
            f"SELECT * FROM ({_state(home, 'hold', who)}) WHERE {_of(live, playbook)} ORDER BY since, subject"
            f" LIMIT {limit}"
        ):
            found.append(Waiting(_live(live, row["slot"]).playbook.id, row["subject"], row["why"], row["since"]))
    return tuple(sorted(found, key=lambda one: (one.since, one.subject))[:limit])


def story(home: Home, who: Who, subjects: tuple[int, ...]) -> tuple[Event, ...]:
    """Everything that was decided and done for somebody, under all keys they have had; oldest first."""
    live, files = lives(home), added(home, "ledger", who)
    if not files:
        return ()
    rows = _ask(
        f"SELECT * FROM ({rows_of(files, ADDED['ledger'])}) WHERE subject IN ({', '.join(map(str, subjects))})"
        " ORDER BY moment, place, run, slot"
    )
    return tuple(
        Event(_live(live, r["slot"]).playbook.id, r["version"], r["run"], r["moment"], r["day"], r["what"],
              r["step"] or "", r["turn"], r["why"] or "", r["arm"] or "")
        for r in rows
    )  # fmt: skip


def stays(home: Home, who: Who, subjects: tuple[int, ...]) -> tuple[Stay, ...]:
    """Audiences somebody belonged to, by day of entering."""
    rows = _ask(
        f"SELECT * FROM ({rows_of(added(home, 'moved', who), ADDED['moved'])})"
        f" WHERE subject IN ({', '.join(map(str, subjects))}) ORDER BY moment"
    )
    found: list[Stay] = []
    for one in (one for one in lives(home) if one.playbook.who == who):
        since = None
        for row in rows:
            if row["entered"] >> one.slot & 1:
                since = since or row["day"]
            elif row["gone"] >> one.slot & 1 and since is not None:
                found.append(Stay(one.playbook.id, since, row["day"]))
                since = None
        if since is not None:
            found.append(Stay(one.playbook.id, since, None))
    return tuple(sorted(found, key=lambda stay: (stay.entered, stay.playbook)))


def arms(home: Home, playbook: str) -> tuple[Arm, ...]:
    """Of an open lot, how many were assigned on which day."""
    live = lives(home)
    one = next((one for one in live if one.playbook.id == playbook), None)
    if one is None:
        return ()
    rows = _ask(
        f"SELECT day, {_sum(TREATED)} AS treated, {_sum(HELD_OUT)} AS held_out"
        f" FROM ({tallied(home, last_tick(home), one.playbook.who)})"
        f" WHERE slot = {one.slot} AND what = 'assigned' GROUP BY day ORDER BY day"
    )
    return tuple(Arm(playbook, row["day"], row["treated"], row["held_out"]) for row in rows)


def assignments(home: Home, playbook: str, lot: str) -> tuple[Assignment, ...]:
    """Whom a lot of accounts assigned, each once, the first ones first."""
    switch = switches(home).get(playbook)
    if switch is None:
        return ()
    rows = _ask(
        "SELECT subject, arg_min(arm, moment) AS arm, min(day) AS day"
        f" FROM ({rows_of(added(home, 'ledger', 'accounts'), ADDED['ledger'])}) WHERE what = 'assigned'"
        f" AND slot = {switch.slot} AND step = {text(lot)} GROUP BY subject ORDER BY day, subject"
    )
    return tuple(Assignment(row["subject"], row["arm"], row["day"]) for row in rows)


def _sum(arm: str) -> str:
    return f"coalesce(sum(n) FILTER (arm = '{arm}'), 0)::BIGINT"


def _by_slot(home: Home, what: str) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for who in ("customers", "accounts"):
        if what == "arm":
            tally = tallied(home, last_tick(home), who)
            sql = f"SELECT slot, arm, sum(n)::BIGINT AS n FROM ({tally}) WHERE what = 'assigned' GROUP BY ALL"
        else:
            sql = f"SELECT slot, '' AS arm, count(*) AS n FROM ({_state(home, what, who)}) GROUP BY ALL"
        found |= {(row["slot"], row["arm"]): row["n"] for row in _ask(sql)}
    return found


def _edited(home: Home, id: str, switch: Switch | None) -> bool:
    if switch is None:
        return False
    with suppress(PlaybookProblem):
        return text_of(home, id) != version_text(home, id, switch.version)
    return True


def _state(home: Home, name: str, who: Who) -> str:
    path = last_tick(home).files.get(f"{name}_{who}")
    return rows_of([folder_of(home) / path] if path else [], STATE[name])


def _whose(live: tuple[Live, ...], playbook: str) -> list[Who]:
    return sorted({one.playbook.who for one in live if playbook in ("", one.playbook.id)})


def _of(live: tuple[Live, ...], playbook: str) -> str:
    slots = [str(one.slot) for one in live if playbook in ("", one.playbook.id)]
    return f"slot IN ({', '.join(slots) or 'NULL'})"


def _live(live: tuple[Live, ...], slot: int) -> Live:
    return next(one for one in live if one.slot == slot)


def _ask(sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        found = connection.execute(sql)
        names = [str(column[0]) for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
