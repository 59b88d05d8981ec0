"""Would customers recommend the shop? M35: the Net Promoter Score, and how much stands behind it."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.satisfaction import answer_units

SCALE = "answers on another scale than 0–10"
PERIOD = "answers given in the twelve months ending on the day"


def _score(facts: Facts, as_of: date, sort: str) -> ibis.Table:
    """One row per answer that counts: 1, 0 or −1, on the day it was given."""
    a = facts.mart("nps_answer")
    told = a.filter(a.counts, a["sort"] == sort, a.answered_on <= as_of)
    return answer_units(told, told.stands, "about")


@metric(
    number="M35",
    name="Net Promoter Score",
    question="How many more customers would recommend the shop than would not?",
    unit="answers",
    counted="promoters (9 or 10) less detractors (0 to 6)",
    out_of="answers from 0 to 10, passives included",
    window=PERIOD,
    kind="net",
    scale="points",
    span="trailing",
    version=1,
    decision="0025",
    needs=("survey_response", "relationship_answer"),
    opens="survey_response",
    left_out=(
        "answers about one purchase, one ticket or the onboarding: see nps_transactional (M35b)",
        "a person's further answers within 90 days of one that counts",
        SCALE,
        "questionnaires handed in without this answer: see nps_question_answered (M35d)",
    ),
    differs=(
        "Survey tools often mix surveys about the shop with surveys about one purchase, and count each answer of"
        " somebody who is asked every week. The score runs from −100 to 100: a “4.3 NPS” is another scale."
    ),
    source="Reichheld, The one number you need to grow, 2003; the error is that of the ticket model",
)
def nps(facts: Facts, as_of: date) -> ibis.Table:
    return _score(facts, as_of, "relationship")


@metric(
    number="M35b",
    name="Net Promoter Score after a transaction",
    question="Right after a purchase or a ticket, how many more would recommend the shop than would not?",
    unit="answers",
    counted="promoters (9 or 10) less detractors (0 to 6)",
    out_of="answers from 0 to 10, passives included",
    window=PERIOD,
    kind="net",
    scale="points",
    span="trailing",
    version=1,
    decision="0025",
    needs=("survey_response", "transactional_answer"),
    opens="survey_response",
    left_out=(
        "answers about the shop as a whole: see nps (M35)",
        "a person's further answers within 90 days of one that counts",
        SCALE,
    ),
    differs="Asked after something happened, people answer about that; it is never added to the relationship score.",
    own=("about",),
)
def nps_transactional(facts: Facts, as_of: date) -> ibis.Table:
    return _score(facts, as_of, "transactional")


@metric(
    number="M35d",
    name="Recommendation question answered",
    question="Of the questionnaires that came back, how many answer whether they would recommend the shop?",
    unit="questionnaires",
    counted="hold an answer to the recommendation question",
    out_of="questionnaires handed in",
    window="questionnaires handed in during the twelve months ending on the day",
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0027",
    needs=("survey_response",),
    opens="survey_response",
    differs="Not the response rate: who never handed anything in is not here. See nps_response_rate (M35c).",
)
def nps_question_answered(facts: Facts, as_of: date) -> ibis.Table:
    a = facts.mart("survey_answer")
    told = a.filter(a.type == "nps", a.answered_on <= as_of)
    return answer_units(told, told.score.notnull())
