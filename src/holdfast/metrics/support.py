"""How fast the help desk answers and solves: M13, M14, M15 and what stands beside them."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points
from holdfast.warehouse.marts.ticket_spell import HELD_HOURS
from holdfast.warehouse.marts.ticket_times import DAYS_TO_SOLVE

BY = ("channel", "priority", "team", "type")
GONE = "tickets merged into others, spam, tests and deleted ones"
NO_REPLY = "tickets solved without any public reply: nobody waits for one"
BUSINESS = "business hours where the shop has a schedule, else calendar hours"
CALENDAR = "calendar hours"
_MINUTES, _SECONDS = 60.0, 3600.0  # in an hour


def tickets(facts: Facts, as_of: date) -> ibis.Table:
    """Real tickets opened by a day, with what is known of them on it.

    replied, solved: whether by the end of the day. waited and business_waited: hours from the opening to that end.
    solved_hours and business_solved_hours: to the last solve by then; business time is calendar time without schedule.
    """
    t, day = facts.mart("ticket_times"), facts.mart("support_day")
    day = day.filter(day.day == as_of)
    ends = day.filter(day.schedule_id == 0).select("shop_id", "ends_at")
    reading = day.select("shop_id", "schedule_id", "open_seconds")
    solve = facts.mart("ticket_solve")
    solve = solve.filter(solve.solved_on <= as_of).group_by("ticket_id").agg(
        to_solve=lambda s: s.minutes.max(), business_to_solve=lambda s: s.business_minutes.max()
    )  # fmt: skip
    told = t.filter(t.created_on <= as_of).left_join(ends, "shop_id")
    told = told.left_join(reading, ["shop_id", "schedule_id"]).left_join(solve, "ticket_id")
    told = told.select(*t.columns, "ends_at", "open_seconds", "to_solve", "business_to_solve")
    waited = (told.ends_at.epoch_seconds() - told.created_at.epoch_seconds()).cast("float64") / _SECONDS
    open_ = (told.open_seconds - told.created_open).cast("float64") / _SECONDS
    return told.mutate(
        replied=(told.replied_on <= as_of).fill_null(False),
        solved=told.to_solve.notnull(),
        waited=waited,
        business_waited=open_.fill_null(waited),
        reply_hours=told.reply_minutes / _MINUTES,
        business_reply_hours=told.business_reply_minutes.fill_null(told.reply_minutes) / _MINUTES,
        solved_hours=told.to_solve / _MINUTES,
        business_solved_hours=told.business_to_solve.fill_null(told.to_solve) / _MINUTES,
        first_hours=told.first_resolution_minutes / _MINUTES,
        business_first_hours=told.business_first_resolution_minutes.fill_null(told.first_resolution_minutes) / _MINUTES,
    )


def _units(
    rows: ibis.Table, counted: ibis.Value, matures_on: ibis.Value, out_of: ibis.Value | None = None
) -> ibis.Table:
    return rows.select(
        "shop_id",
        "customer_id",
        *BY,
        unit_id=rows.ticket_id,
        anchor=rows.created_on,
        matures_on=matures_on,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )


def _not_yet(as_of: date) -> ibis.Value:
    return ibis.date(as_of + timedelta(days=1))


def _replies(facts: Facts, as_of: date, hours: str) -> ibis.Table:
    """Answered tickets with their hours; those that still wait are open."""
    t = tickets(facts, as_of)
    t = t.filter(t.replied | ~t.solved)
    counted = ibis.cases((t.replied, t[hours]), else_=0.0)
    return _units(t, counted, ibis.cases((t.replied, t.replied_on), else_=_not_yet(as_of)))


def _reply_waits(facts: Facts, as_of: date) -> ibis.Table:
    """Hours until the reply; a ticket that waits is followed to the day's end, one solved without to its solve."""
    t = tickets(facts, as_of)
    waited = ibis.cases(
        (t.replied, t.business_reply_hours), (t.solved, t.business_solved_hours), else_=t.business_waited
    )
    return _units(t, t.replied, t.created_on, ibis.greatest(waited, 0.0))


_REPLY = {
    "unit": "tickets",
    "opens": "ticket",
    "scale": "hours",
    "span": "trailing",
    "version": 1,
    "decision": "0020",
    "needs": ("ticket", "ticket.first_reply_at"),
    "better": "down",
    "own": BY,
}


@metric(
    number="M13",
    name="First reply time",
    question="How many hours does a customer wait for the first reply of a person, on average?",
    counted="hours until the first public reply",
    out_of="tickets that were answered; those that wait are still open",
    window=f"tickets opened in the twelve months ending on the day; {BUSINESS}",
    kind="mean",
    left_out=(GONE, NO_REPLY),
    differs=(
        "Zendesk reckons a ticket's whole time by the last schedule it had; here all of the shop's schedules count"
        " together unless the ticket names its own. Its SLA report starts when the target was set, not when the"
        " customer wrote. A robot's receipt is no reply."
    ),
    source="Zendesk, first reply time; decision log of fivetran/dbt_zendesk",
    **_REPLY,
)
def first_reply_time(facts: Facts, as_of: date) -> ibis.Table:
    return _replies(facts, as_of, "business_reply_hours")


@metric(
    number="M13b",
    name="First reply time, calendar hours",
    question="How many hours by the calendar does a customer wait for the first reply, on average?",
    counted="hours until the first public reply, nights and weekends included",
    out_of="tickets that were answered; those that wait are still open",
    window=f"tickets opened in the twelve months ending on the day; {CALENDAR}",
    kind="mean",
    left_out=(GONE, NO_REPLY),
    differs="What the customer lives through; a desk that closes at night looks slower here than in business hours.",
    **_REPLY,
)
def first_reply_time_calendar(facts: Facts, as_of: date) -> ibis.Table:
    return _replies(facts, as_of, "reply_hours")


@metric(
    number="M13c",
    name="First reply time, median",
    question="Within how many hours has one ticket in two been answered?",
    counted="were answered",
    out_of="hours until the first public reply, or so far for tickets that wait",
    window=f"tickets opened in the twelve months ending on the day; {BUSINESS}",
    kind="median",
    left_out=(GONE,),
    differs="Help desks leave out who still waits, and look faster the longer people wait.",
    **_REPLY,
)
def first_reply_median(facts: Facts, as_of: date) -> ibis.Table:
    return _reply_waits(facts, as_of)


@metric(
    number="M13d",
    name="First reply time, nine in ten",
    question="Within how many hours have nine tickets in ten been answered?",
    counted="were answered",
    out_of="hours until the first public reply, or so far for tickets that wait",
    window=f"tickets opened in the twelve months ending on the day; {BUSINESS}",
    kind="p90",
    left_out=(GONE,),
    **_REPLY,
)
def first_reply_p90(facts: Facts, as_of: date) -> ibis.Table:
    return _reply_waits(facts, as_of)


def _waiting(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Tickets without reply and without solution at the end of each of n month points."""
    t, solve = facts.mart("ticket_times"), facts.mart("ticket_solve")
    first = solve.group_by("ticket_id").agg(solved_on=solve.solved_on.min())
    told = t.left_join(first, "ticket_id").select(*t.columns, "solved_on")
    at = told.cross_join(points(facts.month_point(), as_of, n))
    at = at.filter(
        at.created_on <= at.stands_on,
        at.replied_on.isnull() | (at.replied_on > at.stands_on),
        at.solved_on.isnull() | (at.solved_on > at.stands_on),
    )
    return at.select(
        "shop_id",
        "customer_id",
        *BY,
        unit_id=at.ticket_id,
        anchor=at.stands_on,
        matures_on=at.stands_on,
        counted=ibis.literal(1.0),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M13e",
    name="Tickets waiting for a first reply",
    question="How many tickets have neither been answered nor solved?",
    unit="tickets",
    opens="ticket",
    counted="wait for a first reply",
    out_of="the same tickets: a count, not a share",
    window="as of the end of the day",
    kind="total",
    scale="count",
    span="state",
    version=1,
    decision="0020",
    needs=("ticket", "ticket.first_reply_at"),
    better="down",
    left_out=(GONE,),
    differs="dbt_zendesk's summary asks for fewer than 0 replies and always finds none.",
    own=BY,
    series=lambda facts, as_of: _waiting(facts, as_of, POINTS),
)
def tickets_waiting(facts: Facts, as_of: date) -> ibis.Table:
    return _waiting(facts, as_of, 1)


def _solutions(facts: Facts, as_of: date, hours: str) -> ibis.Table:
    """Solved tickets of seven days and more with their hours; the others are open."""
    t = tickets(facts, as_of)
    known = t.solved & t[hours].notnull()
    counted = ibis.cases((known, t[hours]), else_=0.0)
    return _units(t, counted, ibis.cases((known, t.week_on), else_=_not_yet(as_of)))


_SOLUTION = {
    "unit": "tickets",
    "opens": "ticket",
    "scale": "hours",
    "span": "trailing",
    "version": 1,
    "decision": "0020",
    "needs": ("ticket", "ticket.solved_at"),
    "better": "down",
    "left_out": (GONE,),
    "own": BY,
}


@metric(
    number="M14",
    name="Resolution time",
    question="How many hours from opening a ticket to its last solution, on average?",
    counted="hours until the last solution",
    out_of="solved tickets opened seven days ago or earlier; the others are still open",
    window=f"tickets opened in the twelve months ending on the day; {BUSINESS}",
    kind="mean",
    differs=(
        "Help desks show the first solution as well, which looks faster when tickets come back. Closed without ever"
        " being solved counts as solved then, as in dbt_zendesk."
    ),
    source="Zendesk, full resolution time; fivetran/dbt_zendesk",
    **_SOLUTION,
)
def resolution_time(facts: Facts, as_of: date) -> ibis.Table:
    return _solutions(facts, as_of, "business_solved_hours")


@metric(
    number="M14b",
    name="Resolution time, calendar hours",
    question="How many hours by the calendar from opening a ticket to its last solution, on average?",
    counted="hours until the last solution, nights and weekends included",
    out_of="solved tickets opened seven days ago or earlier; the others are still open",
    window=f"tickets opened in the twelve months ending on the day; {CALENDAR}",
    kind="mean",
    **_SOLUTION,
)
def resolution_time_calendar(facts: Facts, as_of: date) -> ibis.Table:
    return _solutions(facts, as_of, "solved_hours")


@metric(
    number="M14c",
    name="Resolution time, median",
    question="Within how many hours has one ticket in two been solved for good?",
    counted="were solved",
    out_of="hours until the last solution, or so far for tickets that are not solved",
    window=f"tickets opened in the twelve months ending on the day, seven days ago or earlier; {BUSINESS}",
    kind="median",
    **_SOLUTION,
)
def resolution_median(facts: Facts, as_of: date) -> ibis.Table:
    t = tickets(facts, as_of)
    t = t.filter(t.week_on <= as_of)
    waited = ibis.cases((t.solved, t.business_solved_hours), else_=t.business_waited)
    return _units(t, t.solved, t.week_on, ibis.greatest(waited, 0.0))


@metric(
    number="M14d",
    name="First resolution time",
    question="How many hours from opening a ticket to its first solution, on average?",
    counted="hours until the first solution",
    out_of="solved tickets opened seven days ago or earlier; the others are still open",
    window=f"tickets opened in the twelve months ending on the day; {BUSINESS}",
    kind="mean",
    differs="Flatters where tickets come back: see the resolution time (M14) and the reopen rate (M14e).",
    **_SOLUTION,
)
def first_resolution_time(facts: Facts, as_of: date) -> ibis.Table:
    t = tickets(facts, as_of)
    told = (t.first_solved_on <= as_of).fill_null(False)
    counted = ibis.cases((told, t.business_first_hours), else_=0.0)
    # Where the desk tells only the last of several solutions, the first is not known and the ticket not counted.
    t = t.mutate(counted_hours=counted, on=ibis.cases((told, t.week_on), else_=_not_yet(as_of)))
    t = t.filter(t.first_solved_at.notnull() | t.last_solved_at.isnull())
    return _units(t, t.counted_hours, t.on)


def _rate(number: str) -> dict[str, object]:
    return {
        "number": number,
        "unit": "tickets",
        "opens": "ticket",
        "scale": "share",
        "version": 1,
        "kind": "proportion",
        "needs": ("ticket", "ticket.solved_at"),
        "own": BY,
    }


@metric(
    name="Reopened tickets",
    question="Of the tickets that were solved, how many were opened again?",
    counted="were opened again after a solution",
    out_of="solved tickets opened seven days ago or earlier",
    window="tickets opened in the twelve months ending on the day",
    span="trailing",
    decision="0020",
    better="down",
    left_out=(GONE,),
    **_rate("M14e"),
)
def reopen_rate(facts: Facts, as_of: date) -> ibis.Table:
    t, solve = tickets(facts, as_of), facts.mart("ticket_solve")
    back = solve.filter(solve.reopened_on <= as_of).select("ticket_id").distinct().mutate(back=ibis.literal(True))
    told = t.left_join(back, "ticket_id").select(*t.columns, "back")
    told = told.filter(told.solved)
    # Without a history only the desk's count tells, and it has no date.
    counted = told.back.fill_null(False) | (told.first_reopened_at.isnull() & (told.reopened_count.fill_null(0) > 0))
    return _units(told, counted, told.week_on)


@metric(
    name="Resolution rate",
    question="Of the tickets opened, how many were solved within seven days, and stayed solved for 72 hours?",
    counted="were solved within 7 × 24 hours by a solution that was not reopened within 72 hours",
    out_of="tickets whose seven days are over",
    window="7 days from the opening; a reopening takes a solution away for 72 hours more",
    span="matured",
    decision="0022",
    left_out=(GONE,),
    differs=(
        "Help desks count whatever has the status solved, also what was closed because nobody wrote any more; a robot"
        " that closes everything reaches 100 % there. See solved_share (M15b)."
    ),
    **_rate("M15"),
)
def resolution_rate(facts: Facts, as_of: date) -> ibis.Table:
    t, solve = tickets(facts, as_of), facts.mart("ticket_solve")
    came_back = (solve.reopened_on <= as_of) & (solve.seconds_held < HELD_HOURS * _SECONDS)
    in_time = solve.filter(
        solve.solved_on <= as_of,
        solve.seconds_to_solve < DAYS_TO_SOLVE * 24 * _SECONDS,
        ~came_back.fill_null(False),
        solve.stands,
    )
    held = in_time.select("ticket_id").distinct().mutate(held=ibis.literal(True))
    told = t.left_join(held, "ticket_id").select(*t.columns, "held")
    gave_up = told.auto_closed.fill_null(False) & ~told.confirmed.fill_null(False)
    return _units(told, told.held.fill_null(False) & ~gave_up, told.week_on)


@metric(
    name="Solved tickets as help desks count them",
    question="Of the tickets opened, how many have ever been called solved or closed?",
    counted="were solved or closed, whoever or whatever closed them and whether or not they came back",
    out_of="tickets opened seven days ago or earlier",
    window="from the opening to the day",
    span="matured",
    decision="0022",
    better="neither",
    left_out=(GONE,),
    differs="This is the help desk's number: it says that tickets were closed, not that anybody was helped.",
    **_rate("M15b"),
)
def solved_share(facts: Facts, as_of: date) -> ibis.Table:
    t = tickets(facts, as_of)
    return _units(t, t.solved, t.week_on)
