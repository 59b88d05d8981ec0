"""What the book of work brings to a review of an account: goals, outcomes, what was told, and who does what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Outcome:
    """A promised result. metric, baseline, target, by: its criterion, as far as it was filled in."""

    key: int
    what: str
    objective: str
    state: str  # in words
    verified: bool
    metric: str = ""
    baseline: float | None = None
    target: float | None = None
    by: date | None = None
    our_owner: str = ""
    their_owner: str = ""


@dataclass(frozen=True, slots=True)
class Objective:
    what: str
    state: str
    open: bool
    due: date | None
    owners: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody on the account's side said to a question."""

    question: str
    answer: str
    on: date
    by: str = ""


@dataclass(frozen=True, slots=True)
class Narrative:
    """A before-and-after story (A11) in the words of who wrote it."""

    title: str
    metric: str
    outcome: str
    grade: str  # "E0" … "E5"
    guardrail: str
    otherwise: tuple[str, ...]  # other explanations


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    by: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Decision:
    what: str
    decider: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Action:
    what: str
    owner: str  # empty: nobody
    theirs: bool  # the owner is on the account's side
    due: date | None


@dataclass(frozen=True, slots=True)
class Told:
    """All of it, as of a day. people: names of everybody who appears or could, ours and theirs."""

    account: str
    purpose: str = ""  # of the review that is being prepared (A12)
    their_goals: tuple[str, ...] = ()  # as heard while preparing it
    misses: tuple[str, ...] = ()  # that somebody wrote down for it
    next_objectives: tuple[str, ...] = ()
    strategy: str = ""  # in the customer's words
    highlights: tuple[str, ...] = ()
    objectives: tuple[Objective, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    answers: tuple[Answer, ...] = ()
    narratives: tuple[Narrative, ...] = ()
    quotes: tuple[Quote, ...] = ()
    decisions: tuple[Decision, ...] = ()
    actions: tuple[Action, ...] = ()
    people: tuple[str, ...] = ()
