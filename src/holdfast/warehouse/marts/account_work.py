"""touchpoint_due and escalation_told: the work with accounts, on the shop's days."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.party import party_id
from holdfast.warehouse.marts.real_people import real_accounts, real_people

DAYS = 30  # an escalation that follows a closed one so soon is the same trouble again


@mart
def touchpoint_due(given: Given) -> ibis.Table:
    """One row per touchpoint that was due, of an account that is no test.

    closed: it has a next step, whose it is, and by when.
    """
    t = real_accounts(given.table("touchpoint"), given.table("account"))
    t = t.filter(t.due_on.notnull())
    return t.select(
        "touchpoint_id",
        "shop_id",
        "account_id",
        "kind",
        "due_on",
        held_on=given.day(t.held_at, t.shop_id),
        closed=_said(t.next_step) & _said(t.next_step_owner) & t.next_step_due_on.notnull(),
    )


@mart
def escalation_told(given: Given) -> ibis.Table:
    """One row per escalation, of an account or a customer that is no test.

    opened_local: what the shop's clock showed. to_owner: hours; to_exit: days; negative ones are 0. again_on: the day
    the same party's next escalation was opened, where that was within 30 days after this one was closed.
    """
    e = real_people(real_accounts(given.table("escalation"), given.table("account")))
    e = e.mutate(
        party_id=party_id(e.account_id, e.customer_id),
        opened_on=given.day(e.opened_at, e.shop_id),
        opened_local=given.clock(e.opened_at, e.shop_id),
        owned_on=given.day(e.owned_at, e.shop_id),
        exit_on=given.day(e.exit_met_at, e.shop_id),
        closed_on=given.day(e.closed_at, e.shop_id),
        to_owner=_seconds(e.opened_at, e.owned_at) / 3600,
        to_exit=_seconds(e.opened_at, e.exit_met_at) / 86400,
    )
    told = e.left_join(_again(e), "escalation_id").drop("escalation_id_right")
    return told.select(
        "escalation_id", "shop_id", "customer_id", "account_id", "severity", "cause", "opened_on", "opened_local",
        "owned_on", "exit_on", "closed_on", "to_owner", "to_exit", "again_on",
        updates_due=told.updates_due.fill_null(0),
        updates_on_time=ibis.least(told.updates_on_time.fill_null(0), told.updates_due.fill_null(0)),
    )  # fmt: skip


def _again(e: ibis.Table) -> ibis.Table:
    closed = e.filter(e.closed_at.notnull()).select("escalation_id", "party_id", "closed_at", "closed_on")
    opened = e.select("party_id", again_id="escalation_id", again_at="opened_at", again_on="opened_on")
    pairs = closed.join(opened, "party_id")
    late = as_day(pairs.closed_on + ibis.interval(days=DAYS))
    pairs = pairs.filter(
        pairs.again_id != pairs.escalation_id, pairs.again_at >= pairs.closed_at, pairs.again_on < late
    )
    return pairs.group_by("escalation_id").agg(again_on=pairs.again_on.min())


def _said(text: ibis.Value) -> ibis.Value:
    return text.fill_null("").strip() != ""


def _seconds(since: ibis.Value, until: ibis.Value) -> ibis.Value:
    return ibis.greatest((until.epoch_seconds() - since.epoch_seconds()).cast("float64"), 0.0)
