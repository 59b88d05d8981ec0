"""How the columns of files become canonical fields: a frozen Mapping with an editable TOML form."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holdfast.commerce.currency import DIGITS
from holdfast.sources.files.dialect import folded
from holdfast.sources.files.fields import FIELDS, KINDS, NEEDS
from holdfast.sources.files.problem import FileProblem

CELL = "{}"  # in what is written in place of a cell: the cell
DECIMALS = (".", ",", "ask")
DATES = ("iso", "day first", "month first", "ask")
ZERO_VALUE = ("left out", "purchase")
CELLS = ("every row", "first row")
NEGATIVE = ("refund", "stock")
VALUE_WITHOUT_LINES = ("its total", "nothing", "one line")  # the last is the older word for the first


@dataclass(frozen=True, slots=True)
class Format:
    """How cells are written. Empty delimiter and encoding are detected; an empty zone is the shop's."""

    delimiter: str = ""
    encoding: str = ""
    decimal: str = "."
    dates: str = "iso"
    zone: str = ""
    empty_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constants:
    """What the files do not say of their rows."""

    currency: str = ""
    channel: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row means."""

    cancellation_prefix: str = ""
    adjustment_prefix: str = ""
    adjustment_kind: str = "bad debt"
    zero_value_orders: str = "left out"
    order_level_cells: str = "every row"
    negative_quantity: str = "refund"
    value_without_lines: str = "its total"
    guest_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which header feeds which canonical field, by what one row of a file is.

    columns: grain → canonical field → headers, the first one a file has being used.
    written: grain → canonical field → what is read in place of the cell, {} being the cell; without {} the same for
    every row, whether a header feeds it or not. empty_cells: grain → canonical field → cells that say nothing there.
    kinds: product code, lower case → kind of line.
    """

    name: str
    preset: str = ""
    format: Format = field(default_factory=Format)
    constants: Constants = field(default_factory=Constants)
    rules: Rules = field(default_factory=Rules)
    kinds: Dict[str, str] = field(default_factory=dict)
    columns: Dict[str, Dict[str, tuple[str, ...]]] = field(default_factory=dict)
    written: Dict[str, Dict[str, str]] = field(default_factory=dict)
    empty_cells: Dict[str, Dict[str, tuple[str, ...]]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()  # headers that feed nothing on purpose

    def grain_of(self, headers: Iterable[str]) -> str | None:
        """What one row of a file with these headers is; None when no part of the mapping fits."""
        known = {folded(header) for header in headers}
        best, most = None, 0
        for grain, columns in self.columns.items():
            present = {name for name, names in columns.items() if any(folded(n) in known for n in names)}
            present |= self.constant(grain) if present else set()
            if all(present.intersection(group) for group in NEEDS[grain]) and len(present) > most:
                best, most = grain, len(present)
        return best

    @property
    def own_currency(self) -> str:
        """The currency that a person wrote into it; a preset's is only what such files usually are in."""
        return self._own(self.constants.currency, lambda usual: usual.constants.currency)

    @property
    def own_zone(self) -> str:
        """The zone that a person wrote into it."""
        return self._own(self.format.zone, lambda usual: usual.format.zone)

    def _own(self, said: str, usual: Callable[[Mapping], str]) -> str:
        return "" if self.preset and said == usual(preset(self.preset)) else said

    def fed_by(self, headers: Iterable[str]) -> dict[str, str]:
        """Header → "grain.field" for each of a file's headers that this mapping uses."""
        spelled = {folded(header): header for header in reversed(list(headers))}
        grain = self.grain_of(spelled.values()) or ""
        fed: dict[str, str] = {}
        for name, names in self.columns.get(grain, {}).items():
            if used := next((spelled[folded(n)] for n in names if folded(n) in spelled), None):
                fed.setdefault(used, f"{grain}.{name}")
        return fed

    def constant(self, grain: str) -> set[str]:
        """The fields that are the same for every row of a grain."""
        return {name for name, text in self.written.get(grain, {}).items() if CELL not in text}

    @classmethod
    def load(cls, path: Path) -> Mapping:
        """Read a mapping file. Raises FileProblem with the place and what to write instead."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"), where=path.name)
        except OSError as problem:
            raise FileProblem(f"{path}: the mapping cannot be opened ({problem.strerror})") from problem

    @classmethod
    def parse(cls, text: str, *, where: str = "mapping") -> Mapping:
        """A mapping from its TOML text, strictly: an unknown key or word is an error."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            raise FileProblem(f"{where}: this is not TOML: {problem}") from problem
        sections = ("format", "constants", "rules", "kinds", "written", "empty_cells")
        _known(document, ("name", "preset", "unused", *sections, *FIELDS), where, "")
        mapping = cls(
            name=_text(document.get("name", ""), where, "name"),
            preset=_text(document.get("preset", ""), where, "preset"),
            unused=_texts(document.get("unused", []), where, "unused"),
            format=_section(Format, document.get("format", {}), where, "format"),
            constants=_section(Constants, document.get("constants", {}), where, "constants"),
            rules=_section(Rules, document.get("rules", {}), where, "rules"),
            kinds={
                code.lower(): _text(kind, where, f"kinds.{code}") for code, kind in document.get("kinds", {}).items()
            },
            columns={grain: _headers(document[grain], grain, where) for grain in FIELDS if grain in document},
            written=_by_grain(document.get("written", {}), where, "written", _text),
            empty_cells=_by_grain(document.get("empty_cells", {}), where, "empty_cells", _texts),
        )
        _check(mapping, where)
        return mapping


T = TypeVar("T")


def _section(cls: type[T], table: object, where: str, section: str) -> T:
    if not isinstance(table, dict):
        raise FileProblem(f"{where}: [{section}] is not a table")
    _known(table, tuple(f.name for f in fields(cls)), where, section)  # type: ignore[arg-type]
    values: dict[str, object] = {}
    for key, value in table.items():
        lists = key in ("empty_words", "guest_ids")
        values[key] = _texts(value, where, f"{section}.{key}") if lists else _text(value, where, f"{section}.{key}")
    return cls(**values)


def _headers(table: object, grain: str, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise FileProblem(f"{where}: [{grain}] is not a table")
    _known(table, tuple(FIELDS[grain]), where, grain)
    return {name: _texts(value, where, f"{grain}.{name}") for name, value in table.items()}


def _by_grain(
    table: object, where: str, section: str, read: Callable[[object, str, str], T]
) -> dict[str, dict[str, T]]:
    """A section of tables, one a grain, each of fields."""
    if not isinstance(table, dict):
        raise FileProblem(f"{where}: [{section}] is not a table")
    _known(table, tuple(FIELDS), where, section)
    found: dict[str, dict[str, T]] = {}
    for grain, said in table.items():
        if not isinstance(said, dict):
            raise FileProblem(f"{where}: [{section}.{grain}] is not a table")
        _known(said, tuple(FIELDS[grain]), where, f"{section}.{grain}")
        found[grain] = {name: read(value, where, f"{section}.{grain}.{name}") for name, value in said.items()}
    return found


def _check(mapping: Mapping, where: str) -> None:
    form, rules = mapping.format, mapping.rules
    if not mapping.name or not all(c.isalnum() or c in "-_" for c in mapping.name):
        raise FileProblem(f"{where}: name = {mapping.name!r}: give it a name of letters, digits, - and _")
    if not mapping.columns:
        raise FileProblem(f'{where}: no columns are mapped; add a table such as [order_lines] with order_id = "Header"')
    _one_of(form.decimal, DECIMALS, where, "format.decimal")
    if "%" not in form.dates:
        _one_of(form.dates, DATES, where, "format.dates")
    _one_of(rules.zero_value_orders, ZERO_VALUE, where, "rules.zero_value_orders")
    _one_of(rules.order_level_cells, CELLS, where, "rules.order_level_cells")
    _one_of(rules.negative_quantity, NEGATIVE, where, "rules.negative_quantity")
    _one_of(rules.value_without_lines, VALUE_WITHOUT_LINES, where, "rules.value_without_lines")
    for grain, texts in mapping.written.items():
        for name, text in texts.items():
            if CELL in text and name not in mapping.columns.get(grain, {}):
                raise FileProblem(f"{where}: written.{grain}.{name} speaks of a cell: map [{grain}] {name} to a header")
    for code, kind in mapping.kinds.items():
        _one_of(kind, KINDS, where, f"kinds.{code}")
    if mapping.constants.currency and mapping.constants.currency not in DIGITS:
        raise FileProblem(
            f"{where}: constants.currency = {mapping.constants.currency!r} is not an ISO 4217 code such as EUR"
        )
    if len(form.delimiter) > 1:
        raise FileProblem(f'{where}: format.delimiter = {form.delimiter!r}: one character, for example ";"')
    if form.zone:
        try:
            ZoneInfo(form.zone)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise FileProblem(
                f"{where}: format.zone = {form.zone!r} is not an IANA zone such as Europe/London"
            ) from problem


def _known(table: Dict[str, object], known: tuple[str, ...], where: str, section: str) -> None:
    for key in table:
        if key not in known:
            place = f"{section}.{key}" if section else key
            raise FileProblem(f"{where}: {place} is not known{_meant(key, known)}")


def _one_of(value: str, allowed: tuple[str, ...], where: str, place: str) -> None:
    if value not in allowed:
        choices = ", ".join(f'"{word}"' for word in allowed)
        raise FileProblem(f"{where}: {place} = {value!r} is not known{_meant(value, allowed)}; it is one of {choices}")


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _text(value: object, where: str, place: str) -> str:
    if not isinstance(value, str):
        raise FileProblem(f"{where}: {place} = {value!r} has to be text in quotes")
    return value


def _texts(value: object, where: str, place: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise FileProblem(f"{where}: {place} = {value!r} has to be a header in quotes, or a list of headers")


@cache
def preset(name: str) -> Mapping:
    """A mapping that comes with Holdfast. Raises FileProblem when there is none of this name."""
    return Mapping.parse(preset_text(name), where=f"preset {name}")


def preset_text(name: str) -> str:
    """The TOML of a preset, comments and all."""
    path = Path(__file__).parent / "presets" / f"{name}.toml"
    if name not in preset_names():
        raise FileProblem(f"no preset is called {name!r}{_meant(name, preset_names())}")
    return path.read_text(encoding="utf-8")


def preset_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (Path(__file__).parent / "presets").glob("*.toml")))
