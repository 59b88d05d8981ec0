"""What several lots show that are read as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.pooled import Pooled, pooled
from holdfast.evidence.checks import Check
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.pool import Pool, lots_of
from holdfast.evidence.reading import Reading, read
from holdfast.evidence.registration import Outcome
from holdfast.evidence.verdict import EXPLORED, Verdict, told
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot

ALIKE = 0.05  # chance of effects so far apart, below which it is said that they are not one


@dataclass(frozen=True, slots=True)
class Together:
    """parts: what each lot shows by itself; those of broken lots, or of which nothing can be told yet, have no weight.
    due: the planned day of the last of them."""

    pool: Pool
    as_of: date
    due: date
    over: bool
    outcome: Outcome
    days: int
    parts: tuple[Reading, ...]
    found: Pooled | Unknown
    checks: tuple[Check, ...]
    verdict: Verdict

    @property
    def grade(self) -> Grade | None:
        """None where it was declared after something could be read: it is looked at."""
        return Grade.BY_LOT if self.pool.foreseen else None

    @property
    def relative(self) -> Estimate | Unknown:
        return self.found if isinstance(self.found, Unknown) else self.found.relative

    @property
    def weights(self) -> tuple[float | None, ...]:
        """Of each part; None where it has none."""
        if isinstance(self.found, Unknown):
            return (None,) * len(self.parts)
        rest = iter(self.found.weights)
        return tuple(next(rest) if _told(one) else None for one in self.parts)


def read_together(home: Home, snapshot: Snapshot, it: Pool) -> Together:
    """As of the snapshot. A broken lot is left out and named. Raises LotProblem where no lot was begun."""
    lots = lots_of(home, it)
    parts = tuple(one for lot in lots if (one := _read(home, snapshot, lot)) is not None)
    if not parts:
        raise LotProblem(f"nobody was assigned in any lot of {it.id} yet")
    over = len(parts) == len(lots) and all(one.final is not None for one in parts)
    sound = [one for one in parts if one.verdict.word != "broken"]
    shown = [one.final if over and one.final is not None else one.now for one in sound]
    planned = None if over else sum(one.registration.planned for one in sound)
    effects = [one for one in shown if not isinstance(one, Unknown)]
    found = pooled(effects, it.effect, planned=planned or None)
    first = lots[0].registration
    said = told(_relative(found), better=first.outcome.better, over=over)
    return Together(
        it, snapshot.as_of, max(one.due for one in parts), over, first.outcome, first.days, parts, found,
        _checks(it, parts, found), said if it.foreseen else EXPLORED,
    )  # fmt: skip


def _read(home: Home, snapshot: Snapshot, lot: Lot) -> Reading | None:
    """None where nobody has entered yet."""
    try:
        return read(home, snapshot, lot) if lot.entered else None
    except LotProblem:
        return None


def _relative(found: Pooled | Unknown) -> Estimate | Unknown:
    return found if isinstance(found, Unknown) else found.relative


def _told(one: Reading) -> bool:
    """Whether it has a share in the whole: the same rule as `pooled` has."""
    shown = one.shown
    return one.verdict.word != "broken" and not isinstance(shown, Unknown) and shown.can_be_pooled


def _checks(it: Pool, parts: tuple[Reading, ...], found: Pooled | Unknown) -> tuple[Check, ...]:
    begun = {one.registration.id for one in parts}
    broken = [one.registration.id for one in parts if one.verdict.word == "broken"]
    waiting = [one for one in it.lots if one not in begun]
    said = "none is broken" if not broken else f"left out, since what they show is withheld: {', '.join(broken)}"
    begins = "all of them have" if not waiting else f"not yet: {', '.join(waiting)}"
    when = (
        "nobody's horizon was over"
        if it.foreseen
        else "somebody's horizon was over: it is looked at, without a verdict"
    )
    checks = [
        Check("declared before any of the lots could be read", it.foreseen, when),
        Check("every lot can be believed", not broken, said),
        Check("every lot has begun", not waiting, begins),
    ]
    if not isinstance(found, Unknown):
        words = f"effects as far apart have a chance of {found.alike:.2f} if all are the same; {found.apart:.0%} of how"
        checks.append(Check("the lots agree", found.alike >= ALIKE, f"{words} they differ is more than chance"))
    return tuple(checks)
