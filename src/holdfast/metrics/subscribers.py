"""Subscribers who leave: M21 over closed months, its parts, and the readings other tools give of it."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.closedmonths import closed_months, payer_months, payer_units, with_payer
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points

OWN = ("plan", "channel")
ROLLING_DAYS = 30
PAUSED = "customers whose subscription has paused count as subscribers until the pause should have ended, or 90 days"
TIMING = "A customer who cancels is one until the period they paid for ends; one past due is while payment is tried."
NEEDS = ("subscription", "subscription_price")
BASE = "subscribers at the start of the month"
A_MONTH = "the last calendar month that is over, in the shop's zone; the series has one point a month"


def _months(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = payer_months(facts, as_of, n)
    return with_payer(facts, rows) if n == 1 else rows


def _own(n: int) -> tuple[str, ...]:
    return OWN if n == 1 else ()


def _left(facts: Facts, as_of: date, n: int, how: bool | None = None) -> ibis.Table:
    """Subscribers at each month's start, and whether they were none at its end (voluntary, involuntary or either)."""
    rows = _months(facts, as_of, n).filter(lambda t: t.held_before == 1)
    gone = rows.held == 0
    if how is not None:
        gone = gone & (rows.voluntary.fill_null(True) == how)
    return payer_units(rows, gone, own=_own(n))


@metric(
    number="M21",
    name="Subscriber churn per month",
    question="Of the subscribers at the start of a month, how many were none at its end?",
    unit="subscribers",
    counted="paid nothing at the month's end, because they cancelled or could not be charged",
    out_of=BASE,
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    left_out=("subscribers who came within the month: see early churn", PAUSED),
    differs=(
        f"{TIMING} This is the standard formula of ChartMogul; its formula for shops, and the numbers of Stripe,"
        " ProfitWell and Recharge stand beside it. 3 % a month keeps 69.4 % over a year, 5 % keeps 54.0 %."
    ),
    source="closed cohort at the month's start",
    series=lambda facts, as_of: _left(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def subscriber_churn(facts: Facts, as_of: date) -> ibis.Table:
    return _left(facts, as_of, 1)


@metric(
    number="M21c",
    name="Voluntary churn per month",
    question="Of the subscribers at the start of a month, how many had cancelled by its end?",
    unit="subscribers",
    counted="left by their own decision, or let a pause run out",
    out_of=BASE,
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    left_out=("subscribers who came within the month: see early churn", PAUSED),
    differs="With involuntary churn it adds up to subscriber churn.",
    series=lambda facts, as_of: _left(facts, as_of, POINTS, True),
    own=OWN,
    opens="payer",
    monthly=True,
)
def voluntary_churn(facts: Facts, as_of: date) -> ibis.Table:
    return _left(facts, as_of, 1, True)


@metric(
    number="M21d",
    name="Involuntary churn per month",
    question="Of the subscribers at the start of a month, how many were lost because payment failed?",
    unit="subscribers",
    counted="ended for want of payment, after every attempt",
    out_of=BASE,
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    left_out=("subscribers who came within the month: see early churn", PAUSED),
    differs="A payment that is late but still tried is no churn yet; tools that drop it at once show this earlier.",
    series=lambda facts, as_of: _left(facts, as_of, POINTS, False),
    own=OWN,
    opens="payer",
    monthly=True,
)
def involuntary_churn(facts: Facts, as_of: date) -> ibis.Table:
    return _left(facts, as_of, 1, False)


def _early(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _months(facts, as_of, n)
    rows = rows.filter(rows.joined, rows.held_before == 0)
    return payer_units(rows, rows.held == 0, own=_own(n))


@metric(
    number="M21e",
    name="Early churn",
    question="Of the subscribers who came within a month, how many had left before it was over?",
    unit="subscribers",
    counted="paid nothing any more at the month's end",
    out_of="subscribers who came, or came back, within the month",
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    differs="Kept apart from churn, whose cohort is closed at the month's start; some tools add it there.",
    series=lambda facts, as_of: _early(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def early_churn(facts: Facts, as_of: date) -> ibis.Table:
    return _early(facts, as_of, 1)


def _lost_at_all(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _months(facts, as_of, n).filter(lambda t: t.held_before == 1)
    return payer_units(rows, rows.lost, own=_own(n))


@metric(
    number="M21g",
    name="Subscriber churn, as ProfitWell counts",
    question="Of the subscribers at the start of a month, how many left in it, back again or not?",
    unit="subscribers",
    counted="left at any time in the month, even if they came back in it",
    out_of=BASE,
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    left_out=("who came and left within one month, on both sides", PAUSED),
    differs="ProfitWell's reading: a return never takes a loss back, and who came and left in one month is in neither.",
    series=lambda facts, as_of: _lost_at_all(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def subscriber_churn_profitwell(facts: Facts, as_of: date) -> ibis.Table:
    return _lost_at_all(facts, as_of, 1)


def _with_joiners(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _months(facts, as_of, n).filter(lambda t: (t.held_before == 1) | t.joined)
    return payer_units(rows, rows.lost, own=_own(n))


@metric(
    number="M21h",
    name="Subscriber churn, joiners counted",
    question="Of everybody who was a subscriber at any time in a month, how many left in it?",
    unit="subscribers",
    counted="left at any time in the month, also those who came in it",
    out_of="subscribers at the start of the month and those who came within it",
    window=A_MONTH,
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    left_out=(PAUSED,),
    differs="Recharge's reading of who counts: whoever came and left in one month is in both numbers.",
    series=lambda facts, as_of: _with_joiners(facts, as_of, POINTS),
    own=OWN,
    opens="payer",
    monthly=True,
)
def subscriber_churn_with_joiners(facts: Facts, as_of: date) -> ibis.Table:
    return _with_joiners(facts, as_of, 1)


def _spells(facts: Facts) -> ibis.Table:
    """Ledger rows with the day of the next one, until which they hold."""
    led = facts.mart("mrr_ledger")
    lost = led.churn_voluntary_minor + led.churn_involuntary_minor
    rows = led.select(
        "shop_id", "payer_id", "customer_id", "day", pays=led.after_minor > 0,
        came=led.new_minor + led.reactivation_minor > 0, left=lost < 0,
    )  # fmt: skip
    return rows.mutate(next_day=rows.day.lead().over(ibis.window(group_by="payer_id", order_by="day")))


def _rolling(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _spells(facts).cross_join(points(facts.month_point(), as_of, n))
    starts = rows.stands_on - ibis.interval(days=ROLLING_DAYS)
    since = starts.cast("timestamp").cast("date")
    at_start = rows.pays & (rows.day <= since) & (rows.next_day.isnull() | (rows.next_day > since))
    within = (rows.day > since) & (rows.day <= rows.stands_on)
    rows = rows.mutate(at_start=at_start, came=within & rows.came, left=within & rows.left)
    rows = rows.filter(rows.at_start | rows.came | rows.left)
    one = rows.group_by("shop_id", "payer_id", first_day=rows.stands_on).agg(
        customer_id=rows.customer_id.max(), base=(rows.at_start | rows.came).max(), left=rows.left.max()
    )
    return payer_units(one.filter(one.base), one.filter(one.base).left)


@metric(
    number="M21f",
    name="Subscriber churn, as Stripe counts",
    question="Of the subscribers of thirty days ago and those who came since, how many have left since?",
    unit="subscribers",
    counted="went from paying to paying nothing within the thirty days",
    out_of="subscribers paying thirty days ago, and those who came since",
    window="thirty days ending on the day",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    differs=(
        "Stripe's formula. Stripe also dates the loss at the click on cancel, and we at the end of the period paid for."
        " A subscriber counts once, where Stripe counts a second loss again."
    ),
    series=lambda facts, as_of: _rolling(facts, as_of, POINTS),
    opens="payer",
)
def subscriber_churn_stripe(facts: Facts, as_of: date) -> ibis.Table:
    return _rolling(facts, as_of, 1)


def _by_day(facts: Facts, as_of: date, n: int) -> ibis.Table:
    rows = _spells(facts).cross_join(closed_months(facts, as_of, n))
    before = (rows.first_day - ibis.interval(days=1)).cast("timestamp").cast("date")
    ends = ibis.least(rows.next_day.fill_null(rows.last_day), rows.last_day)
    days = ends.delta(ibis.greatest(rows.day, before), unit="day")
    rows = rows.mutate(
        days=ibis.cases((rows.pays, ibis.greatest(days, 0)), else_=0),
        left=rows.left & (rows.day >= rows.first_day) & (rows.day <= rows.last_day),
        length=rows.last_day.delta(rows.first_day, unit="day") + 1,
    )
    rows = rows.filter((rows.days > 0) | rows.left)
    one = rows.group_by("shop_id", "payer_id", "first_day").agg(
        customer_id=rows.customer_id.max(), days=rows.days.sum(), length=rows.length.max(), left=rows.left.sum()
    )
    return payer_units(one, one.left, one.days / one.length)


@metric(
    number="M21i",
    name="Subscriber churn by the day",
    question="How many losses did a month bring for each subscriber it had on an average day?",
    unit="subscribers",
    counted="times a subscriber went from paying to paying nothing in the month",
    out_of="subscribers at the start of an average day of the month",
    window=A_MONTH,
    kind="ratio",
    scale="share",
    span="state",
    version=1,
    decision="0031",
    needs=NEEDS,
    better="down",
    differs=(
        "ChartMogul's formula for shops adds up each day's own rate. Where the chance to leave is the same on every day"
        " both are equal; ours can be added over shops. Recharge's churn rate divides by an average day as well."
    ),
    series=lambda facts, as_of: _by_day(facts, as_of, POINTS),
    opens="payer",
    monthly=True,
)
def subscriber_churn_by_day(facts: Facts, as_of: date) -> ibis.Table:
    return _by_day(facts, as_of, 1)


def _scheduled(facts: Facts, as_of: date) -> ibis.Table:
    """Subscriptions that are paid for on as_of; they count where they were cancelled by then, since last begun."""
    led = facts.mart("subscription_ledger")
    led = led.filter(led.day <= as_of)
    begun = led.new_minor + led.reactivation_minor > 0
    # The latest row by moment; a subscription has at most one at a moment.
    now = led.group_by("shop_id", "subscription_id").agg(
        customer_id=led.customer_id.max(), mrr=led.after_minor.argmax(led["at"]), since=led.day.max(where=begun)
    )
    said = facts.mart("cancellation")
    said = said.filter(said.said_on <= as_of).select("subscription_id", "said_on")
    found = now.filter(now.mrr > 0).left_join(said, "subscription_id")
    found = found.mutate(ends=(found.said_on >= found.since).fill_null(False))
    one = found.group_by("shop_id", "subscription_id", "customer_id").agg(
        minor=(found.mrr * found.ends.cast("int64")).max()
    )
    return one.select(
        "shop_id",
        "customer_id",
        unit_id=one.subscription_id,
        anchor=ibis.date(as_of),
        matures_on=ibis.date(as_of),
        counted=one.minor.cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M25c",
    name="Scheduled cancellations",
    question="How much monthly recurring revenue has been cancelled and will end with the period paid for?",
    unit="subscriptions",
    counted="monthly recurring revenue of subscriptions that are cancelled and still paid for",
    out_of="one for each subscription that is paid for",
    window="as of the day; what lies ahead",
    kind="total",
    scale="money",
    span="state",
    version=1,
    decision="0030",
    needs=NEEDS,
    better="down",
    basis="monthly recurring revenue, net of discounts",
    left_out=("what has already ended: it is churn",),
    differs="Tools that count churn at the click on cancel have these in their churn already.",
    opens="subscription",
)
def scheduled_cancellations(facts: Facts, as_of: date) -> ibis.Table:
    return _scheduled(facts, as_of)
