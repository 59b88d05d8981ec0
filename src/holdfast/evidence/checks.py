"""What must hold of a lot before anybody is told what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect
from holdfast.estimates.intervals import Z
from holdfast.estimates.moments import Moments
from holdfast.estimates.sample_ratio import BROKEN, Split, split
from holdfast.playbooks.aside import HELD_OUT, TREATED

BALANCED = 0.1  # standard deviations by which both arms may differ beforehand before it is said
ANSWERED = 0.01  # chance of arms that answer as unevenly, below which no mean of answers is compared
LOST = 0.001  # of those assigned: whom the data have forgotten since, by which arms may differ
PROFILES = "profiles that are one person"
FEWEST = 5  # expected in the smaller arm of a part, below which no chance is worked out


@dataclass(frozen=True, slots=True)
class Check:
    """One of them. stops: what is shown is withheld until it is mended."""

    name: str
    passed: bool
    found: str
    stops: bool = False


def broken(checks: Iterable[Check]) -> str:
    """What the first check found that stops everything; empty where all of them passed."""
    return next((check.found for check in checks if check.stops and not check.passed), "")


def withheld(found: str) -> Unknown:
    """In place of every number of a comparison that is broken."""
    return Unknown(f"what is shown is withheld: {found}", "an assignment that can be believed")


def counts_check(units: Mapping[str, int], held_out: float) -> Check:
    """Sample-ratio mismatch: of all ever assigned, not only of those whose horizon is over. units: what was drawn by
    arm, customers or whole clusters."""
    found: Split = split([units.get(TREATED, 0), units.get(HELD_OUT, 0)], [1 - held_out, held_out])
    said = f"{found.assigned[0]:,} treated and {found.assigned[1]:,} held out, of {found.expected[1]:,.0f} expected"
    return Check("as many in each arm as the lot should have given", not found.broken, said, stops=True)


def parts_check(parts: Mapping[str, Mapping[str, int]], held_out: float) -> Check:
    """The same within each part (new, known before, each member of a declared segment): a lot may be right as a whole
    and lose one arm of the customers of one app. Held to the one limit for all parts together (Bonferroni)."""
    name = "as many in each arm within every part too"
    least = min(held_out, 1 - held_out)
    told = {
        part: split([n.get(TREATED, 0), n.get(HELD_OUT, 0)], [1 - held_out, held_out])
        for part, n in parts.items() if sum(n.values()) * least >= FEWEST
    }  # fmt: skip
    if not told:
        return Check(name, True, "no part is large enough to be looked at", stops=True)
    part, worst = min(told.items(), key=lambda one: one[1].chance)
    treated, aside = worst.assigned
    said = f"farthest off: {part}, {treated:,} treated and {aside:,} held out, of {worst.expected[1]:,.0f} expected"
    return Check(name, worst.chance * len(told) >= BROKEN, said, stops=True)


def balance_check(arms: Mapping[str, Moments], *, few: bool = False) -> Check:
    """The same outcome before the assignment: what differs there was not changed by it. few: no more is said than what
    chance does not make of so few."""
    name = "both arms were alike beforehand"
    if min((arms[arm].n if arm in arms else 0) for arm in (TREATED, HELD_OUT)) < 2:
        return Check(name, True, "too few yet to be compared")
    one, other = arms[TREATED], arms[HELD_OUT]
    spread = sqrt((one.covariance[2, 2] + other.covariance[2, 2]) / 2)
    apart = float(one.means[2] - other.means[2]) / spread if spread else 0.0
    limit = max(BALANCED, Z * sqrt(1 / one.n + 1 / other.n)) if few else BALANCED
    chance = f", of {limit:.2f} that chance makes of so few" if limit > BALANCED else ""
    found = f"{abs(apart):.3f} standard deviations apart in the days before{chance}"
    return Check(name, abs(apart) <= limit, found)


def conflicts_check(conflicts: int, assigned: int, listed: int = 0, *, twice: str = PROFILES) -> Check:
    """Those found to be one after they were assigned to different arms: they stay in the arm that came first. twice: as
    what they were assigned twice. listed: whom the list of a lot that was taken names in both."""
    said = f"{conflicts:,} of {assigned:,} were assigned twice, under {twice}; the first holds"
    if listed:
        said += f"; {listed:,} {'was' if listed == 1 else 'were'} listed in both arms, where the first row holds"
    return Check("nobody is in both arms", not conflicts and not listed, said)


def lost_check(lost: Mapping[str, int], assigned: Mapping[str, int]) -> Check:
    """Erased or not to be found any more, by arm (differential attrition): more than chance makes, and than LOST."""
    n, gone = ([of.get(arm, 0) for arm in (TREATED, HELD_OUT)] for of in (assigned, lost))
    name = "as few were lost from one arm as from the other"
    said = f"{gone[0]:,} treated and {gone[1]:,} held out are not in the data any more"
    if not min(n):
        return Check(name, True, said)
    apart = abs(gone[0] / n[0] - gone[1] / n[1])
    likely = split(gone, [one / sum(n) for one in n]).chance
    return Check(name, apart <= LOST or likely >= ANSWERED, said)


def reached_check(reached: Mapping[str, int], assigned: Mapping[str, int]) -> Check:
    """Whom messages of the playbook went to since they were assigned: nobody held out ought to be among them. Who of
    the treated was reached is told and changes nothing, since everybody assigned counts."""
    told, treated = reached.get(HELD_OUT, 0), reached.get(TREATED, 0)
    said = f"{told:,} of {assigned.get(HELD_OUT, 0):,} held out and {treated:,} of {assigned.get(TREATED, 0):,} treated"
    return Check("nobody held out was written to", not told, f"messages of it went to {said}")


def answered_check(any_answer: Effect | Unknown) -> Check:
    """any_answer: the effect on the share of those assigned who answered at all."""
    name = "as many answered of one arm as of the other"
    if isinstance(any_answer, Unknown):
        return Check(name, True, "nobody was asked long enough ago")
    said = f"{any_answer.treated:.1%} of those treated and {any_answer.held_out:.1%} of those held out answered"
    return Check(name, any_answer.chance >= ANSWERED, said, stops=True)
