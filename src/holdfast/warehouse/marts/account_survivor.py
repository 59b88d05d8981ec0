"""account_survivor: which account an account has become part of."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart

MERGES = 4  # a merged into b, b into c …: so far a chain is followed


@mart
def account_survivor(given: Given) -> ibis.Table:
    """One row per account that was merged into another: account_id and survivor_id. `merged_into` is its number."""
    account = given.table("account")
    numbered = account.filter(account.account_number.notnull())
    named = numbered.group_by("shop_id", merged_into=numbered.account_number).agg(survivor_id=numbered.account_id.min())
    merged = account.filter(account.merged_into.notnull()).join(named, ["shop_id", "merged_into"])
    step = merged.group_by("account_id").agg(survivor_id=merged.survivor_id.min())
    further = step.select(survivor_id=step.account_id, next_id=step.survivor_id)
    chain = step
    for _ in range(MERGES - 1):
        longer = chain.left_join(further.view(), "survivor_id")
        chain = longer.group_by("account_id").agg(survivor_id=ibis.coalesce(longer.next_id, longer.survivor_id).min())
    return chain.filter(chain.account_id != chain.survivor_id)
