"""What is handled without a person: M17, M53 and how many tickets customers open."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.commerce.calendar import last_closed_month
from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, bought_within, each_month
from holdfast.metrics.support import BY, GONE
from holdfast.warehouse.marts.kb_visit import HOURS
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.ticket_spell import HELD_HOURS
from holdfast.warehouse.marts.ticket_times import DAYS_TO_SOLVE

YEAR = 12
_HOUR = 3600
DAYS_TOLD = 31  # for so long after the last ticket a desk may just have been quiet


def _cases(facts: Facts, as_of: date) -> ibis.Table:
    """Eligible cases of the calendar months that are over by as_of, with `month`, the first day of each."""
    t = facts.mart("ticket_times")
    cases = t.filter(t.eligible_for_automation.fill_null(False)).mutate(month=as_day(t.created_on.truncate("M")))
    return cases.filter(cases.month <= last_closed_month(as_of))


def _last_month(cases: ibis.Table, as_of: date) -> ibis.Table:
    return cases.filter(cases.month == last_closed_month(as_of))


def _units(cases: ibis.Table, counted: ibis.Value, anchor: str) -> ibis.Table:
    return cases.select(
        "shop_id",
        "customer_id",
        *BY,
        unit_id=cases.ticket_id,
        anchor=cases[anchor],
        matures_on=cases.held_on,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _automated(facts: Facts, cases: ibis.Table, anchor: str) -> ibis.Table:
    """Counted: the first solution came in time, nobody had a hand in it, and it held."""
    solve = facts.mart("ticket_solve")
    first = solve.filter(solve.place == 0).select(
        "ticket_id", "solved_at", "seconds_to_solve", "seconds_held", "reopened_at", "stands"
    )
    told = cases.left_join(first, "ticket_id").select(
        *cases.columns, "solved_at", "seconds_to_solve", "seconds_held", "reopened_at", "stands"
    )
    held = told.solved_at + ibis.interval(hours=HELD_HOURS)
    by_a_person = (told.touched_at < held).fill_null(False) | (told.handling_minutes.fill_null(0.0) > 0)
    # Where the desk does not say, comments and statuses must be there to show that nobody acted.
    by_itself = told.automated.fill_null(told.seen)
    in_time = (told.seconds_to_solve < DAYS_TO_SOLVE * 24 * _HOUR).fill_null(False) & told.stands.fill_null(False)
    came_back = (told.seconds_held < HELD_HOURS * _HOUR).fill_null(False)
    passed_on = (told.escalated_at < held).fill_null(False)
    return _units(told, in_time & by_itself & ~by_a_person & ~came_back & ~passed_on, anchor)


@metric(
    number="M17",
    name="Handled without a person",
    question="Of the cases that could be handled without a person, how many were, and stayed so?",
    unit="cases",
    opens="ticket",
    counted="were solved within 7 days without a person, and neither reopened nor passed on within 72 hours",
    out_of="eligible cases of the month whose 7 days and 72 hours are over",
    window="cases opened in the last calendar month that is over",
    kind="proportion",
    scale="share",
    span="state",
    version=1,
    decision="0024",
    needs=("ticket", "ticket.eligible_for_automation"),
    left_out=(GONE, "cases that nobody calls eligible"),
    differs="Vendors count every case their robot touched; read it with the resolution rate of the same cases (M15).",
    monthly=True,
    own=BY,
    series=lambda facts, as_of: _automated(facts, _cases(facts, as_of), "month"),
)
def automation_rate(facts: Facts, as_of: date) -> ibis.Table:
    return _automated(facts, _last_month(_cases(facts, as_of), as_of), "created_on")


def _handled(cases: ibis.Table, anchor: str) -> ibis.Table:
    told = cases.filter(cases.handling_minutes.notnull())
    return _units(told, told.handling_minutes, anchor)


@metric(
    number="M17b",
    name="Human minutes per case",
    question="How many minutes of people's work does an eligible case take?",
    unit="cases",
    opens="ticket",
    counted="minutes of people's work",
    out_of="eligible cases of the month that say how long they took",
    window="cases opened in the last calendar month that is over",
    kind="mean",
    scale="minutes",
    span="state",
    version=1,
    decision="0024",
    needs=("ticket", "ticket.eligible_for_automation", "ticket.handling_minutes"),
    better="down",
    left_out=(GONE, "cases that nobody calls eligible", "cases that do not say how long they took"),
    monthly=True,
    own=BY,
    series=lambda facts, as_of: _handled(_cases(facts, as_of), "month"),
)
def human_minutes_per_case(facts: Facts, as_of: date) -> ibis.Table:
    return _handled(_last_month(_cases(facts, as_of), as_of), "created_on")


@metric(
    number="M53",
    name="Self-service",
    question="Of the visits of known people to help articles, how many were not followed by a ticket?",
    unit="visits",
    opens="visit",
    counted="the same person opened no ticket within 72 hours",
    out_of="visits to help articles by known people whose 72 hours are over",
    window=f"{HOURS} hours from the first article of a visit",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0023",
    needs=("event.article", "ticket"),
    left_out=("visits of people nobody knows", "robots", "visits from before the first ticket that is connected"),
    differs="Vendors call every visit a deflected ticket; without asking who wrote afterwards that is not counted.",
)
def self_service_rate(facts: Facts, as_of: date) -> ibis.Table:
    v = facts.mart("kb_visit")
    v = v.filter(v.viewed_on <= as_of)
    known = v.hours_on <= as_day(v.tickets_until + ibis.interval(days=DAYS_TOLD))
    return v.select(
        "shop_id",
        "customer_id",
        unit_id=v.visit_id,
        anchor=v.viewed_on,
        matures_on=ibis.cases((known, v.hours_on), else_=ibis.date(as_of + timedelta(days=1))),
        counted=(~v.wrote).cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _contacts(facts: Facts, as_of: date, n: int) -> ibis.Table:
    """Customers active at each month point, each with the tickets they opened in the twelve months up to it."""
    rows = each_month(facts.history(as_of), facts.month_point(), as_of, n)
    rows = rows.filter(bought_within(rows, 0, YEAR)).select("shop_id", "customer_id", "k", "stands_on")
    t = facts.mart("ticket_times")
    opened = t.filter(t.customer_id.notnull()).select("customer_id", "created_on")
    pairs = rows.join(opened, "customer_id")
    since = as_day(pairs.stands_on - ibis.interval(months=YEAR))
    pairs = pairs.filter(pairs.created_on <= pairs.stands_on, pairs.created_on > since)
    found = pairs.group_by("customer_id", "k").agg(tickets=lambda p: p.count())
    told = rows.left_join(found, ["customer_id", "k"])
    return told.select(
        "shop_id",
        "customer_id",
        unit_id=told.customer_id,
        anchor=told.stands_on,
        matures_on=told.stands_on,
        counted=told.tickets.fill_null(0).cast("float64"),
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M53b",
    name="Tickets per active customer",
    question="How many tickets does a customer who bought in the last twelve months open in that time?",
    unit="customers",
    counted="tickets they opened in the twelve months",
    out_of="customers who bought in the twelve months",
    window="twelve months ending on the day",
    kind="mean",
    scale="count",
    span="state",
    version=1,
    decision="0024",
    needs=("ticket", "order", "ticket.customer_id"),
    better="neither",
    reach_months=12,
    left_out=(GONE, "tickets of people who did not buy"),
    differs="Neither many nor none is good by itself: people who write are often those who stay.",
    series=lambda facts, as_of: _contacts(facts, as_of, POINTS),
)
def tickets_per_customer(facts: Facts, as_of: date) -> ibis.Table:
    return _contacts(facts, as_of, 1)
