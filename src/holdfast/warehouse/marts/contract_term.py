"""contract_term: each contract as days in force, what it is worth a year, and whether it was renewed when due."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.account_survivor import account_survivor
from holdfast.warehouse.marts.agreement import NOBODY
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.real_people import real_accounts

GRACE_DAYS = 30  # a term that follows within so many days of the due day renews it (decision 0033)


@mart
def contract_term(given: Given) -> ibis.Table:
    """One row per contract, in force on [starts_on, until_on), for ever where until_on is null; no test accounts.

    account_id is the surviving account's. A term that renews itself and was never ended goes on. renewed: another
    term follows (how "agreed"), or it renews itself ("automatic"); next_minor is what a year of that is worth.
    """
    table, shop, merged = given.table("contract"), given.table("shop"), given.mart(account_survivor)
    c = table.join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    c = real_accounts(c, given.table("account"))
    c = c.left_join(merged, "account_id").drop("account_id_right")
    day_after = as_day(c.ends_on + ibis.interval(days=1))
    c = c.select(
        "shop_id", "contract_id", "contract_number", "renews_contract_number", "customer_id", "starts_on", "ends_on",
        "ended_on", "signed_on",
        account_id=ibis.coalesce(c.survivor_id, c.account_id),
        party=ibis.coalesce(c.survivor_id, c.account_id, -c.customer_id, -c.contract_id - NOBODY),
        due_on=ibis.coalesce(c.renewal_on, day_after), day_after=day_after,
        auto_renew=c.auto_renew.fill_null(False), own_currency=c.currency == c.shop_currency,
        year_minor=c.value_minor + c.committed_minor.fill_null(0), value_minor=c.value_minor,
    )  # fmt: skip
    n = _followers(c)
    c = c.left_join(n, "contract_id").drop("contract_id_right")
    followed = c.next_minor.notnull() | c.followed.fill_null(False)
    renews_itself = c.auto_renew & c.ended_on.isnull() & ~followed
    until = ibis.cases(
        (c.ended_on.notnull(), ibis.least(c.ended_on, c.day_after)), (renews_itself, None), else_=c.day_after
    )
    return c.select(
        "shop_id", "contract_id", "account_id", "customer_id", "starts_on", "due_on", "own_currency", "year_minor",
        "value_minor",
        until_on=until,
        renewed=followed | renews_itself,
        how=ibis.cases((followed, "agreed"), (renews_itself, "automatic"), else_="not renewed"),
        next_minor=ibis.cases((followed, c.next_minor), (renews_itself, c.value_minor)),
    )  # fmt: skip


def _followers(c: ibis.Table) -> ibis.Table:
    """Contracts that another term follows: by number however early it was agreed, else by the day it begins."""
    late = as_day(c.due_on + ibis.interval(days=GRACE_DAYS))
    early = as_day(c.due_on - ibis.interval(days=GRACE_DAYS))
    due = c.select("shop_id", "contract_id", "contract_number", "party", late=late, early=early, from_on=c.starts_on)
    after = c.select(
        "shop_id", "party", "starts_on", next_id=c.contract_id, renews=c.renews_contract_number, worth=c.value_minor
    )
    named = due.join(after.drop("party"), ["shop_id", due.contract_number == after.renews])
    named = named.filter(named.starts_on <= named.late).select("contract_id", "next_id", "worth")
    unnamed = due.join(after.filter(after.renews.isnull()), ["shop_id", "party"])
    unnamed = unnamed.filter(
        unnamed.next_id != unnamed.contract_id,
        unnamed.starts_on > unnamed.from_on,
        unnamed.starts_on >= unnamed.early,
        unnamed.starts_on <= unnamed.late,
    ).select("contract_id", "next_id", "worth")
    both = named.union(unnamed, distinct=True)
    return both.group_by("contract_id").agg(next_minor=both.worth.sum().cast("int64"), followed=ibis.literal(True))
