"""mrr_ledger: every movement of each paying customer's monthly money, all their subscriptions together."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.movements import movements
from holdfast.warehouse.marts.subscription_ledger import subscription_ledger


@mart
def mrr_ledger(given: Given) -> ibis.Table:
    """One row per payer and shop's day; what happens within a day is netted, save who came and left on one day.

    A second subscription is expansion, and coming back to any after none is reactivation. was, standing: paying,
    paused or gone, as of the end of the day before and of this one. month counts months of the calendar.
    """
    s = given.mart(subscription_ledger)
    moved = s.after_minor - s.before_minor
    changed = (s.standing == "paused").cast("int64") - (s.was == "paused").cast("int64")
    d = s.group_by("shop_id", "payer_id", "day").agg(
        customer_id=s.customer_id.max(), account_id=s.account_id.max(),
        moved=moved.sum().cast("int64"), rose=ibis.greatest(moved, 0).sum().cast("int64"),
        price_minor=s.price_minor.sum().cast("int64"), fx_minor=s.fx_minor.sum().cast("int64"),
        held_minor=(s.pause_minor + s.resume_minor).sum().cast("int64"),
        changed=changed.sum().cast("int64"),
        voluntary=s.voluntary.max(where=s.standing == "gone").fill_null(True),
    )  # fmt: skip
    upto = ibis.cumulative_window(group_by="payer_id", order_by="day")
    d = d.mutate(
        after_minor=d.moved.sum().over(upto).cast("int64"),
        paused=d.changed.sum().over(upto),
        ever=d.rose.sum().over(upto) - d.rose,
    )
    standing = ibis.cases((d.after_minor > 0, "paying"), (d.paused > 0, "paused"), else_="gone")
    d = d.mutate(before_minor=d.after_minor - d.moved, standing=standing, paid_before=d.ever > 0)
    by_day = ibis.window(group_by="payer_id", order_by="day")
    d = d.mutate(was=d.standing.lag().over(by_day).fill_null("gone"))
    parts = movements(d)
    # Came and left on one day: both movements, or nobody would ever have been lost.
    visit = (d.before_minor == 0) & (d.after_minor == 0) & (d.rose > 0) & (d.was == "gone")
    for move, when, minor in (
        ("new", visit & ~d.paid_before, d.rose),
        ("reactivation", visit & d.paid_before, d.rose),
        ("churn_voluntary", visit & d.voluntary, -d.rose),
        ("churn_involuntary", visit & ~d.voluntary, -d.rose),
    ):
        parts[f"{move}_minor"] = ibis.cases((when, minor), else_=parts[f"{move}_minor"]).cast("int64")
    return d.select(
        "shop_id", "payer_id", "customer_id", "account_id", "day", "before_minor", "after_minor", "was", "standing",
        "voluntary",
        month=(d.day.year() * 12 + d.day.month() - 1).cast("int64"),
        **parts,
    )  # fmt: skip
