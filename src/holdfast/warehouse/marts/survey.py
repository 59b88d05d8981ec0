"""Whom surveys were sent to and what came back, each with what its survey asks."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_people

SAID_TWICE = ("type", "scale_min", "scale_max", "about")  # by the survey, or by the answer's own file
# What is asked after something happened; all else asks about the shop as a whole.
TRANSACTIONS = ("purchase", "onboarding", "support", "product")


@mart
def survey_sent(given: Given) -> ibis.Table:
    """One row per invitation that may have arrived, of people who count: sent_at is UTC, sent_on the shop's day."""
    i, s = given.table("survey_invitation"), given.table("survey")
    told = i.filter(~i.bounced.fill_null(False))
    about = s.select("shop_id", "survey_id", "type", "about")
    told = told.left_join(about, ["shop_id", "survey_id"])
    return real_people(told).select(
        "shop_id", "survey_invitation_id", "survey_id", "customer_id", "account_id", "sent_at", "type", "about",
        "channel", sent_on=given.day(told.sent_at, told.shop_id),
    )  # fmt: skip


@mart
def survey_answer(given: Given) -> ibis.Table:
    """One row per answer handed in by people who count; score is null where this question was left empty.

    An answer belongs to the invitation it names, else to the last one of its survey that was sent to its person
    before it. Scales are numbers as the survey has them; answered_on and sent_on are days of the shop.
    """
    r, s = given.table("survey_response"), given.table("survey")
    told = r.left_join(_invited(given), "survey_response_id")
    told = told.drop([c for c in told.columns if c.endswith("_right")])
    own = s.select(
        "shop_id",
        "survey_id",
        "channel",
        "low_is_good",
        "rescale",
        **{f"survey_{name}": s[name] for name in SAID_TWICE},
    )
    told = told.left_join(own, ["shop_id", "survey_id"])
    told = told.mutate(
        customer_id=ibis.coalesce(told.customer_id, told.invited_customer),
        account_id=ibis.coalesce(told.account_id, told.invited_account),
        **{name: ibis.coalesce(told[f"survey_{name}"], told[name]) for name in SAID_TWICE},
    )
    real = real_people(told)
    return real.select(
        "shop_id", "survey_response_id", "survey_id", "customer_id", "account_id", "invitation_id", "responded_at",
        "type", "about", "channel", "role",
        answered_on=given.day(real.responded_at, real.shop_id),
        sent_on=given.day(real.sent_at, real.shop_id),
        score=real.score.cast("float64"),
        scale_min=real.scale_min.cast("float64"),
        scale_max=real.scale_max.cast("float64"),
        low_is_good=real.low_is_good.fill_null(False),
        rescale=real.rescale.fill_null(False),
    )  # fmt: skip


def _invited(given: Given) -> ibis.Table:
    """survey_response_id, and of its invitation: invitation_id, sent_at, invited_customer, invited_account."""
    r, i = given.table("survey_response"), given.table("survey_invitation")
    i = i.select(
        "shop_id", "survey_id", "sent_at", invitation_id=i.survey_invitation_id, invited_customer=i.customer_id,
        invited_account=i.account_id,
    )  # fmt: skip
    named = r.filter(r.survey_invitation_id.notnull()).select(
        "survey_response_id", "shop_id", invitation_id=r.survey_invitation_id
    )
    found = ("survey_response_id", "invitation_id", "sent_at", "invited_customer", "invited_account")
    by_name = named.join(i, ["shop_id", "invitation_id"]).select(*found)
    nameless = r.filter(r.survey_invitation_id.isnull(), r.customer_id.notnull()).select(
        "survey_response_id", "shop_id", "survey_id", "responded_at", invited_customer=r.customer_id
    )
    sent = nameless.join(i, ["shop_id", "survey_id", "invited_customer"])
    sent = sent.filter(sent.sent_at <= sent.responded_at)
    last = sent.group_by("survey_response_id").agg(
        invitation_id=sent.invitation_id.argmax(sent.sent_at),
        newest=sent.sent_at.max(),
        invited_customer=sent.invited_customer.max(),
        invited_account=sent.invited_account.argmax(sent.sent_at),
    )
    return by_name.union(last.rename(sent_at="newest").select(*found))
