"""Key capabilities that are used: M09, as the mean of their shares, and in the two other readings."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day
from holdfast.warehouse.marts.party import party_id

FROM_DAY, UNTIL_DAY = 7, 30  # the activation phase
DAYS_TOLD = 31  # for so long after the last use of anything there may just have been none


def _anchored(facts: Facts, as_of: date) -> ibis.Table:
    """Parties with the day from which their phases run: a customer's first purchase, an account's start."""
    h, a = facts.history(as_of), facts.mart("account_start")
    nobody = ibis.null("int64")
    bought = h.select("customer_id", party_id=party_id(nobody, h.customer_id), anchor=h.first_on)
    signed = a.select(customer_id=nobody, party_id=party_id(a.account_id, nobody), anchor=a.starts_on)
    both = bought.union(signed)
    return both.filter(both.anchor <= as_of)


def _pairs(facts: Facts, as_of: date) -> ibis.Table:
    """One row per party and capability it had access to when its activation began: used often enough or not."""
    opened, used = facts.mart("capability_open"), facts.mart("capability_used")
    rows = opened.join(_anchored(facts, as_of), "party_id")
    rows = rows.mutate(
        begins=as_day(rows.anchor + ibis.interval(days=FROM_DAY)),
        closes=as_day(rows.anchor + ibis.interval(days=UNTIL_DAY)),
    )
    rows = rows.filter(rows.since_on <= rows.begins)
    told = used.group_by("shop_id").agg(told_until=used.told_until.max())
    uses = rows.select("party_id", "capability_id", "begins", "closes").join(
        used.select("party_id", "capability_id", "used_on", "uses"), ["party_id", "capability_id"]
    )
    uses = uses.filter(uses.used_on >= uses.begins, uses.used_on < uses.closes, uses.used_on <= as_of)
    uses = uses.group_by("party_id", "capability_id").agg(uses=uses.uses.sum())
    rows = rows.left_join(uses, ["party_id", "capability_id"]).drop("party_id_right", "capability_id_right")
    rows = rows.join(told, "shop_id")
    known = rows.closes <= as_day(rows.told_until + ibis.interval(days=DAYS_TOLD))
    return rows.select(
        "shop_id",
        "customer_id",
        "party_id",
        "capability_id",
        "capability",
        "anchor",
        matures_on=ibis.cases((known, rows.closes), else_=ibis.date(as_of + timedelta(days=1))),
        used=(rows.uses.fill_null(0) >= rows.uses_needed).cast("float64"),
    )


def _by_party(pairs: ibis.Table, **counted: ibis.Value) -> ibis.Table:
    return pairs.group_by("shop_id", "customer_id", "anchor", "matures_on", unit_id=pairs.party_id).agg(**counted)


_ADOPTION = {
    "scale": "share",
    "span": "matured",
    "version": 1,
    "decision": "0043",
    "window": "days 7 to 30 after a customer's first purchase, or after an account's start",
    "needs": ("capability_use", "capability_access", "capability"),
    "left_out": ("whoever had no access to a capability when day 7 began", "tests and staff"),
    "opens": "capability_party",
}


@metric(
    number="M09",
    name="Feature adoption",
    question="Across the key capabilities, what share of those who could use one did?",
    unit="customers and accounts",
    counted="shares of those with access who used a capability often enough, added up",
    out_of="key capabilities",
    kind="ratio",
    differs=(
        "The mean of the capabilities' shares: each weighs alike. That somebody used at least one (M09c) flatters, that"
        " they used all (M09d) punishes; each capability stands in M09b."
    ),
    source="framework, activation phase; the reading is decision 0043",
    **_ADOPTION,
)
def feature_adoption(facts: Facts, as_of: date) -> ibis.Table:
    pairs = _pairs(facts, as_of)
    ready = (pairs.matures_on <= as_of).cast("int64")
    # Each use weighs one in those with access to its capability, so that customers add up to a mean of shares.
    n = ready.sum().over(group_by=["shop_id", "capability_id"])
    pairs = pairs.mutate(weight=1.0 / ibis.greatest(n, 1).cast("float64"))
    return _by_party(pairs, counted=(pairs.used * pairs.weight).sum(), out_of=pairs.weight.sum())


@metric(
    number="M09b",
    name="Adoption of each capability",
    question="Of those who could use a key capability, how many did?",
    unit="uses of capabilities",
    counted="used it as often as makes a user",
    out_of="customers and accounts with access, once for each capability",
    kind="proportion",
    differs="Read it by capability. Its headline weighs a capability by how many may use it; the target's does not.",
    own=("capability",),
    **_ADOPTION,
)
def capability_adoption(facts: Facts, as_of: date) -> ibis.Table:
    pairs = _pairs(facts, as_of)
    return pairs.select(
        "shop_id",
        "customer_id",
        "capability",
        "anchor",
        "matures_on",
        unit_id=pairs.party_id,
        counted=pairs.used,
        out_of=ibis.literal(1.0),
    )


@metric(
    number="M09c",
    name="Feature adoption, at least one",
    question="How many customers used at least one of the key capabilities they could?",
    unit="customers and accounts",
    counted="used at least one as often as makes a user",
    out_of="customers and accounts with access to one or more",
    kind="proportion",
    differs="Flatters: one capability that everybody needs makes it 100 %.",
    **_ADOPTION,
)
def feature_adoption_any(facts: Facts, as_of: date) -> ibis.Table:
    pairs = _pairs(facts, as_of)
    return _by_party(pairs, counted=pairs.used.max()).mutate(out_of=ibis.literal(1.0))


@metric(
    number="M09d",
    name="Feature adoption, all",
    question="How many customers used every key capability they could?",
    unit="customers and accounts",
    counted="used each as often as makes a user",
    out_of="customers and accounts with access to one or more",
    kind="proportion",
    differs="Punishes: each capability declared makes it smaller.",
    **_ADOPTION,
)
def feature_adoption_all(facts: Facts, as_of: date) -> ibis.Table:
    pairs = _pairs(facts, as_of)
    return _by_party(pairs, counted=pairs.used.min()).mutate(out_of=ibis.literal(1.0))
