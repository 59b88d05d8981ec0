"""What people decided about identity: who is one, who is not, and which identifier does not count.

A line of `identity_decisions.jsonl` in the home each, only ever added to. An undo is a decision too, so the
record tells who thought what, when and why; a build uses those that stand.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from holdfast.warehouse.files import refusal
from holdfast.warehouse.home import Home, HomeProblem

FILE = "identity_decisions.jsonl"
Kind = Literal["together", "apart", "ignore", "undo"]


class CannotDecide(Exception):
    """The decision makes no sense; the message says why, and nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. customers: two profiles (surrogate keys); identifier: its type and hash; undoes: a number."""

    number: int
    kind: Kind
    by: str
    at: datetime  # UTC
    why: str
    customers: tuple[int, ...] = ()
    identifier: tuple[str, str] | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The decisions that hold: pairs of profiles, smaller first, and identifiers, each with its decision's number."""

    together: dict[tuple[int, int], int]
    apart: dict[tuple[int, int], int]
    ignored: dict[tuple[str, str], int]


def decisions(home: Home, until: datetime | None = None) -> list[Decision]:
    """All that was decided by a moment (UTC), in order. Raises HomeProblem."""
    path = home.path / FILE
    if not path.is_file():
        return []
    found = [_read(line, path) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [one for one in found if until is None or one.at <= until]


def standing(said: Iterable[Decision]) -> Standing:
    """What holds once every undo is followed; of two decisions about the same pair the later one."""
    said = list(said)
    undone: set[int] = set()
    for one in reversed(said):
        if one.kind == "undo" and one.undoes is not None and one.number not in undone:
            undone.add(one.undoes)
    pairs: dict[tuple[int, int], Decision] = {}
    ignored: dict[tuple[str, str], int] = {}
    for one in said:
        if one.number in undone or one.kind == "undo":
            continue
        if one.identifier is not None:
            ignored[one.identifier] = one.number
        else:
            pairs[min(one.customers), max(one.customers)] = one
    return Standing(
        {pair: one.number for pair, one in pairs.items() if one.kind == "together"},
        {pair: one.number for pair, one in pairs.items() if one.kind == "apart"},
        ignored,
    )


def decide(
    home: Home, kind: Literal["together", "apart", "ignore"], *, by: str, at: datetime, why: str,
    customers: tuple[int, int] | None = None, identifier: tuple[str, str] | None = None,
) -> Decision:  # fmt: skip
    """Record a decision; it counts from the next build on. Raises CannotDecide or HomeProblem."""
    if (customers is None) == (identifier is None) or (identifier is not None) != (kind == "ignore"):
        raise CannotDecide("a decision is about two profiles, or about one identifier that does not count")
    if customers and customers[0] == customers[1]:
        raise CannotDecide("both are the same profile")
    return _record(home, lambda number: Decision(number, kind, by, at, why, customers or (), identifier))


def undo(home: Home, number: int, *, by: str, at: datetime, why: str) -> Decision:
    """Take a decision back, by its number; an undo can be undone. Raises CannotDecide or HomeProblem."""
    if number not in {one.number for one in decisions(home)}:
        raise CannotDecide(f"there is no decision {number}; `holdfast identity decisions` lists them")
    return _record(home, lambda own: Decision(own, "undo", by, at, why, undoes=number))


def _record(home: Home, make) -> Decision:  # type: ignore[no-untyped-def]
    """Append one line under a lock of its own, so that a decision need not wait for a build."""
    path = home.path / FILE
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as problem:
        raise refusal(problem, home.path) or problem from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        one: Decision = make(max((d.number for d in decisions(home)), default=0) + 1)
        if not one.why.strip() or not one.by.strip():
            raise CannotDecide("say who decides and why: somebody will ask")
        said = asdict(one) | {"at": one.at.replace(microsecond=0, tzinfo=None).isoformat()}
        os.write(handle, (json.dumps(said, ensure_ascii=False) + "\n").encode())
        os.fsync(handle)
        return one
    finally:
        os.close(handle)


def _read(line: str, path: Path) -> Decision:
    try:
        said = json.loads(line)
        return Decision(
            **said
            | {
                "at": datetime.fromisoformat(said["at"]),
                "customers": tuple(said["customers"]),
                "identifier": tuple(said["identifier"]) if said["identifier"] else None,
            }
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise HomeProblem(f"{path} has a line that is no decision: {line[:80]}. Take it out.") from problem
