"""account_start: from when a company is an account."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.account_survivor import account_survivor
from holdfast.warehouse.marts.contract_term import contract_term
from holdfast.warehouse.marts.declare import Given, mart


@mart
def account_start(given: Given) -> ibis.Table:
    """One row per account with a start: the day its first contract begins, or without one the day it became customer.

    Merged accounts are their survivor, which keeps the earlier start; no test accounts.
    """
    account, merged = given.table("account"), given.mart(account_survivor)
    account = account.filter(~account.is_test.fill_null(False)).left_join(merged, "account_id")
    account = account.select(
        "shop_id",
        "segment",
        account_id=ibis.coalesce(account.survivor_id, account.account_id),
        since_on=given.day(account.customer_since_at, account.shop_id),
    )
    term = given.mart(contract_term)
    term = term.filter(term.account_id.notnull())
    signed = term.group_by("account_id").agg(contract_on=term.starts_on.min())
    told = account.group_by("shop_id", "account_id").agg(segment=account.segment.min(), since_on=account.since_on.min())
    told = told.left_join(signed, "account_id").drop("account_id_right")
    told = told.mutate(starts_on=ibis.coalesce(told.contract_on, told.since_on))
    return told.filter(told.starts_on.notnull()).select("shop_id", "account_id", "segment", "starts_on")
