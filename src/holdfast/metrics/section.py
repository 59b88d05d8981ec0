"""Strict reading of a TOML table: every key has a kind, and a key nobody asked for is an error."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any


class FrameworkProblem(Exception):
    """A framework file cannot be used; the message names the file, the key and what is wrong."""


class Section:
    """A table of the file, with the way to it."""

    def __init__(self, file: Path, where: str, table: object) -> None:
        self.file, self.where = file, where
        if not isinstance(table, dict):
            raise FrameworkProblem(f"{file}: {where}: must be a table, not {_shown(table)}")
        self._table: dict[str, Any] = table
        self._asked: set[str] = set()

    @classmethod
    def read(cls, path: Path) -> Section:
        """A whole file. Raises FrameworkProblem."""
        try:
            return cls.read_text(path, path.read_text(encoding="utf-8"))
        except OSError as problem:
            raise FrameworkProblem(f"{path}: cannot be read ({problem.strerror})") from problem
        except UnicodeDecodeError as problem:
            raise FrameworkProblem(f"{path}: is not UTF-8; save it as UTF-8") from problem

    @classmethod
    def read_text(cls, path: Path, text: str) -> Section:
        """What a file would hold that nobody wrote. Raises FrameworkProblem."""
        try:
            return cls(path, "", tomllib.loads(text))
        except tomllib.TOMLDecodeError as problem:
            raise FrameworkProblem(f"{path}: is not TOML: {problem}") from problem

    def problem(self, key: str, wrong: str) -> FrameworkProblem:
        return FrameworkProblem(f"{self.file}: {self._way(key)}: {wrong}")

    def text(self, key: str) -> str:
        found = self._needed(key)
        if not isinstance(found, str) or not found.strip():
            raise self.problem(key, f"must be a text that is not empty, not {_shown(found)}")
        return found

    def text_or_none(self, key: str) -> str | None:
        return self.text(key) if key in self else None

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        found = self.text(key)
        if found not in choices:
            raise self.problem(key, f"must be one of {', '.join(choices)}, not {_shown(found)}")
        return found

    def number(self, key: str) -> float:
        found = self._needed(key)
        if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < float("inf"):
            raise self.problem(key, f"must be a number, not {_shown(found)}")
        return float(found)

    def number_or_none(self, key: str) -> float | None:
        return self.number(key) if key in self else None

    def whole(self, key: str) -> int:
        found = self._needed(key)
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            raise self.problem(key, f"must be a whole number, 0 or more, not {_shown(found)}")
        return found

    def day(self, key: str) -> date:
        """A date of TOML, or the same as text."""
        found = self._needed(key)
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        try:
            return date.fromisoformat(found)
        except (TypeError, ValueError):
            raise self.problem(key, f"must be a day such as 2026-06-30, not {_shown(found)}") from None

    def yes(self, key: str) -> bool:
        """False when the key is not there."""
        self._asked.add(key)
        found = self._table.get(key, False)
        if not isinstance(found, bool):
            raise self.problem(key, f"must be true or false, not {_shown(found)}")
        return found

    def numbers(self, key: str) -> tuple[float, ...]:
        found = self._list(key)
        for number in found:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise self.problem(key, f"must hold numbers only, not {_shown(number)}")
        return tuple(float(number) for number in found)

    def texts(self, key: str) -> tuple[str, ...]:
        """An empty tuple when the key is not there."""
        found = self._list(key)
        for text in found:
            if not isinstance(text, str) or not text.strip():
                raise self.problem(key, f"must hold texts only, not {_shown(text)}")
        return tuple(found)

    @contextmanager
    def table(self, key: str) -> Iterator[Section]:
        section = Section(self.file, self._way(key), self._needed(key))
        yield section
        section.finish()

    def tables(self, key: str) -> Iterator[Section]:
        """Each table of a list; whoever reads one to its end is told of keys it did not ask for."""
        for place, table in enumerate(self._list(key), start=1):
            section = Section(self.file, f"{self._way(key)}[{place}]", table)
            if isinstance(table.get("id"), str):
                section.where = f"{self._way(key)} {table['id']!r}"
            yield section
            section.finish()

    def named_tables(self, key: str) -> Iterator[tuple[str, Section]]:
        with self.table(key) as found:
            for name in found._table:
                with found.table(name) as section:
                    yield name, section

    def finish(self) -> None:
        """Refuse what nobody asked for: a mistyped key would otherwise be silently without effect."""
        for key in self._table:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.problem(key, f"is not a key here; known are {known}")

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._table

    def _needed(self, key: str) -> Any:
        if key not in self:
            raise self.problem(key, "is missing")
        return self._table[key]

    def _list(self, key: str) -> list[Any]:
        found = self._table[key] if key in self else []
        if not isinstance(found, list):
            raise self.problem(key, f"must be a list, not {_shown(found)}")
        return found

    def _way(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key


def _shown(found: object) -> str:
    return "a table" if isinstance(found, dict) else repr(found)
