"""account_completion: which required profile fields an account had filled in when its first seven days were over."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.account_opening import account_opening
from holdfast.warehouse.marts.declare import Given, mart

DAYS = 7
# A consent to marketing is nobody's duty: a field that is called so is never required.
CONSENT = "consent|opt_?in|opted_in|newsletter|marketing|subscribe"


@mart
def account_completion(given: Given) -> ibis.Table:
    """One row per account opened since changes of profile fields are told, in a shop that says which it requires.

    Counted are the fields required on the day the account was opened. filled: those that were filled in, and not taken
    out again, 7 × 24 hours after the opening; closes_on is the shop's day of that moment.
    """
    account = account_opening(given.table("customer"), dict(given.zones), given.since, given.until)
    event = given.table("profile_field_event")
    told = event.group_by("shop_id").agg(told_from=event.changed_at.min())
    told = told.select("shop_id", told_on=given.day(told.told_from, told.shop_id))
    account = account.join(told, "shop_id").filter(lambda t: t.opened_on >= t.told_on)
    closes = account.opened_at + ibis.interval(days=DAYS)
    account = account.select(
        "shop_id", "customer_id", "opened_on", closes_at=closes, closes_on=given.day(closes, account.shop_id)
    )
    wanted = _required(given, account)
    filled = _filled(wanted, event)
    both = wanted.left_join(filled, ["customer_id", "field"])
    return both.group_by("shop_id", "customer_id", "opened_on", "closes_on").agg(
        required=both.count(), filled=both.filled.fill_null(0).sum()
    )


def _required(given: Given, account: ibis.Table) -> ibis.Table:
    """Each account with each field that was required on the day it was opened."""
    field = given.table("required_field")
    field = field.filter(~field.field.re_search(CONSENT)).select("shop_id", "field", "since", "until")
    pairs = account.join(field, "shop_id")
    pairs = pairs.filter(pairs.since <= pairs.opened_on, pairs.until.isnull() | (pairs.until > pairs.opened_on))
    return pairs.select(*account.columns, "field").distinct()


def _filled(wanted: ibis.Table, event: ibis.Table) -> ibis.Table:
    """Fields whose last change before the window closed filled them in."""
    changes = event.select("customer_id", "field", "changed_at", is_set=event.is_set.fill_null(True))
    changes = wanted.select("customer_id", "field", "closes_at").join(changes, ["customer_id", "field"])
    changes = changes.filter(changes.changed_at < changes.closes_at)
    last = changes.group_by("customer_id", "field").agg(is_set=changes.is_set.argmax(changes.changed_at))
    return last.filter(last.is_set).select("customer_id", "field", filled=ibis.literal(1).cast("int64"))
