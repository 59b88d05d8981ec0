"""Freezes: for a stretch of days the targets and definitions stay as they were, whatever is changed meanwhile.

Each is a folder `frozen/2026-11-20_2026-12-27` in the home: `freeze.toml` says who, why and which versions the
metrics had; `framework.toml` and `merchant.toml` are what holds on its days.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

import tomlkit

from holdfast.metrics.framework import OWN_COPY, load_for
from holdfast.metrics.merchant import FILE as MERCHANT
from holdfast.metrics.merchant import read_merchant
from holdfast.metrics.section import FrameworkProblem
from holdfast.warehouse.home import write_whole
from holdfast.warehouse.lock import editing

FOLDER, ABOUT = "frozen", "freeze.toml"


class FreezeProblem(Exception):
    """A freeze cannot be made or ended; the message says why."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Both days inclusive. versions: metric id → the version of its definition that is judged."""

    since: date
    until: date
    why: str
    by: str
    held_on: date  # the day whose targets it holds
    path: Path
    versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.name

    def covers(self, day: date) -> bool:
        return self.since <= day <= self.until


def freezes(home: Path) -> tuple[Freeze, ...]:
    """Every freeze, by its first day. Raises FrameworkProblem for one that cannot be read."""
    found = [_read(path.parent) for path in (home / FOLDER).glob(f"*/{ABOUT}")]
    return tuple(sorted(found, key=lambda freeze: freeze.since))


def covering(home: Path, day: date) -> Freeze | None:
    return next((freeze for freeze in freezes(home) if freeze.covers(day)), None)


def freeze(
    home: Path, since: date, until: date, *, why: str, by: str, on: date, versions: Mapping[str, int]
) -> Freeze:  # fmt: skip
    """Hold what stands now for these days. Raises FreezeProblem where days or an earlier freeze are in the way."""
    if until < since:
        raise FreezeProblem(f"a freeze cannot end on {until}, before it begins on {since}")
    if since < on:
        raise FreezeProblem(f"a freeze cannot begin on {since}: what stood then may have been changed since")
    with editing(home):
        for other in freezes(home):
            if other.since <= until and since <= other.until:
                raise FreezeProblem(
                    f"the freeze from {other.since} to {other.until} covers some of these days; end it first"
                )
        load_for(home)  # what cannot be read cannot be held
        read_merchant(home)
        path = home / FOLDER / f"{since}_{until}"
        path.mkdir(parents=True, exist_ok=True)
        made = Freeze(since, until, why, by, on, path, dict(versions))
        _hold(home, made)
        return made


def renew(home: Path, today: date, versions: Mapping[str, int]) -> None:
    """Before a freeze begins, each build lets it hold what stands then: only changes within it wait."""
    with editing(home):
        for found in freezes(home):
            if today < found.since:
                _hold(home, Freeze(found.since, found.until, found.why, found.by, today, found.path, dict(versions)))


def end(home: Path, name: str, today: date) -> None:
    """A freeze that has begun ends today and stays for the days behind it; one that has not is gone."""
    with editing(home):
        found = next((freeze for freeze in freezes(home) if freeze.name == name), None)
        if found is None:
            known = ", ".join(freeze.name for freeze in freezes(home)) or "none"
            raise FreezeProblem(f"there is no freeze {name} (there are: {known})")
        if found.until < today:
            raise FreezeProblem(f"the freeze ended on {found.until}")
        if today <= found.since:
            shutil.rmtree(found.path)
            return
        yesterday = date.fromordinal(today.toordinal() - 1)
        _write(Freeze(found.since, yesterday, found.why, found.by, found.held_on, found.path, found.versions))


def _hold(home: Path, found: Freeze) -> None:
    """The framework always as a copy, so that a newer Holdfast's own does not slip in."""
    own = home / OWN_COPY
    if own.is_file():
        write_whole(found.path / OWN_COPY, own.read_text(encoding="utf-8"))
    else:
        with as_file(files("holdfast.metrics") / "frameworks" / "ecommerce.toml") as built_in:
            write_whole(found.path / OWN_COPY, built_in.read_text(encoding="utf-8"))
    if (home / MERCHANT).is_file():
        write_whole(found.path / MERCHANT, (home / MERCHANT).read_text(encoding="utf-8"))
    else:
        with suppress(FileNotFoundError):
            (found.path / MERCHANT).unlink()
    _write(found)


def _write(found: Freeze) -> None:
    document = tomlkit.document()
    document.add(tomlkit.comment("What `holdfast freeze` holds; the files beside it are what holds on these days."))
    for key in ("since", "until", "why", "by", "held_on"):
        document[key] = getattr(found, key)
    document["versions"] = dict(found.versions)
    write_whole(found.path / ABOUT, tomlkit.dumps(document))


def _read(path: Path) -> Freeze:
    file = path / ABOUT
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        days = [said[key] for key in ("since", "until", "held_on")]
        if not all(isinstance(day, date) for day in days):
            raise TypeError("since, until and held_on must be days")
        versions = {str(k): int(v) for k, v in said.get("versions", {}).items()}
        return Freeze(days[0], days[1], str(said["why"]), str(said["by"]), days[2], path, versions)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as problem:
        raise FrameworkProblem(f"{file}: cannot be read: {problem}. Mend it or remove the folder.") from problem
