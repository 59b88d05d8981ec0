"""How many of those who are asked answer: M35c, M36d and M08c, each from its invitations."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.survey import TRANSACTIONS

DAYS_TO_ANSWER = 14  # decision 0026
ASKED = "invitations that did not bounce, with 14 days behind them"
ANSWERED = "were answered within 14 days"
WINDOW = "14 days from the day the invitation was sent"
BESIDE = "Who does not answer may think otherwise: the score speaks only of those who do."


def _asked(facts: Facts, as_of: date) -> ibis.Table:
    """One row per invitation sent by as_of, with `answered_on`, the day of its first answer by then."""
    i, a = facts.mart("survey_sent"), facts.mart("survey_answer")
    given = a.filter(a.score.notnull(), a.invitation_id.notnull(), a.answered_on <= as_of)
    first = given.group_by(survey_invitation_id=given.invitation_id).agg(answered_on=given.answered_on.min())
    return i.filter(i.sent_on <= as_of).left_join(first, "survey_invitation_id").drop("survey_invitation_id_right")


def _rate(asked: ibis.Table, *own: str) -> ibis.Table:
    closes = as_day(asked.sent_on + ibis.interval(days=DAYS_TO_ANSWER))
    return asked.select(
        "shop_id",
        "customer_id",
        *own,
        unit_id=asked.survey_invitation_id,
        anchor=asked.sent_on,
        matures_on=closes,
        counted=(asked.answered_on < closes).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )


_RATE: dict[str, object] = {
    "unit": "invitations",
    "counted": ANSWERED,
    "out_of": ASKED,
    "window": WINDOW,
    "kind": "proportion",
    "scale": "share",
    "span": "matured",
    "decision": "0026",
    "needs": ("survey_invitation",),
    "differs": BESIDE,
    "opens": "survey_invitation",
}


@metric(
    number="M35c",
    name="Response rate of recommendation surveys",
    question="Of the people asked whether they would recommend the shop, how many answered?",
    own=("sort",),
    version=1,
    **_RATE,
)
def nps_response_rate(facts: Facts, as_of: date) -> ibis.Table:
    asked = _asked(facts, as_of)
    asked = asked.filter(asked.type == "nps")
    named = ibis.cases((asked.about.isin(TRANSACTIONS), "transactional"), else_="relationship")
    return _rate(asked.mutate(sort=named), "sort")


@metric(
    number="M36d",
    name="Response rate of surveys",
    question="Of the people who were sent a survey, how many answered?",
    own=("type", "about"),
    version=1,
    **_RATE,
)
def survey_response_rate(facts: Facts, as_of: date) -> ibis.Table:
    return _rate(_asked(facts, as_of), "type", "about")


@metric(
    number="M08c",
    name="Response rate of onboarding surveys",
    question="Of the people asked how their onboarding went, how many answered?",
    version=1,
    **_RATE,
)
def onboarding_response_rate(facts: Facts, as_of: date) -> ibis.Table:
    asked = _asked(facts, as_of)
    return _rate(asked.filter(asked.type == "csat", asked.about == "onboarding"))
