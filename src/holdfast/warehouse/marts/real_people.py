"""Who counts as a customer: neither the shop's own people, nor tests, nor whom it excludes; and no test account."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import EXCLUDED_PERSON


def real_people(rows: ibis.Table) -> ibis.Table:
    """Rows of nobody known, or of a customer who is not excluded."""
    return rows.anti_join(EXCLUDED_PERSON, "customer_id")


def real_accounts(rows: ibis.Table, account: ibis.Table) -> ibis.Table:
    """Rows of no account, or of one that is no test. account: the canonical table."""
    return rows.anti_join(account.filter(account.is_test), "account_id")
