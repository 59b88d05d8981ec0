"""Who counts as somebody of the shop's customers: neither its own people nor a test."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given


def real_people(given: Given, rows: ibis.Table) -> ibis.Table:
    """Rows of nobody known, or of a customer who is neither a test nor the merchant's own."""
    c = given.table("customer")
    out = c.filter(c.is_test.fill_null(False) | c.is_staff.fill_null(False)).select("customer_id")
    return rows.anti_join(out, "customer_id")
