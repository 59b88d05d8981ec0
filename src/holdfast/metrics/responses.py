"""How replies and solutions spread over hours: counts a page can draw, in business and in calendar hours."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.commerce.calendar import months_before
from holdfast.metrics.declare import Facts
from holdfast.metrics.support import tickets

EDGES = (0, 1, 2, 4, 8, 24, 48, 72, 168)  # hours; the last bucket has no end
WAITING = -1  # not yet: no bucket
REPLY, SOLUTION = "first reply", "resolution"


def response_hours(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop, measure, clock ("business", "calendar") and bucket: tickets of the twelve months up to as_of.

    Bucket i holds EDGES[i] ≤ hours < EDGES[i + 1]; WAITING those not answered or solved. The tickets are those of
    M13 (without those solved unanswered) and M14 (seven days and more). Business rows only where a schedule applies.
    """
    t = tickets(facts, as_of)
    t = t.filter(t.created_on > months_before(as_of, 12))
    asked, old = t.filter(t.replied | ~t.solved), t.filter(t.week_on <= as_of)
    parts = []
    for measure, rows, done, hours in (
        (REPLY, asked, asked.replied, "reply_hours"),
        (SOLUTION, old, old.solved, "solved_hours"),
    ):
        parts.append(_counted(rows, measure, "calendar", done, rows[hours]))
        staffed = rows.filter(rows.created_open.notnull())
        name = "replied" if measure == REPLY else "solved"
        parts.append(_counted(staffed, measure, "business", staffed[name], staffed[f"business_{hours}"]))
    return ibis.union(*parts)


def response_times(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop, measure, clock and hours: tickets that were answered (or solved) after so long, or still wait.

    The tickets are those of M13c and M14c. hours: to the minute within a day, to the hour within sixty days, to the
    day beyond, and never below zero. A ticket that waits is followed to the day's end, one solved without a reply to
    its solution.
    """
    t = tickets(facts, as_of)
    t = t.filter(t.created_on > months_before(as_of, 12))
    parts = []
    for measure, rows in ((REPLY, t), (SOLUTION, t.filter(t.week_on <= as_of))):
        for clock, before in (("calendar", ""), ("business", "business_")):
            told = rows if clock == "calendar" else rows.filter(rows.created_open.notnull())
            if measure == REPLY:
                happened = told.replied
                waited = ibis.cases(
                    (told.replied, told[f"{before}reply_hours"]), (told.solved, told[f"{before}solved_hours"]),
                    else_=told[f"{before}waited"],
                )  # fmt: skip
            else:
                happened = told.solved
                waited = ibis.cases((told.solved, told[f"{before}solved_hours"]), else_=told[f"{before}waited"])
            parts.append(_timed(told, measure, clock, happened, ibis.greatest(waited, 0.0)))
    return ibis.union(*parts)


def _timed(rows: ibis.Table, measure: str, clock: str, happened: ibis.Value, waited: ibis.Value) -> ibis.Table:
    hours = ibis.cases(
        (waited < 24, (waited * 60).round() / 60), (waited < 1440, waited.round()), else_=(waited / 24).round() * 24.0
    )
    told = rows.mutate(
        measure=ibis.literal(measure), clock=ibis.literal(clock), happened=happened, hours=hours.cast("float64")
    )
    return told.group_by("shop_id", "measure", "clock", "happened", "hours").agg(tickets=lambda t: t.count())


def _counted(rows: ibis.Table, measure: str, clock: str, done: ibis.Value, hours: ibis.Value) -> ibis.Table:
    bucket = ibis.cases(
        (~done, WAITING), *((hours < end, place) for place, end in enumerate(EDGES[1:])), else_=len(EDGES) - 1
    )
    counted = rows.mutate(measure=ibis.literal(measure), clock=ibis.literal(clock), bucket=bucket.cast("int64"))
    return counted.group_by("shop_id", "measure", "clock", "bucket").agg(tickets=lambda t: t.count())
