"""lead_person: when a person first became known as a lead."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart


@mart
def lead_person(given: Given) -> ibis.Table:
    """One row per shop and person: the first of their leads. Robots, tests, staff and leads without person are out."""
    lead = given.table("lead")
    lead = lead.filter(lead.customer_id.notnull(), ~lead.is_bot.fill_null(False)).anti_join(
        not_buyers(given), "customer_id"
    )
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


def not_buyers(given: Given) -> ibis.Table:
    """customer_id of the merchant's own people and of test profiles."""
    c = given.table("customer")
    return c.filter(c.is_test.fill_null(False) | c.is_staff.fill_null(False)).select("customer_id")
