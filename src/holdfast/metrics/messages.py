"""What people do with messages: M07 for the welcome series, M43 for all that is sent by itself."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day, bucket

DAYS = 7  # decision 0028
ONE = ibis.literal(1.0)
HELD_BACK = "messages that were held back or bounced"
CLICKED = "clicks by link scanners and opens by mail services (Apple Mail Privacy Protection)"


def _reached(facts: Facts, as_of: date) -> ibis.Table:
    """Messages that had been delivered by as_of."""
    m = facts.mart("message_told")
    return m.filter(m.delivered_on <= as_of, m.sent_on <= as_of)


def _welcomed(facts: Facts, as_of: date, did: str) -> ibis.Table:
    """One row per person and welcome series, from its first delivered message; counted: `did` within 7 days of it."""
    m = _reached(facts, as_of)
    m = m.filter(m.series.startswith("welcome"))
    own = m.group_by("shop_id", "customer_id", "series").agg(
        unit_id=m.message_id.min(), anchor=m.sent_on.min(), first=m[did].min(where=m[did] <= as_of)
    )
    closes = as_day(own.anchor + ibis.interval(days=DAYS))
    return own.select(
        "shop_id",
        "customer_id",
        "unit_id",
        "anchor",
        "series",
        matures_on=closes,
        counted=(own["first"] < closes).fill_null(False).cast("float64"),
        out_of=ONE,
    )


WELCOMED = "people whom a welcome message reached, with 7 days behind them"
WELCOME_DAYS = "7 days from the first message of the series that reached the person"


@metric(
    number="M07",
    name="Welcome e-mail engagement",
    question="Of the people whom the welcome series reached, how many clicked?",
    unit="people",
    counted="clicked in a message of the series within 7 days",
    out_of=WELCOMED,
    window=WELCOME_DAYS,
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0028",
    needs=("message", "message_event", "welcome_series"),
    left_out=(HELD_BACK, CLICKED, "messages to nobody known"),
    differs=(
        "Mail tools count opens, most of which a mail service makes without anybody reading: see"
        " welcome_machine_opens (M07b). By clicks, 80 % is out of reach for nearly everybody."
    ),
    own=("series",),
    opens="message",
)
def welcome_engagement(facts: Facts, as_of: date) -> ibis.Table:
    return _welcomed(facts, as_of, "clicked_on")


@metric(
    number="M07b",
    name="Welcome e-mails opened by mail services",
    question="For how many people did a mail service open a welcome message, whether they read it or not?",
    unit="people",
    counted="had a message of the series opened by a mail service within 7 days",
    out_of=WELCOMED,
    window=WELCOME_DAYS,
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0028",
    needs=("message", "message_event", "welcome_series"),
    better="neither",
    left_out=(HELD_BACK, "opens by people"),
    differs="Most of what is sold as an open rate since Apple Mail opens messages by itself.",
    own=("series",),
    opens="message",
)
def welcome_machine_opens(facts: Facts, as_of: date) -> ibis.Table:
    return _welcomed(facts, as_of, "machine_opened_on")


@metric(
    number="M07c",
    name="Welcome e-mails clicked by scanners",
    question="For how many people did a scanner click in a welcome message?",
    unit="people",
    counted="had a message of the series clicked by a scanner within 7 days",
    out_of=WELCOMED,
    window=WELCOME_DAYS,
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0028",
    needs=("message", "message_event", "welcome_series"),
    better="neither",
    left_out=(HELD_BACK, "clicks by people"),
    own=("series",),
    opens="message",
)
def welcome_bot_clicks(facts: Facts, as_of: date) -> ibis.Table:
    return _welcomed(facts, as_of, "machine_clicked_on")


def _automated(facts: Facts, as_of: date, did: str) -> ibis.Table:
    """Messages of flows; `done`: the deed came within 7 days; closes: when those are over."""
    m = _reached(facts, as_of)
    m = m.filter(m.flow.notnull())
    closes = as_day(m.sent_on + ibis.interval(days=DAYS))
    done = (m[did] < closes) & (m[did] <= as_of)
    return m.mutate(closes=closes, done=done.fill_null(False).cast("float64"))


def _by_person(told: ibis.Table, as_of: date, **period: ibis.Value) -> ibis.Table:
    """One row per person and period, the messages still open apart from those that count."""
    told = told.mutate(over=told.closes <= as_of)
    rows = told.group_by("shop_id", "customer_id", "over", **period).agg(
        unit_id=told.message_id.min(),
        anchor=told.sent_on.max(),
        matures_on=told.closes.max(),
        counted=told.done.sum(),
        out_of=told.count().cast("float64"),
    )
    return rows.drop("over", *period)


def _clicks(facts: Facts, as_of: date) -> ibis.Table:
    told = _automated(facts, as_of, "clicked_on")
    told = told.mutate(back=bucket(told.sent_on, as_of) // 12).filter(lambda t: t.back <= 1)
    return _by_person(told, as_of, back=told.back)


def _clicks_by_month(facts: Facts, as_of: date) -> ibis.Table:
    told = _automated(facts, as_of, "clicked_on")
    return _by_person(told, as_of, month=as_day(told.sent_on.truncate("M")))


SENT = "automated messages sent in the twelve months ending on the day, with 7 days behind them"
MESSAGE_DAYS = "7 days from the day the message was sent"


@metric(
    number="M43",
    name="Engagement with automated messages",
    question="Of the automated messages that arrived, in how many did somebody click?",
    unit="people",
    counted="messages in which they clicked within 7 days",
    out_of="automated messages that reached them",
    window=SENT,
    kind="ratio",
    scale="share",
    ends=(0.0, 1.0),
    span="trailing",
    version=1,
    decision="0028",
    needs=("message", "message_event", "message.flow"),
    left_out=(HELD_BACK, CLICKED, "campaigns sent by hand"),
    differs=(
        "Mail tools count opens by mail services too, and credit orders to messages within windows of their own"
        " (often 5 days for e-mail, 1 for SMS): that is attribution, not engagement."
    ),
    opens="message",
    series=_clicks_by_month,
)
def automated_engagement(facts: Facts, as_of: date) -> ibis.Table:
    return _clicks(facts, as_of)


def _each(told: ibis.Table) -> ibis.Table:
    """One row per message."""
    return told.select(
        "shop_id",
        "customer_id",
        "flow",
        unit_id=told.message_id,
        anchor=told.sent_on,
        matures_on=told.closes,
        counted=told.done,
        out_of=ONE,
    )


@metric(
    number="M43b",
    name="Unsubscribed after an automated message",
    question="After how many automated messages did somebody unsubscribe?",
    unit="messages",
    counted="were followed by an unsubscription within 7 days",
    out_of="automated messages that arrived",
    window=MESSAGE_DAYS,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("message", "message_event", "message.flow"),
    better="down",
    left_out=(HELD_BACK, "campaigns sent by hand"),
    differs="A guardrail: clicks that drive people away are no success.",
    own=("flow",),
    opens="message",
)
def automated_unsubscribes(facts: Facts, as_of: date) -> ibis.Table:
    return _each(_automated(facts, as_of, "unsubscribed_on"))


@metric(
    number="M43c",
    name="Complaints about automated messages",
    question="How many automated messages were marked as spam?",
    unit="messages",
    counted="were marked as spam within 7 days",
    out_of="automated messages that arrived",
    window=MESSAGE_DAYS,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("message", "message_event", "message.flow"),
    better="down",
    left_out=(HELD_BACK, "campaigns sent by hand"),
    differs="A guardrail. Not every mail service tells of complaints, so the true share is higher.",
    own=("flow",),
    opens="message",
)
def automated_complaints(facts: Facts, as_of: date) -> ibis.Table:
    return _each(_automated(facts, as_of, "complained_on"))


@metric(
    number="M43d",
    name="Automated messages opened by mail services",
    question="How many automated messages did a mail service open, whether anybody read them or not?",
    unit="messages",
    counted="were opened by a mail service within 7 days",
    out_of="automated messages that arrived",
    window=MESSAGE_DAYS,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("message", "message_event", "message.flow"),
    better="neither",
    left_out=(HELD_BACK, "opens by people", "campaigns sent by hand"),
    differs="Mail tools add these to the open rate.",
    own=("flow",),
    opens="message",
)
def automated_machine_opens(facts: Facts, as_of: date) -> ibis.Table:
    return _each(_automated(facts, as_of, "machine_opened_on"))
