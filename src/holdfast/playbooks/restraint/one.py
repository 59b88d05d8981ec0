"""Restraint for one customer, as it reads: `many.py` says the same of all of them at once.

Gates in order: due, dead or unwanted address, objection, consent, address, caps, quiet hours. The first that holds a
message says why. Messages that pass all but the caps compete for what is left of them, the most important first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from holdfast.playbooks.restraint.clock import Clock, clock
from holdfast.playbooks.restraint.settings import Cap, Restraint

Verdict = Literal["send", "wait", "hold"]
Said = Literal["yes", "no", "pending", ""]
NOT_DUE, NO_ADDRESS, BAD_ADDRESS = "not due yet", "no address", "the address cannot be one"
OBJECTED, QUIET, UNKNOWN_CHANNEL = "objects to being profiled", "quiet hours", "this channel is not declared"
CONSENT = {"no": "said no", "pending": "has not confirmed yet", "": "never said yes"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that is due. priority: the smaller, the more important."""

    run: int
    step: str
    turn: int
    channel: str
    marketing: bool
    priority: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How a person can be written to by one channel.

    address: "good", "none" or "bad". dead and unwanted: why the address is suppressed, for everything or for marketing.
    """

    address: str = "none"
    dead: str = ""
    unwanted: str = ""
    consent: Said = ""


@dataclass(frozen=True, slots=True)
class Person:
    """sent: the marketing messages that went, by channel and moment."""

    zone: str
    zone_known: bool
    reach: Mapping[str, Reach]
    objected: bool = False
    sent: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    why: str = ""
    not_before: datetime | None = None


@dataclass(slots=True)
class _Room:
    """What is left of the caps: the moments that each cap counts, those of this question among them."""

    counted: list[list[datetime]] = field(default_factory=list)


def judge(candidates: Sequence[Candidate], person: Person, rules: Restraint, now: datetime) -> list[Judged]:
    """One answer for each candidate, in the order given."""
    quiet = rules.quiet if person.zone_known else rules.quiet_unknown_zone
    there = clock(person.zone, quiet, now)
    room = _Room([list(_counted(cap, person, rules, there, now)) for cap in rules.caps])
    order = sorted(range(len(candidates)), key=lambda at: _rank(candidates[at]))
    answers = {at: _judged(candidates[at], person, rules, there, room, now) for at in order}
    return [answers[at] for at in range(len(candidates))]


def _rank(one: Candidate) -> tuple[int, datetime, int, str, int, str]:
    return one.priority, one.due_at, one.run, one.step, one.turn, one.channel


def _judged(one: Candidate, person: Person, rules: Restraint, there: Clock, room: _Room, now: datetime) -> Judged:
    channel = rules.channels.get(one.channel)
    if channel is None:
        return Judged("hold", UNKNOWN_CHANNEL)
    if one.due_at > now:
        return Judged("wait", NOT_DUE, one.due_at)
    reach = person.reach.get(one.channel, Reach())
    if why := _held(one, person, reach, rules):
        return Judged("hold", why)
    if not one.marketing:
        return Judged("send")
    caps = [place for place, cap in enumerate(rules.caps) if cap.covers(channel)]
    full = [place for place in caps if len(room.counted[place]) >= rules.caps[place].most]
    if full:
        return Judged("wait", rules.caps[full[0]].said, max(_free(rules.caps[p], room.counted[p], there) for p in full))
    for place in caps:
        room.counted[place].append(now)
    if channel.quiet and there.quiet_until is not None:
        return Judged("wait", QUIET, there.quiet_until)
    return Judged("send")


def _held(one: Candidate, person: Person, reach: Reach, rules: Restraint) -> str:
    channel = rules.channels[one.channel]
    if reach.dead:
        return f"the address is dead: {reach.dead}"
    if one.marketing:
        if reach.unwanted:
            return f"suppressed: {reach.unwanted}"
        if person.objected:
            return OBJECTED
        if channel.consent and not _agreed(reach.consent, rules.consent.get(channel.consent, "opt-in")):
            return CONSENT[reach.consent]
    if channel.address and reach.address != "good":
        return NO_ADDRESS if reach.address == "none" else BAD_ADDRESS
    return ""


def _agreed(said: Said, needs: str) -> bool:
    return said == "yes" or (needs == "no opt-out" and said == "")


def _counted(cap: Cap, person: Person, rules: Restraint, there: Clock, now: datetime) -> Iterator[datetime]:
    """A day counts from its first moment on; a window of days is over at the moment it is over."""
    for name, at in person.sent:
        channel = rules.channels.get(name)
        still = at >= there.day_began if cap.window is None else at > now - cap.window
        if channel is not None and cap.covers(channel) and still:
            yield at


def _free(cap: Cap, counted: Sequence[datetime], there: Clock) -> datetime:
    """When the cap has room again: as many of its newest must have left the window as it lets through."""
    if cap.window is None:
        return there.day_ends
    return sorted(counted, reverse=True)[cap.most - 1] + cap.window
