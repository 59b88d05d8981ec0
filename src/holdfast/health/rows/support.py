"""What tickets say: waiting, come back, severe; how many there are says nothing."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import QUARTER, how_many, of_party, per_party, rows, upto
from holdfast.health.subject import Kind
from holdfast.warehouse.marts.registry import unbound as mart

LATE = 3  # days after which a ticket that is open is late
SEVERE = ("critical", "high", "urgent")


def ticket_days() -> ibis.Table:
    return mart("ticket_times").select("shop_id", day="created_on").distinct()


def _tickets(kind: Kind) -> ibis.Table:
    return upto(of_party(mart("ticket_times"), kind), "created_on", QUARTER)


@rows(
    says="{counted:.0f} of {out_of:,.0f} tickets since {since} are open for more than three days",
    days=QUARTER,
    needs=("ticket",),
    alive=ticket_days,
    quiet="no ticket is open",
)
def late_tickets(kind: Kind) -> ibis.Table:
    solve = upto(mart("ticket_solve").drop("shop_id"), "solved_on")
    stood = solve.filter(solve.reopened_on.isnull() | (solve.reopened_on > solve.as_of))
    stood = stood.select("as_of", "ticket_id", solved=ibis.literal(True)).distinct()
    t = _tickets(kind).left_join(stood, ["as_of", "ticket_id"])
    done = t.status.isin(("solved", "closed")).fill_null(False) & t.last_solved_on.isnull()  # nobody says when
    old = t.created_on < t.as_of - ibis.interval(days=LATE)
    return per_party(t, old & ~t.solved.fill_null(False) & ~done)


@rows(
    says="{counted:.0f} of {out_of:,.0f} tickets solved since {since} were opened again",
    days=QUARTER,
    needs=("ticket",),
    alive=ticket_days,
)
def reopened_tickets(kind: Kind) -> ibis.Table:
    t = mart("ticket_times")
    t = upto(of_party(t.filter(t.first_solved_on.notnull()), kind), "first_solved_on", QUARTER)
    return per_party(t, (t.first_reopened_at.date() <= t.as_of).fill_null(False))


@rows(
    says="{counted:.0f} of {out_of:,.0f} graded tickets since {since} were of high or critical severity",
    days=QUARTER,
    needs=("ticket.severity",),
    alive=ticket_days,
)
def severe_tickets(kind: Kind) -> ibis.Table:
    t = _tickets(kind)
    t = t.filter(t.severity.notnull())
    return per_party(t, t.severity.isin(SEVERE))


@rows(
    says="{n} tickets since {since}", days=QUARTER, needs=("ticket",), alive=ticket_days, quiet="no ticket",
)  # fmt: skip
def ticket_count(kind: Kind) -> ibis.Table:
    return how_many(_tickets(kind))
