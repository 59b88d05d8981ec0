"""What tickets, answers and messages say."""

from __future__ import annotations

import ibis

from holdfast.segments.facts.declare import KEY, Fact, Source, upto
from holdfast.warehouse.marts.registry import unbound as mart

DONE = ("solved", "closed")
YEAR = 365


def tickets(several: bool) -> ibis.Table:
    """Open: not solved by the day, or reopened since; a year's tickets, open or not."""
    t = mart("ticket_times")
    t = t.filter(t.customer_id.notnull())
    t = upto(
        t.select("ticket_id", "shop_id", "customer_id", "status", "created_on", "last_solved_on"), "created_on", YEAR
    )
    solve = mart("ticket_solve").select("ticket_id", "solved_on", "reopened_on")
    solve = upto(solve, "solved_on")
    stood = solve.filter(solve.reopened_on.isnull() | (solve.reopened_on > solve.as_of))
    stood = stood.select("as_of", "ticket_id", solved=ibis.literal(True)).distinct()
    t = t.left_join(stood, ["as_of", "ticket_id"]).drop("as_of_right", "ticket_id_right")
    undated = t.status.isin(DONE).fill_null(False) & t.last_solved_on.isnull()
    still = ~t.solved.fill_null(False) & ~undated
    return t.group_by(*KEY).agg(
        open_tickets=still.cast("int64").sum(), tickets=t.count(), last_ticket=t.created_on.max()
    )


def answers(several: bool) -> ibis.Table:
    """The newest grade and the newest word on recommending, each with its day."""
    c = mart("csat_answer")
    c = c.filter(c.customer_id.notnull())
    c = c.select("shop_id", "customer_id", "survey_response_id", day="answered_on", satisfaction="of_5")
    n = mart("nps_answer")
    n = n.filter(n.customer_id.notnull())
    n = n.select("shop_id", "customer_id", "survey_response_id", day="answered_on", recommending="score")
    satisfied, likely = _newest(upto(c, "day"), "satisfaction"), _newest(upto(n, "day"), "recommending")
    both = satisfied.outer_join(likely, list(KEY))
    keys = {name: ibis.coalesce(both[name], both[f"{name}_right"]) for name in KEY}
    last = ibis.cases(
        (both.day.isnull() | (both.day_right > both.day).fill_null(False), both.day_right), else_=both.day
    )
    return both.select("satisfaction", "recommending", **keys, last_answer=last)


def _newest(told: ibis.Table, value: str) -> ibis.Table:
    """Of one day, that of the response whose number is highest."""
    place = told.day.epoch_seconds() * 1_000_000_000 + told.survey_response_id % 1_000_000_000
    return told.group_by(*KEY).agg(day=told.day.max(), **{value: told[value].cast("float64").argmax(place)})


def messages(several: bool) -> ibis.Table:
    m = mart("message_told")
    m = m.filter(m.customer_id.notnull())
    m = upto(
        m.select("shop_id", "customer_id", "sent_on", "clicked_on", "unsubscribed_on", "complained_on"), "sent_on", YEAR
    )
    clicked = (m.clicked_on <= m.as_of).fill_null(False)
    left = (m.unsubscribed_on <= m.as_of).fill_null(False) | (m.complained_on <= m.as_of).fill_null(False)
    return m.group_by(*KEY).agg(
        messages=m.count(), opted_out=left.cast("int64").max(), last_click=m.clicked_on.max(where=clicked)
    )


TICKETS = Source(
    "tickets", tickets, "ticket",
    (
        Fact("open_tickets", "open tickets", "number", "times", absent=0),
        Fact("tickets", "tickets in a year", "number", "times", absent=0),
        Fact("last_ticket", "last ticket of a year", "day"),
    ),
)  # fmt: skip
ANSWERS = Source(
    "answers", answers, "survey_response",
    (
        Fact("satisfaction", "satisfaction from 1 to 5, said last", "number", "grade"),
        Fact("recommending", "recommending from 0 to 10, said last", "number", "grade"),
        Fact("last_answer", "last answer", "day"),
    ),
)  # fmt: skip
MESSAGES = Source(
    "messages", messages, "message",
    (
        Fact("messages", "messages in a year", "number", "times", absent=0),
        Fact("opted_out", "wants no more messages (1) or has not said so (0)", "number", absent=0),
        Fact("last_click", "last click on a message of a year", "day"),
    ),
)  # fmt: skip
