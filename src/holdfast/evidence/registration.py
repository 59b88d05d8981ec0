"""What is declared before a comparison begins and never changed afterwards."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, get_args

from holdfast.metrics.declare import Metric
from holdfast.metrics.registry import METRICS, UnknownMetric, find

Per = Literal["assigned", "own", "times", "any", "none"]
CLAIMS = {"M12": "assigned", "M24": "assigned", "M42": "any", "M50": "none"}  # the metrics that only a lot can settle
LOSSES = "subscribers_lost"  # of which M50 counts whom it lost, where others count who bought nothing
LOSES = {"M50": f", or of {LOSSES} per any"}
CLUSTERS = ("account",)
MOST_SEGMENTS = 3  # declared ones get verdicts; all others are looked at only
LEAST_HELD_OUT, MOST_HELD_OUT = 0.01, 0.9
LEAST_DAYS, MOST_DAYS = 7, 730


# What a metric's unit is the row of (`Metric.opens`), where that is something that happens to one customer on a day.
HAPPENINGS = frozenset(
    (
        "fulfillment",
        "message",
        "payer",
        "payment",
        "review",
        "session",
        "survey_invitation",
        "survey_response",
        "ticket",
        "visit",
    )
)
ADDS = ("proportion", "mean", "ratio", "total", "net")  # kinds whose sums over a customer mean something
ANSWERS = ("survey_response",)  # who answers chooses to: see checks.answered_check


class RegistrationProblem(Exception):
    """What was declared cannot be; the message says which line and what to write."""


def can_be_told(metric: Metric) -> bool:
    """Whether it can be read of the days after a day that is each customer's own."""
    if metric.each is not None:
        return True
    happens = metric.opens in HAPPENINGS and metric.series is None and metric.span != "state"
    return happens and metric.kind in ADDS and not metric.monthly


@dataclass(frozen=True, slots=True)
class Outcome:
    """A metric, read of everybody who was assigned.

    per: "assigned" its sum per person assigned · "own" its sum over its own denominator's · "times" that denominator
    per person assigned · "any" the share of whom it counts anything · "none" the share of whom it counts nothing.
    """

    metric: str
    per: Per = "assigned"

    @property
    def declared(self) -> Metric:
        return find(self.metric)

    @property
    def version(self) -> int:
        """Of its definition."""
        return self.declared.version

    @property
    def basis(self) -> str:
        """Of money, which: what was received, or what was contracted for a year."""
        return "received" if self.scale == "money" else ""

    @property
    def said(self) -> str:
        """Words for the outcome, as sentences use them."""
        m = self.declared
        return {
            "assigned": f"{m.counted} per customer assigned",
            "own": m.name[:1].lower() + m.name[1:],
            "times": f"{m.out_of} per customer assigned",
            "any": f"share of customers assigned with any {m.counted}",
            "none": f"share of customers assigned without any {m.counted}",
        }[self.per]

    @property
    def scale(self) -> str:
        """As doors write it; of a number of answers, tickets … per customer: a mean."""
        if self.per in ("any", "none"):
            return "share"
        if self.per == "own":
            return self.declared.scale
        return "money" if self.per == "assigned" and self.declared.scale == "money" else "mean"

    @property
    def better(self) -> str:
        """Of a total that ought to be small, such as losses, more of it is worse however it is read."""
        bad = self.declared.kind == "total" and self.declared.better == "down"
        if self.per == "none":
            return "up" if bad else "down"
        return self.declared.better if self.per == "own" or bad else "up"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not become worse by more than `tolerance`, a share of what the held-out arm shows."""

    outcome: Outcome
    tolerance: float


@dataclass(frozen=True, slots=True)
class Registration:
    """One comparison by lot. planned: units of both arms together, for which every-look intervals are tightest."""

    id: str
    name: str
    hypothesis: str
    owner: str
    shop: str
    outcome: Outcome
    days: int
    design: str = "lot"
    held_out: float = 0.0
    planned: int = 0
    threshold: float = 0.0  # of the score, where the design is one: who reaches it is treated
    claims: str = ""
    covariate_days: int = 180
    winsorized: float = 1.0  # outcomes above this quantile are taken as it; 1 leaves them as they are
    guardrails: tuple[Guardrail, ...] = ()
    segments: tuple[str, ...] = ()  # dimensions of a customer that get verdicts
    stratum: str = ""
    cluster: str = ""  # "account": its people are in one arm, and count as one unit
    programme: bool = False  # of everything that is done for them together, not of one thing
    replicates: str = ""  # the id of an earlier lot of the same treatment and outcome
    cost: float = 0.0  # of treating one customer, in the shop's currency
    stop: str = "at the horizon"
    decides: date | None = None
    unit: str = "customers"  # or "accounts": of the lot of a playbook for them, whatever shops they have
    currency: str = ""  # of accounts; of customers it is their shop's


OWN = frozenset({"unit", "currency"})  # which no text says: they follow from what is declared


def read_registration(written: str) -> Registration:
    """From TOML. Raises RegistrationProblem with one sentence that says what to mend."""
    try:
        said = tomllib.loads(written)
    except tomllib.TOMLDecodeError as problem:
        raise RegistrationProblem(f"this is no TOML: {problem}") from problem
    known = {field.name for field in fields(Registration)} - OWN
    strange = sorted(said.keys() - known)
    if strange:
        raise RegistrationProblem(f"nobody knows {', '.join(strange)}; there are {', '.join(sorted(known))}")
    missing = sorted(_needed(str(said.get("design", "lot"))) - said.keys())
    if missing:
        raise RegistrationProblem(f"it does not say {', '.join(missing)}")
    return _checked(
        Registration(
            **{key: said[key] for key in said.keys() - {"outcome", "guardrails", "segments"}},
            outcome=_outcome(said["outcome"]),
            guardrails=tuple(_guardrail(one) for one in said.get("guardrails", ())),
            segments=tuple(said.get("segments", ())),
        )
    )


def _needed(design: str) -> set[str]:
    """Raises RegistrationProblem for a design nobody knows."""
    own = {"lot": {"held_out", "planned"}, "staggered": set(), "matched": set(), "threshold": {"threshold"}}
    if design not in own:
        raise RegistrationProblem(f"design is one of {', '.join(own)}")
    return {"id", "name", "hypothesis", "owner", "shop", "outcome", "days"} | own[design]


def _outcome(said: Mapping[str, Any]) -> Outcome:
    try:
        metric = find(str(said["metric"]))
    except (KeyError, TypeError, UnknownMetric) as problem:
        raise RegistrationProblem(f"an outcome names a metric: {problem}") from problem
    per = said.get("per", "assigned")
    if per not in get_args(Per):
        raise RegistrationProblem(f"per is one of {', '.join(get_args(Per))}, not {per!r}")
    if not can_be_told(metric):
        told = ", ".join(sorted(one.id for one in METRICS.values() if can_be_told(one)))
        raise RegistrationProblem(f"{metric.id} cannot be told of the days after somebody's own day; these can: {told}")
    return Outcome(metric.id, per)


def _guardrail(said: Mapping[str, Any]) -> Guardrail:
    tolerance = said.get("tolerance")
    if not isinstance(tolerance, int | float) or not 0 < tolerance <= 1:
        raise RegistrationProblem("a guardrail says by how much it may become worse: tolerance, above 0 and at most 1")
    return Guardrail(_outcome(said), float(tolerance))


def _fits(it: Registration) -> bool:
    """Whether the outcome is what the claim is read of."""
    if it.claims == "M50" and it.outcome.metric == LOSSES:
        return it.outcome.per == "any"
    return CLAIMS.get(it.claims) == it.outcome.per


def _checked(it: Registration) -> Registration:
    lot = it.design == "lot"
    for wrong, said in (
        (not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", str(it.id)), "id is of small letters, digits and hyphens"),
        (not str(it.hypothesis).strip(), "hypothesis says what is expected, and why"),
        (not lot and it.claims, "only a comparison by lot settles a claim: leave claims out"),
        (not lot and it.outcome.per == "own", "without a lot an outcome is one of each customer: per is not own"),
        (not lot and (it.guardrails or it.segments), "guardrails and segments are of a comparison by lot"),
        (
            lot and not LEAST_HELD_OUT <= it.held_out <= MOST_HELD_OUT,
            "held_out is a share from 0.01 to 0.9: who is kept aside",
        ),
        (not LEAST_DAYS <= it.days <= MOST_DAYS, "days is the horizon, from 7 to 730"),
        (lot and it.planned < 2, "planned is how many customers are expected in both arms"),
        (not 0.5 < it.winsorized <= 1, "winsorized is a quantile above 0.5, or 1"),
        (not 0 <= it.covariate_days <= MOST_DAYS, "covariate_days is from 0 to 730"),
        (it.cluster not in ("", *CLUSTERS), f"cluster is one of {', '.join(CLUSTERS)}"),
        (it.cluster and it.stratum, "a lot is drawn by clusters or by strata, not by both"),
        (len(it.segments) > MOST_SEGMENTS, f"at most {MOST_SEGMENTS} segments get a verdict; look at others without"),
        (it.claims not in ("", *CLAIMS), f"claims is one of {', '.join(CLAIMS)}"),
        (it.claims in ("M12", "M42") and it.days < 28, f"{it.claims} is read over 28 days or more"),
        (it.claims == "M24" and it.days not in (90, 180, 365), "M24 is read over 90, 180 or 365 days"),
        (it.claims and not _fits(it), f"{it.claims} is read per {CLAIMS.get(it.claims)}{LOSES.get(it.claims, '')}"),
    ):
        if wrong:
            raise RegistrationProblem(said)
    return it
