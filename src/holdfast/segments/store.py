"""Where segments lie: those that ship, and the merchant's own in the home, each version kept once it was used.

home/segments/<id>.toml              the merchant's own, editable; one of the same name takes a shipped one's place
home/segments/versions/<id>/<n>.toml what stood there when it was first used, never changed
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import tomlkit

from holdfast.metrics.section import Section
from holdfast.segments.condition import All, AnyOf, Condition, Leaf, Not
from holdfast.segments.segment import FrameworkProblem, Segment, read, read_section
from holdfast.warehouse.home import Home, scratch, write_whole

FOLDER, VERSIONS = "segments", "versions"
PAGES = ("goods", "moves", "new", "rfm")  # stand where the page of a segment of that id would
_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")


class NoSuchSegment(LookupError):
    """Nothing of that name; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a segment was when it was first used: number 1, 2, … of its name."""

    number: int
    segment: Segment


@cache
def shipped() -> Mapping[str, Segment]:
    with as_file(files("holdfast.segments") / "shipped") as folder:
        return {path.stem: read(path) for path in sorted(folder.glob("*.toml"))}


def all_segments(home: Home) -> dict[str, Segment]:
    """By id: what ships, and the merchant's own in its place or beside it. Raises FrameworkProblem."""
    own = {path.stem: read(path) for path in sorted((home.path / FOLDER).glob("*.toml"))}
    return dict(sorted({**shipped(), **own}.items()))


def find(home: Home, id: str) -> Segment:
    """Raises NoSuchSegment and FrameworkProblem."""
    own = home.path / FOLDER / f"{id}.toml"
    if _ID.fullmatch(id) and own.is_file():
        return read(own)
    if id not in shipped():
        known = all_segments(home)
        near = get_close_matches(id, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise NoSuchSegment(f"no segment is called {id!r}; {hint}")
    return shipped()[id]


def declare(home: Home, segment: Segment, *, by: str = "", on: date | None = None) -> Version:
    """Write a segment of the merchant's own and keep it as a version, with who said so. Raises FrameworkProblem for a
    name that cannot be one."""
    if not _ID.fullmatch(segment.id):
        raise FrameworkProblem(f"id: {segment.id!r} must begin with a letter and hold only a to z, 0 to 9 and _")
    if segment.id in PAGES:
        raise FrameworkProblem(f"id: {segment.id!r} is what a page of segments is called; choose another name")
    folder = home.path / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / f"{segment.id}.toml", written(segment))
    told = f"{f' on {on}' if on else ''}{f' by {by}' if by else ''}"
    return keep(home, segment, said=f"# declared{told}\n" if told else "")


def keep(home: Home, segment: Segment, *, said: str = "") -> Version:
    """The version that this is, kept now if it was not before: what was asked of can then always be asked again.

    said: a comment of TOML for its first line.
    """
    told = versions(home, segment.id)
    for one in reversed(told):
        if one.segment.digest == segment.digest:
            return one
    folder = home.path / FOLDER / VERSIONS / segment.id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = (told[-1].number if told else 0) + 1
    try:
        _write_once(home, said + written(segment), folder / f"{number}.toml")
    except FileExistsError:  # another process kept one meanwhile
        return keep(home, segment, said=said)
    return Version(number, segment)


def versions(home: Home, id: str) -> tuple[Version, ...]:
    """Every version that was used, oldest first."""
    folder = home.path / FOLDER / VERSIONS / id
    found = [(int(path.stem), path) for path in folder.glob("*.toml") if path.stem.isdigit()]
    return tuple(Version(number, _kept(path, id)) for number, path in sorted(found))


def _kept(path: Path, id: str) -> Segment:
    return read_section(Section.read(path), id)


def _write_once(home: Home, text: str, path: Path) -> None:
    """Whole or not at all. Raises FileExistsError."""
    with scratch(home, "segment") as folder:
        folder.joinpath(path.name).write_text(text, encoding="utf-8")
        os.link(folder / path.name, path)


def written(segment: Segment) -> str:
    """The file of a segment."""
    document = tomlkit.document()
    document.update({"id": segment.id, "name": segment.name, "says": segment.says, "universe": segment.universe})
    if not segment.says:
        document.remove("says")
    document.add("when", _table(segment.when))
    return tomlkit.dumps(document)


def _table(condition: Condition) -> tomlkit.items.InlineTable | tomlkit.items.Table:
    table = tomlkit.inline_table()
    match condition:
        case Not(part):
            table.update({"not": _table(part)})
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            told = tomlkit.array()
            for part in parts:
                told.append(_table(part))
            table.update({key: told.multiline(True)})
        case Leaf():
            table.update({"fact": condition.fact} | {test: _plain(test, value) for test, value in condition.tests})
            if condition.even_descriptive:
                table.update({"even_descriptive": True})
    return table


def _plain(test: str, value: object) -> object:
    if isinstance(value, tuple):
        return value[0] if test == "is" else list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
