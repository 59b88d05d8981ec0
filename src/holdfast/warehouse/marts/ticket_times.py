"""ticket_times: when a ticket was opened, answered, solved and reopened, in calendar and in business time."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.business_clock import read_at
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.ticket_spell import HELD_HOURS, minutes, open_minutes, real_tickets

DAYS_TO_SOLVE = 7
WITH_US = ("new", "open", "hold")  # the requester waits
WITH_THEM = "pending"  # the desk waits for the requester


@mart
def ticket_times(given: Given) -> ibis.Table:
    """One row per real ticket (no merged, spam, test or deleted ones), over all that is known of it.

    Moments are UTC, days are the shop's. A business_… column is null where no schedule applies: then calendar time
    is all there is. first_reply_at: the first public comment of a person of the desk after the opening; on a ticket
    that the desk opened, the second one. first_solved_at is null where the desk tells only the last of several.
    requester_wait: time in new, open and hold, agent_wait: time in pending; both only as far as a status has ended.
    week_on: the day on which seven times 24 hours are over; held_on: 72 hours more. touched_at: when a person of the
    desk first acted, in a comment or a status; seen: comments or statuses are told, so that nobody acting means it.
    """
    ticket = real_tickets(given)
    clock = given.marts["business_clock"]
    base = ticket.select(
        "ticket_id", "shop_id", "customer_id", "account_id", "channel", "priority", "severity", "type", "team",
        "status", "opened_by", "created_at", "first_reply_at", "reopened_count", "auto_closed", "confirmed",
        "automated", "eligible_for_automation", "handling_minutes", "escalated_at", schedule_id=ticket.clock,
    )  # fmt: skip
    base = read_at(base, clock, "created_at", "created_open")
    base = base.rename(said_reply_at="first_reply_at", said_reopened="reopened_count")
    base = _with(base, _comments(given, base), "ticket_id")
    base = _with(base, _solves(given.marts["ticket_solve"]), "ticket_id")
    base = _with(base, _spells(given.marts["ticket_spell"]), "ticket_id")
    base = base.mutate(reply=_first_reply(base))
    base = read_at(base, clock, "reply", "reply_open")
    told = base.from_history.fill_null(False)
    reopened = ibis.cases((told, base.reopenings.fill_null(0)), else_=base.said_reopened)
    only_last = ~told & (base.said_reopened.fill_null(0) > 0)
    first = ibis.cases((~only_last, base.solved_first))
    before = minutes(base.began, base.created_at)  # from the opening to the first status that is told
    before_open = open_minutes(base.began_open - base.created_open)
    return base.select(
        "ticket_id", "shop_id", "customer_id", "account_id", "channel", "priority", "severity", "type", "team",
        "status", "opened_by", "created_at", "schedule_id", "created_open", "auto_closed", "confirmed", "automated",
        "eligible_for_automation", "escalated_at", "last_solved_at", "resolution_minutes",
        "business_resolution_minutes", "first_reopened_at",
        created_on=given.day(base.created_at, base.shop_id),
        week_on=given.day(base.created_at + ibis.interval(days=DAYS_TO_SOLVE), base.shop_id),
        held_on=given.day(base.created_at + ibis.interval(hours=DAYS_TO_SOLVE * 24 + HELD_HOURS), base.shop_id),
        first_reply_at=base.reply,
        replied_on=given.day(base.reply, base.shop_id),
        reply_minutes=minutes(base.reply, base.created_at),
        business_reply_minutes=open_minutes(base.reply_open - base.created_open),
        first_solved_at=first,
        first_solved_on=given.day(first, base.shop_id),
        first_resolution_minutes=ibis.cases((first.notnull(), base.first_minutes)),
        business_first_resolution_minutes=ibis.cases((first.notnull(), base.business_first_minutes)),
        last_solved_on=given.day(base.last_solved_at, base.shop_id),
        reopened_count=reopened.cast("int64"),
        requester_wait_minutes=base.with_us + before,
        business_requester_wait_minutes=base.business_with_us + before_open,
        agent_wait_minutes=base.with_them,
        business_agent_wait_minutes=base.business_with_them,
        touched_at=ibis.least(base.commented_at.fill_null(base.moved_at), base.moved_at.fill_null(base.commented_at)),
        seen=base.commented.fill_null(False) | told,
        handling_minutes=base.handling_minutes.cast("float64"),
    )  # fmt: skip


def _with(left: ibis.Table, right: ibis.Table, key: str) -> ibis.Table:
    joined = left.left_join(right, key)
    return joined.select(*left.columns, *(name for name in right.columns if name != key))


def _comments(given: Given, base: ibis.Table) -> ibis.Table:
    """Per ticket: whether anything is told of it, the first two public answers of people, and a person's first act."""
    comment = given.table("ticket_comment").rename(said_at="created_at")
    told = base.select("ticket_id", "created_at").join(
        comment.select("ticket_id", "ticket_comment_id", "said_at", "public", "author_role"), "ticket_id"
    )
    told = told.select("ticket_id", "created_at", "ticket_comment_id", "said_at", "public", "author_role")
    agent = told.author_role == "agent"
    told = told.mutate(answer=agent & told.public.fill_null(True) & (told.said_at >= told.created_at), agent=agent)
    order = ibis.window(group_by=["ticket_id", "answer"], order_by=["said_at", "ticket_comment_id"])
    told = told.mutate(nth=ibis.row_number().over(order))
    return told.group_by("ticket_id").agg(
        commented=ibis.literal(True),
        answer_1=told.said_at.min(where=told.answer & (told.nth == 0)),
        answer_2=told.said_at.min(where=told.answer & (told.nth == 1)),
        commented_at=told.said_at.min(where=told.agent),
    )


def _first_reply(base: ibis.Table) -> ibis.Value:
    """Nobody answers their own words: on a ticket that the desk opened, the first comment is the question."""
    from_desk = base.opened_by == "agent"
    # Where nobody says who opened it, a public word of the desk at that very moment is the ticket itself.
    its_own = base.opened_by.isnull() & (base.answer_1 == base.created_at)
    answered = ibis.cases(((from_desk | its_own).fill_null(False), base.answer_2), else_=base.answer_1)
    said = ibis.cases((base.said_reply_at >= base.created_at, base.said_reply_at))
    return ibis.cases((base.commented.fill_null(False), answered), else_=said)


def _solves(solve: ibis.Table) -> ibis.Table:
    first = solve.place == 0
    return solve.group_by("ticket_id").agg(
        solved_first=solve.solved_at.min(),
        last_solved_at=solve.solved_at.max(),
        first_minutes=solve.minutes.min(where=first),
        business_first_minutes=solve.business_minutes.min(where=first),
        resolution_minutes=solve.minutes.max(),
        business_resolution_minutes=solve.business_minutes.max(),
        reopenings=solve.reopened_at.count(),
        first_reopened_at=solve.reopened_at.min(),
    )


def _spells(spell: ibis.Table) -> ibis.Table:
    us, them = spell.status.isin(WITH_US), spell.status == WITH_THEM
    return spell.group_by("ticket_id").agg(
        from_history=ibis.literal(True),
        began=spell.since.min(),
        began_open=spell.since_open.min(),
        moved_at=spell.since.min(where=spell.changed_by_role == "agent"),
        with_us=spell.minutes.sum(where=us).fill_null(0.0),
        business_with_us=spell.business_minutes.sum(where=us),
        with_them=spell.minutes.sum(where=them).fill_null(0.0),
        business_with_them=spell.business_minutes.sum(where=them),
    )
