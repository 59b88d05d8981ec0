"""What joins, what is set aside and what never counts: shipped in `identity.toml`, changed by one in the home."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from holdfast.warehouse.home import Home, HomeProblem

FILE = "identity.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The rules of one build. merge: kinds of evidence that join by themselves; limits: the most a thing may have."""

    merge: frozenset[str]
    limits: dict[str, int]
    roles: tuple[str, ...]
    own_domains: tuple[str, ...]
    domains: tuple[str, ...]
    emails: tuple[str, ...]
    ids: tuple[str, ...]
    id_patterns: tuple[str, ...]
    relay_domains: tuple[str, ...]
    personal_domains: tuple[str, ...]


def shipped() -> Settings:
    return _settings(_shipped(), FILE)


def settings_of(home: Home) -> Settings:
    """The shipped rules with what the home's `identity.toml` says in their place. Raises HomeProblem."""
    path = home.path / FILE
    said = _shipped()
    if path.is_file():
        _lay_over(said, _read(path), path)
    return _settings(said, path)


def _shipped() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(FILE).read_text(encoding="utf-8"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HomeProblem(f"{path} cannot be read: {problem}. Mend it or move it away.") from problem


def _lay_over(said: dict[str, Any], own: dict[str, Any], path: Path) -> None:
    for section, keys in own.items():
        if section not in said or not isinstance(keys, dict):
            raise HomeProblem(f"{path} has a section [{section}] that nobody reads; there are {', '.join(said)}.")
        for key, value in keys.items():
            if key not in said[section]:
                raise HomeProblem(
                    f"{path}, [{section}]: nobody reads {key!r}; there are {', '.join(sorted(said[section]))}."
                )
            if type(value) is not type(said[section][key]):
                raise HomeProblem(f"{path}, [{section}]: {key} must be like {said[section][key]!r}, not {value!r}.")
            said[section][key] = value


def _settings(said: dict[str, Any], path: object) -> Settings:
    block, limits = said["block"], said["limits"]
    if bad := next((name for name, most in limits.items() if most < 1), None):
        raise HomeProblem(f"{path}, [limits]: {bad} must be 1 or more.")
    for pattern in block["id_patterns"]:
        try:
            duckdb.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error as problem:
            raise HomeProblem(f"{path}, [block]: {pattern!r} is no pattern: {problem}.") from problem
    return Settings(
        merge=frozenset(kind for kind, joins in said["merge"].items() if joins),
        limits=dict(limits),
        roles=_words(block["roles"]),
        own_domains=_words(block["own_domains"]),
        domains=_words(block["domains"]),
        emails=_words(block["emails"]),
        ids=_words(block["ids"]),
        id_patterns=tuple(block["id_patterns"]),
        relay_domains=_words(said["relay"]["domains"]),
        personal_domains=_words(said["company"]["personal_domains"]),
    )


def _words(listed: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip().lower() for word in listed))
