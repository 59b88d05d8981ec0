"""Several lots declared to be read as one: of a playbook in several shops, or of playbooks that do the same.

Each lot stays what it is. What is declared here says which are read together and how, before any of them can be read;
declared later it is looked at, and proves nothing.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import get_args

import tomlkit

from holdfast.estimates.pooled import FEWEST, FEWEST_RANDOM, Model
from holdfast.evidence.lot import DECLARED, FOLDER, Lot, LotProblem, lot
from holdfast.evidence.registration import RegistrationProblem
from holdfast.warehouse.home import Home, write_whole
from holdfast.warehouse.lock import editing
from holdfast.warehouse.snapshot import current_snapshot

POOL, SEALED = "pool.toml", "sealed.json"
AND_OTHERS = "-together"  # of the lots that a playbook has in several shops


@dataclass(frozen=True, slots=True)
class Pool:
    """effect: "fixed", the mean over these lots; "random", the mean of all such lots, of which these are some."""

    id: str
    name: str
    hypothesis: str
    owner: str
    lots: tuple[str, ...]
    effect: Model = "fixed"
    sealed: Mapping[str, str] | None = None

    @property
    def foreseen(self) -> bool:
        """Declared before the horizon of anybody in any of its lots was over."""
        return (self.sealed or {}).get("foreseen") == "yes"


def declare_pool(home: Home, written: str, *, by: str, now: datetime) -> Pool:
    """Keep it, sealed from now on. Raises RegistrationProblem, LotProblem."""
    it = _read(written)
    of = [lot(home, one) for one in it.lots]
    _alike(of)
    folder = home.path / FOLDER / it.id
    with editing(home.path):
        if (folder / DECLARED).exists() or (folder / POOL).exists():
            raise LotProblem(f"{it.id} is declared already, and stays as it is")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / POOL, written)
        foreseen = not any(_can_be_read(home, one) for one in of)
        said = {
            "by": by, "at": now.isoformat(), "foreseen": "yes" if foreseen else "no",
            "declared": sha256(written.encode()).hexdigest(),
        }  # fmt: skip
        write_whole(folder / SEALED, json.dumps(said, indent=2))
    return pool(home, it.id)


def pool(home: Home, id: str) -> Pool:
    """Raises LotProblem where there is none, or where it was changed after it was sealed."""
    folder = home.path / FOLDER / Path(id).name
    try:
        written = (folder / POOL).read_text(encoding="utf-8")
        sealed = json.loads((folder / SEALED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LotProblem(f"nothing is declared as {id!r}; see `holdfast experiments list`") from None
    if sealed["declared"] != sha256(written.encode()).hexdigest():
        raise LotProblem(f"{folder / POOL} was changed since. Put it back: its SHA-256 was {sealed['declared']}")
    it = _read(written)
    return Pool(it.id, it.name, it.hypothesis, it.owner, it.lots, it.effect, sealed)


def pool_if_any(home: Home, id: str) -> Pool | None:
    """None where a lot, or nothing, is declared under the id. Raises LotProblem as `pool` does."""
    return pool(home, id) if (home.path / FOLDER / Path(id).name / POOL).exists() else None


def pools(home: Home) -> tuple[Pool, ...]:
    """All that can be read, by id."""
    return tuple(one for one in _every(home) if isinstance(one, Pool))


def spoilt_pools(home: Home) -> tuple[str, ...]:
    """What is wrong with those that cannot be."""
    return tuple(one for one in _every(home) if isinstance(one, str))


def lots_of(home: Home, it: Pool) -> tuple[Lot, ...]:
    """Raises LotProblem where one of them cannot be read any more."""
    return tuple(lot(home, one) for one in it.lots)


def of_shops(home: Home, id: str, name: str, hypothesis: str, owner: str, lots: tuple[str, ...]) -> str:
    """What a playbook declares of its lots in several shops."""
    document = tomlkit.document()
    document.update({
        "id": id + AND_OTHERS, "name": f"{name}, all shops", "hypothesis": hypothesis, "owner": owner,
        "lots": list(lots), "effect": "fixed",
    })  # fmt: skip
    return tomlkit.dumps(document)


def _every(home: Home) -> Iterator[Pool | str]:
    for path in sorted((home.path / FOLDER).glob(f"*/{POOL}")):
        try:
            yield pool(home, path.parent.name)
        except (LotProblem, RegistrationProblem) as problem:
            yield str(problem)


def _read(written: str) -> Pool:
    """Raises RegistrationProblem."""
    try:
        said = tomllib.loads(written)
    except tomllib.TOMLDecodeError as problem:
        raise RegistrationProblem(f"this is no TOML: {problem}") from problem
    known = {field.name for field in fields(Pool)} - {"sealed"}
    if strange := sorted(said.keys() - known):
        raise RegistrationProblem(f"nobody knows {', '.join(strange)}; there are {', '.join(sorted(known))}")
    if missing := sorted(known - {"effect"} - said.keys()):
        raise RegistrationProblem(f"it does not say {', '.join(missing)}")
    lots, effect = tuple(said["lots"]), said.get("effect", "fixed")
    fewest = FEWEST if effect == "fixed" else FEWEST_RANDOM
    for wrong, why in (
        (not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", str(said["id"])), "id is of small letters, digits and hyphens"),
        (not str(said["hypothesis"]).strip(), "hypothesis says what is expected, and why"),
        (effect not in get_args(Model), f"effect is one of {', '.join(get_args(Model))}"),
        (len(set(lots)) < fewest or len(set(lots)) < len(lots), f"lots names {fewest} lots or more, each once"),
    ):
        if wrong:
            raise RegistrationProblem(why)
    return Pool(said["id"], said["name"], said["hypothesis"], said["owner"], lots, effect)


def _alike(of: list[Lot]) -> None:
    """Raises RegistrationProblem where they are no comparisons of one thing."""
    first = of[0].registration
    for one in (found.registration for found in of):
        if one.design != "lot":
            raise RegistrationProblem(f"{one.id} is no comparison by lot, and only such are read together")
        if (one.outcome, one.days) != (first.outcome, first.days):
            raise RegistrationProblem(f"{one.id} has another outcome or horizon than {first.id}")


def _can_be_read(home: Home, one: Lot) -> bool:
    """Whether somebody's horizon is over as of what was built."""
    snapshot = current_snapshot(home)
    if snapshot is None or not one.entered or one.drawn is None:
        return False
    began = datetime.fromisoformat(one.drawn["at"]).date() if one.is_open else one.drawn_on
    return snapshot.as_of >= began + timedelta(days=one.registration.days)
