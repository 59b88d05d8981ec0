"""ticket_spell and ticket_solve: how long tickets stood where, and each time one was solved."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.business_clock import ALL, read_at
from holdfast.warehouse.marts.declare import Given, mart

DONE = ("solved", "closed")
HELD_HOURS = 72  # a solution that is reopened sooner did not hold
SECONDS_A_MINUTE = 60.0
# Changes of one moment without a number of their own are read in the order in which work goes.
_USUAL = ("new", "open", "hold", "pending", "solved", "closed")


def real_tickets(given: Given) -> ibis.Table:
    """Tickets that somebody meant: without those merged into others, spam, tests and deleted ones.

    clock is the schedule that applies to a ticket: its own, else all of the shop's together.
    """
    t = given.table("ticket")
    real = t.filter(
        t.merged_into.isnull(),
        ~t.is_spam.fill_null(False),
        ~t.is_test.fill_null(False),
        t.status.fill_null("") != "deleted",
    )
    return real.mutate(clock=real.schedule_id.fill_null(ALL))


def minutes(later: ibis.Value, earlier: ibis.Value) -> ibis.Value:
    """Minutes from one moment to another; never below 0, where two clocks of a desk are a little apart."""
    seconds = later.epoch_seconds() - earlier.epoch_seconds()
    return open_minutes(seconds)


def open_minutes(seconds: ibis.Value) -> ibis.Value:
    # Said as cases: engines do not agree on what the greater of 0 and nothing is.
    return ibis.cases((seconds > 0, seconds.cast("float64") / SECONDS_A_MINUTE), (seconds <= 0, 0.0))


@mart
def ticket_spell(given: Given) -> ibis.Table:
    """One row per stretch of time a real ticket stood in one status, by its history; until is null for the last.

    minutes and business_minutes say how long it stood there; null while it does. business_minutes is also null
    where no schedule applies. since_open and until_open are the readings of the schedule's clock.
    """
    ticket = real_tickets(given)
    h = given.table("ticket_status_history")
    h = h.filter(h.status != "deleted").select("ticket_id", "status", "changed_at", "step", "changed_by_role")
    told = ticket.select("ticket_id", "shop_id", schedule_id=ticket.clock).join(h, "ticket_id")
    told = told.select("ticket_id", "shop_id", "schedule_id", "status", "changed_at", "step", "changed_by_role")
    usual = ibis.cases(*((told.status == word, place) for place, word in enumerate(_USUAL)))
    told = told.mutate(usual=usual)
    order = ibis.window(group_by="ticket_id", order_by=["changed_at", "step", "usual"])
    told = told.mutate(was=told.status.lag().over(order))
    changed = told.filter(told.was.isnull() | (told.was != told.status))
    read = read_at(changed, given.marts["business_clock"], "changed_at", "since_open")
    spell = read.mutate(until=read.changed_at.lead().over(order), until_open=read.since_open.lead().over(order))
    return spell.select(
        "ticket_id",
        "shop_id",
        "status",
        "changed_by_role",
        "was",
        "until",
        "since_open",
        "until_open",
        since=spell.changed_at,
        place=ibis.row_number().over(order).cast("int64"),
        minutes=minutes(spell.until, spell.changed_at),
        business_minutes=open_minutes(spell.until_open - spell.since_open),
    )


@mart
def ticket_solve(given: Given) -> ibis.Table:
    """One row per time a real ticket was solved, by its history; where that tells none, as the desk says.

    Closed without ever being solved counts as solved then; closed after solved is no second time.
    minutes and business_minutes run from the ticket's opening. reopened_at is when it was opened again, null while
    it holds; stands is false where the desk calls it open and nobody told when it was opened again.
    solved_on and reopened_on are days where the shop is.
    """
    ticket = real_tickets(given)
    own = ticket.select(
        "ticket_id", "shop_id", "created_at", "status", "solved_at", "closed_at", schedule_id=ticket.clock
    )
    own = read_at(own, given.marts["business_clock"], "created_at", "created_open")
    told = _turns(given.marts["ticket_spell"])
    from_history = own.select("ticket_id", "shop_id", "created_at", "created_open").join(told, "ticket_id")
    from_history = from_history.select(*_SOLVED).mutate(stands=ibis.literal(True))
    said = own.anti_join(told, "ticket_id").mutate(at=lambda t: t.solved_at.fill_null(t.closed_at))
    said = read_at(said.filter(said.at.notnull()), given.marts["business_clock"], "at", "at_open")
    said = said.mutate(
        reopened_at=ibis.null().cast("timestamp"), stands=lambda t: t.status.fill_null("solved").isin(DONE)
    ).select(*_SOLVED, "stands")
    both = from_history.union(said)
    nth = ibis.window(group_by="ticket_id", order_by="at")
    return both.select(
        "ticket_id",
        "shop_id",
        "reopened_at",
        "stands",
        solved_at=both["at"],
        place=ibis.row_number().over(nth).cast("int64"),
        solved_on=given.day(both["at"], both.shop_id),
        reopened_on=given.day(both.reopened_at, both.shop_id),
        held_on=given.day(both["at"] + ibis.interval(hours=HELD_HOURS), both.shop_id),
        minutes=minutes(both["at"], both.created_at),
        business_minutes=open_minutes(both.at_open - both.created_open),
        seconds_to_solve=(both["at"].epoch_seconds() - both.created_at.epoch_seconds()).cast("int64"),
        seconds_held=(both.reopened_at.epoch_seconds() - both["at"].epoch_seconds()).cast("int64"),
    )


_SOLVED = ("ticket_id", "shop_id", "created_at", "created_open", "at", "at_open", "reopened_at")


def _turns(spell: ibis.Table) -> ibis.Table:
    """Each time a ticket came to be done: ticket_id, at, at_open, and reopened_at where it did not stay so."""
    order = ibis.window(group_by="ticket_id", order_by="place")
    done = spell.status.isin(DONE)
    turn = spell.mutate(done=done, was_done=spell.was.isin(DONE).fill_null(False))
    turn = turn.filter(turn.done != turn.was_done)
    turn = turn.mutate(reopened_at=turn.since.lead().over(order))
    return turn.filter(turn.done).select("ticket_id", "reopened_at", at=turn.since, at_open=turn.since_open)
