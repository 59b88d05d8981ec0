"""Who counts as somebody of the shop's customers: neither its own people, nor tests, nor whom it excludes."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import EXCLUDED_PERSON


def real_people(rows: ibis.Table) -> ibis.Table:
    """Rows of nobody known, or of a customer who is not excluded."""
    return rows.anti_join(EXCLUDED_PERSON, "customer_id")
