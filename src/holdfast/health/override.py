"""When a person says otherwise: with a reason, for thirty days, beside the score and never in place of it.

What people say is kept out of the trial: it looks at scores alone (health/trial).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from holdfast.health.reading import Reading, Status
from holdfast.health.words import STATUSES

DAYS = 30  # decision 0071
Said = Literal["good", "watch", "risk"]


class OverrideProblem(ValueError):
    """It cannot stand; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Override:
    """Holds on its days from `since` up to the day before `until`."""

    status: Said
    reason: str
    by: str
    since: date
    until: date

    def holds(self, day: date) -> bool:
        return self.since <= day < self.until


@dataclass(frozen=True, slots=True)
class Standing:
    """What is shown: the status that holds, that of the score, and who said otherwise."""

    status: Status
    scored: Status
    override: Override | None

    @property
    def said(self) -> str:
        if self.override is None:
            return ""
        o = self.override
        return f"{o.by} says {STATUSES[o.status]}, against {STATUSES[self.scored]}, until {o.until}: {o.reason}"


def override(status: Said, reason: str, *, by: str, on: date, until: date | None = None) -> Override:
    """One that can stand: thirty days, or fewer. Raises OverrideProblem."""
    latest = on + timedelta(days=DAYS)
    ends = until or latest
    if status not in ("good", "watch", "risk"):
        raise OverrideProblem(f"the status is good, watch or risk, not {status!r}")
    if not reason.strip():
        raise OverrideProblem("say why: a status that differs from the score needs a reason")
    if not by.strip():
        raise OverrideProblem("say who says it")
    if not on < ends <= latest:
        raise OverrideProblem(f"it ends after {on} and on {latest} at the latest; say it again then, if it still holds")
    return Override(status, reason.strip(), by, on, ends)


def standing(reading: Reading, overrides: Iterable[Override], today: date) -> Standing:
    """The newest override that holds today goes before the score; the score stays as it is."""
    holding = [o for o in overrides if o.holds(today)]
    newest = max(holding, key=lambda o: o.since, default=None)
    return Standing(newest.status if newest else reading.status, reading.status, newest)
