"""The effect of a playbook for accounts: few units, each with all it did added up, so that what belongs together is
never taken for many. "Cannot tell yet", with what could be told, is the answer to expect of a dozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.verdict import Verdict, verdict
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.declare import Playbook
from holdfast.playbooks.outcomes import OUTCOMES, Outcomes, Unit

FEWEST = 10  # accounts of both arms without whom a spread is not worth planning with


@dataclass(frozen=True, slots=True)
class AccountReading:
    """treated, held_out: accounts that count; open: whose time is not over. smallest: the relative effect that so many
    as were planned find four times in five; Unknown while too few are known to plan with. over: no later look comes."""

    outcome: str
    days: int
    planned: int
    effect: Effect | Unknown
    verdict: Verdict
    treated: int
    held_out: int
    open: int
    smallest: float | Unknown
    over: bool
    due: date | None


def of_playbook(it: Playbook, found: Outcomes, today: date) -> AccountReading:
    """Intervals hold at every look until the planned number is there and all of it is over; then Welch's t is read.
    Accounts that are out of nothing (no contract ended) are in no arm's sum."""
    assert it.measured is not None  # noqa: S101 (who keeps some aside says what decides: declare.py)
    measured, outcome, units = it.measured, OUTCOMES[it.measured.metric], found.units
    counted = [one for one in units if one.out_of > 0]
    arms = {arm: [one for one in counted if one.arm == arm] for arm in (TREATED, HELD_OUT)}
    moments = {arm: _moments(rows) for arm, rows in arms.items()}
    over = len(units) >= measured.planned and not found.open
    treated, held_out = (moments[arm] for arm in (TREATED, HELD_OUT))
    shown: Effect | Unknown = Unknown("an arm has fewer than two accounts whose time is over", "more accounts, or time")
    if treated is not None and held_out is not None and min(treated.n, held_out.n) > 1:
        shown = effect(treated, held_out, planned=None if over else measured.planned)
    smallest = _smallest(measured.planned, it.holdout.share, counted)
    last = found.last_on
    due = None if last is None else max(today, last + timedelta(days=measured.days + outcome.ends_late))
    judged = verdict(shown, better="up", over=over, smallest=smallest if isinstance(smallest, float) else float("nan"))
    return AccountReading(
        outcome.says, measured.days, measured.planned, shown, judged, len(arms[TREATED]), len(arms[HELD_OUT]),
        found.open, smallest, over, due,
    )  # fmt: skip


def sentence(name: str, it: AccountReading) -> str:
    """The strongest that it has earned; no verb of change where none was shown."""
    whom = f"{it.treated} accounts treated against {it.held_out} kept aside by lot"
    window = f"in the {it.days} days after assignment"
    if isinstance(it.effect, Unknown):
        return f"We cannot say yet whether {name} changed {it.outcome}: {it.effect.why}; {whom}."
    low, high = it.effect.absolute.low, it.effect.absolute.high
    by = f"{it.effect.absolute.point:+.2f} ({low:+.2f} to {high:+.2f})"
    often = "95 % interval" if it.over else "an interval that holds at every look"
    if it.verdict.word in ("worked", "hurt"):
        return f"{name} changed {it.outcome} by {by} {window}; {whom}; {often}."
    return f"Whether {name} changed {it.outcome} cannot be told: {by} {window}; {whom}; {often}."


def could_tell(it: AccountReading) -> str:
    """What so many accounts could show."""
    if isinstance(it.smallest, Unknown):
        return it.smallest.why
    if it.smallest == float("inf"):
        return f"{it.planned} accounts leave nobody in one of the arms"
    return f"{it.planned} accounts find an effect of {it.smallest:.0%} or more, four times in five"


def could_be_told(it: Playbook, inside: int) -> str:
    """Before anybody was assigned, what so many accounts could show. Of shares the spread is known beforehand: at most
    that of one half."""
    assert it.measured is not None  # noqa: S101 (who keeps some aside says what decides: declare.py)
    aside = round(inside * it.holdout.share)
    whom = f"{inside} accounts are in the audience, {aside} of them kept aside"
    if min(aside, inside - aside) < 2:
        return f"{whom}: too few to tell anything."
    if it.measured.metric != "account_renewed":
        return f"{whom}: what they find is known once {FEWEST} of them are over."
    points = smallest_effect(inside - aside, aside, 1.0) / 2  # a share of one half varies by as much as its mean
    return f"{whom}: a difference of {min(points, 1.0):.0%} of renewals or more is found four times in five."


def _moments(rows: Sequence[Unit]) -> Moments | None:
    if not rows:
        return None
    return Moments.of([one.counted for one in rows], [one.out_of for one in rows], [one.before for one in rows])


def _smallest(planned: int, share: float, rows: Sequence[Unit]) -> float | Unknown:
    whole = _moments(rows)
    if whole is None or whole.n < FEWEST or whole.means[0] <= 0:
        return Unknown(f"fewer than {FEWEST} accounts whose time is over: too few to plan with")
    ratio = whole.means[0] / whole.means[1]
    c, d = whole.covariance[:2, :2]
    spread = max(0.0, float(c[0] - 2 * ratio * c[1] + ratio**2 * d[1])) ** 0.5 / float(whole.means[0])
    aside = round(planned * share)
    return smallest_effect(planned - aside, aside, spread)
