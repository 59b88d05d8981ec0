"""What a lot shows as of a day: primary effect, guardrails, segments, checks, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import nan

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.false_discovery import adjusted
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.checks import Check, broken, withheld
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.registration import Guardrail, Registration
from holdfast.evidence.seen import Seen, effect_of
from holdfast.evidence.verdict import EXPLORED, Verdict, verdict
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

LASTING = timedelta(
    days=182
)  # two quarters (metrics.md 3.1): from then on a programme kept aside from says what it yields as a whole


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guardrail as it stands. held: surely no worse than its tolerance, or surely worse; None: nobody can tell."""

    guardrail: Guardrail
    effect: Effect | Unknown
    held: bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """The effect among one member of a segment, and what may be said of it beside all others looked at.

    chance: of the effect, raised to the false discovery rate among them (Benjamini and Hochberg).
    """

    by: str
    member: str
    effect: Effect | Unknown
    chance: float = 1.0
    verdict: Verdict = EXPLORED


@dataclass(frozen=True, slots=True)
class Reading:
    """now: by an interval that holds at every look. final: by one for the planned day, once; None before it."""

    registration: Registration
    as_of: date
    grade: Grade
    now: Effect | Unknown
    final: Effect | Unknown | None
    began: date  # when the first was assigned
    due: date  # the planned day: the horizon of the last one assigned is over
    assigned: Mapping[str, int]
    matured: Mapping[str, int]
    smallest: float
    variation: float
    guarded: tuple[Guarded, ...]
    members: tuple[Member, ...]
    checks: tuple[Check, ...]
    verdict: Verdict
    without: Effect | Unknown | None = None  # as `now`, without who was assigned to both arms; None where nobody was

    @property
    def shown(self) -> Effect | Unknown:
        """The effect a sentence speaks of."""
        return self.now if self.final is None else self.final

    @property
    def absolute(self) -> Estimate | Unknown:
        return self.shown if isinstance(self.shown, Unknown) else self.shown.absolute

    @property
    def relative(self) -> Estimate | Unknown:
        return self.shown if isinstance(self.shown, Unknown) else self.shown.relative


def read(home: Home, snapshot: Snapshot, lot: Lot) -> Reading:
    """Raises LotProblem where nothing was drawn yet."""
    it = lot.registration
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        seen = Seen(connection, lot, snapshot)
        due = seen.last_assigned + timedelta(days=it.days)
        over = snapshot.as_of >= due and seen.all_entered
        arms, parts, beside = seen.parted(it.segments, [one.outcome for one in it.guardrails], planned=over)
        final = effect_of(arms, None) if over else None
        arms = seen.arms(it.outcome) if over and lot.is_open else arms  # who entered after it was full as well
        now = effect_of(arms, it.planned)
        guarded = tuple(
            guard(one, effect_of(of, None if over else it.planned))
            for one, of in zip(it.guardrails, beside, strict=True)
        )
        members = _members(parts, None if over else it.planned)
        counts, began = seen.counts, seen.began()
        checks = seen.checks(arms)
        without = effect_of(seen.arms(it.outcome, apart=True), it.planned) if counts.conflicts else None
    assigned = counts.assigned
    variation = _variation(arms.get(HELD_OUT))
    matured = {arm: arms[arm].n if arm in arms else 0 for arm in (TREATED, HELD_OUT)}
    shown, spoilt = (now if final is None else final), broken(checks)
    smallest = smallest_effect(
        assigned.get(TREATED, 0), assigned.get(HELD_OUT, 0), variation,
        0.0 if isinstance(shown, Unknown) else shown.narrowed,
    )  # fmt: skip
    judge = partial(verdict, better=it.outcome.better, over=over, broken=spoilt)
    members = tuple(replace(m, verdict=judge(m.effect, smallest=nan, chance=m.chance)) for m in members)
    said = judge(shown, smallest=smallest)
    grade = Grade.REPLICATED if it.programme and snapshot.as_of - began >= LASTING else Grade.BY_LOT
    found = Reading(
        it, snapshot.as_of, grade, now, final, began, due, assigned, matured, smallest, variation, guarded, members,
        checks, said, without,
    )  # fmt: skip
    return hidden(found, spoilt) if spoilt else found


def hidden(found: Reading, spoilt: str) -> Reading:
    """Here and not at the doors, so that none of them can show a number of a broken lot. Nor is it known by lot."""
    none = withheld(spoilt)
    return replace(
        found, grade=Grade.OPINION, now=none, final=None if found.final is None else none, smallest=nan,
        variation=nan, without=None,
        guarded=tuple(replace(one, effect=none, held=None) for one in found.guarded),
        members=tuple(replace(one, effect=none, chance=1.0) for one in found.members),
    )  # fmt: skip


def spoilt(home: Home, snapshot: Snapshot, lot: Lot) -> str:
    """What withholds every number of a lot; empty where nothing does. Reads no effect."""
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        return Seen(connection, lot, snapshot).spoilt()


def explore(home: Home, snapshot: Snapshot, lot: Lot, by: str) -> tuple[Member, ...]:
    """The effect by a segment nobody declared: looked at, without a verdict, adjusted for how many are. Nothing of a
    lot that is broken."""
    it = lot.registration
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        seen = Seen(connection, lot, snapshot)
        if seen.spoilt():
            return ()
        over = seen.all_entered and snapshot.as_of >= seen.last_assigned + timedelta(days=it.days)
        return _members(seen.parted((by,), planned=over)[1], None if over else it.planned)


def _members(parts: Mapping[tuple[str, str], Mapping[str, Moments]], planned: int | None) -> tuple[Member, ...]:
    found = [(by, member, effect_of(arms, planned)) for (by, member), arms in parts.items()]
    told = [effect.chance for *_, effect in found if not isinstance(effect, Unknown)]
    raised = iter(adjusted(told).tolist())
    return tuple(
        Member(by, member, effect, 1.0 if isinstance(effect, Unknown) else next(raised)) for by, member, effect in found
    )


def guard(guardrail: Guardrail, found: Effect | Unknown) -> Guarded:
    if isinstance(found, Unknown) or isinstance(found.relative, Unknown):
        return Guarded(guardrail, found, None)
    low, high = found.relative.low, found.relative.high
    if low is None or high is None:
        return Guarded(guardrail, found, None)
    best, worst = (low, high) if guardrail.outcome.better == "down" else (-high, -low)
    held = True if worst <= guardrail.tolerance else False if best > guardrail.tolerance else None
    return Guarded(guardrail, found, held)


def _variation(held: Moments | None) -> float:
    """Standard deviation ÷ mean of a customer held out; of a ratio, of its linear form's."""
    if held is None or held.n < 2 or not held.means[1] or not held.means[0]:
        return float("nan")
    ratio, spread = held.means[0] / held.means[1], held.covariance
    of = spread[0, 0] - 2 * ratio * spread[0, 1] + ratio**2 * spread[1, 1]
    return float(max(of, 0.0) ** 0.5 / abs(held.means[0]))


__all__ = ["Guarded", "LotProblem", "Member", "Reading", "explore", "guard", "hidden", "read", "spoilt"]
