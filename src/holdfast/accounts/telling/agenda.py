"""The agenda of a touchpoint and its recap, as Markdown or as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class Step:
    """Something somebody does by a day. who: empty where nobody is named."""

    what: str
    who: str
    due: date | None


@dataclass(frozen=True, slots=True)
class Agenda:
    """What there is to talk about. Empty parts are left out, except those that somebody should notice are empty."""

    account: str
    kind: str
    when: date | datetime
    owner: str
    people: tuple[str, ...] = ()
    last: str = ""  # what was said the last time
    last_on: date | None = None
    ours: tuple[Step, ...] = ()
    theirs: tuple[Step, ...] = ()
    promises: tuple[Step, ...] = ()
    outcomes: tuple[Step, ...] = ()
    health: str = ""  # empty: not known
    reasons: tuple[str, ...] = ()
    renewal: tuple[str, ...] = ()  # sentences
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Recap:
    """What came of a touchpoint that was held."""

    account: str
    kind: str
    held_on: date
    owner: str
    text: str
    next_step: Step
    open_steps: tuple[Step, ...] = ()  # of both sides, besides


def agenda_text(a: Agenda, today: date, *, markdown: bool = True) -> str:
    """For people inside: it names health and what it was read from."""
    write = _Writer(markdown)
    at = f"{a.when:%Y-%m-%d %H:%M} UTC" if isinstance(a.when, datetime) else f"{a.when}"
    write.title(f"{a.kind}: {a.account}")
    write.line(f"{at}, led by {a.owner or 'nobody yet'}." + (f" With {', '.join(a.people)}." if a.people else ""))
    if a.notes:
        write.line(a.notes)
    if a.last_on:
        write.part(f"Last time, on {a.last_on}", [a.last] if a.last else [])
    write.part("Promises", _steps(a.promises, today))
    write.part("Our open steps", _steps(a.ours, today), "none: nothing is open on our side")
    write.part("Their open steps", _steps(a.theirs, today))
    write.part("Outcomes due", _steps(a.outcomes, today))
    write.part(f"Health: {a.health or 'not known'}", a.reasons)
    write.part("Renewal", a.renewal, "no contract is known")
    write.part("Before we part", ["One next step, with one owner and a day."])
    return write.text


def recap_text(r: Recap, today: date, *, markdown: bool = True) -> str:
    """For both sides: only what was agreed."""
    write = _Writer(markdown)
    write.title(f"{r.account}, {r.kind.lower()} of {r.held_on}")
    write.line(r.text)
    write.part("Next step", _steps((r.next_step,), today))
    write.part("Still open", _steps(r.open_steps, today))
    write.line(f"Written by {r.owner or 'us'}. If something is wrong, say so and it is mended.")
    return write.text


class _Writer:
    def __init__(self, markdown: bool) -> None:
        self._markdown, self._lines = markdown, list[str]()

    @property
    def text(self) -> str:
        return "\n".join(self._lines).strip() + "\n"

    def title(self, words: str) -> None:
        said = self._said(words)
        self._lines += [f"# {said}", ""] if self._markdown else [said, "=" * len(said), ""]

    def line(self, words: str) -> None:
        self._lines += [self._said(words), ""]

    def part(self, name: str, lines: Iterable[str], empty: str = "") -> None:
        told = [self._said(line) for line in lines if line.strip()] or ([empty] if empty else [])
        if told or ":" in name or "Last time" in name:
            self._lines += [f"## {self._said(name)}" if self._markdown else self._said(name), ""]
            self._lines += [f"- {line}" for line in told] + ([""] if told else [])

    def _said(self, words: str) -> str:
        """On one line; what somebody typed is no mark-up."""
        flat = " ".join(words.split())
        return _SPECIAL.sub(r"\\\1", flat) if self._markdown else flat


def _steps(steps: Iterable[Step], today: date) -> list[str]:
    return [_step(step, today) for step in steps]


def _step(step: Step, today: date) -> str:
    by = "no day is set" if step.due is None else f"by {step.due}" + (", late" if step.due < today else "")
    return f"{step.what} ({step.who or 'nobody is named'}, {by})"
