"""The lot of a playbook for accounts: few units, each with all it did added up, so that what belongs together is never
taken for many. "Cannot tell yet", with what could be told and by when, is the answer to expect of a dozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from math import ceil, isinf, isnan, nan

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import ALWAYS_VALID, Effect, effect
from holdfast.estimates.intervals import CONFIDENCE
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.estimates.randomization import effect_of_few
from holdfast.evidence.checks import Check, balance_check, broken, conflicts_check, counts_check, lost_check
from holdfast.evidence.grade import Grade
from holdfast.evidence.growth import Grown, steps_of
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.plan import EXPECTED
from holdfast.evidence.reading import Reading, guard, hidden
from holdfast.evidence.registration import Registration
from holdfast.evidence.verdict import Verdict, verdict
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.declare import Playbook
from holdfast.playbooks.outcomes import OUTCOMES, AccountOutcome, Ask, Assigned, Outcomes, Unit

FEWEST = 10  # accounts of both arms without whom a spread is not worth planning with
LOOKS = 4  # at so many even parts of the planned number an interval is made anew; each at its part of the 5 %
MOST_LOTS = 1_000  # accounts of both arms, beyond whom no lots are drawn again
HALF, MONTH = 0.5, 30.4  # the share aside that finds most; days
NO_LOOK = Unknown("no first quarter of the accounts planned is over", "more accounts, or time")


def read_accounts(lot: Lot, ask: Ask) -> Reading:
    """Until the planned number is there and their time is over, an interval that holds at every look, since it is made
    anew four times only; on that day the last word, of those planned and nobody later. Raises LotProblem where nobody
    was assigned yet."""
    it = lot.registration
    found = ask(it.outcome.metric, it.days)
    if not found.assigned:
        raise LotProblem(f"nobody has entered {it.id} yet: a tick of its playbook assigns them")
    last, full = _last(found.assigned, it.planned)
    due = last + timedelta(days=it.days + OUTCOMES[it.outcome.metric].ends_late)
    over = full and found.until >= due
    of = OUTCOMES[it.outcome.metric]
    now, final = _at_a_look(found, it, of), _once(found.units, of, last) if over else None
    guarded = tuple(
        guard(one, _once(beside.units, own, last) if over else _at_a_look(beside, it, own))
        for one in it.guardrails
        for beside, own in ((ask(one.outcome.metric, it.days), OUTCOMES[one.outcome.metric]),)
    )
    shown, arms = now if final is None else final, _arms(found.units)
    variation = _variation(_counted(found.units))
    aside = round(it.planned * it.held_out)
    smallest = nan if isnan(variation) else smallest_effect(it.planned - aside, aside, variation, _narrowed(shown))
    checks = _checks(found, it, arms)
    spoilt = broken(checks)
    said = verdict(shown, better=it.outcome.better, over=over, smallest=smallest, broken=spoilt, unit=it.unit)
    if said.word == "cannot tell yet":
        said = Verdict(said.word, f"{said.why}; {_by_when(found, it, full, over)}")
    matured = {arm: arms[arm].n if arm in arms else 0 for arm in (TREATED, HELD_OUT)}
    reading = Reading(
        it, found.until, Grade.BY_LOT, now, final, found.assigned[0].on, due, found.by_arm, matured, smallest,
        variation, guarded, (), checks, said,
    )  # fmt: skip
    return hidden(reading, spoilt) if spoilt else reading


def spoilt_accounts(lot: Lot, ask: Ask) -> str:
    """What withholds every number; empty where nothing does. Reads no effect."""
    it = lot.registration
    found = ask(it.outcome.metric, it.days)
    return broken((counts_check(found.by_arm, it.held_out),)) if found.assigned else ""


def growth_of_accounts(lot: Lot, ask: Ask) -> tuple[Grown, ...]:
    """The effect in the first days after assignment, step by step: at looks where there are accounts enough, after the
    planned day of those planned. Nothing of a lot that is broken."""
    it, of = lot.registration, OUTCOMES[lot.registration.outcome.metric]
    reading = read_accounts(lot, ask)
    if reading.verdict.word == "broken":
        return ()
    last, _ = _last(ask(it.outcome.metric, it.days).assigned, it.planned)
    told = [(days, ask(it.outcome.metric, days)) for days in steps_of(it.days)]
    found = [
        Grown(days, _at_a_look(found, it, of) if reading.final is None else _once(found.units, of, last))
        for days, found in told
    ]
    return tuple(one for one in found if not isinstance(one.effect, Unknown))


def could_tell(reading: Reading) -> str:
    """What so many accounts could show."""
    planned = reading.registration.planned
    if isnan(reading.smallest):
        return f"fewer than {FEWEST} accounts whose time is over: too few to plan with"
    if isinf(reading.smallest):
        return f"{planned} accounts leave nobody in one of the arms"
    return f"{planned} accounts find an effect of {reading.smallest:.0%} or more, four times in five"


def could_be_told(it: Playbook, inside: int, began: int = 0) -> str:
    """Before anybody was assigned, what so many accounts could show, and what would show more. Of shares the spread is
    known beforehand: at most that of one half. began: how many entered within the horizon that lies behind."""
    assert it.measured is not None  # noqa: S101 (who keeps some aside says what decides: declare.py)
    aside = round(inside * it.holdout.share)
    whom = f"{inside} accounts are in the audience, {aside} of them kept aside"
    if min(aside, inside - aside) < 2:
        return f"{whom}: too few to tell anything. {_instead(it, inside, began)}"
    if it.measured.metric != "account_renewed":
        half = "" if it.holdout.share == HALF else " Half of them kept aside find most."
        return f"{whom}: what they find is known once {FEWEST} of them are over.{half}"
    found = _of_renewals(inside, it.holdout.share)
    said = f"{whom}: a difference of {found:.0%} of renewals or more is found four times in five."
    return said if found <= EXPECTED else f"{said} {_instead(it, inside, began)}"


def _of_renewals(accounts: int, share: float) -> float:
    """The smallest difference of renewals that so many find: a share of one half varies by as much as its mean."""
    aside = round(accounts * share)
    return min(smallest_effect(accounts - aside, aside, 1.0) / 2, 1.0)


def _instead(it: Playbook, inside: int, began: int) -> str:
    """As decision 0139 offers shoppers more: what holds for accounts, and what is not to be had of them."""
    assert it.measured is not None  # noqa: S101
    said = []
    if it.holdout.share != HALF and inside >= 4:
        said.append(f"Half of them kept aside find {_of_renewals(inside, HALF):.0%}.")
    needed = next(n for n in count(max(inside, 4)) if _of_renewals(n, HALF) <= EXPECTED)
    when = "none entered lately, so nobody can say when they are there"
    if began:
        days = ceil((needed - inside) / began * it.measured.days)
        when = f"as fast as they entered lately, they are there in about {max(1, round(days / MONTH))} months"
    said.append(f"{EXPECTED:.0%} takes {needed} accounts, half of them kept aside: {when}.")
    said.append("Lots of accounts are each read by itself, and beginning by turns is not read of accounts.")
    return " ".join(said)


def _last(assigned: Sequence[Assigned], planned: int) -> tuple[date, bool]:
    """The day with which the planned number was assigned, or the last one, and whether it was."""
    full = len(assigned) >= planned
    return (assigned[planned - 1] if full else assigned[-1]).on, full


def _by_when(found: Outcomes, it: Registration, full: bool, over: bool) -> str:
    if over:
        return "the planned day is over, and nothing more comes of this lot: a new one begins with a new name"
    if full:
        return f"{found.open} of {len(found.assigned)} accounts are still open, and by the planned day all are over"
    lacking = it.planned - len(found.assigned)
    return f"the last word waits for {lacking} more accounts of the {it.planned} planned, and for their time"


def _counted(units: Sequence[Unit]) -> list[Unit]:
    """Accounts that are out of nothing (no contract ended) are in no arm's sum."""
    return [one for one in units if one.out_of > 0]


def _arms(units: Sequence[Unit]) -> dict[str, Moments]:
    counted = _counted(units)
    rows = {arm: [one for one in counted if one.arm == arm] for arm in (TREATED, HELD_OUT)}
    return {arm: _moments(of) for arm, of in rows.items() if of}


def _moments(rows: Sequence[Unit]) -> Moments:
    return Moments.of([one.counted for one in rows], [one.out_of for one in rows], [one.before for one in rows])


def _at_a_look(found: Outcomes, it: Registration, of: AccountOutcome) -> Effect | Unknown:
    """Of the first quarter, half or three quarters planned, the largest whose time is over: looks that anybody takes in
    between see the same, so that all looks together err in 5 of 100 (Bonferroni), however few the accounts are."""
    over = {one.account for one in found.units}
    for part in range(LOOKS, 0, -1):
        last, full = _last(found.assigned, ceil(it.planned * part / LOOKS))
        if full and all(one.account in over for one in found.assigned if one.on <= last):
            told = _once(found.units, of, last, 1 - (1 - CONFIDENCE) / LOOKS)
            return told if isinstance(told, Unknown) else _at_every_look(told)
    return NO_LOOK


def _at_every_look(it: Effect) -> Effect:
    relative = it.relative if isinstance(it.relative, Unknown) else replace(it.relative, method=ALWAYS_VALID)
    return replace(it, absolute=replace(it.absolute, method=ALWAYS_VALID), relative=relative)


def _once(units: Sequence[Unit], of: AccountOutcome, last: date, confidence: float = CONFIDENCE) -> Effect | Unknown:
    """Of those assigned until the day `last`, read once."""
    rows = [one for one in _counted(units) if one.on <= last]
    arms = _arms(rows)
    if len(arms) < 2:
        return Unknown("an arm has nobody in it who counts", "more accounts assigned")
    if len(rows) > MOST_LOTS:
        return effect(arms[TREATED], arms[HELD_OUT], confidence=confidence)
    return effect_of_few(
        [one.counted for one in rows], [one.out_of for one in rows], [one.before for one in rows],
        [one.arm == TREATED for one in rows], confidence=confidence, yes_or_no=of.yes_or_no,
    )  # fmt: skip


def _checks(found: Outcomes, it: Registration, arms: Mapping[str, Moments]) -> tuple[Check, ...]:
    assigned = found.by_arm
    lost = {arm: sum(one.account in found.gone for one in found.assigned if one.arm == arm) for arm in assigned}
    alike = balance_check(arms, few=True)
    if not OUTCOMES[it.outcome.metric].before:
        alike = replace(alike, passed=True, found="its outcome has no like in the days before")
    return (
        counts_check(assigned, it.held_out), alike,
        conflicts_check(found.conflicts, len(found.assigned), twice="accounts that were merged"),
        lost_check(lost, assigned),
    )  # fmt: skip


def _narrowed(shown: Effect | Unknown) -> float:
    return 0.0 if isinstance(shown, Unknown) else shown.narrowed


def _variation(rows: Sequence[Unit]) -> float:
    """Standard deviation ÷ mean of an account, of both arms, in linear form; not a number where too few are known."""
    if len(rows) < FEWEST:
        return nan
    whole = _moments(rows)
    if whole.means[0] <= 0:
        return nan
    ratio = whole.means[0] / whole.means[1]
    c, d = whole.covariance[:2, :2]
    return float(max(0.0, float(c[0] - 2 * ratio * c[1] + ratio**2 * d[1])) ** 0.5 / float(whole.means[0]))
