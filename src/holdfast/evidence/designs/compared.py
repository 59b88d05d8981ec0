"""What a comparison without a lot shows, whichever design it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.staggered import Since
from holdfast.evidence.checks import Check, broken, withheld
from holdfast.evidence.grade import Grade
from holdfast.evidence.registration import Registration
from holdfast.evidence.verdict import Verdict, indicated


@dataclass(frozen=True, slots=True)
class Compared:
    """absolute: per customer, in the outcome's unit. level: what those compared show (of a staggered start: what the
    treated showed before it). course: by periods since the start, those before it placebos. condition: without which
    the effect is none."""

    registration: Registration
    as_of: date
    began: date
    absolute: Estimate | Unknown
    level: float
    n_treated: int
    n_compared: int
    checks: tuple[Check, ...]
    condition: str
    course: tuple[Since, ...] = ()
    grade: Grade = Grade.COMPARED

    @property
    def relative(self) -> Estimate | Unknown:
        """A share of the level, which is taken as known."""
        if isinstance(self.absolute, Unknown):
            return self.absolute
        if self.level <= 0:
            return Unknown("those compared show nothing that a share could be of")
        a, level = self.absolute, self.level
        low, high = (None if end is None else end / level for end in (a.low, a.high))
        return Estimate(a.point / level, low, high, a.method)

    @property
    def verdict(self) -> Verdict:
        return indicated(self.absolute, better=self.registration.outcome.better, broken=broken(self.checks))

    def shown(self) -> Compared:
        """Without its numbers where a check withholds them; of its course the time before the start stays, which is
        what the check looked at."""
        found = broken(self.checks)
        if not found:
            return self
        before = tuple(step for step in self.course if step.periods < 0)
        return replace(self, absolute=withheld(found), level=0.0, course=before)
