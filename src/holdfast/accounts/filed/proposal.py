"""What a file would do, row by row: make, change, leave as it is, or be refused with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from holdfast.accounts.filed import cell
from holdfast.accounts.filed.columns import CUSTOM, Kind
from holdfast.accounts.filed.sheet import Line, Sheet

Outcome = Literal["new", "changed", "unchanged", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("new", "changed", "unchanged", "rejected")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One cell that cannot be used. column: as the file calls it; empty for the row as a whole."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as it stands and as it would be, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What one row would do. row_id: of the row it is about, None for a new one; fields: what would be written."""

    line: int
    name: str
    outcome: Outcome
    row_id: int | None = None
    differences: tuple[Difference, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    cells: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    def refused(self, *wrong: Wrong) -> Proposed:
        return replace(self, outcome="rejected", wrong=(*self.wrong, *wrong), fields={})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole file."""

    kind: Kind
    sheet: Sheet
    rows: tuple[Proposed, ...]

    def of(self, outcome: Outcome) -> list[Proposed]:
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def counts(self) -> dict[Outcome, int]:
        return {outcome: len(self.of(outcome)) for outcome in OUTCOMES}

    @property
    def stamp(self) -> str:
        """Another where the file, its columns, or what stands in the book of work is another."""
        told = "\n".join(repr((r.line, r.outcome, r.row_id, r.differences, r.wrong, r.fields)) for r in self.rows)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Given:
    """What the door knows and a file does not say. segments: key → words; book_id: of new accounts that say none."""

    segments: Mapping[str, str] = field(default_factory=dict)
    book_id: int | None = None


NOTHING = Given()


class Cells:
    """The cells of one line by the columns they are said to be, and what is wrong with them."""

    def __init__(self, line: Line, header: Sequence[str], columns: Mapping[str, str]) -> None:
        self.line = line
        self.wrong: list[Wrong] = [Wrong("", "", line.wrong)] if line.wrong else []
        pairs = list(zip(header, line.cells, strict=True))
        self._head = {columns[head]: head for head, _ in pairs if columns.get(head)}
        self._said = {columns[head]: said for head, said in pairs if columns.get(head)}

    def said(self, name: str) -> str:
        """Empty where the cell is, where there is no such column, and where it takes away what stands there."""
        told = self._said.get(name, "")
        return "" if told in cell.EMPTIED else told

    def emptied(self, name: str) -> bool:
        return self._said.get(name, "") in cell.EMPTIED

    def read(self, name: str, parse: Callable[[str], Any]) -> Any:
        """What the cell says; None where it says nothing or what cannot be used, which is then noted."""
        said = self.said(name)
        if not said:
            return None
        try:
            return parse(said)
        except ValueError as problem:
            self.refuse(name, str(problem))
            return None

    def refuse(self, name: str, reason: str) -> None:
        self.wrong.append(Wrong(self._head.get(name, name), self._said.get(name, ""), reason))

    def customs(self) -> dict[str, str]:
        """The merchant's own fields that the line says or takes away (""), by name."""
        named = {name: said for name, said in self._said.items() if name.startswith(CUSTOM) and said}
        return {name.removeprefix(CUSTOM): "" if said in cell.EMPTIED else said for name, said in named.items()}


REJECTED = ("rejected file", "rejected line", "rejected column", "rejected reason")


def rejects_of(proposal: Proposal) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a file of what was refused: where it stood and why, then its cells, to be mended."""
    rows = [
        (proposal.sheet.file, str(row.line), "; ".join(w.column for w in row.wrong if w.column),
         "; ".join(w.reason for w in row.wrong), *row.cells)
        for row in proposal.of("rejected")
    ]  # fmt: skip
    return (*REJECTED, *proposal.sheet.header), rows


def column_of(sheet: Sheet, columns: Mapping[str, str], name: str) -> list[str]:
    """Every cell of one column."""
    place = next((at for at, head in enumerate(sheet.header) if columns.get(head) == name), None)
    return [] if place is None else [line.cells[place] for line in sheet.lines]


def none_twice(rows: Iterable[Proposed], key: Callable[[Proposed], object]) -> list[Proposed]:
    """A row that speaks of what an earlier one spoke of is refused: neither is known to be the later word."""
    first: dict[object, int] = {}
    told = []
    for row in rows:
        if row.outcome == "rejected" or (before := first.setdefault(key(row), row.line)) == row.line:
            told.append(row)
        else:
            told.append(row.refused(Wrong("", row.name, f"line {before} speaks of the same already")))
    return told
