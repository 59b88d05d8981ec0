"""account_milestone: when an account was first engaged, onboarded, of value, and verified to be."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.account_start import account_start
from holdfast.warehouse.marts.account_survivor import account_survivor
from holdfast.warehouse.marts.contract_term import contract_term
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.onboarding import onboarding
from holdfast.warehouse.marts.party import of_survivors

# To sign in is no value, whatever an event that means it is declared to be.
SIGN_IN = "log(ged)? ?-?_?in|sign(ed)? ?-?_?in"


@mart
def account_milestone(given: Given) -> ibis.Table:
    """One row per account with a start: the first day on or after it of each milestone, null where it has not come.

    ends_on: the first day without a contract, where every contract has ended; from then on nobody waits any more.
    """
    start = given.mart(account_start)
    told = start.left_join(_ends(given, start), "account_id").drop("account_id_right")
    told = _first(told, _touched(given), "engaged_on")
    told = _first(told, _onboarded(given), "onboarded_on", done_before_counts=True)
    told = _first(told, _valued(given), "value_on")
    return _first(told, _verified(given), "verified_on")


def _first(told: ibis.Table, days: ibis.Table, name: str, *, done_before_counts: bool = False) -> ibis.Table:
    """`told` with the first of an account's days from its start on; what was done before is done at the start."""
    after = days.join(told.select("account_id", "starts_on"), "account_id")
    if not done_before_counts:
        after = after.filter(after.day >= after.starts_on)
    first = after.group_by("account_id").agg(**{name: ibis.greatest(after.day, after.starts_on).min()})
    return told.left_join(first, "account_id").drop("account_id_right")


def _ends(given: Given, start: ibis.Table) -> ibis.Table:
    term = given.mart(contract_term)
    term = term.semi_join(start, "account_id")
    last = term.group_by("account_id").agg(ends_on=term.until_on.max(), goes_on=term.until_on.isnull().max())
    return last.select("account_id", ends_on=ibis.cases((~last.goes_on, last.ends_on)))


def _of_survivors(given: Given, rows: ibis.Table) -> ibis.Table:
    rows = of_survivors(rows.filter(rows.account_id.notnull()), given.mart(account_survivor))
    return rows.select("day", "account_id").distinct()


def _touched(given: Given) -> ibis.Table:
    t = given.table("touchpoint")
    t = t.filter(t.held_at.notnull())
    return _of_survivors(given, t.select("account_id", day=given.day(t.held_at, t.shop_id)))


def _onboarded(given: Given) -> ibis.Table:
    o = given.mart(onboarding)
    return _of_survivors(given, o.filter(o.done_on.notnull()).select("account_id", day=o.done_on))


def _valued(given: Given) -> ibis.Table:
    """Events that the merchant declares to be of value, of the account or of who spoke for it on the day."""
    e, d = given.table("event"), given.table("declared_act")
    d = d.filter(d.means == "value", ~d.event.lower().re_search(SIGN_IN)).select("shop_id", "event")
    e = e.join(d, ["shop_id", "event"]).select("account_id", "customer_id", day=given.day(e.happened_at, e.shop_id))
    c = given.table("account_contact").select("customer_id", "valid_from", "valid_until", speaks_for="account_id")
    named, unnamed = e.filter(e.account_id.notnull()), e.filter(e.account_id.isnull()).drop("account_id")
    spoke = unnamed.join(c, "customer_id")
    spoke = spoke.filter(
        spoke.valid_from.isnull() | (spoke.valid_from <= spoke.day),
        spoke.valid_until.isnull() | (spoke.valid_until > spoke.day),
    )
    spoke = spoke.select(account_id=spoke.speaks_for, day=spoke.day)
    both = named.select("account_id", "day").union(spoke)
    return _of_survivors(given, both)


def _verified(given: Given) -> ibis.Table:
    """Objectives the customer confirmed, with what they pointed to."""
    o = given.table("objective")
    o = o.filter(o.verified_on.notnull(), o.evidence.fill_null("").strip() != "")
    return _of_survivors(given, o.select("account_id", day=o.verified_on))
