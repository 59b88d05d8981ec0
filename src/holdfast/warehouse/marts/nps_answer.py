"""Answers to "how likely are you to recommend us", and which of a person's count."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.spaced import spaced
from holdfast.warehouse.marts.survey import TRANSACTIONS, survey_answer

DAYS_APART = 90  # decision 0025
PROMOTER, DETRACTOR = 9, 6  # from here up, and down to here


@mart
def nps_answer(given: Given) -> ibis.Table:
    """One row per answer on the scale 0–10. stands: 1 promoter, 0 passive, −1 detractor.

    sort is `relationship` or `transactional`. counts: one answer per person and sort in DAYS_APART days; who is not
    known is nobody's repeat and always counts.
    """
    a = given.marts[survey_answer.__name__]
    whole = (a.score >= 0) & (a.score <= 10) & (a.score == a.score.floor())
    told = a.filter(a.type == "nps", a.scale_min == 0, a.scale_max == 10, ~a.low_is_good, whole)
    told = told.mutate(
        sort=ibis.cases((told.about.isin(TRANSACTIONS), "transactional"), else_="relationship"),
        stands=ibis.cases((told.score >= PROMOTER, 1), (told.score <= DETRACTOR, -1), else_=0).cast("int64"),
    )
    own = ibis.window(
        group_by=["shop_id", "customer_id", "sort", "answered_on"], order_by=["responded_at", "survey_response_id"]
    )
    told = told.mutate(of_day=ibis.row_number().over(own))
    known = told.filter(told.customer_id.notnull(), told.of_day == 0)
    kept = spaced(known.select("shop_id", "customer_id", "sort", day=known.answered_on), DAYS_APART, given)
    kept = kept.select("shop_id", "customer_id", "sort", answered_on="day", of_day=ibis.literal(0).cast("int64"))
    counted = told.left_join(
        kept.mutate(kept=ibis.literal(True)), ["shop_id", "customer_id", "sort", "answered_on", "of_day"]
    )
    return counted.select(
        "shop_id", "survey_response_id", "customer_id", "answered_on", "sort", "stands", "about", "channel", "score",
        counts=counted.kept.fill_null(False) | counted.customer_id.isnull(),
    )  # fmt: skip
