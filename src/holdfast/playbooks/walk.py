"""How far a run goes by now: steps one after the other, until one has to wait for its time or for a verdict.

`walk_sets.py` walks all runs at once; a test holds each to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from holdfast.playbooks.conditions import Value, all_hold
from holdfast.playbooks.declare import MESSAGES, Playbook, Step
from holdfast.playbooks.due import PEAK

Verdict = Literal["send", "wait", "hold"]
LOOKED_AFTER = "looked_after"  # fact: whether the shop's account is in the book of work; not known where all are
NOBODYS = "the shop is of no account in the book of work: it would be nobody's task"
PEAK_WAIT = timedelta(days=1)  # after which it is looked again whether the peak is over


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands: before a step, from 0, and its turn, from 1; it goes on at wake_at. Behind the last step it
    is done."""

    step: int
    turn: int
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one step: "did", "left out", "branch", "wait", "held"; or "ask", of a message that is due and
    wants a verdict."""

    what: Literal["did", "left out", "branch", "wait", "held", "ask"]
    step: str
    turn: int
    why: str = ""


def at_start(it: Playbook, now: datetime) -> Standing:
    return Standing(0, 1, now + it.steps[0].after)


def walk(
    it: Playbook, at: Standing, facts: Mapping[str, Value], now: datetime, today: date
) -> tuple[Standing, tuple[Told, ...]]:  # fmt: skip
    """To where it has to wait. A message stays where it is and is told as "ask": see `judged`. today: the day of which
    the facts speak."""
    told: list[Told] = []
    while at.step < len(it.steps) and at.wake_at <= now:
        step = it.steps[at.step]
        met = all_hold(step.only_if, facts, today)
        if step.do == "branch":
            way = step.then if met else step.otherwise
            told.append(Told("branch", step.id, 1, "yes" if met else "no"))
            at = _before(it, it.place_of(way) if way else at.step + 1, now)
        elif not met or is_nobodys(step, facts):
            told.append(Told("left out", step.id, at.turn, NOBODYS if met else said(step)))
            at = _before(it, at.step + 1, now)
        elif step.do in MESSAGES:
            if waits_for_peak(it, step, facts):
                told.append(Told("wait", step.id, at.turn, PEAK))
                at = replace(at, wake_at=now + PEAK_WAIT)
            else:
                told.append(Told("ask", step.id, at.turn))
            break
        else:
            told.append(Told("did", step.id, at.turn))
            at = after(it, at, now)
    return at, tuple(told)


def judged(
    it: Playbook, at: Standing, verdict: Verdict, why: str, not_before: datetime | None, now: datetime
) -> tuple[Standing, Told]:  # fmt: skip
    """What follows from the verdict on the message at which a run stands."""
    step = it.steps[at.step].id
    if verdict == "wait":
        return replace(at, wake_at=not_before or now), Told("wait", step, at.turn, why)
    return after(it, at, now), Told("did" if verdict == "send" else "held", step, at.turn, why)


def after(it: Playbook, at: Standing, now: datetime) -> Standing:
    """Behind this turn of a step."""
    step = it.steps[at.step]
    if at.turn < step.turns:
        return Standing(at.step, at.turn + 1, now + step.every)
    return _before(it, at.step + 1, now)


def said(step: Step) -> str:
    return "not " + " and ".join(one.said for one in step.only_if)


def is_nobodys(step: Step, facts: Mapping[str, Value]) -> bool:
    return step.do == "task" and facts.get(LOOKED_AFTER) is False


def waits_for_peak(it: Playbook, step: Step, facts: Mapping[str, Value]) -> bool:
    return it.peaks.messages == "hold" and step.asked_as == "marketing" and facts.get("in_peak") is True


def _before(it: Playbook, step: int, now: datetime) -> Standing:
    return Standing(step, 1, now + it.steps[step].after if step < len(it.steps) else now)
