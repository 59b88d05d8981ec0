"""Readings kept: one file a snapshot and version of the scorecards, only ever added to.

home/health/readings/<snapshot>.<digest>.parquet          what was read of a snapshot on its own day
home/health/readings/<snapshot>.<digest>.<day>.parquet    looked back from it to an earlier day, as known now
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.health.answer import Evidence, Found
from holdfast.health.reading import Known, Missing, Reading, Reason, Shown, Status
from holdfast.health.scorecard import FOLDER, Scorecard
from holdfast.health.settling import put_down
from holdfast.health.subject import Kind, Subject
from holdfast.health.taking import Basis, Taker, basis, taking
from holdfast.health.work import Work
from holdfast.warehouse.engine import text
from holdfast.warehouse.files import refusal
from holdfast.warehouse.home import Home, scratch

READINGS = "readings"
# One row a reading; its reasons, what is missing and what is shown are JSON, since nobody adds them up.
COLUMNS = {
    "snapshot": "VARCHAR", "taken_at": "TIMESTAMP", "as_of": "DATE", "known": "VARCHAR", "kind": "VARCHAR",
    "subject": "VARCHAR", "label": "VARCHAR", "account": "VARCHAR", "scorecard": "VARCHAR", "digest": "VARCHAR",
    "score": "INTEGER", "status": "VARCHAR", "coverage": "DOUBLE", "needed": "DOUBLE", "reasons": "VARCHAR",
    "missing": "VARCHAR", "shown": "VARCHAR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading as it was kept: of which snapshot, when (UTC), and under which account."""

    snapshot: str
    taken_at: datetime
    account: str
    reading: Reading


def keep_readings(
    home: Home, *, now: datetime, as_of: date | None = None, work: Mapping[str, Work] | None = None,
    work_of_companies: Mapping[int, Work] | None = None,
) -> tuple[Path, int]:  # fmt: skip
    """Read the health of every account and company of the serving snapshot and keep it; the file, and how many.

    Once a snapshot, version of the scorecards and day: what is there stays, and 0 is answered. as_of: an earlier day,
    told with what is known now. work: by account name, and by the key of a company. A crash leaves nothing, or all of
    it. Raises NothingBuilt, DamagedSnapshot, FrameworkProblem, AfterTheData and DiskProblem.
    """
    path = _place(basis(home, as_of))
    if path.exists():
        return path, 0
    with taking(home, as_of) as taker:
        path = _place(taker)
        readings = list(_all(taker, work or {}, work_of_companies))
        kept = [_row(taker, account, reading, now) for account, reading in readings]
    if taker.known == "then":
        put_down(taker, [reading for _, reading in readings])  # first: what is kept is not read again
    _write(home, path, kept)
    return path, len(kept)


def are_kept(home: Home) -> bool:
    """Whether the readings of the serving snapshot are there: told without opening it. Raises as `keep_readings`."""
    return _place(basis(home)).exists()


def history(
    home: Home, subject: Subject | None = None, until: date | None = None, kind: Kind | None = None
) -> tuple[Kept, ...]:  # fmt: skip
    """Everything kept, of one subject or one kind of them; by day, and of one day the reading taken last comes last.
    A file that cannot be read is left out."""
    folder = home.path / FOLDER / READINGS
    asked: dict[str, Any] = {"kind = ?": kind, "as_of <= ?": until}
    if subject is not None:
        asked |= {"kind = ?": subject.kind, "subject = ?": subject.key}
    wanted = {condition: value for condition, value in asked.items() if value is not None}
    with duckdb.connect(config={"threads": 1}) as connection:
        found = [kept for path in sorted(folder.glob("*.parquet")) for kept in _read(connection, path, wanted)]
    return tuple(sorted(found, key=lambda k: (k.reading.as_of, k.taken_at, k.snapshot)))


def newest(kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """One a subject and day, by day: of what was known then before what was looked back at, and the last taken."""
    of_day: dict[tuple[Subject, date], Kept] = {}
    for one in sorted(kept, key=lambda k: (k.reading.known == "then", k.taken_at, k.snapshot)):
        of_day[one.reading.subject, one.reading.as_of] = one
    return tuple(sorted(of_day.values(), key=lambda k: k.reading.as_of))


def first_at_risk(home: Home) -> dict[int, date]:
    """By key of a company, the first day of which its kept score was at risk."""
    found: dict[int, date] = {}
    for one in history(home, kind="company"):
        if one.reading.status == "risk":
            found.setdefault(int(one.reading.subject.key), one.reading.as_of)
    return found


def formula_changes(kept: Sequence[Kept]) -> tuple[date, ...]:
    """The days, of one subject's history, from which on another version of a scorecard was read."""
    pairs = pairwise(kept)
    return tuple(after.reading.as_of for before, after in pairs if before.reading.digest != after.reading.digest)


def digest_of(cards: Mapping[str, Scorecard], segments: Mapping[str, str]) -> str:
    """Of all scorecards, and of which one each account is read by."""
    said = repr((sorted((id, card.digest) for id, card in cards.items()), sorted(segments.items())))
    return sha256(said.encode()).hexdigest()[:12]


def _place(of: Basis) -> Path:
    back = f".{of.as_of}" if of.known == "now" else ""
    name = f"{of.snapshot}.{digest_of(of.cards, of.segments)}{back}.parquet"
    return of.home.path / FOLDER / READINGS / name


def _all(
    taker: Taker, work: Mapping[str, Work], of_companies: Mapping[int, Work] | None
) -> Iterable[tuple[str, Reading]]:  # fmt: skip
    for account in taker.accounts():
        yield account, taker.account(account, work.get(account))
        for reading in taker.companies(account, of_companies):
            yield account, reading


def _row(taker: Taker, account: str, r: Reading, now: datetime) -> dict[str, Any]:
    return {
        "snapshot": taker.snapshot, "taken_at": now.replace(tzinfo=None), "as_of": r.as_of, "known": r.known,
        "kind": r.subject.kind, "subject": r.subject.key, "label": r.subject.label, "account": account,
        "scorecard": r.scorecard, "digest": r.digest, "score": r.score, "status": r.status, "coverage": r.coverage,
        "needed": r.needed, **{part: _json(getattr(r, part)) for part in ("reasons", "missing", "shown")},
    }  # fmt: skip


def _json(parts: Sequence[Reason | Missing | Shown]) -> str:
    return json.dumps([asdict(part) for part in parts], default=str, ensure_ascii=False)


def _write(home: Home, path: Path, rows: list[dict[str, Any]]) -> None:
    """Whole beside its place, then linked there: what somebody else kept meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch(home, "health") as beside:
        lines, made = beside / "readings.jsonl", beside / path.name
        lines.write_text("".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows))
        columns = ", ".join(f"{name}: {text(kind)}" for name, kind in COLUMNS.items())
        try:
            with duckdb.connect(config={"threads": 1}) as connection:
                connection.execute(
                    f"COPY (SELECT * FROM read_json({text(str(lines))}, format = 'newline_delimited',"
                    f" columns = {{{columns}}}, maximum_object_size = 67108864)) TO {text(str(made))} (FORMAT parquet)"
                )
            _flush(made)
            made.chmod(0o440)
            if not path.exists():
                os.link(made, path)
        except FileExistsError:
            return
        except (OSError, duckdb.Error) as problem:
            raise refusal(problem, home.path) or problem from problem


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _read(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Mapping[str, Any]) -> list[Kept]:
    rest = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    try:
        found = connection.execute(f"SELECT * FROM read_parquet(?){rest}", [str(path), *wanted.values()])
        names = [str(d[0]) for d in found.description or ()]
        return [_kept(dict(zip(names, row, strict=True))) for row in found.fetchall()]
    except duckdb.Error:
        return []


def _kept(r: dict[str, Any]) -> Kept:
    kind: Kind = r["kind"]
    known: Known = r["known"]
    status: Status = r["status"]
    reading = Reading(
        Subject(kind, r["subject"], r["label"]), r["scorecard"], r["digest"], r["as_of"], known, r["score"], status,
        r["coverage"], r["needed"], tuple(_reason(one) for one in json.loads(r["reasons"])),
        tuple(Missing(**one | {"unknown": Unknown(**one["unknown"])}) for one in json.loads(r["missing"])),
        tuple(Shown(**one | {"answer": _answer(one["answer"])}) for one in json.loads(r["shown"])),
    )  # fmt: skip
    return Kept(r["snapshot"], r["taken_at"], r["account"], reading)


def _reason(told: dict[str, Any]) -> Reason:
    return Reason(**told | {"evidence": _evidence(told["evidence"])})


def _evidence(told: dict[str, Any]) -> Evidence:
    return Evidence(**told | {"as_of": date.fromisoformat(told["as_of"])})


def _answer(told: dict[str, Any]) -> Found | Unknown:
    if "why" in told:
        return Unknown(**told)
    day = date.fromisoformat(told["told_on"]) if told["told_on"] else None
    return Found(**told | {"evidence": _evidence(told["evidence"]), "told_on": day})
