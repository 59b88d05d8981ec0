"""mrr_month: what each paying customer paid at the end of a month, the month before and a year before.

Months that are alike stand in one row, so that a customer of five quiet years is a handful of rows, not sixty.
A month is a whole number, year × 12 + month − 1.
"""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.mrr_ledger import mrr_ledger

YEAR = 12
VALUES = ("closing_minor", "opening_minor", "year_ago_minor", "held", "held_before", "expansion_year_minor")


@mart
def mrr_month(given: Given) -> ibis.Table:
    """One row per payer and run of months [from_month, until_month) in which the same holds; null while it lasts.

    closing, opening, year_ago: MRR at the end of the month, of the one before, of the same one a year earlier.
    held: 1 for a subscriber, who pays or has paused. expansion_year: expansion of the twelve months that end with it.
    joined, lost: came, or came back, and left, in the month. voluntary: how they left, null if they are not gone.
    """
    led = given.mart(mrr_ledger)
    held, held_before = ((column != "gone").cast("int64") for column in (led.standing, led.was))
    gained = led.new_minor + led.reactivation_minor
    m = led.group_by("shop_id", "payer_id", "month").agg(
        customer_id=led.customer_id.max(), account_id=led.account_id.max(),
        moved=(led.after_minor - led.before_minor).sum().cast("int64"), grew=led.expansion_minor.sum().cast("int64"),
        changed=(held - held_before).sum().cast("int64"), joined=(gained > 0).max(),
        lost=((held_before > held) | (led.churn_voluntary_minor + led.churn_involuntary_minor < 0)).max(),
        voluntary=led.voluntary.argmax(led.day, where=led.standing == "gone"),
    )  # fmt: skip
    nothing = ibis.literal(0).cast("int64")
    shared = ("shop_id", "payer_id", "customer_id", "account_id")
    now = m.select(
        *shared, at=m.month, closing_minor=m.moved, opening_minor=nothing, year_ago_minor=nothing, held=m.changed,
        held_before=nothing, expansion_year_minor=m.grew, joined=m.joined, lost=m.lost,
        voluntary=m.voluntary,
    )  # fmt: skip
    unsaid = {"joined": ibis.literal(False), "lost": ibis.literal(False), "voluntary": ibis.null("boolean")}
    after = m.select(
        *shared, at=m.month + 1, closing_minor=nothing, opening_minor=m.moved, year_ago_minor=nothing, held=nothing,
        held_before=m.changed, expansion_year_minor=nothing, **unsaid,
    )  # fmt: skip
    later = m.select(
        *shared, at=m.month + YEAR, closing_minor=nothing, opening_minor=nothing, year_ago_minor=m.moved, held=nothing,
        held_before=nothing, expansion_year_minor=-m.grew, **unsaid,
    )  # fmt: skip
    schema = now.schema()
    return _runs(ibis.union(now, after.cast(schema), later.cast(schema)))


def _runs(steps: ibis.Table) -> ibis.Table:
    """Steps added up from the left, each holding until the next."""
    s = steps.group_by("shop_id", "payer_id", "at").agg(
        customer_id=steps.customer_id.max(), account_id=steps.account_id.max(), joined=steps.joined.max(),
        lost=steps.lost.max(), voluntary=steps.voluntary.max(),
        **{name: steps[name].sum().cast("int64") for name in VALUES},
    )  # fmt: skip
    upto = ibis.cumulative_window(group_by="payer_id", order_by="at")
    by_month = ibis.window(group_by="payer_id", order_by="at")
    s = s.mutate(
        **{name: s[name].sum().over(upto).cast("int64") for name in VALUES}, until_month=s["at"].lead().over(by_month)
    )
    s = s.filter(s.joined | (sum(s[name] for name in VALUES) != 0) | s.voluntary.notnull())
    return s.select(
        "shop_id", "payer_id", "customer_id", "account_id", "until_month", *VALUES, "joined", "lost",
        from_month=s["at"].cast("int64"),
        voluntary=ibis.cases(((s.held == 0) & (s.joined | (s.held_before == 1)), s.voluntary)),
    )  # fmt: skip
