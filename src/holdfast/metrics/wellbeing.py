"""M46: how an account is. Health reads it of what was published and of the book of work, after the build."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.effects import nobody

READ_LATER = "read of one account at a time, after the build"


@metric(
    number="M46",
    name="Health score",
    question="How is the account, and why?",
    unit="reasons",
    counted="what the reasons of its scorecard leave of a hundred points",
    out_of="the points of what is known; what is not known neither lifts nor lowers it",
    window="that of each input, no older than its scorecard allows",
    kind="mean",
    scale="points",
    span="state",
    version=1,
    decision="0160",
    needs=("order",),
    ends=(0.0, 100.0),
    aliases=("health",),
    left_out=("what somebody said otherwise: an override is shown beside the score, not in it",),
    differs="Other tools set a colour by hand or keep their weights; here every point that is missing has its reason.",
    never=Unknown(READ_LATER, "run `holdfast health keep`, or keep the pages' worker running, and look at one account"),
)
def health_score(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)
