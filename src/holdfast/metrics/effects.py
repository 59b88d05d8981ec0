"""Claims that something caused a change: M12, M24, M42 and M50. Only customers kept aside can settle them.

They are declared so that whoever looks for them finds why there is no number yet, and what would give one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Facts, Metric, metric

Declare = Callable[[Callable[[Facts, date], ibis.Table]], Metric]

HOLDOUT = "needs a holdout"  # the reason every page gives
NO_BEFORE_AND_AFTER = (
    "A comparison of before and after, or of those who were treated with those who were not, is no effect: who is"
    " treated differs from who is not, and part of any change comes by itself."
)


def nobody(facts: Facts) -> ibis.Table:
    """No unit: nobody has been kept aside."""
    o = facts.order_value().filter(ibis.literal(False))
    return o.select(
        "shop_id",
        "customer_id",
        unit_id=o.order_id,
        anchor=o.placed_on,
        matures_on=o.placed_on,
        counted=ibis.literal(0.0),
        out_of=ibis.literal(1.0),
    )


def _claim(number: str, name: str, question: str, counted: str, window: str, would_need: str, differs: str) -> Declare:
    """What the four have in common."""
    return metric(
        number=number,
        name=name,
        question=question,
        unit="customers",
        counted=counted,
        out_of="the same of customers kept aside by lot, whether treated or not as planned",
        window=window,
        kind="mean",
        scale="share",
        span="matured",
        version=1,
        decision="0029",
        needs=("order",),
        differs=f"{differs} {NO_BEFORE_AND_AFTER}",
        never=Unknown(HOLDOUT, would_need),
    )


@_claim(
    "M12",
    "Order value effect of personalization",
    "Do customers spend more because the shop is made for them?",
    "net merchandise per customer who was assigned to personalization",
    "declared before it begins: at least 28 days, and at least one usual gap between purchases",
    "run a personalization playbook with customers kept aside",
    "The average order value may rise because small orders stay away; so spending per assigned customer is compared.",
)
def personalization_order_value_effect(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)


@_claim(
    "M24",
    "Effect on customer lifetime value",
    "Are customers worth more because of the whole programme?",
    "net value realized per customer who was assigned to the programme",
    "90, 180 or 365 days from assignment, chosen before it begins",
    "keep a share of customers aside from the whole programme and wait out the horizon",
    "A forecast of lifetime value that rises is a forecast, not an effect.",
)
def lifetime_value_effect(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)


@_claim(
    "M42",
    "Conversion effect of personalization",
    "Do more people buy because the shop is made for them?",
    "people assigned to personalization who bought",
    "declared before it begins: at least 28 days",
    "run a personalization playbook with customers kept aside",
    "Who is shown something personal has mostly been here before, and would have bought more anyway.",
)
def personalization_conversion_effect(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)


@_claim(
    "M50",
    "Churn-prevention effectiveness",
    "Do fewer customers leave because somebody reached out to them?",
    "customers at risk, assigned to be reached, who left",
    "one billing cycle with its grace, or 90 days",
    "run a churn-prevention playbook with customers kept aside",
    "“Saved of contacted” is activity: on a shop that did nothing, one in five customers at risk came back unaided.",
)
def churn_prevention_effect(facts: Facts, as_of: date) -> ibis.Table:
    return nobody(facts)
