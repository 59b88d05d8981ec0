"""How a renewal moves from stage to stage: what each needs, by when, and what is odd about one that came late.

A stage that is missing something is refused, with what is missing. A stage entered late is entered: the lateness is
a finding that stays with it, because a pipeline that refuses the truth is filled in with something else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

# Days before the term ends by which a stage should have been entered (decision 0080).
ENTER_BY = {"review": 120, "asked": 90, "contact": 70}
LEARN_WITHIN_DAYS = 10  # of a renewal's end, its post-mortem
LIKELY = Decimal("0.7")  # a forecast of at least this is likely (decision 0081)

Kind = Literal["renew", "shrink", "grow", "exit"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OPEN = ("ahead", "review", "asked", "contact", "committed")
Bucket = Literal["signed", "committed", "likely", "at risk", "not forecast", "lost"]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)


@dataclass(frozen=True, slots=True)
class Option:
    """One way the renewal can go, and what follows from it for both sides."""

    kind: str
    consequences: str
    value_minor: int | None = None  # of a year


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at. Texts are empty, days None, where nobody said anything yet."""

    stage: str
    ends: date  # last day of the term
    notice_on: date | None = None
    owned: bool = False
    options: tuple[Option, ...] = ()
    chosen: str = ""
    walk_away: str = ""
    answer: str = ""  # to the soft question
    talked_on: date | None = None  # last renewal talk that was held and ended with a next step
    forecast: bool = False
    yes_from: bool = False
    prices_open: bool = False  # a change of price that nobody approved
    ended_on: date | None = None
    signed_minor: int | None = None
    why_lost: str = ""
    learned: str = ""
    note: str = ""  # said about this move


@dataclass(frozen=True, slots=True)
class Need:
    """missing: what to do about it, as a sentence."""

    met: Callable[[Case], bool]
    missing: str


OWNED = Need(lambda c: c.owned, "Name one person who owns this renewal.")
OPTIONS = Need(
    lambda c: len({o.kind for o in c.options}) >= 2 and all(o.consequences.strip() for o in c.options),
    "Write down at least two options, each with its consequences.",
)
WALK_AWAY = Need(lambda c: bool(c.walk_away.strip()), "Say where we would rather walk away.")
ANSWER = Need(lambda c: bool(c.answer.strip()), "Write down what they answered to the soft question, in their words.")
TALKED = Need(
    lambda c: c.talked_on is not None, "Hold a renewal talk that ends with a next step: no stage is reached alone."
)
FORECAST = Need(lambda c: c.forecast, "Give a forecast: a probability and an amount.")
CHOSEN = Need(lambda c: c.chosen in KINDS and c.chosen != "exit", "Choose the option they committed to.")
YES = Need(lambda c: c.yes_from, "Name the person on their side who committed.")
PRICES = Need(lambda c: not c.prices_open, "Have the change of price approved, or take it back.")
AMOUNT = Need(lambda c: c.signed_minor is not None, "Enter the yearly value that was signed.")
ENDED = Need(lambda c: c.ended_on is not None, "Enter the day it was decided.")
WHY_LOST = Need(lambda c: bool(c.why_lost.strip()), "Say why it was lost, as they told it.")
LEARNED = Need(lambda c: bool(c.learned.strip()), "Write down what the post-mortem found and what we do otherwise now.")
NOTE = Need(lambda c: bool(c.note.strip()), "Say what happened that takes it back.")

MOVES: dict[tuple[str, str], tuple[Need, ...]] = {
    ("ahead", "review"): (OWNED,),
    ("review", "asked"): (OWNED, OPTIONS, WALK_AWAY, ANSWER),
    ("asked", "contact"): (TALKED, FORECAST),
    ("contact", "committed"): (CHOSEN, YES, PRICES),
    ("committed", "contact"): (NOTE,),
    ("committed", "signed"): (AMOUNT, ENDED, PRICES),
    **{(stage, "lost"): (WHY_LOST, ENDED) for stage in OPEN},
    ("signed", "committed"): (NOTE,),
    ("lost", "review"): (OWNED, NOTE),
    ("signed", "reviewed"): (LEARNED,),
    ("lost", "reviewed"): (LEARNED,),
}


@dataclass(frozen=True, slots=True)
class Enter:
    """It may; findings say what is odd about it and stay with the move."""

    to: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    to: str
    reasons: tuple[str, ...]


def may_enter(case: Case, to: str, today: date) -> Enter | Refuse:
    needs = MOVES.get((case.stage, to))
    if needs is None:
        return Refuse(to, (_no_way(case.stage, to),))
    missing = tuple(need.missing for need in needs if not need.met(case))
    return Refuse(to, missing) if missing else Enter(to, _findings(case, to, today))


def ways_on(case: Case, today: date) -> tuple[Enter | Refuse, ...]:
    """Every stage that can follow, with what it still needs."""
    return tuple(may_enter(case, to, today) for was, to in MOVES if was == case.stage)


def late(case: Case, today: date) -> tuple[str, ...]:
    """What should have happened by today and has not, oldest first."""
    if case.stage not in OPEN:
        return ()
    said = []
    for stage, days in ENTER_BY.items():
        by = case.ends - timedelta(days=days)
        if OPEN.index(case.stage) < OPEN.index(stage) and today > by:
            said.append(f"{WORDS[stage]} was due by {by}, {days} days before the term ends.")
    if case.notice_on and today > case.notice_on:
        said.append(f"The last day for notice was {case.notice_on}.")
    if today > case.ends:
        said.append(f"The term ended on {case.ends} and nothing is signed or lost.")
    return tuple(said)


def bucket(case: Case, probability: Decimal | None, today: date) -> tuple[Bucket, str]:
    """Where a renewal stands in a forecast, and why."""
    if case.ended_on is not None and case.stage not in OPEN:
        won = case.signed_minor is not None
        return ("signed", f"signed on {case.ended_on}") if won else ("lost", f"lost on {case.ended_on}")
    if case.stage == "committed":
        return "committed", "they committed"
    if probability is None:
        return "not forecast", "nobody has given a probability"
    contact_by = case.ends - timedelta(days=ENTER_BY["contact"])
    if case.talked_on is None and today > contact_by:
        return "at risk", f"no renewal talk was held by {contact_by}, whatever the forecast of {probability:.0%} says"
    if probability >= LIKELY:
        return "likely", f"forecast at {probability:.0%}"
    return "at risk", f"forecast at {probability:.0%}, below {LIKELY:.0%}"


WORDS = {
    "ahead": "Not begun", "review": "The internal review", "asked": "The soft question",
    "contact": "Commercial contact", "committed": "Their commitment",
    "signed": "The signature", "lost": "The loss", "reviewed": "The post-mortem",
}  # fmt: skip


def _findings(case: Case, to: str, today: date) -> tuple[str, ...]:
    said = []
    if to in ENTER_BY:
        by = case.ends - timedelta(days=ENTER_BY[to])
        if today > by:
            said.append(f"{WORDS[to]} came {_days((today - by).days)} late: it was due by {by}.")
    if to == "committed" and case.notice_on and today > case.notice_on:
        said.append(f"{WORDS[to]} came after the last day for notice, {case.notice_on}.")
    if to == "signed" and case.ended_on and case.ended_on > case.ends:
        said.append(f"It was signed {_days((case.ended_on - case.ends).days)} after the term had ended.")
    if to == "reviewed" and case.ended_on and today > case.ended_on + timedelta(days=LEARN_WITHIN_DAYS):
        passed = _days((today - case.ended_on).days)
        said.append(f"{WORDS[to]} came {passed} after the end, not within {LEARN_WITHIN_DAYS}.")
    return tuple(said)


def _no_way(was: str, to: str) -> str:
    ways = " or ".join(WORDS[after].lower() for before, after in MOVES if before == was)
    if was == to:
        return f"It is there already: {WORDS[was].lower()}."
    return f"From here only {ways} can follow." if ways else "It is over: nothing follows the post-mortem."


def _days(n: int) -> str:
    return f"{n} day" if n == 1 else f"{n} days"
