"""agreement: when each subscription is paid for, as one row of moments."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart

PAUSE_DAYS = 90  # a pause without an end is over after so long: decision 0031
NEVER_PAID = ("incomplete", "expired")
NOBODY = 1 << 40  # below −NOBODY a payer is a subscription that names none


def payer_id(customer: ibis.Value, account: ibis.Value, subscription: ibis.Value) -> ibis.Value:
    """Who pays, as one whole number: −account_id, customer_id, or −(NOBODY + subscription_id) when nobody is named."""
    return ibis.coalesce(-account, customer, -subscription - NOBODY).cast("int64")


@mart
def agreement(given: Given) -> ibis.Table:
    """One row per subscription in the shop's currency: paid from `begins_at` until `ends_at`, both UTC.

    A trial is not paid; a subscription past due still is; one that is cancelled is until the period paid for ends.
    begins_at is null for what was never paid. A pause holds from paused_at until resumes_at; lapses_at is the
    moment at which a pause that nobody ended counts as leaving.
    """
    sub, shop = given.table("subscription"), given.table("shop")
    s = sub.join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    s = s.filter(s.currency == s.shop_currency)
    status = s.status.fill_null("")
    ends = _ends(s, status)
    paused, resumes, lapses = _pause(s, status, ends)
    return s.select(
        "shop_id", "subscription_id", "customer_id", "account_id", "plan", "channel", "started_at", "canceled_at",
        payer_id=payer_id(s.customer_id, s.account_id, s.subscription_id),
        begins_at=ibis.cases((~_never(s, status), ibis.greatest(s.started_at, s.trial_end_at))),
        ends_at=ends,
        voluntary=s.end_reason.fill_null(ibis.cases((_unpaid(given, s, status), "involuntary"), else_="voluntary"))
        == "voluntary",
        paused_at=paused,
        resumes_at=resumes,
        lapses_at=lapses,
    )  # fmt: skip


def _never(s: ibis.Table, status: ibis.Value) -> ibis.Value:
    """The first payment never came, or the trial's end is not known yet."""
    return status.isin(NEVER_PAID) | ((status == "trialing") & s.trial_end_at.isnull())


def _ends(s: ibis.Table, status: ibis.Value) -> ibis.Value:
    """The end of the last period paid for, which may lie ahead; null while nobody cancelled."""
    # Where the source gives no moment, the one at which we learned it stands in.
    cancelled = ibis.coalesce(ibis.greatest(s.canceled_at, s.current_period_end_at), s.recorded_at)
    unpaid = ibis.coalesce(s.canceled_at, s.current_period_start_at, s.recorded_at)
    by_status = ibis.cases(
        (status == "canceled", cancelled),
        (status == "unpaid", unpaid),
        (s.cancel_at_period_end.fill_null(False), s.current_period_end_at),
        (s.status.isnull() & s.canceled_at.notnull(), cancelled),
    )
    return ibis.coalesce(s.ended_at, s.cancel_at, by_status)


def _unpaid(given: Given, s: ibis.Table, status: ibis.Value) -> ibis.Value:
    """The source says no reason: it ended for want of payment when an invoice of it was given up."""
    bill = given.table("invoice")
    given_up = bill.filter(bill.status == "uncollectible", bill.subscription_id.notnull())
    return (status == "unpaid") | s.subscription_id.isin(given_up.subscription_id)


def _pause(s: ibis.Table, status: ibis.Value, ends: ibis.Value) -> tuple[ibis.Value, ibis.Value, ibis.Value]:
    """From when, until when, and when it counts as gone; a pause whose end nobody told is none once money flows."""
    paused_now, over = status == "paused", s.resumes_at <= s.recorded_at
    begins = ibis.cases((paused_now, ibis.coalesce(s.paused_at, s.recorded_at)), else_=s.paused_at)
    forgotten = ~paused_now & s.resumes_at.isnull() & (ends.isnull() | (ends <= begins))
    begins = ibis.cases((~forgotten, begins))
    back = ibis.cases((~(paused_now & over).fill_null(False), s.resumes_at))
    lapses = ibis.coalesce(s.resumes_at, begins + ibis.interval(days=PAUSE_DAYS))
    return begins, back, ibis.cases((begins.notnull(), lapses))
