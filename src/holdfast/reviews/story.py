"""What a review says, page by page: words, tables and charts, each number a figure. Plain data that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, Literal, cast

from holdfast.reviews.figure import Figure, Footnote

MOST_PAGES = 10  # A12
FORM = 1  # of the JSON; a change that old issued reviews do not fit needs a new number and a reader of both


@dataclass(frozen=True, slots=True)
class Own:
    """Words that a person may replace, under a slot's name. asks: they are a question that waits for an answer."""

    slot: str
    label: str  # what belongs here
    text: str  # several lines are several points
    asks: bool = False


Part = str | Figure | Own
Said = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Words:
    said: Said
    tone: Literal["lead", "plain", "quiet", "head"] = "plain"


@dataclass(frozen=True, slots=True)
class Points:
    """One below the other, with a mark before each."""

    items: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; widths are shares of its width."""

    columns: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True, slots=True)
class Against:
    """One target on the chart of intervals, as a share. stretch: the further end of its range, where it has one."""

    label: str
    figure: Figure
    acceptable: float
    stretch: float | None
    target: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Intervals:
    rows: tuple[Against, ...]


@dataclass(frozen=True, slots=True)
class Months:
    """A metric month by month; a month that is not known has a figure without a point."""

    name: str
    labels: tuple[str, ...]
    points: tuple[Figure, ...]

    @property
    def money(self) -> bool:
        return any(one.money for one in self.points)


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Who bought again: a row a month of first purchase. shares: 0 … 1 by months since; None: not over yet."""

    rows: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    note: int


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    figure: Figure
    total: bool = False  # a level; else a movement


@dataclass(frozen=True, slots=True)
class Waterfall:
    name: str
    steps: tuple[Step, ...]


Block = Words | Points | Grid | Intervals | Months | Cohorts | Waterfall


@dataclass(frozen=True, slots=True)
class Page:
    """columns: of blocks one below the other; widths are shares."""

    key: str
    title: str
    columns: tuple[tuple[Block, ...], ...]
    widths: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, slots=True)
class Story:
    """people, places: names of persons, and of the account and its shops, to be blackened where that is asked for."""

    account: str
    title: str
    as_of: date | None
    snapshot: str
    simulated: str  # "simulated", "partly simulated", ""
    made_on: date
    pages: tuple[Page, ...]
    notes: tuple[Footnote, ...]
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    withheld: str = ""  # "names", "money", "both"
    draft: bool = False
    form: int = FORM

    @property
    def mark(self) -> str:
        """What stands on every page: invented data, and that it is not issued."""
        told = (f"{self.simulated} data" if self.simulated else "", "draft, not issued" if self.draft else "")
        return "; ".join(part for part in told if part)

    def notes_of(self, page: Page) -> tuple[Footnote, ...]:
        wanted = {one.note for one in figures_in(page)} | {b.note for b in parts_in(page) if isinstance(b, Cohorts)}
        return tuple(note for note in self.notes if note.number in wanted)


def parts_in(thing: Any) -> Iterator[Any]:
    """Everything a page, block or story is made of, itself first."""
    yield thing
    if isinstance(thing, tuple):
        for one in thing:
            yield from parts_in(one)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from parts_in(getattr(thing, field.name))


def figures_in(thing: Any) -> tuple[Figure, ...]:
    return tuple(part for part in parts_in(thing) if isinstance(part, Figure))


def slots_of(story: Story) -> tuple[Own, ...]:
    return tuple(part for part in parts_in(story.pages) if isinstance(part, Own))


def mapped(thing: Any, change: Callable[[Any], Any]) -> Any:
    """The same with every part replaced by what `change` makes of it, the smallest first."""
    if isinstance(thing, tuple):
        return change(tuple(mapped(one, change) for one in thing))
    if is_dataclass(thing) and not isinstance(thing, type):
        new = {field.name: mapped(getattr(thing, field.name), change) for field in fields(thing)}
        return change(replace(thing, **new))
    return change(thing)


def with_words(story: Story, words: dict[str, str]) -> Story:
    """A person's own words in place of what was drafted, slot by slot; an empty slot is the draft's again."""

    def said(part: Any) -> Any:
        own = words.get(part.slot, "") if isinstance(part, Own) else ""
        return replace(part, text=own, asks=False) if own.strip() else part

    return cast(Story, mapped(story, said))


CLASSES = {
    one.__name__: one
    for one in (
        Story, Page, Words, Points, Grid, Intervals, Against, Months, Cohorts, Waterfall, Step, Own, Figure, Footnote,
    )
}  # fmt: skip


def to_json(story: Story) -> dict[str, Any]:
    return cast(dict[str, Any], _plain(story))


def from_json(told: dict[str, Any]) -> Story:
    """Raises ValueError for what is no story of this form."""
    if told.get("is") != "Story" or told.get("form") != FORM:
        raise ValueError("this review was kept in a form that this version cannot read")
    return cast(Story, _thing(told))


def _plain(thing: Any) -> Any:
    if isinstance(thing, tuple):
        return [_plain(one) for one in thing]
    if isinstance(thing, date):
        return {"is": "day", "of": thing.isoformat()}
    if is_dataclass(thing):
        return {"is": type(thing).__name__, **{f.name: _plain(getattr(thing, f.name)) for f in fields(thing)}}
    return thing


def _thing(told: Any) -> Any:
    if isinstance(told, list):
        return tuple(_thing(one) for one in told)
    if not isinstance(told, dict):
        return told
    if told["is"] == "day":
        return date.fromisoformat(told["of"])
    return CLASSES[told["is"]](**{name: _thing(one) for name, one in told.items() if name != "is"})
