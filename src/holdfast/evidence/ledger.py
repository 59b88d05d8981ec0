"""Every claim of value, with how surely it is known; what is known in different ways is never added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import hypot
from typing import Literal

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.grade import Grade
from holdfast.evidence.reading import Reading
from holdfast.evidence.sentence import Write, sentence
from holdfast.evidence.verdict import Verdict

Kind = Literal["measured", "indicated"]  # by lot; by a comparison without one
NO_MONEY = Unknown("its outcome is not an amount of money", "declare one, such as net_revenue per assigned")
RECEIVED = "received"  # with its sum those are told of that have no money
BASES = {RECEIVED: "received", "contracted": "contracted for a year"}  # kinds of money, kept apart


@dataclass(frozen=True, slots=True)
class Claim:
    """value: what it changed over its horizon, among all treated whose horizon is over, less what treating them cost;
    in minor units of the shop's currency. basis: which money that is. whole: of a programme, so that the claims of its
    parts are within it. unit: who was assigned; of accounts no one shop is meant, and the currency may be none."""

    id: str
    name: str
    shop: str
    owner: str
    grade: Grade
    kind: Kind
    metric: str
    version: int
    outcome: str
    days: int
    as_of: date
    began: date
    treated: int
    relative: Estimate | Unknown
    value: Estimate | Unknown
    cost_minor: int
    currency: str
    verdict: Verdict
    sentence: str
    whole: bool = False
    unit: str = "customers"
    basis: str = ""
    absolute: Estimate | Unknown = NO_MONEY  # in the outcome's own unit, of the scale
    scale: str = "mean"

    @property
    def whose(self) -> str:
        """The shop, or "accounts"."""
        return self.shop or self.unit

    @property
    def scope(self) -> str:
        """As an address names it."""
        return f"shop:{self.shop}" if self.shop else self.unit

    @property
    def around(self) -> tuple[str, str]:
        """Words before and after its relative effect, where no money may be named; as strong as `sentence`."""
        when = f"in the {self.days} days after"
        if self.kind == "indicated":
            held = "" if self.verdict.word == "indicated" else ", which holds no difference,"
            return (
                f"If trends would have been parallel, {self.outcome} was",
                f"apart{held} from customers who were not treated, {when} {self.name} began.",
            )
        if self.verdict.word in ("worked", "hurt"):
            return f"{self.name} changed {self.outcome} by", f"{when} assignment, against {self.unit} held out by lot."
        return (
            f"Whether {self.name} changed {self.outcome} cannot be told:",
            f"{when} assignment, against {self.unit} held out by lot, holds no effect.",
        )


@dataclass(frozen=True, slots=True)
class Total:
    """Of one kind, currency and basis: point and ends of the sum of the claims' values, in minor units. left_out:
    claims whose value is not money, cannot be told, is withheld, or lies within another claim."""

    kind: Kind
    currency: str
    basis: str
    value: Estimate
    claims: int
    left_out: int


def claim_of(found: Reading | Compared, currency: str, write: Write) -> Claim:
    """write: as `sentence` takes it."""
    it = found.registration
    lot = isinstance(found, Reading)
    treated = found.matured.get("treated", 0) if isinstance(found, Reading) else found.n_treated
    cost = round(it.cost * treated * 10 ** minor_digits(currency)) if it.cost else 0
    return Claim(
        it.id, it.name, it.shop, it.owner, found.grade, "measured" if lot else "indicated",
        it.outcome.metric, it.outcome.version,
        it.outcome.said, it.days, found.as_of, found.began, treated, found.relative,
        _value(found, treated, cost), cost, currency, found.verdict, sentence(found, write), it.programme, it.unit,
        it.outcome.basis, found.absolute, it.outcome.scale,
    )  # fmt: skip


def totals(claims: Iterable[Claim]) -> tuple[Total, ...]:
    """By kind, currency and basis, over what worked and what did not: leaving out the losers would flatter the sum.

    The claims are taken as independent of each other, since each lot has a salt of its own; ends add as squares.
    """
    every = list(claims)
    found = []
    for kind, currency, basis in sorted(
        {(claim.kind, claim.currency, claim.basis or RECEIVED) for claim in every},
        key=lambda of: (of[0], of[1], of[2] != RECEIVED),
    ):
        mine = [one for one in every if (one.kind, one.currency, one.basis or RECEIVED) == (kind, currency, basis)]
        told = [claim.value for claim in mine if _adds(claim, mine) and not isinstance(claim.value, Unknown)]
        if told:
            found.append(Total(kind, currency, basis, _sum(told), len(told), len(mine) - len(told)))
    return tuple(found)


def _adds(claim: Claim, beside: list[Claim]) -> bool:
    """A programme's own claim holds those of its parts: it stands alone, or not in the sum."""
    others = any(one.shop == claim.shop and not one.whole and not isinstance(one.value, Unknown) for one in beside)
    return claim.verdict.word != "broken" and not (claim.whole and others)


def _value(found: Reading | Compared, treated: int, cost: int) -> Estimate | Unknown:
    it, absolute = found.registration, found.absolute
    if it.outcome.scale != "money" or it.outcome.per != "assigned":
        return NO_MONEY
    if found.verdict.word == "broken":
        return Unknown("what is shown is withheld")
    if isinstance(absolute, Unknown):
        return absolute
    periods = len({step.periods for step in found.course if step.periods >= 0}) if isinstance(found, Compared) else 0
    times = treated * max(1, periods)  # of a staggered start the effect is a period's
    low, high = (None if end is None else end * times - cost for end in (absolute.low, absolute.high))
    return Estimate(absolute.point * times - cost, low, high, absolute.method)


def _sum(values: list[Estimate]) -> Estimate:
    point = sum(one.point for one in values)
    if any(one.low is None or one.high is None for one in values):
        return Estimate(point, None, None, "sum")
    down = hypot(*(one.point - (one.low or 0.0) for one in values))
    up = hypot(*((one.high or 0.0) - one.point for one in values))
    return Estimate(point, point - down, point + up, "sum of independent claims")
