"""What is declared before a comparison begins and never changed afterwards."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, get_args

from holdfast.metrics.declare import Metric
from holdfast.metrics.registry import UnknownMetric, find

Per = Literal["assigned", "own", "times", "any", "none"]
CLAIMS = {"M12": "assigned", "M24": "assigned", "M42": "any", "M50": "none"}  # the metrics that only a lot can settle
MOST_SEGMENTS = 3  # declared ones get verdicts; all others are looked at only
LEAST_HELD_OUT, MOST_HELD_OUT = 0.01, 0.9
LEAST_DAYS, MOST_DAYS = 7, 730


class RegistrationProblem(Exception):
    """What was declared cannot be; the message says which line and what to write."""


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
        return {"any": "share", "none": "share", "times": "mean", "assigned": "money", "own": self.declared.scale}[
            self.per
        ]

    @property
    def better(self) -> str:
        if self.per == "none":
            return "down"
        return self.declared.better if self.per == "own" else "up"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not become worse by more than `tolerance`, a share of what the held-out arm shows."""

    outcome: Outcome
    tolerance: float


@dataclass(frozen=True, slots=True)
class Registration:
    """One comparison by lot. planned: customers of both arms together, for which every-look intervals are tightest."""

    id: str
    name: str
    hypothesis: str
    owner: str
    shop: str
    held_out: float
    outcome: Outcome
    days: int
    planned: int
    claims: str = ""
    covariate_days: int = 180
    winsorized: float = 1.0  # outcomes above this quantile are taken as it; 1 leaves them as they are
    guardrails: tuple[Guardrail, ...] = ()
    segments: tuple[str, ...] = ()  # dimensions of a customer that get verdicts
    stratum: str = ""
    cost: float = 0.0  # of treating one customer, in the shop's currency
    stop: str = "at the horizon"
    decides: date | None = None


def read_registration(written: str) -> Registration:
    """From TOML. Raises RegistrationProblem with one sentence that says what to mend."""
    try:
        said = tomllib.loads(written)
    except tomllib.TOMLDecodeError as problem:
        raise RegistrationProblem(f"this is no TOML: {problem}") from problem
    known = {field.name for field in fields(Registration)}
    strange = sorted(said.keys() - known)
    if strange:
        raise RegistrationProblem(f"nobody knows {', '.join(strange)}; there are {', '.join(sorted(known))}")
    missing = sorted(
        {"id", "name", "hypothesis", "owner", "shop", "held_out", "outcome", "days", "planned"} - said.keys()
    )
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


def _outcome(said: Mapping[str, Any]) -> Outcome:
    try:
        metric = find(str(said["metric"]))
    except (KeyError, TypeError, UnknownMetric) as problem:
        raise RegistrationProblem(f"an outcome names a metric: {problem}") from problem
    per = said.get("per", "assigned")
    if per not in get_args(Per):
        raise RegistrationProblem(f"per is one of {', '.join(get_args(Per))}, not {per!r}")
    if metric.each is None:
        raise RegistrationProblem(
            f"{metric.id} cannot be told of the days after somebody's own day; of sales these can: net_revenue,"
            " average_order_value, average_order_value_net, revenue_per_customer, refund_share"
        )
    return Outcome(metric.id, per)


def _guardrail(said: Mapping[str, Any]) -> Guardrail:
    tolerance = said.get("tolerance")
    if not isinstance(tolerance, int | float) or not 0 < tolerance <= 1:
        raise RegistrationProblem("a guardrail says by how much it may become worse: tolerance, above 0 and at most 1")
    return Guardrail(_outcome(said), float(tolerance))


def _checked(it: Registration) -> Registration:
    for wrong, said in (
        (not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", str(it.id)), "id is of small letters, digits and hyphens"),
        (not str(it.hypothesis).strip(), "hypothesis says what is expected, and why"),
        (not LEAST_HELD_OUT <= it.held_out <= MOST_HELD_OUT, "held_out is a share from 0.01 to 0.9: who is kept aside"),
        (not LEAST_DAYS <= it.days <= MOST_DAYS, "days is the horizon, from 7 to 730"),
        (it.planned < 2, "planned is how many customers are expected in both arms"),
        (not 0.5 < it.winsorized <= 1, "winsorized is a quantile above 0.5, or 1"),
        (not 0 <= it.covariate_days <= MOST_DAYS, "covariate_days is from 0 to 730"),
        (len(it.segments) > MOST_SEGMENTS, f"at most {MOST_SEGMENTS} segments get a verdict; look at others without"),
        (it.claims not in ("", *CLAIMS), f"claims is one of {', '.join(CLAIMS)}"),
        (it.claims and CLAIMS.get(it.claims) != it.outcome.per, f"{it.claims} is read per {CLAIMS.get(it.claims)}"),
    ):
        if wrong:
            raise RegistrationProblem(said)
    return it
