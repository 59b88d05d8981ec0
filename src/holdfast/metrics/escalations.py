"""Escalations: how many are open, how fast they are taken up and left, and whether they come back. M54."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.metrics.months import POINTS, points
from holdfast.warehouse.marts.account_work import DAYS
from holdfast.warehouse.marts.month_bucket import as_day

BY = ("severity", "cause")
TESTS = "tests and staff"


def _told(facts: Facts, as_of: date) -> ibis.Table:
    e = facts.mart("escalation_told")
    return e.filter(e.opened_on <= as_of)


def _units(
    e: ibis.Table, counted: ibis.Value, out_of: ibis.Value | None = None, day: str = "opened_on",
    matures_on: ibis.Value | None = None,
) -> ibis.Table:  # fmt: skip
    return e.select(
        "shop_id",
        "customer_id",
        *BY,
        unit_id=e.escalation_id,
        anchor=e[day],
        matures_on=e[day] if matures_on is None else matures_on,
        counted=counted.cast("float64"),
        out_of=ibis.literal(1.0) if out_of is None else out_of.cast("float64"),
    )


_ESCALATION = {
    "unit": "escalations",
    "version": 1,
    "decision": "0045",
    "left_out": (TESTS,),
    "own": BY,
    "opens": "escalation",
}
OPENED = "escalations opened in the twelve months ending on the day"


def _open(facts: Facts, as_of: date, n: int) -> ibis.Table:
    e = facts.mart("escalation_told").cross_join(points(facts.month_point(), as_of, n))
    e = e.filter(e.opened_on <= e.stands_on, e.closed_on.isnull() | (e.closed_on > e.stands_on))
    return _units(e, ibis.literal(1.0), day="stands_on")


@metric(
    number="M54",
    name="Open escalations",
    question="How many escalations are open?",
    counted="have not been closed by both sides",
    out_of="the same escalations: a count, not a share",
    window="as of the end of the day",
    kind="total",
    scale="count",
    span="state",
    needs=("escalation",),
    better="down",
    differs="One whose exit criteria are met is open until the customer agrees that it is over.",
    series=lambda facts, as_of: _open(facts, as_of, POINTS),
    **_ESCALATION,
)
def open_escalations(facts: Facts, as_of: date) -> ibis.Table:
    return _open(facts, as_of, 1)


def _wait(e: ibis.Table, as_of: date, on: str, waited: str, seconds: float) -> ibis.Table:
    """How long until the day `on`, or so far; closed without it, an escalation is followed to the day it was closed."""
    come = (e[on] <= as_of).fill_null(False)
    end = ibis.timestamp((as_of + timedelta(days=1)).isoformat()).epoch_seconds()
    closed = as_day(e.closed_on + ibis.interval(days=1)).cast("timestamp").epoch_seconds()
    end = ibis.cases(((e.closed_on <= as_of).fill_null(False), closed), else_=end)
    so_far = (end - e.opened_local.epoch_seconds()).cast("float64") / seconds
    return _units(e, come, ibis.greatest(ibis.cases((come, e[waited]), else_=so_far), 0.0))


@metric(
    number="M54b",
    name="Time until an escalation has an owner",
    question="Within how many hours has one escalation in two somebody who is responsible for it?",
    counted="were taken by one person",
    out_of="hours from opening to being taken, or so far",
    window=OPENED,
    kind="median",
    scale="hours",
    span="trailing",
    needs=("escalation", "escalation.owned_at"),
    better="down",
    differs="Calendar hours. A mean of those that were taken forgets those that lie about.",
    **_ESCALATION,
)
def escalation_owner_time(facts: Facts, as_of: date) -> ibis.Table:
    return _wait(_told(facts, as_of), as_of, "owned_on", "to_owner", 3600.0)


@metric(
    number="M54c",
    name="Escalation updates on time",
    question="Of the updates promised during escalations, how many came in time?",
    counted="updates that came in time",
    out_of="updates promised",
    window=OPENED,
    kind="ratio",
    scale="share",
    span="trailing",
    needs=("escalation", "escalation.updates_due"),
    differs="By updates, not by escalations: one long escalation weighs as much as what was promised in it.",
    **(_ESCALATION | {"left_out": (TESTS, "escalations in which nothing was promised")}),
)
def escalation_updates_on_time(facts: Facts, as_of: date) -> ibis.Table:
    e = _told(facts, as_of)
    e = e.filter(e.updates_due > 0)
    return _units(e, e.updates_on_time, e.updates_due)


@metric(
    number="M54d",
    name="Time until an escalation's exit",
    question="Within how many days has one escalation in two met the exit criteria that were agreed?",
    counted="met the exit criteria",
    out_of="days from opening to meeting the exit criteria, or so far",
    window=OPENED,
    kind="median",
    scale="days",
    span="trailing",
    needs=("escalation", "escalation.exit_met_at"),
    better="down",
    differs="Closed without meeting them is not met: such an escalation is followed to the day it was closed.",
    **_ESCALATION,
)
def escalation_exit_time(facts: Facts, as_of: date) -> ibis.Table:
    return _wait(_told(facts, as_of), as_of, "exit_on", "to_exit", 86_400.0)


@metric(
    number="M54e",
    name="Escalated again",
    question="Of the escalations that were closed, after how many did the same party escalate again within 30 days?",
    counted="were followed by another within 30 days",
    out_of="escalations closed 30 days ago or earlier",
    window=f"{DAYS} days of the shop from being closed by both sides",
    kind="proportion",
    scale="share",
    span="matured",
    needs=("escalation", "escalation.closed_at"),
    better="down",
    differs="Whatever the cause: to the customer it is the same trouble again.",
    **_ESCALATION,
)
def escalated_again(facts: Facts, as_of: date) -> ibis.Table:
    e = _told(facts, as_of)
    e = e.filter(e.closed_on <= as_of)
    closes = as_day(e.closed_on + ibis.interval(days=DAYS))
    return _units(e, e.again_on.notnull(), day="closed_on", matures_on=closes)
