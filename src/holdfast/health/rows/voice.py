"""What people said last: satisfied, easy, would recommend. One answer a person, the newest of half a year."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import HALF, newest_of_each, of_party, per_party, rows, upto
from holdfast.health.subject import Kind
from holdfast.warehouse.marts.registry import unbound as mart

KEPT = HALF - 2  # 180 days


def _newest(answers: ibis.Table, kind: Kind) -> ibis.Table:
    known = answers.filter(answers.customer_id.notnull())
    return newest_of_each(upto(of_party(known, kind), "answered_on", KEPT), "answered_on", "survey_response_id")


@rows(
    says="satisfaction {value:.1f} of 5, newest word of {customers} since {since}",
    days=KEPT,
    needs=("survey_response",),
)
def satisfaction(kind: Kind) -> ibis.Table:
    t = _newest(mart("csat_answer"), kind)
    return per_party(t, t.of_5, told_on="answered_on")


@rows(
    says="effort {value:.2f} from 0 hard to 1 easy, newest word of {customers} since {since}",
    days=KEPT,
    needs=("survey_response",),
)
def effort(kind: Kind) -> ibis.Table:
    a = mart("survey_answer")
    a = a.filter(a.type == "ces", a.score.notnull(), a.scale_max > a.scale_min)
    t = _newest(a.filter(a.score >= a.scale_min, a.score <= a.scale_max), kind)
    width = t.scale_max - t.scale_min
    easy = ibis.cases((t.low_is_good, t.scale_max - t.score), else_=t.score - t.scale_min) / width
    return per_party(t, easy, told_on="answered_on")


@rows(
    says="recommending {value:+.0f} from −100 to 100, newest word of {customers} since {since}",
    days=KEPT,
    needs=("survey_response",),
)
def recommending(kind: Kind) -> ibis.Table:
    a = mart("nps_answer")
    of = mart("survey_answer").select("survey_response_id", "account_id")
    t = _newest(a.join(of, "survey_response_id"), kind)
    return per_party(t, t.stands * 100.0, told_on="answered_on")
