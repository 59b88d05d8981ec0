"""Answers to "how satisfied are you", on one scale from 1 to 5, and for which account they were given."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.survey import TRANSACTIONS, survey_answer

ABOUT_A_COMPANY = ("business", "relationship")  # what a contact answers for an account


@mart
def csat_answer(given: Given) -> ibis.Table:
    """One row per satisfaction answer on the scale 1–5. for_account: a contact's word on the whole relationship.

    An answer on another scale is refused, unless its survey declares that it may be moved: then its lowest becomes
    1 and its highest 5, turned round where the low end is the good one (decision 0026).
    """
    a = given.marts[survey_answer.__name__]
    told = a.filter(a.type == "csat", a.score.notnull(), a.score >= a.scale_min, a.score <= a.scale_max)
    plain = (told.scale_min == 1) & (told.scale_max == 5) & ~told.low_is_good
    told = told.filter(plain | (told.rescale & (told.scale_max > told.scale_min)))
    width = (told.scale_max - told.scale_min).nullif(0)
    from_worst = ibis.cases((told.low_is_good, told.scale_max - told.score), else_=told.score - told.scale_min)
    told = told.mutate(of_5=ibis.cases((plain, told.score), else_=1 + 4 * from_worst / width))
    told = _with_account(given, told)
    about_all = told.about.isin(ABOUT_A_COMPANY) | told.about.isnull()
    return told.select(
        "shop_id", "survey_response_id", "customer_id", "account_id", "invitation_id", "responded_at", "answered_on",
        "sent_on", "about", "channel", "role", "of_5",
        for_account=(told.about == "business").fill_null(False) | (told.account_id.notnull() & about_all),
    )  # fmt: skip


def _with_account(given: Given, told: ibis.Table) -> ibis.Table:
    """The account an answer names, else the only one its person speaks for; its role there, where the answer has none.

    What somebody says of a purchase or of support is theirs alone.
    """
    c = given.table("account_contact")
    alone = c.group_by("customer_id").agg(only=c.account_id.max(), accounts=c.account_id.nunique())
    alone = alone.filter(alone.accounts == 1)
    told = told.left_join(alone, "customer_id").drop("customer_id_right", "accounts")
    own = ibis.cases((told.about.isin(TRANSACTIONS), ibis.null("int64")), else_=told.only)
    told = told.mutate(account_id=ibis.coalesce(told.account_id, own))
    roles = c.select("account_id", "customer_id", contact_role=c.role)
    told = told.left_join(roles, ["account_id", "customer_id"])
    return told.mutate(role=ibis.coalesce(told.role, told.contact_role))
