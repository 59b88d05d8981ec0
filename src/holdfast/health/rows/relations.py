"""Who speaks with us at a company, as imported lists of contacts and touchpoints tell it."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import ASKED, QUARTER, how_many, of_party, rows, upto, whether_any
from holdfast.health.subject import Kind
from holdfast.warehouse.tables import TABLES

CHAMPION = ("champion",)


def _contacts(kind: Kind) -> ibis.Table:
    c = TABLES["account_contact"].unbound()
    c = of_party(c, kind)
    begun = c.valid_from.isnull() | (c.valid_from <= ASKED.as_of)
    lasts = c.valid_until.isnull() | (c.valid_until > ASKED.as_of)
    return ASKED.join(c, begun & lasts)


@rows(
    says="a champion among {contacts}",
    says_of_nothing="no champion among {contacts}",
    days=QUARTER,
    needs=("account_contact.role",),
)
def champion(kind: Kind) -> ibis.Table:
    t = _contacts(kind)
    return whether_any(t, t.role.isin(CHAMPION).fill_null(False))


@rows(says="in touch with {contacts}", days=QUARTER, needs=("account_contact",))
def threads(kind: Kind) -> ibis.Table:
    return how_many(_contacts(kind))


def _held(kind: Kind) -> ibis.Table:
    t = TABLES["touchpoint"].unbound()
    t = t.filter(t.held_at.notnull()).mutate(held_on=t.held_at.date(), customer_id=ibis.null("int64"))
    return upto(of_party(t, kind), "held_on", QUARTER)


@rows(
    says="a next step is agreed with a day that has not passed",
    says_of_nothing="no next step is agreed that has not passed",
    days=QUARTER,
    needs=("touchpoint",),
)
def next_step(kind: Kind) -> ibis.Table:
    t = _held(kind)
    ahead = t.next_step.notnull() & (t.next_step_due_on >= t.as_of)
    return whether_any(t, ahead.fill_null(False), told_on="held_on")


@rows(says="{n} meetings since {since}", days=QUARTER, needs=("touchpoint",), quiet="no meeting")
def meetings_held(kind: Kind) -> ibis.Table:
    return how_many(_held(kind), told_on="held_on")
