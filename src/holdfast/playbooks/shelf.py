"""Where playbooks lie, which are switched on, and the text that each version had when it was.

home/playbooks/<id>.toml               the merchant's own; one of the same name takes a shipped one's place
home/playbooks/versions/<id>/<n>.toml  what was switched on, never changed: runs keep to the version they began with
home/playbooks/on.json                 what is on, since when and by whom, with slots and salts
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from holdfast.playbooks.contents import keep_contents
from holdfast.playbooks.declare import Playbook, PlaybookProblem
from holdfast.playbooks.live import MOST_SLOTS, Live
from holdfast.playbooks.written import read, read_text, read_version
from holdfast.warehouse.home import Home, write_whole
from holdfast.warehouse.lock import editing

FOLDER, VERSIONS, ON = "playbooks", "versions", "on.json"
PROGRAMME_SHARE = 0.05  # kept out of every playbook from the day the first one is switched on


class NoSuchPlaybook(LookupError):
    """Nothing of that name; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Switch:
    """What is kept of a playbook that was ever switched on. salts: of its lots, by name; secret. via: the door through
    which it was switched; empty where that was not told."""

    slot: int
    version: int
    on: bool
    since: str
    by: str
    salts: Mapping[str, str]
    via: str = ""


@dataclass(frozen=True, slots=True)
class Programme:
    """The lot of the whole programme: who is in none of the playbooks."""

    salt: str = ""
    share: float = 0.0
    since: str = ""


@cache
def shipped() -> Mapping[str, Playbook]:
    with as_file(files("holdfast.playbooks") / "library") as folder:
        return {path.stem: read(path) for path in sorted(folder.glob("*.toml"))}


def all_playbooks(home: Home) -> dict[str, Playbook | PlaybookProblem]:
    """By id: what ships, and the merchant's own in its place or beside it; of a file that cannot be read, why."""
    found: dict[str, Playbook | PlaybookProblem] = {**shipped()}
    for path in (home.path / FOLDER).glob("*.toml"):
        try:
            found[path.stem] = read(path)
        except PlaybookProblem as problem:
            found[path.stem] = problem
    return dict(sorted(found.items()))


def find(home: Home, id: str) -> Playbook:
    """As its file has it now. Raises NoSuchPlaybook and PlaybookProblem."""
    own = home.path / FOLDER / f"{Path(id).name}.toml"
    if own.is_file():
        return read(own)
    if id not in shipped():
        raise NoSuchPlaybook(f"no playbook is called {id!r}; there are {', '.join(all_playbooks(home))}")
    return shipped()[id]


def text_of(home: Home, id: str) -> str:
    """Raises NoSuchPlaybook."""
    find(home, id)
    own = home.path / FOLDER / f"{Path(id).name}.toml"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return (files("holdfast.playbooks") / "library" / f"{id}.toml").read_text(encoding="utf-8")


def is_own(home: Home, id: str) -> bool:
    """Whether it is of the merchant's own file."""
    return (home.path / FOLDER / f"{Path(id).name}.toml").is_file()


def keep_own(home: Home, text: str, *, instead: str) -> Playbook:
    """Write a text down as the merchant's own; what is on stays as it was until it is switched on anew.

    instead: the one it may take the place of; another one's place it does not take. Raises PlaybookProblem.
    """
    it = read_text(text, f"{instead}.toml")
    with editing(home.path):
        if it.id != instead and it.id in all_playbooks(home):
            raise PlaybookProblem(f"{instead}.toml: id: there is a playbook called {it.id!r} already")
        folder = home.path / FOLDER
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder / f"{it.id}.toml", text)
    return it


def switches(home: Home) -> dict[str, Switch]:
    return {id: Switch(**told) for id, told in _kept(home).get("playbooks", {}).items()}


def programme(home: Home) -> Programme:
    return Programme(**_kept(home).get("programme", {}))


def switch_on(home: Home, id: str, *, by: str, now: datetime, via: str = "") -> Live:
    """Take up the playbook as its file is now; a text that differs from the last one's is the next version.

    Raises NoSuchPlaybook, PlaybookProblem.
    """
    it, text = find(home, id), text_of(home, id)
    with editing(home.path):
        kept = _kept(home)
        known = switches(home).get(id)
        slot = known.slot if known else _free_slot(home)
        version = _keep_version(home, id, text)
        keep_contents(home, it, version)
        salts = dict(known.salts) if known else {}
        if it.lot:
            salts.setdefault(it.lot, secrets.token_hex(16))
        switch = Switch(slot, version, True, now.isoformat(), by, salts, via)
        kept.setdefault("playbooks", {})[id] = asdict(switch)
        kept.setdefault("programme", asdict(Programme(secrets.token_hex(16), PROGRAMME_SHARE, now.isoformat())))
        _keep(home, kept)
    return _live(home, id, switch)


def switch_off(home: Home, id: str, *, by: str, now: datetime, via: str = "") -> None:
    """Nobody begins any more; who is in a run stops at the next tick. Raises NoSuchPlaybook."""
    with editing(home.path):
        kept, known = _kept(home), switches(home).get(id)
        if known is None:
            find(home, id)
            raise PlaybookProblem(f"{id} is not on")
        kept["playbooks"][id] = asdict(replace(known, on=False, since=now.isoformat(), by=by, via=via))
        _keep(home, kept)


def set_programme(home: Home, share: float) -> Programme:
    """The share that is in no playbook; who was kept out by a smaller share stays out. Raises PlaybookProblem."""
    if not 0 <= share <= 0.5:
        raise PlaybookProblem("the programme's share is from 0 to 0.5")
    with editing(home.path):
        kept = _kept(home)
        before = programme(home)
        made = replace(before, share=share, salt=before.salt or secrets.token_hex(16))
        kept["programme"] = asdict(made)
        _keep(home, kept)
    return made


def lives(home: Home) -> tuple[Live, ...]:
    """Everything that was ever switched on, by slot. Raises PlaybookProblem where a kept version was tampered with."""
    return tuple(sorted((_live(home, id, one) for id, one in switches(home).items()), key=lambda one: one.slot))


def as_switched_on(home: Home, id: str) -> Live:
    """As it is on; else as it would be: for a preview. Raises NoSuchPlaybook and PlaybookProblem."""
    known = switches(home).get(id)
    if known is not None and known.on:
        return _live(home, id, known)
    it = find(home, id)
    salt = (known.salts if known else {}).get(it.lot, "not drawn yet")
    slot = known.slot if known else _free_slot(home)
    return Live(slot, (known.version if known else 0) + 1, it, {}, salt, first=known is None)


def version_text(home: Home, id: str, number: int) -> str:
    """What was switched on under a number."""
    return (home.path / FOLDER / VERSIONS / id / f"{number}.toml").read_text(encoding="utf-8")


@cache
def _version(path: Path, id: str) -> Playbook:
    return read_version(path, id)


def _live(home: Home, id: str, switch: Switch) -> Live:
    versions = {
        int(path.stem): _version(path, id) for path in (home.path / FOLDER / VERSIONS / id).glob("*.toml")
    }  # fmt: skip
    it = versions[switch.version]
    return Live(switch.slot, switch.version, it, versions, switch.salts.get(it.lot, ""), switch.on)


def _keep_version(home: Home, id: str, text: str) -> int:
    """The number under which this text is kept, now if it was not before."""
    folder = home.path / FOLDER / VERSIONS / id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    numbers = sorted(int(path.stem) for path in folder.glob("*.toml"))
    if numbers and (folder / f"{numbers[-1]}.toml").read_text(encoding="utf-8") == text:
        return numbers[-1]
    number = (numbers[-1] if numbers else 0) + 1
    write_whole(folder / f"{number}.toml", text)
    return number


def _free_slot(home: Home) -> int:
    taken = {one.slot for one in switches(home).values()}
    free = next((slot for slot in range(MOST_SLOTS) if slot not in taken), None)
    if free is None:
        raise PlaybookProblem(f"{MOST_SLOTS} playbooks were switched on, and no more can be kept apart")
    return free


def _kept(home: Home) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((home.path / FOLDER / ON).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return told


def _keep(home: Home, kept: dict[str, Any]) -> None:
    folder = home.path / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / ON, json.dumps(kept, indent=1))
    (folder / ON).chmod(0o600)  # salts
