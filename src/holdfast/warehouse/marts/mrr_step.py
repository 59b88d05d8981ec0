"""mrr_step: what a subscription is worth a month after each moment at which something about it changes.

Told by the source's own movements where there are any, else worked out from the agreement and its items.
"""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.agreement import PAUSE_DAYS, agreement
from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.item_change import item_change

LEFT = ("churn_voluntary", "churn_involuntary")
# The order of what happens at one moment, where the money does not tell it.
RANK = ("new", "reactivation", "resume", "expansion", "contraction", "price_change", "fx", "pause", *LEFT)


@mart
def mrr_step(given: Given) -> ibis.Table:
    """One row per subscription and moment: `mrr_minor` from then on, and how it stands (paying, paused, gone).

    price_minor, fx_minor: the part of the change that is a new price, or an exchange rate. voluntary: how it left.
    """
    told = _told(given)
    derived = _derived(given)
    derived = derived.anti_join(told.select("subscription_id").distinct(), "subscription_id")
    return derived.union(told.select(*derived.columns).cast(derived.schema()))


def _derived(given: Given) -> ibis.Table:
    agreed = given.mart(agreement)
    changes = given.mart(item_change)
    agreed = agreed.filter(agreed.begins_at.notnull())
    parts = ("moved_minor", "price_minor", "fx_minor")
    moments = [changes.select("subscription_id", "at", *parts)]
    for name in ("begins_at", "ends_at", "paused_at", "resumes_at", "lapses_at"):
        some = agreed.filter(agreed[name].notnull())
        moments.append(
            some.select("subscription_id", at=some[name], **dict.fromkeys(parts, ibis.literal(0).cast("int64")))
        )
    m = ibis.union(*moments)
    m = m.group_by("subscription_id", "at").agg(**{name: m[name].sum().cast("int64") for name in parts})
    m = m.join(
        agreed.drop("customer_id", "account_id", "plan", "channel", "canceled_at", "payer_id"), "subscription_id"
    )
    upto = ibis.cumulative_window(group_by="subscription_id", order_by="at")
    items = ibis.greatest(m.moved_minor.sum().over(upto), 0)
    begun, over = m.begins_at <= m.at, (m.at >= m.ends_at).fill_null(False)
    paused = ((m.at >= m.paused_at) & (m.resumes_at.isnull() | (m.at < m.resumes_at))).fill_null(False)
    mrr = ibis.cases((begun & ~over & ~paused, items), else_=0).cast("int64")
    m = m.mutate(mrr_minor=mrr)
    lapsed = (m.at >= m.lapses_at).fill_null(False)
    standing = ibis.cases((m.mrr_minor > 0, "paying"), (begun & ~over & paused & ~lapsed, "paused"), else_="gone")
    return m.select(
        "shop_id", "subscription_id", "at", "mrr_minor", "price_minor", "fx_minor",
        standing=standing,
        # Items that ran out, and a pause that lapsed, were nobody's missed payment.
        voluntary=m.voluntary | ~over,
    )  # fmt: skip


def _told(given: Given) -> ibis.Table:
    """The source's movements, one row a moment, with the pauses that lapsed."""
    moments = _moments(_moves(given))
    after = ibis.window(group_by="subscription_id", order_by="at")
    m = moments.mutate(next_at=moments.at.lead().over(after))
    agreed = given.mart(agreement).select("subscription_id", promised="resumes_at")
    p = m.filter(m.standing == "paused").left_join(agreed, "subscription_id")
    later = ibis.cases((p.promised > p.at, p.promised))
    p = p.mutate(lapses_at=ibis.coalesce(later, p.at + ibis.interval(days=PAUSE_DAYS)))
    p = p.filter(p.next_at.isnull() | (p.next_at > p.lapses_at))
    nothing = {name: ibis.literal(0).cast("int64") for name in ("mrr_minor", "price_minor", "fx_minor")}
    lapses = p.select(
        "shop_id", "subscription_id", at=p.lapses_at, **nothing, standing=ibis.literal("gone"),
        voluntary=ibis.literal(True),
    )  # fmt: skip
    return m.select(*lapses.columns).union(lapses.cast(m.select(*lapses.columns).schema()))


def _moves(given: Given) -> ibis.Table:
    """The source's movements in the shop's money; a history cut off at its start gets the beginning it had."""
    event, sub, shop = given.table("subscription_event"), given.table("subscription"), given.table("shop")
    e = event.join(shop.select("shop_id", shop_currency=shop.currency), "shop_id")
    e = e.filter(e.currency == e.shop_currency, e.type != "cancel_scheduled")
    e = e.select(
        "shop_id", "subscription_id", "type", at=e.effective_at, before=e.mrr_before_minor, after=e.mrr_after_minor
    )
    first = e.group_by("shop_id", "subscription_id").agg(
        at=e["at"].min(),
        before=e.before.argmin(e["at"]),
        type=e.type.argmin(e["at"]),
    )
    cut = first.filter(first.before > 0, first.type != "new").left_join(
        sub.select("subscription_id", since=sub.started_at), "subscription_id"
    )
    begun = cut.select(
        "shop_id", "subscription_id", type=ibis.literal("new"), at=ibis.least(cut.since, cut["at"]),
        before=ibis.literal(0).cast("int64"), after=cut.before,
    )  # fmt: skip
    return e.union(begun.cast(e.schema()))


def _moments(e: ibis.Table) -> ibis.Table:
    """One row a moment: where several movements share it, the last is the one that no other starts from."""
    rank = ibis.cases(*((e.type == name, place) for place, name in enumerate(RANK)), else_=len(RANK))
    e = e.mutate(rank=rank)
    others = e.select("subscription_id", "at", after="before").filter(lambda t: t.after.notnull()).distinct()
    marked = e.left_join(others.mutate(followed=ibis.literal(True)), ["subscription_id", "at", "after"])
    e = marked.mutate(followed=marked.followed.fill_null(False)).drop(
        "subscription_id_right", "at_right", "after_right"
    )
    place = e.rank.cast("int64") + ibis.cases((e.followed, 0), else_=100)
    # Within one rank the larger end is the later: the order of rows must not decide.
    e = e.mutate(place=place.cast("int64") * (1 << 40) + ibis.least(ibis.greatest(e.after, 0), (1 << 40) - 1))
    change = e.after - e.before
    m = e.group_by("shop_id", "subscription_id", "at").agg(
        mrr_minor=ibis.greatest(e.after.argmax(e.place), 0).cast("int64"),
        type=e.type.argmax(e.place),
        price_minor=change.sum(where=e.type == "price_change").fill_null(0).cast("int64"),
        fx_minor=change.sum(where=e.type == "fx").fill_null(0).cast("int64"),
    )
    standing = ibis.cases((m.mrr_minor > 0, "paying"), (m.type == "pause", "paused"), else_="gone")
    return m.mutate(standing=standing, voluntary=m.type != "churn_involuntary")
