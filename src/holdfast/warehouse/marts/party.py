"""Whoever a row is about: an account, or else a customer, under one number."""

from __future__ import annotations

import ibis


def of_survivors(rows: ibis.Table, merged: ibis.Table) -> ibis.Table:
    """Rows under the account that theirs has become part of. merged: the mart account_survivor."""
    told = rows.left_join(merged, "account_id").drop("account_id_right")
    return told.mutate(account_id=ibis.coalesce(told.survivor_id, told.account_id)).drop("survivor_id")


def party_id(account_id: ibis.Value, customer_id: ibis.Value) -> ibis.Value:
    """Even for accounts, odd for customers; null where the row names neither."""
    return ibis.coalesce(account_id * 2, customer_id * 2 + 1)
