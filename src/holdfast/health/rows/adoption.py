"""What shows that somebody has settled in: capabilities in use, systems connected, outcomes that were confirmed."""

from __future__ import annotations

import ibis

from holdfast.health.rows.declare import ASKED, QUARTER, YEAR, of_party, per_party, rows, upto
from holdfast.health.subject import Kind
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.registry import unbound as mart
from holdfast.warehouse.tables import TABLES


def use_days() -> ibis.Table:
    return mart("capability_used").select("shop_id", day="used_on").distinct()


@rows(
    says="{counted:,.0f} of {out_of:,.0f} key capabilities are in use since {since}",
    days=QUARTER,
    needs=("capability_access", "capability_use"),
    alive=use_days,
)
def capability_use(kind: Kind) -> ibis.Table:
    owned, used = mart("capability_open"), mart("capability_used")
    here = 0 if kind == "company" else 1  # party_id is even for companies, odd for customers
    owned = owned.filter(owned.party_id % 2 == here)
    uses = upto(used.drop("shop_id", "told_until"), "used_on", QUARTER)
    uses = uses.group_by("as_of", "party_id", "capability_id").agg(uses=uses.uses.sum())
    had = ASKED.join(owned, owned.since_on <= ASKED.as_of).mutate(party=lambda t: (t.party_id - here) // 2)
    told = had.left_join(uses, ["as_of", "party_id", "capability_id"])
    return per_party(told, (told.uses >= told.uses_needed).fill_null(False))


def integrated_days() -> ibis.Table:
    o = unbound("order_value")
    return o.filter(o.valid, o.account_id.notnull()).select("shop_id", day="placed_on").distinct()


@rows(
    says="{counted:,.0f} of {out_of:,.0f} orders since {since} came through an integration",
    days=YEAR,
    needs=("order.integrated",),
    alive=integrated_days,
)
def integrated_orders(kind: Kind) -> ibis.Table:
    told_by = TABLES["order"].unbound().select("order_id", "integrated")
    o = unbound("order_value")
    o = of_party(o.filter(o.counts).join(told_by, "order_id"), kind)
    t = upto(o.filter(o.integrated.notnull()), "placed_on", YEAR)
    return per_party(t, t.integrated)


@rows(
    says="{counted:,.0f} of {out_of:,.0f} outcomes due since {since} were confirmed by the customer",
    days=YEAR,
    needs=("objective",),
)
def verified_outcomes(kind: Kind) -> ibis.Table:
    objective = TABLES["objective"].unbound()
    who = objective.mutate(customer_id=ibis.null("int64"))
    t = upto(of_party(who, kind), "due_on", YEAR)
    return per_party(t, (t.verified_on <= t.as_of).fill_null(False), told_on="due_on")
