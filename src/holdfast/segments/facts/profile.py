"""Who they are: country, channel, tags, consent, companies they speak for. Sources keep only how this stands now."""

from __future__ import annotations

import ibis

from holdfast.segments.facts.declare import ASKED, KEY, Fact, Source
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.marts.declare import EXCLUDED_PERSON
from holdfast.warehouse.marts.party import of_survivors
from holdfast.warehouse.marts.registry import unbound as mart
from holdfast.warehouse.tables import TABLES


def people() -> ibis.Table:
    """Everybody who counts as a customer, bought or not: shop_id, customer_id, and the day from which they are known;
    null where no source says one."""
    c = TABLES["customer"].unbound()
    c = c.anti_join(EXCLUDED_PERSON, "customer_id")
    opened = unbound("account_opening").select("customer_id", opened_on="opened_on")
    told = c.select("shop_id", "customer_id").left_join(opened, "customer_id").drop("customer_id_right")
    bought = unbound("purchase")
    bought = bought.filter(bought.seq == 0).select("shop_id", "customer_id", bought_on="day")
    both = told.outer_join(bought, ["shop_id", "customer_id"])
    return both.select(
        shop_id=ibis.coalesce(both.shop_id, both.shop_id_right),
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right),
        known_on=ibis.least(
            ibis.coalesce(both.opened_on, both.bought_on), ibis.coalesce(both.bought_on, both.opened_on)
        ),
    )


def everybody(several: bool) -> ibis.Table:
    """KEY of everybody who was known by a day; who has no day is there on all of them."""
    p = people()
    told = ASKED.join(p, p.known_on.isnull() | (p.known_on <= ASKED.as_of))
    return told.select(*KEY)


def profile(several: bool) -> ibis.Table:
    c = TABLES["customer"].unbound()
    c = c.select("shop_id", "customer_id", "tags", "email_consent", "sms_consent", home="country")
    h = unbound("history").select("shop_id", "customer_id", "country", "channel")
    both = c.outer_join(h, ["shop_id", "customer_id"])
    tags = both.tags.fill_null("").lower().split(",").map(lambda tag: tag.strip()).filter(lambda tag: tag != "")
    told = both.select(
        shop_id=ibis.coalesce(both.shop_id, both.shop_id_right),
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_right),
        country=ibis.coalesce(both.home, both.country),
        channel=both.channel,
        tags=tags,
        email_consent=both.email_consent.strip().lower(),
        sms_consent=both.sms_consent.strip().lower(),
    )
    return ASKED.cross_join(told).drop("place")


def companies(several: bool) -> ibis.Table:
    """Names of the companies for which somebody speaks, or for which they have ordered."""
    account = TABLES["account"].unbound()
    contact, o = TABLES["account_contact"].unbound(), unbound("order_value")
    spoken = contact.filter(contact.customer_id.notnull()).select(
        "account_id", "shop_id", "customer_id", valid_until=contact.valid_until.cast("date"),
        day=contact.valid_from.cast("date"),
    )  # fmt: skip
    bought = o.filter(o.counts, o.account_id.notnull(), o.customer_id.notnull())
    bought = bought.group_by("account_id", "shop_id", "customer_id").agg(
        valid_until=ibis.null("date"), day=bought.placed_on.min()
    )
    told = of_survivors(spoken.union(bought), mart("account_survivor"))
    told = told.join(
        account.select("account_id", named=ibis.coalesce(account.name, account.account_number)), "account_id"
    )
    begun = told.day.isnull() | (told.day <= ASKED.as_of)
    lasts = told.valid_until.isnull() | (told.valid_until > ASKED.as_of)
    here = ASKED.join(told, begun & lasts)
    here = here.filter(here.named.notnull()).select(*KEY, "named").distinct()
    return here.group_by(*KEY).agg(companies=here.named.lower().collect())


PROFILE = Source(
    "profile", profile, "order",
    (
        Fact("country", "country", "word"),
        Fact("channel", "channel of the first order", "word"),
        Fact("tags", "tags", "words"),
        Fact("email_consent", "e-mail consent, as the source writes it", "word"),
        Fact("sms_consent", "SMS consent, as the source writes it", "word"),
    ),
)  # fmt: skip
COMPANIES = Source(
    "companies", companies, "account", (Fact("company", "companies they speak for", "words", column="companies"),)
)
