"""onboarding: when a customer or an account had done every step that its onboarding requires."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.party import party_id
from holdfast.warehouse.marts.real_people import real_accounts, real_people

DAYS, ACCOUNT_DAYS = 30, 45  # for a customer, and for an account


@mart
def onboarding(given: Given) -> ibis.Table:
    """One row per onboarding of an account, or of a customer for themself; no tests and none of the merchant's people.

    done_on: the day of the last required step; null while one is not done. A skipped step is never done. closes_on:
    the day on which its 30 (a customer's) or 45 days (an account's) are over.
    """
    step = real_accounts(real_people(given.table("onboarding_step")), given.table("account"))
    step = step.mutate(party_id=party_id(step.account_id, step.customer_id))
    begun = step.group_by("shop_id", "party_id").agg(started_at=step.started_at.min())
    needed = step.filter(step.required.fill_null(True))
    done = needed.done_at.nullif(ibis.cases((needed.skipped.fill_null(False), needed.done_at)))
    needed = needed.mutate(step_done_at=done)
    told = needed.group_by("party_id").agg(
        account_id=needed.account_id.max(),
        customer_id=needed.customer_id.max(),
        undone=needed.step_done_at.isnull().sum(),
        last_at=needed.step_done_at.max(),
    )
    told = begun.join(told, "party_id")
    started_on = given.day(told.started_at, told.shop_id)
    of_account = told.account_id.notnull()
    closes = ibis.cases(
        (of_account, as_day(started_on + ibis.interval(days=ACCOUNT_DAYS))),
        else_=as_day(started_on + ibis.interval(days=DAYS)),
    )
    return told.select(
        "shop_id",
        "party_id",
        "account_id",
        customer_id=ibis.cases((of_account, None), else_=told.customer_id),
        kind=ibis.cases((of_account, "account"), else_="customer"),
        started_on=started_on,
        closes_on=closes,
        done_on=given.day(ibis.cases((told.undone == 0, told.last_at)), told.shop_id),
    )
