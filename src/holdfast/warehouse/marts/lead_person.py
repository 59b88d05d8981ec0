"""lead_person: when a person first became known as a lead."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_people


@mart
def lead_person(given: Given) -> ibis.Table:
    """One row per shop and person: the first of their leads. Robots, excluded people and nobody are out."""
    lead = given.table("lead")
    lead = real_people(lead.filter(lead.customer_id.notnull(), ~lead.is_bot.fill_null(False)))
    own = ibis.window(group_by=["shop_id", "customer_id"], order_by=["created_at", "lead_id"])
    first = lead.mutate(place=ibis.row_number().over(own)).filter(lambda t: t.place == 0)
    return first.select(
        "shop_id",
        "customer_id",
        "lead_id",
        "origin",
        "created_at",
        created_on=given.day(first.created_at, first.shop_id),
    )
