"""kb_visit: people who read help articles, and whether they wrote to the help desk all the same."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.ticket_spell import real_tickets

HOURS = 72
# What sources call the event, without case, spaces and signs.
ARTICLE_EVENTS = (
    "articleviewed", "articleread", "articleview", "kbarticle", "kbarticleviewed", "kbarticleview", "kbview",
    "knowledgebasearticleviewed", "knowledgebaseviewed", "helparticleviewed", "helpcenterarticleviewed",
    "helpcenterviewed", "faqviewed", "faqarticleviewed", "viewedarticle", "viewedhelparticle", "viewedkbarticle",
)  # fmt: skip


@mart
def kb_visit(given: Given) -> ibis.Table:
    """One row per visit of a known person to help articles: all views of one session, or of one shop day without one.

    wrote: the person opened a real ticket within 72 hours of the first view (decision 0023). hours_on: the shop's
    day on which the 72 hours are over. Visits from before the first ticket are not here: nobody knows who wrote then.
    tickets_until: the day of the last ticket known. Robots are left out.
    """
    event, session = given.table("event"), given.table("session")
    viewed = event.filter(
        event.customer_id.notnull(), event.event.lower().re_replace("[^a-z]", "").isin(ARTICLE_EVENTS)
    )
    robots = session.filter(session.is_bot.fill_null(False)).select("session_id")
    viewed = viewed.anti_join(robots, "session_id").select(
        "shop_id", "customer_id", "session_id", "event_id", "happened_at"
    )
    viewed = viewed.mutate(day=given.day(viewed.happened_at, viewed.shop_id))
    # A session that runs over midnight is one visit.
    by_day = ibis.cases((viewed.session_id.isnull(), viewed.day))
    visit = viewed.mutate(by_day=by_day).group_by("shop_id", "customer_id", "session_id", "by_day").agg(
        visit_id=lambda t: t.event_id.min(), first_at=lambda t: t.happened_at.min(), articles=lambda t: t.count()
    )  # fmt: skip
    ticket = real_tickets(given)
    reach = ticket.group_by("shop_id").agg(tickets_from=ticket.created_at.min(), last_ticket_at=ticket.created_at.max())
    visit = visit.join(reach, "shop_id").filter(lambda t: t.first_at >= t.tickets_from)
    visit = visit.select("shop_id", "customer_id", "session_id", "visit_id", "first_at", "articles", "last_ticket_at")
    closes = visit.first_at + ibis.interval(hours=HOURS)
    wrote = _wrote(visit, ticket)
    told = visit.left_join(wrote, "visit_id")
    return told.select(
        "shop_id",
        "customer_id",
        "visit_id",
        "first_at",
        "articles",
        wrote=told.wrote.fill_null(False),
        viewed_on=given.day(told.first_at, told.shop_id),
        hours_on=given.day(closes, told.shop_id),
        tickets_until=given.day(told.last_ticket_at, told.shop_id),
    )


def _wrote(visit: ibis.Table, ticket: ibis.Table) -> ibis.Table:
    """Visits followed by a ticket of the same person in time."""
    asked = ticket.filter(ticket.customer_id.notnull()).select("shop_id", "customer_id", "created_at")
    pairs = visit.select("shop_id", "customer_id", "visit_id", "first_at").join(asked, ["shop_id", "customer_id"])
    pairs = pairs.filter(
        pairs.created_at >= pairs.first_at, pairs.created_at < pairs.first_at + ibis.interval(hours=HOURS)
    )
    return pairs.select("visit_id").distinct().mutate(wrote=ibis.literal(True))
