"""Who is to be begun with, who goes on, who stops, and why the rest wait: rules without clock or database.

`due_sets.py` decides the same for everybody at once; a test holds each to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.playbooks.aside import HELD_OUT
from holdfast.playbooks.conditions import Value, all_hold
from holdfast.playbooks.declare import Playbook

ENTERED, LEFT = "entered the audience", "left the audience"
RUNNING = "in a run of it already"
KEPT_OUT = "kept out of every playbook, by the programme's own lot"
INSIDE_BEFORE = "was in the audience before the playbook was switched on"
ONCE = "was in it before, and it is done once"
PEAK = "a peak of the market is on"
ASIDE = "kept aside by lot"
SWITCHED_OFF = "the playbook was switched off"
GONE = "is not in the data any more"
TOO_OLD = "the data end on {day}, too long ago to decide by"
BOUGHT, UNSUBSCRIBED, LEFT_AUDIENCE = "bought", "said no to marketing", "left the audience"


@dataclass(frozen=True, slots=True)
class Start:
    """anchor: the day of the fact that began it; None where no day did."""

    because: str
    anchor: date | None = None


@dataclass(frozen=True, slots=True)
class Continue:
    """The run goes on to its next step."""


@dataclass(frozen=True, slots=True)
class Stop:
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not begun, or not gone on with. for_good: for this stay in the audience, or this day of the fact; else it is
    asked again."""

    why: str
    for_good: bool = False
    anchor: date | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """One customer or account before one playbook.

    member: was in the audience when it last was looked. dealt: this stay there was dealt with. anchor: the last day of
    the fact that was dealt with. runs, ended_on: of runs before. kept_out: by the programme's lot. behind: the day on
    which the data about them end, where that is too long ago.
    """

    facts: Mapping[str, Value]
    member: bool = False
    dealt: bool = False
    running: bool = False
    runs: int = 0
    ended_on: date | None = None
    anchor: date | None = None
    kept_out: bool = False
    behind: date | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """One run under way. orders_then: how many orders of theirs were known when it began; None: none."""

    facts: Mapping[str, Value] | None  # None: nobody knows them any more
    orders_then: float | None = None
    switched_off: bool = False
    behind: date | None = None
    step: int = 0  # before which it stands


def is_inside(it: Playbook, facts: Mapping[str, Value], today: date) -> bool:
    segment = it.audience.segment
    return (not segment or facts.get(f"segment:{segment}") is True) and all_hold(it.audience.when, facts, today)


def is_member(it: Playbook, known: Known, today: date, *, first: bool) -> bool:
    """Whether they count as in the audience from now on. Who is behind stays what they were: they did not come or go
    by standing still. But who is inside when a playbook is first looked at is left alone also when newer data come."""
    left_alone = first and it.trigger.on == "enter" and not it.trigger.those_inside
    stays = known.behind is not None and it.begins_by_data and not left_alone
    return known.member if stays else is_inside(it, known.facts, today)


def begin(
    it: Playbook, known: Known, today: date, *, first: bool, draw: Callable[[], str]
) -> Start | Hold | None:  # fmt: skip
    """None: nothing calls for a beginning. first: the playbook was never looked at before. draw: the arm, asked only
    of those who would begin, so that both arms are alike in everything before."""
    inside = is_inside(it, known.facts, today)
    fired = _fired(it, known, inside, today)
    if fired is None:
        return None
    held = _held(it, known, inside, today, first)
    if held is not None:
        return Hold(held.why, held.for_good, fired.anchor if held.for_good else None)
    if it.lot and draw() == HELD_OUT:
        return Hold(ASIDE, True, fired.anchor)
    return fired


def _fired(it: Playbook, known: Known, inside: bool, today: date) -> Start | None:
    t = it.trigger
    if t.on == "enter":
        return Start(ENTERED) if inside and not known.dealt else None
    if t.on == "leave":
        return Start(LEFT) if known.member and not inside else None
    anchor = known.facts.get(t.fact)
    if not inside or not isinstance(anchor, date) or anchor == known.anchor:
        return None
    since = anchor + timedelta(days=t.days)
    in_time = since <= today < since + timedelta(days=t.within_days)
    return Start(f"{t.fact} is {anchor}", anchor) if in_time else None


def _held(it: Playbook, known: Known, inside: bool, today: date, first: bool) -> Hold | None:
    """The first gate that does not open."""
    if first and it.trigger.on == "enter" and not it.trigger.those_inside:
        return Hold(INSIDE_BEFORE, True)
    if known.behind is not None and it.begins_by_data:
        return Hold(TOO_OLD.format(day=known.behind))
    if known.running:
        return Hold(RUNNING)
    if known.kept_out:
        return Hold(KEPT_OUT, True)
    if it.again.once and known.runs:
        return Hold(ONCE, True)
    if it.again.most and known.runs >= it.again.most:
        return Hold(f"was in it {it.again.most} times, which is the most", True)
    if known.ended_on is not None and known.ended_on + timedelta(days=it.again.rest_days) > today:
        return Hold(f"rests until {known.ended_on + timedelta(days=it.again.rest_days)}")
    if it.peaks.starts == "hold" and known.facts.get("in_peak") is True:
        return Hold(PEAK)
    would = _stop(it, known.facts, known.facts.get("orders"), inside, today)
    return Hold(f"would stop at once: {would}") if would else None


def go_on(it: Playbook, run: Running, inside: bool, today: date) -> Continue | Stop | Hold:
    """it: the playbook as it was when the run began. inside: the audience as it is declared now. Held, a run stands
    where it stood until newer data come."""
    if run.switched_off:
        return Stop(SWITCHED_OFF)
    if run.facts is None:
        return Stop(GONE)
    if run.behind is not None and it.goes_on_by_data(run.step):
        return Hold(TOO_OLD.format(day=run.behind))
    why = _stop(it, run.facts, run.orders_then, inside, today)
    return Stop(why) if why else Continue()


def _stop(it: Playbook, facts: Mapping[str, Value], orders_then: Value, inside: bool, today: date) -> str:
    if it.stop.bought and _count(facts.get("orders")) > _count(orders_then):
        return BOUGHT
    if it.stop.unsubscribed and facts.get("refused_email") is True:
        return UNSUBSCRIBED
    if it.stop.left and not inside:
        return LEFT_AUDIENCE
    return next((one.said for one in it.stop.when if all_hold((one,), facts, today)), "")


def _count(of: Value) -> float:
    return float(of) if isinstance(of, int | float) else 0.0
