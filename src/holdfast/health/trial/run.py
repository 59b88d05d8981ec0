"""The trial of a scorecard: days, people, split, contest, gate, and what has to be said beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.drift import stability
from holdfast.estimates.ranking import Ranking
from holdfast.estimates.resampling import DRAWS
from holdfast.health.facts import Facts
from holdfast.health.scorecard import Scorecard
from holdfast.health.subject import Kind
from holdfast.health.taking import Taker
from holdfast.health.trial.contest import Rival, contest
from holdfast.health.trial.frame import Frame, frame
from holdfast.health.trial.known import Known, known
from holdfast.health.trial.label import Label, label_for
from holdfast.health.trial.split import Split, monthly, split
from holdfast.health.trial.then import frame_as_known_then
from holdfast.predictions.gate import Gate, gate

CAPACITY = 20.0  # people looked after a week, where nobody says how many
WEEKS_A_MONTH = 365.25 / 7 / 12
MOST_PEOPLE = 100_000  # more are a sample: intervals are narrow by then
Tell = Callable[[str, float], None]
FEWEST_EVENTS = 20  # below it not even a descriptive figure is told


@dataclass(frozen=True, slots=True)
class Month:
    """AUC of the scorecard on one day's rows, NaN where all or nobody left."""

    day: date
    rows: int
    left: int
    auc: float


@dataclass(frozen=True, slots=True)
class Lead:
    """Of those tested who left: how many were at risk by their score before, and how many days before (median)."""

    left: int
    flagged: int
    days: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """rows: days × people, left: of them. customers: people, people_left: those who left after some tested day; the
    gate counts them, since a person watched on six days leaves once. base_rate: left ÷ rows.

    unscored: share of all rows left out for too little coverage. drift: input → stability index of the later half of
    the days against the earlier.
    """

    first_test: date
    gap: bool
    learned_rows: int
    rows: int
    customers: int
    left: int
    people_left: int
    base_rate: float
    unscored: float
    rivals: tuple[Rival, ...]
    months: tuple[Month, ...]
    lead: Lead
    drift: dict[str, float]
    gate: Gate


@dataclass(frozen=True, slots=True)
class Trial:
    """judged: what came out. known: how much had been recorded by the days. capacity: people a week. sample: the share
    of the customers that was looked at. accounts: whose shops they buy from. treated: of how many the rows were left
    out, since somebody had begun to keep them.
    """

    segment: str
    scorecard: str
    digest: str
    snapshot: str
    as_of: date
    simulated: bool
    label: Label
    days: tuple[date, ...]
    known: Known
    capacity: float
    sample: float
    judged: Judged
    accounts: tuple[str, ...] = ()
    treated: int = 0

    @property
    def word(self) -> str:
        """What the score may be called."""
        return self.judged.gate.word


def nobody(step: str, done: float) -> None:
    """Nobody waits."""


def trial(
    taker: Taker, segment: str, *, capacity: float = CAPACITY, draws: int = DRAWS,
    treated: Mapping[int, date] | None = None, as_known_then: bool = False, tell: Tell = nobody,
) -> Trial | Unknown:  # fmt: skip
    """The scorecard of a segment on the shops of its accounts; all shops where no account has it.

    capacity: people that the team can look after a week. treated: party → the day from which a play was tried on them;
    what they did then says nothing of the score, while who was kept aside stays in (`accounts.reading.treated`). tell:
    called with the step and how much of all is done (0 to 1). as_known_then: read for each day
    only what had been recorded by it, at the price of a build for each. Raises KeyError for a segment without a card.
    """
    card = taker.cards[segment]
    accounts = [name for name in taker.accounts() if taker.segments.get(name) == segment] or list(taker.accounts())
    shops = [shop for shop in taker.shops if shop.account in accounts]
    facts = Facts(taker.connection, tuple(shop.shop_id for shop in shops))
    if segment != "b2b_platform":
        share = MOST_PEOPLE / max(facts.customers(), 1)
        facts = facts if share >= 1 else facts.sampled(share)
    span = facts.span()
    if span is None:
        return Unknown("no orders or subscriptions to follow", "import a file of orders")
    label = label_for(segment, facts, span[0], min(span[1], taker.as_of))
    if isinstance(label, Unknown):
        return label
    days = monthly(span[0], min(span[1], taker.as_of), label.days)
    if isinstance(days, Unknown):
        return days
    tell(f"what was known on {len(days)} past days", 0.1)
    told = (
        frame_as_known_then(taker.home, facts, card, label, days) if as_known_then else frame(facts, card, label, days)
    )
    if isinstance(told, Unknown):
        return told
    everybody, told = told, untreated(told, label, treated or {})
    tell("the scorecard against its rivals, on customers drawn again and again", 0.5)
    judged = judge(told, card, label, capacity=capacity * facts.sample, draws=draws)
    if isinstance(judged, Unknown):
        return judged
    return Trial(
        segment=segment, scorecard=card.id, digest=card.digest, snapshot=taker.snapshot, as_of=taker.as_of,
        simulated=any(shop.simulated for shop in shops), label=label, days=days,
        known=known(facts, days, as_known_then), capacity=capacity, sample=facts.sample, judged=judged,
        accounts=tuple(accounts), treated=len(np.intersect1d(everybody.party, list(treated or {}))),
    )  # fmt: skip


def judge(
    told: Frame, card: Scorecard, label: Label, *, capacity: float = CAPACITY, draws: int = DRAWS
) -> Judged | Unknown:  # fmt: skip
    """All of a trial that follows from its rows."""
    if not len(told):
        return Unknown(f"there were no {label.noun} on these days", f"data of {label.noun}")
    scored = np.isfinite(told.score)
    kept = told.only(scored)
    cut = split(kept, label.days)
    learned, tested = kept.only(cut.learn), kept.only(cut.test)
    left = int(tested.left.sum())
    if left < FEWEST_EVENTS or left == len(tested):
        return _too_few(told, tested, label, card)
    points = _weightiest(card, label.kind)
    rivals = contest(learned, tested, points, capacity * WEEKS_A_MONTH, draws)
    first, people = rivals[0], len(np.unique(tested.party[tested.left]))
    slope = Unknown("not fitted") if first.calibration is None else first.calibration
    return Judged(
        first_test=cut.first_test, gap=cut.gap, learned_rows=len(learned), rows=len(tested),
        customers=len(np.unique(tested.party)), left=left, people_left=people, base_rate=left / len(tested),
        unscored=1 - float(scored.mean()), rivals=tuple(rivals), months=_months(tested),
        lead=lead_of(kept, cut, card), drift=drift_of(told),
        gate=gate(people, first.auc, slope, first.lift, first.over),
    )  # fmt: skip


def untreated(told: Frame, label: Label, treated: Mapping[int, date]) -> Frame:
    """Without the rows of people whose outcome was still open when a play was tried on them."""
    if not treated:
        return told
    parties = np.array(sorted(treated), dtype=np.int64)
    from_day = np.array([treated[int(p)] for p in parties], dtype="datetime64[D]").astype(np.int64)
    place = np.clip(np.searchsorted(parties, told.party), 0, len(parties) - 1)
    over = np.array(told.days, dtype="datetime64[D]").astype(np.int64)[told.day] + label.days
    return told.only(~((parties[place] == told.party) & (from_day[place] <= over)))


def _too_few(told: Frame, tested: Frame, label: Label, card: Scorecard) -> Unknown:
    covered = float(np.isfinite(told.score).mean())
    if covered < 0.1:
        middle = float(np.median(told.coverage))
        return Unknown(
            f"{covered:.0%} of the {label.noun} have a score: half of them have {middle:.0f} % of the points known or"
            f" less, and the scorecard needs {card.coverage:.0f}",
            "more kinds of data, or another `coverage` in the scorecard",
        )
    return Unknown(
        f"{int(tested.left.sum())} of {len(tested)} tested rows left, and {FEWEST_EVENTS} are the least to judge by",
        "more customers, or a longer time",
    )


def _weightiest(card: Scorecard, kind: Kind) -> list[str]:
    lines = sorted((line for _, line in card.lines_for(kind) if line.points), key=lambda line: -line.points)
    return [line.input.id for line in lines]


def _months(tested: Frame) -> tuple[Month, ...]:
    told = []
    for place in np.unique(tested.day):
        here = tested.only(tested.day == place)
        auc = Ranking.of(here.left, 100 - here.score).weighed().auc()
        told.append(Month(tested.days[int(place)], len(here), int(here.left.sum()), auc))
    return tuple(told)


def lead_of(kept: Frame, cut: Split, card: Scorecard) -> Lead:
    """Over the people tested, on all of the days: from the first day at risk to the day they left."""
    ours = kept.only(np.isin(kept.party, np.unique(kept.party[cut.test])))
    when = np.array(ours.days, dtype="datetime64[D]").astype(np.int64)[ours.day]
    gone = ours.only(ours.left)
    if not len(gone):
        return Lead(0, 0, None)
    parties, first = np.unique(gone.party, return_inverse=True)
    left_on = np.full(len(parties), np.inf)
    np.fmin.at(left_on, first, gone.left_on)
    at_risk = (ours.score < card.watch) & np.isin(ours.party, parties)
    flagged_on = np.full(len(parties), np.inf)
    np.minimum.at(flagged_on, np.searchsorted(parties, ours.party[at_risk]), when[at_risk])
    before = (flagged_on < left_on) & np.isfinite(left_on)
    days = left_on[before] - flagged_on[before]
    return Lead(len(parties), int(before.sum()), float(np.median(days)) if len(days) else None)


def drift_of(told: Frame) -> dict[str, float]:
    """By input that anybody had."""
    later = told.day >= len(told.days) // 2
    if not later.any() or later.all():
        return {}
    known = {id: values for id, values in told.inputs.items() if np.isfinite(values).any()}
    return {id: stability(values[~later], values[later]) for id, values in known.items()}
