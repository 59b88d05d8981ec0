"""What moved a score between two readings: each input's part, and the parts add up to the difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from holdfast.commerce.unknown import Unknown
from holdfast.health.reading import Missing, Reading, Reason

# value: what is known of it changed. weight: others became known, or unknown, so that it counts for more or less.
# appeared, vanished: it became known, or is no longer. scorecard: it counts otherwise since the scorecard was edited.
Why = Literal["value", "weight", "appeared", "vanished", "scorecard"]


@dataclass(frozen=True, slots=True)
class Moved:
    """tenths: by how much it moved the score, up or down."""

    input: str
    name: str
    tenths: int
    why: Why
    sentence: str

    @property
    def signed(self) -> float:
        return self.tenths / 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """moved: the largest first. formula_changed: the two were read by scorecards that differ."""

    before: date
    after: date
    tenths: int
    moved: tuple[Moved, ...]
    formula_changed: bool

    @property
    def signed(self) -> float:
        return self.tenths / 10


def compare(before: Reading, after: Reading) -> Comparison | Unknown:
    """Unknown where one of them has no score, or they are not of one subject."""
    if before.subject != after.subject:
        return Unknown("two subjects are not compared", "readings of one")
    if before.score is None or after.score is None:
        which = before if before.score is None else after
        return Unknown(f"the reading of {which.as_of} is {which.said}", "inputs that are not known yet")
    then, now = ({r.input: r for r in one.reasons} for one in (before, after))
    gone = {m.input: m for m in after.missing}
    edited = before.digest != after.digest
    moved = [m for id in dict.fromkeys((*now, *then)) for m in _moved(then.get(id), now.get(id), gone.get(id), edited)]
    moved.sort(key=lambda m: (-abs(m.tenths), m.input, m.why))
    return Comparison(before.as_of, after.as_of, after.score - before.score, tuple(moved), edited)


def _moved(then: Reason | None, now: Reason | None, gone: Missing | None, edited: bool) -> list[Moved]:
    if then and now:
        return _both(then, now, edited)
    if now:
        return [Moved(now.input, now.name, -now.lost, "appeared", f"known since: {now.sentence}")] if now.lost else []
    if then and then.lost:
        why = f"no longer known: {gone.unknown.why}" if gone else "no longer on the scorecard"
        return [Moved(then.input, then.name, then.lost, "vanished", why)]
    return []


def _both(then: Reason, now: Reason, edited: bool) -> list[Moved]:
    """The new value at the old weight first; what is left is the weight's."""
    as_before = now.lost if then.full == now.full else round(then.full * now.lost / now.full) if now.full else 0
    by_value = then.lost - as_before if now.value != then.value else 0
    by_weight = then.lost - now.lost - by_value
    told = []
    if by_value:
        told.append(Moved(now.input, now.name, by_value, "value", now.sentence))
    if by_weight:
        if edited:
            said = f"{now.name}: the scorecard was edited"
        else:
            said = (
                f"{now.name}: counts for {now.full / 10:.1f} points, {then.full / 10:.1f} before, as others are known"
            )
        told.append(Moved(now.input, now.name, by_weight, "scorecard" if edited else "weight", said))
    return told
