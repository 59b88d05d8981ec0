"""Who matters at a customer, how we know, and what should worry us: by dated evidence, never by colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FRESH_DAYS = 90  # metrics.md A06: what is known of people holds so long
KEY = {"buyer": "economic buyer", "champion": "champion"}  # whose leaving is an alarm
WANTED = ("buyer", "champion", "approver", "user")  # parts that somebody has to hold, unless the map says otherwise


@dataclass(frozen=True, slots=True)
class Stakeholder:
    """A person there. seen_on: the newest day on which we met or heard them."""

    id: int
    name: str
    part: str = ""
    stance: str = ""
    stance_on: date | None = None
    seen_on: date | None = None
    left_on: date | None = None

    @property
    def evidence_on(self) -> date | None:
        """The newest day that tells us anything of them."""
        return max((day for day in (self.stance_on, self.seen_on) if day is not None), default=None)

    def gone(self, today: date) -> bool:
        return self.left_on is not None and self.left_on <= today

    def fresh(self, today: date) -> bool:
        on = self.evidence_on
        return on is not None and on >= today - timedelta(days=FRESH_DAYS)


@dataclass(frozen=True, slots=True)
class Alarm:
    """code: single_thread, no_thread, champion_left, buyer_left, stale_stance, gap. contact: whom it is about."""

    code: str
    says: str
    contact: int | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The map as it stands. stale: nothing of the last 90 days. not_known: what would change the alarms."""

    stale: bool
    threads: tuple[int, ...]  # contacts with fresh evidence
    alarms: tuple[Alarm, ...]
    not_known: tuple[str, ...]


def standing(
    people: Sequence[Stakeholder], today: date, *, wanted: Iterable[str] = WANTED, unattended: int = 0
) -> Standing:
    """unattended: touchpoints held in the last 90 days of which nobody wrote down who was there."""
    here = [person for person in people if not person.gone(today)]
    fresh = [person for person in here if person.fresh(today)]
    alarms = [*_threads(fresh, here), *_left(people, here, today), *_stances(here, today), *_gaps(here, wanted)]
    held = "1 touchpoint" if unattended == 1 else f"{unattended} touchpoints"
    unsaid = (f"of {held} in the last {FRESH_DAYS} days nobody wrote down who took part",) if unattended else ()
    return Standing(not fresh, tuple(person.id for person in fresh), tuple(alarms), unsaid)


def threads(people: Sequence[Stakeholder], today: date, *, unattended: bool = False) -> int | None:
    """How many people there spoke with us lately; None where nobody wrote down who takes part.

    unattended: of something held lately nobody wrote down who was there, so that nobody seen may mean anything.
    """
    seen = [person.seen_on for person in people if person.seen_on is not None and not person.gone(today)]
    lately = sum(on >= today - timedelta(days=FRESH_DAYS) for on in seen)
    return None if not lately and (unattended or not seen) else lately


def _threads(fresh: Sequence[Stakeholder], here: Sequence[Stakeholder]) -> list[Alarm]:
    if not here:
        return [Alarm("no_thread", "We know nobody there.")]
    if not fresh:
        return [Alarm("no_thread", f"Nobody there was heard from in {FRESH_DAYS} days.")]
    if len(fresh) == 1:
        one = fresh[0]
        return [Alarm("single_thread", f"All we have heard in {FRESH_DAYS} days came from {one.name} alone.", one.id)]
    return []


def _left(people: Sequence[Stakeholder], here: Sequence[Stakeholder], today: date) -> list[Alarm]:
    return [
        Alarm(f"{person.part}_left", f"{person.name}, {KEY[person.part]}, left on {person.left_on}; nobody follows.",
              person.id, person.part)
        for person in people
        if person.gone(today) and person.part in KEY and not any(one.part == person.part for one in here)
    ]  # fmt: skip


def _stances(here: Sequence[Stakeholder], today: date) -> list[Alarm]:
    return [
        Alarm("stale_stance", f"What we say of {person.name} is from {person.stance_on or 'a day nobody wrote down'}.",
              person.id)
        for person in here
        if person.stance and (person.stance_on is None or person.stance_on < today - timedelta(days=FRESH_DAYS))
    ]  # fmt: skip


def _gaps(here: Sequence[Stakeholder], wanted: Iterable[str]) -> list[Alarm]:
    held = {person.part for person in here}
    return [Alarm("gap", f"We know no {KEY.get(part, part)} there.", part=part) for part in wanted if part not in held]
