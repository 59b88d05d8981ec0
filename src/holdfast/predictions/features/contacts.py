"""What tickets, answers and messages say."""

from __future__ import annotations

import ibis

from holdfast.predictions.features.declare import HALF, QUARTER, YEAR, Feature, Group, Source, days_since, upto, within
from holdfast.warehouse.marts.registry import unbound as mart

LATE = 3  # days after which a ticket that is open is late


def tickets() -> ibis.Table:
    t = mart("ticket_times")
    t = t.filter(t.customer_id.notnull()).select("ticket_id", "customer_id", "status", "created_on", "last_solved_on")
    t = upto(t, "created_on", YEAR)
    solve = mart("ticket_solve").select("ticket_id", "solved_on", "reopened_on")
    solve = upto(solve, "solved_on")
    stood = solve.filter(solve.reopened_on.isnull() | (solve.reopened_on > solve.as_of))
    stood = stood.select("as_of", "ticket_id", solved=ibis.literal(True)).distinct()
    t = t.left_join(stood, ["as_of", "ticket_id"]).drop("as_of_right", "ticket_id_right")
    undated = t.status.isin(("solved", "closed")).fill_null(False) & t.last_solved_on.isnull()
    late = ~t.solved.fill_null(False) & ~undated & (t.created_on < t.as_of - ibis.interval(days=LATE))
    return t.group_by("as_of", "customer_id").agg(
        tickets_90=within(t, "created_on", QUARTER).sum(), tickets_365=t.count(), late_tickets=late.sum()
    )


def answers() -> ibis.Table:
    """The newest grade of half a year, and the newest word on recommending of a year."""
    c = mart("csat_answer")
    c = c.filter(c.customer_id.notnull()).select("customer_id", "survey_response_id", day="answered_on", value="of_5")
    n = mart("nps_answer")
    n = n.filter(n.customer_id.notnull()).select("customer_id", "survey_response_id", day="answered_on", value="score")
    c, n = upto(c, "day", HALF), upto(n, "day", YEAR)
    satisfied = c.group_by("as_of", "customer_id").agg(satisfaction=_newest(c))
    likely = n.group_by("as_of", "customer_id").agg(recommending=_newest(n))
    both = satisfied.outer_join(likely, ["as_of", "customer_id"])
    return both.select(
        "satisfaction", "recommending",
        as_of=ibis.coalesce(both.as_of, both.as_of_right),
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right),
    )  # fmt: skip


def _newest(told: ibis.Table) -> ibis.Value:
    """Of one day, that of the response whose number is highest."""
    place = told.day.epoch_seconds() * 1_000_000_000 + told.survey_response_id % 1_000_000_000
    found: ibis.Value = told.value.cast("float64").argmax(place)
    return found


def messages() -> ibis.Table:
    m = mart("message_told")
    m = m.filter(m.customer_id.notnull())
    m = upto(
        m.select("customer_id", "sent_on", "delivered_on", "clicked_on", "unsubscribed_on", "complained_on"),
        "sent_on",
        HALF,
    )
    delivered = (m.delivered_on <= m.as_of).fill_null(False) & within(m, "sent_on", QUARTER)
    clicked = (m.clicked_on <= m.as_of).fill_null(False)
    left = (m.unsubscribed_on <= m.as_of).fill_null(False) | (m.complained_on <= m.as_of).fill_null(False)
    told = m.group_by("as_of", "customer_id").agg(
        messages_90=delivered.sum(), clicks=(delivered & clicked).sum(), opted_out=left.max().cast("int64"),
        clicked_on=m.clicked_on.max(where=clicked),
    )  # fmt: skip
    return told.select(
        "as_of", "customer_id", "messages_90", "opted_out",
        clicked_share=told.clicks.cast("float64") / told.messages_90.nullif(0),
        since_click=days_since(told, told.clicked_on),
    )  # fmt: skip


SUPPORT = Source(
    "support", tickets, "ticket_times",
    (
        Group("support", "requests for help", (
            Feature("late_tickets", "tickets open for more than three days", "count", 0.0),
            Feature("tickets_90", "tickets in 90 days", "count", 0.0),
            Feature("tickets_365", "tickets in a year", "count", 0.0),
        )),
    ),
)  # fmt: skip
ANSWERS = Source(
    "answers", answers, "survey_answer",
    (
        Group("answers", "what they said", (
            Feature("satisfaction", "satisfaction from 1 to 5, said last", "grade"),
            Feature("recommending", "recommending from 0 to 10, said last", "grade"),
        )),
    ),
)  # fmt: skip
MESSAGES = Source(
    "messages", messages, "message_told",
    (
        Group("messages", "messages", (
            Feature("clicked_share", "of the messages of 90 days clicked", "share"),
            Feature("messages_90", "messages in 90 days", "count", 0.0),
            Feature("since_click", "days since they last clicked a message", "days"),
            Feature("opted_out", "wants no more messages (1) or has not said so (0)", "count", 0.0),
        )),
    ),
)  # fmt: skip
