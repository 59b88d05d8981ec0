"""How satisfied customers are, from 1 to 5, and how easy it was: M36, M37 and M08."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.response import DAYS_TO_ANSWER
from holdfast.warehouse.marts.month_bucket import as_day

TOP_TWO = 4  # answers from here up are the top two boxes
EASY = 5  # from here up on 1–7
ONE = ibis.literal(1.0)
PERIOD = "answers given in the twelve months ending on the day"
SCALES = "answers on another scale than 1–5, unless their survey declares that they may be moved to it"
ACCOUNTS = "what contacts answer for their account: see business_satisfaction (M40)"


def answer_units(told: ibis.Table, counted: ibis.Value, *own: str) -> ibis.Table:
    """Unit rows of answers, each on the day it was given."""
    return told.select(
        "shop_id",
        "customer_id",
        *own,
        unit_id=told.survey_response_id,
        anchor=told.answered_on,
        matures_on=told.answered_on,
        counted=counted.cast("float64"),
        out_of=ONE,
    )


def _own_answers(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.mart("csat_answer")
    return a.filter(~a.for_account, a.answered_on <= as_of)


@metric(
    number="M36",
    name="Customer satisfaction, top two boxes",
    question="Of the answers to “how satisfied are you”, how many are a 4 or a 5 of 5?",
    unit="answers",
    counted="are a 4 or a 5",
    out_of="answers from 1 to 5",
    window=PERIOD,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0026",
    needs=("survey_response", "satisfaction_answer"),
    left_out=(SCALES, ACCOUNTS),
    differs=(
        "Some help desks leave the middle answer out and divide good by good and bad, which reads higher. The"
        " framework's targets are means: see customer_satisfaction_mean (M36b)."
    ),
    own=("about",),
    opens="survey_response",
)
def customer_satisfaction(facts: Facts, as_of: date) -> ibis.Table:
    told = _own_answers(facts, as_of)
    return answer_units(told, told.of_5 >= TOP_TWO, "about")


@metric(
    number="M36b",
    name="Customer satisfaction, mean of 1 to 5",
    question="How satisfied are customers, on a scale from 1 to 5?",
    unit="answers",
    counted="points from 1 to 5, added up",
    out_of="answers",
    window=PERIOD,
    kind="mean",
    scale="mean_1_5",
    span="trailing",
    version=1,
    decision="0026",
    needs=("survey_response", "satisfaction_answer"),
    left_out=(SCALES, ACCOUNTS),
    differs="A mean hides how many are unhappy; the top two boxes (M36) stand beside it.",
    own=("about",),
    opens="survey_response",
)
def customer_satisfaction_mean(facts: Facts, as_of: date) -> ibis.Table:
    told = _own_answers(facts, as_of)
    return answer_units(told, told.of_5, "about")


@metric(
    number="M36c",
    name="Satisfaction of retained customers",
    question="How satisfied are the customers who stayed, on a scale from 1 to 5?",
    unit="answers",
    counted="points from 1 to 5, added up",
    out_of="answers to surveys that the merchant sends to retained customers",
    window=PERIOD,
    kind="mean",
    scale="mean_1_5",
    span="trailing",
    version=1,
    decision="0026",
    needs=("survey_response", "retained_answer"),
    left_out=(SCALES, "answers to surveys that are about anything else"),
    differs="Those who left are not asked, so it is no measure of all customers.",
    opens="survey_response",
)
def retained_satisfaction(facts: Facts, as_of: date) -> ibis.Table:
    told = _own_answers(facts, as_of)
    told = told.filter(told.about == "retained")
    return answer_units(told, told.of_5)


def _effort(facts: Facts, as_of: date) -> ibis.Table:
    """Answers on the scale of CES 2.0: 1–7, where 7 is "strongly agree that it was easy"."""
    a = facts.mart("survey_answer")
    on_scale = (a.scale_min == 1) & (a.scale_max == 7) & ~a.low_is_good & a.score.between(1, 7)
    return a.filter(a.type == "ces", on_scale, a.answered_on <= as_of)


OLD_EFFORT = "the older wording on 1–5, where a low answer is the good one, and any other scale: never added to this"


@metric(
    number="M37",
    name="Customer Effort Score, found it easy",
    question="Of the answers to “the company made it easy to handle my issue”, how many agree?",
    unit="answers",
    counted="are a 5, 6 or 7",
    out_of="answers from 1 to 7",
    window=PERIOD,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0026",
    needs=("survey_response", "effort_answer"),
    left_out=(OLD_EFFORT,),
    differs="Some tools show the mean under the same name: see customer_effort_mean (M37b). Effort, not engagement.",
    own=("about",),
    opens="survey_response",
)
def customer_effort(facts: Facts, as_of: date) -> ibis.Table:
    told = _effort(facts, as_of)
    return answer_units(told, told.score >= EASY, "about")


@metric(
    number="M37b",
    name="Customer Effort Score, mean of 1 to 7",
    question="How easy was it, on a scale from 1 to 7?",
    unit="answers",
    counted="points from 1 to 7, added up",
    out_of="answers",
    window=PERIOD,
    kind="mean",
    scale="points",
    ends=(1.0, 7.0),
    span="trailing",
    version=1,
    decision="0026",
    needs=("survey_response", "effort_answer"),
    left_out=(OLD_EFFORT,),
    differs="Seven is the easy end, other than in the first edition of the score.",
    own=("about",),
    opens="survey_response",
)
def customer_effort_mean(facts: Facts, as_of: date) -> ibis.Table:
    told = _effort(facts, as_of)
    return answer_units(told, told.score, "about")


def _onboarded(facts: Facts, as_of: date) -> ibis.Table:
    """Each person's first answer within 14 days of the invitation it answers; `closes`: when those are over."""
    a = facts.mart("csat_answer")
    closes = as_day(a.sent_on + ibis.interval(days=DAYS_TO_ANSWER))
    told = a.mutate(closes=closes, person=ibis.coalesce(a.customer_id, -a.survey_response_id))
    told = told.filter(told.about == "onboarding", told.answered_on <= as_of, told.answered_on < told.closes)
    own = ibis.window(group_by=["shop_id", "person"], order_by=["responded_at", "survey_response_id"])
    return told.mutate(place=ibis.row_number().over(own)).filter(lambda t: t.place == 0)


def _onboarding(told: ibis.Table, counted: ibis.Value) -> ibis.Table:
    return told.select(
        "shop_id",
        "customer_id",
        unit_id=told.survey_response_id,
        anchor=told.sent_on,
        matures_on=told.closes,
        counted=counted.cast("float64"),
        out_of=ONE,
    )


FIRST_ONLY = "later answers of the same person, answers after 14 days, and answers to no known invitation"
NON_RESPONSE = "It speaks of those who answered; how many those are is onboarding_response_rate (M08c)."


@metric(
    number="M08",
    name="Onboarding satisfaction",
    question="How satisfied are new customers with their onboarding, on a scale from 1 to 5?",
    unit="people",
    counted="points from 1 to 5 of first answers, added up",
    out_of="people who answered within 14 days",
    window="14 days from the day the invitation was sent",
    kind="mean",
    scale="mean_1_5",
    span="matured",
    version=1,
    decision="0026",
    needs=("survey_response", "survey_invitation", "onboarding_answer"),
    left_out=(SCALES, FIRST_ONLY),
    differs=NON_RESPONSE,
    opens="survey_response",
)
def onboarding_satisfaction(facts: Facts, as_of: date) -> ibis.Table:
    told = _onboarded(facts, as_of)
    return _onboarding(told, told.of_5)


@metric(
    number="M08b",
    name="Onboarding satisfaction, top two boxes",
    question="Of the new customers who say how their onboarding went, how many give a 4 or a 5 of 5?",
    unit="people",
    counted="gave a 4 or a 5 as their first answer",
    out_of="people who answered within 14 days",
    window="14 days from the day the invitation was sent",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0026",
    needs=("survey_response", "survey_invitation", "onboarding_answer"),
    left_out=(SCALES, FIRST_ONLY),
    differs=NON_RESPONSE,
    opens="survey_response",
)
def onboarding_satisfied(facts: Facts, as_of: date) -> ibis.Table:
    told = _onboarded(facts, as_of)
    return _onboarding(told, told.of_5 >= TOP_TWO)
