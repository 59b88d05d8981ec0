"""Messages and what came of them, visits, events, slots that were shown, and what people use of the shop."""

from __future__ import annotations

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import NEVER, Buyers
from holdfast.simulate.clock import DAY, HOUR, MINUTE
from holdfast.simulate.draws import Flags, Ints, among
from holdfast.simulate.sales import CHANNEL_SHARES, CHANNELS, Sales
from holdfast.simulate.shop import Shop

CAPABILITIES = ("saved list", "quick reorder")
FIELDS, FILLED = ("address", "phone", "birthday"), (0.95, 0.9, 0.75)
STEPS, DONE = ("profile", "first order", "preferences"), (0.95, 0.85, 0.7)
EVENTS = (
    "Order Completed", "Article Viewed", "Manual Viewed", "Warranty Registered", "Reorder Clicked", "Reference Agreed",
    "Review Written",
)  # fmt: skip


def write_customers(shop: Shop, chunk: int, buyers: Buyers, country: Ints, countries: tuple[str, ...]) -> None:
    rng, n = shop.chance.stream("customers", chunk), len(buyers)
    consent = consents(buyers)
    domain = f"@{''.join(x for x in shop.name.lower() if x.isascii() and x.isalnum())}.example"
    shop.sink.add("customers", {
        "customer_id": c.number(buyers.number), "email": c.called("c", buyers.number, domain),
        "first_name": c.called("Ada ", buyers.number), "last_name": c.called("Example ", buyers.number),
        "country": c.word(country, countries), "account_created_at": c.moment(buyers.opened_at, ~buyers.guest),
        "is_guest": c.flag(buyers.guest), "email_consent": c.word(consent * 1, ("no", "yes")),
        "email_verified": c.flag(rng.random(n) < 0.6), "is_test": c.flag(np.zeros(n, bool)),
        "is_staff": c.flag(np.zeros(n, bool)), "imported": c.flag(np.zeros(n, bool)),
    })  # fmt: skip
    members = np.flatnonzero(~buyers.guest)
    known = members[rng.random(len(members)) < 0.4]
    seen_at = np.maximum(buyers.opened_at[known] - rng.exponential(2 * DAY, len(known)).astype(int), _begins(shop))
    bots = len(known) // 50
    at = np.r_[seen_at, shop.some_time(rng, rng.integers(shop.first, shop.last + 1, bots))]
    shop.sink.add("leads", {
        "lead_id": c.number(shop.numbers.take("lead", len(at))),
        "customer_id": c.number(np.r_[buyers.number[known], np.zeros(bots, int)], np.arange(len(at)) < len(known)),
        "created_at": c.moment(at), "origin": c.word(among(rng, (3, 2, 1), len(at)), ("search", "social", "fair")),
        "is_bot": c.flag(np.arange(len(at)) >= len(known)),
    })  # fmt: skip


def _begins(shop: Shop) -> int:
    return int(shop.clock.moment(np.array([shop.first]), np.zeros(1, np.int64))[0])


def consents(buyers: Buyers) -> Flags:
    agreed: Flags = buyers.number % 5 != 0
    return agreed


def write_messages(shop: Shop, chunk: int, buyers: Buyers) -> None:
    rng = shop.chance.stream("messages", chunk)
    members = np.flatnonzero(~buyers.guest & consents(buyers))
    offers = rng.poisson(np.clip((shop.ends - buyers.opened_at[members]) / (240 * DAY), 0, None))
    mail = np.repeat(members, offers)
    sent = buyers.opened_at[mail] + (rng.random(len(mail)) * (shop.ends - buyers.opened_at[mail])).astype(np.int64)
    who = np.r_[members, members, mail]
    at = np.r_[buyers.opened_at[members] + 5 * MINUTE, buyers.opened_at[members] + 2 * DAY, sent]
    welcome = np.arange(len(who)) < 2 * len(members)
    there = at < shop.ends
    who, at, welcome = who[there], at[there], welcome[there]
    n, number = len(who), shop.numbers.take("message", int(there.sum()))
    suppressed, campaign = rng.random(n) < 0.01, ~welcome & (number % 3 > 0)
    personal = ~welcome & after_treatment(shop, buyers, who, at)
    shop.sink.add("messages", {
        "message_id": c.number(number), "customer_id": c.number(buyers.number[who]), "channel": c.same("email", n),
        "series": c.word(np.where(welcome, 0, np.where(campaign, 1, 2)), ("welcome", "offer", "replenishment")),
        "campaign": c.called("offer-", number % 8, known=campaign),
        "flow": c.word(np.where(welcome, 0, 1), ("welcome", "replenishment"), ~campaign), "sent_at": c.moment(at),
        "suppressed": c.flag(suppressed), "personalized": c.flag(personal),
    })  # fmt: skip
    arrives, chance = ~suppressed & (rng.random(n) < 0.98), rng.random(n)
    clicks = np.where(welcome, shop.laws.clicks / 1.7, 0.04)
    rows = (
        (arrives, 0, 5, 0), (~arrives & ~suppressed, 1, 5, 0), (arrives & (number % 2 == 0), 2, 60, 1),
        (arrives & (chance < clicks * 1.8), 2, 2 * HOUR, 0), (arrives & (chance < clicks), 3, 2 * HOUR + 30, 0),
        (arrives & (chance > 0.98), 3, 20, 2), (arrives & (chance > 0.997), 4, DAY, 0),
        (arrives & (chance > 0.9995), 5, DAY + HOUR, 0),
    )  # fmt: skip
    place = [np.flatnonzero(which & (at + later < shop.ends)) for which, _, later, _ in rows]
    of = np.concatenate(place)
    kind, later, by = (np.repeat([row[f] for row in rows], [len(p) for p in place]) for f in (1, 2, 3))
    words = ("delivered", "bounce", "open", "click", "unsubscribe", "complaint")
    shop.sink.add("message_events", {
        "message_id": c.number(number[of]), "type": c.word(kind, words), "happened_at": c.moment(at[of] + later),
        "is_machine_open": c.flag(by == 1), "is_bot_click": c.flag(by == 2),
        "about": c.word(of % 3, ("shop", "reorder", "review"), kind == 3),
    })  # fmt: skip


def after_treatment(shop: Shop, buyers: Buyers, who: Ints, at: Ints) -> Flags:
    """Whether the treatment was there: the customer is treated and was assigned on an earlier day."""
    return buyers.treated[who] & (shop.clock.day(at) > buyers.assigned_on[who])


def write_visits(shop: Shop, chunk: int, buyers: Buyers, sales: Sales) -> None:
    rng, m = shop.chance.stream("visits", chunk), len(sales.at)
    weight = np.cumsum(shop.season)
    idle = int(m * shop.laws.visits)
    day = shop.first + np.searchsorted(weight, rng.random(idle) * weight[-1], "right")
    who = rng.integers(0, max(len(buyers), 1), idle)
    at = shop.some_time(rng, day)
    bot, signed = rng.random(idle) < 0.03, rng.random(idle) < 0.6
    there = bot | (at > buyers.opened_at[who]) if len(buyers) else bot
    who, at, bot, signed = who[there], at[there], bot[there], (signed & ~bot)[there]
    bought_by = np.where(sales.who >= 0, sales.who, 0)
    everyone = np.r_[bought_by, who]
    began = np.r_[sales.at - 15 * MINUTE, at]
    known = np.r_[sales.who >= 0, signed]
    robot = np.r_[np.zeros(m, bool), bot]
    n, ordered = len(everyone), np.arange(len(everyone)) < m
    number, device = shop.numbers.take("session", n), buyers.number[everyone]
    portal = known & (buyers.company[everyone] > 0)
    shop.sink.add("sessions", {
        "session_id": c.number(number), "customer_id": c.number(buyers.number[everyone], known),
        "anonymous": c.called("d", np.where(known | (device % 3 == 0), device, -number)), "started_at": c.moment(began),
        "ended_at": c.moment(np.minimum(began + np.where(ordered, 20 * MINUTE, 4 * MINUTE), shop.ends - 1)),
        "channel": c.word(among(rng, CHANNEL_SHARES, n), CHANNELS), "device": c.word(number % 2, ("mobile", "desktop")),
        "landing_page": c.word(number % 3, ("/", "/sale", "/thing")), "is_bot": c.flag(robot),
        "is_portal": c.flag(portal), "orders": c.number(ordered * 1),
    })  # fmt: skip
    _write_events(shop, rng, buyers, sales, number, everyone, began, known, m)
    shown = np.flatnonzero(known & (rng.random(n) < 0.2))
    treated = after_treatment(shop, buyers, everyone[shown], began[shown])
    clicked = rng.random(len(shown)) < np.where(treated, 0.12, 0.08)
    shop.sink.add("exposures", {
        "exposure_id": c.number(shop.numbers.take("exposure", len(shown))),
        "customer_id": c.number(buyers.number[everyone[shown]]), "slot": c.word(shown % 2, ("home", "basket")),
        "personalized": c.flag(treated), "shown_at": c.moment(began[shown]),
        "clicked_at": c.moment(began[shown] + 20, clicked),
    })  # fmt: skip


def _write_events(
    shop: Shop, rng: np.random.Generator, buyers: Buyers, sales: Sales, session: Ints, who: Ints, began: Ints,
    known: Flags, orders: int,
) -> None:  # fmt: skip
    read = orders + np.flatnonzero(rng.random(len(who) - orders) < 0.06)
    did = np.flatnonzero(known & (rng.random(len(who)) < 0.03))
    of = np.r_[np.arange(orders), read, did]
    kind = np.r_[np.zeros(orders, int), np.ones(len(read), int), 2 + among(rng, (4, 2, 2, 0.2, 1), len(did))]
    at = np.r_[sales.at, began[read] + MINUTE, began[did] + 2 * MINUTE]
    of, kind, at = (column[at < shop.ends] for column in (of, kind, at))
    bought = kind == 0
    order = np.where(bought, sales.number[np.where(bought, of, 0)], 0) if orders else of
    shop.sink.add("events", {
        "event_id": c.number(shop.numbers.take("event", len(of))), "event": c.word(kind, EVENTS),
        "customer_id": c.number(buyers.number[who[of]], known[of]),
        "account_id": c.number(buyers.company[who[of]], known[of] & (buyers.company[who[of]] > 0)),
        "session_id": c.number(session[of]), "order_id": c.number(order, bought),
        "happened_at": c.moment(at), "received_at": c.moment(at + 2),
        "object": c.called("article-", of % 40, known=kind == 1),
    })  # fmt: skip


def write_capabilities(shop: Shop) -> None:
    n = len(CAPABILITIES)
    shop.sink.add("key_capabilities", {
        "capability_id": c.number(np.arange(1, n + 1)), "name": c.word(np.arange(n), CAPABILITIES),
        "capability_number": c.word(np.arange(n), CAPABILITIES), "uses_needed": c.number(np.arange(1, n + 1)),
    })  # fmt: skip
    shop.sink.add("required_profile_fields", {
        "field": c.word(np.arange(2), FIELDS), "since": c.day(np.full(2, shop.first)),
    })  # fmt: skip


def write_habits(shop: Shop, chunk: int, buyers: Buyers, sales: Sales) -> None:
    """Capabilities, profile fields, onboarding steps and the loyalty programme."""
    rng = shop.chance.stream("habits", chunk)
    members = np.flatnonzero(~buyers.guest & (rng.random(len(buyers)) < 0.5))
    who, which = np.tile(members, len(CAPABILITIES)), np.repeat(np.arange(1, len(CAPABILITIES) + 1), len(members))
    shop.sink.add("access_to_capabilities", {
        "capability_id": c.number(which), "customer_id": c.number(buyers.number[who]),
        "since": c.moment(buyers.opened_at[who]),
    })  # fmt: skip
    anchor = np.where(buyers.first_at[who] != NEVER, buyers.first_at[who], shop.ends)
    used_at = anchor + 7 * DAY + rng.integers(0, 23 * DAY, len(who))
    used = np.flatnonzero((rng.random(len(who)) < 0.62 - 0.12 * which) & (used_at < shop.ends))
    shop.sink.add("uses_of_capabilities", {
        "capability_id": c.number(which[used]), "customer_id": c.number(buyers.number[who[used]]),
        "used_at": c.moment(used_at[used]), "uses": c.number(1 + rng.poisson(1.2, len(used))),
    })  # fmt: skip
    _write_profiles(shop, rng, buyers, np.flatnonzero(~buyers.guest))
    _write_onboarding(shop, rng, buyers, members)
    _write_loyalty(shop, rng, buyers, sales)


def _write_profiles(shop: Shop, rng: np.random.Generator, buyers: Buyers, members: Ints) -> None:
    who, which = np.tile(members, len(FIELDS)), np.repeat(np.arange(len(FIELDS)), len(members))
    at = buyers.opened_at[who] + rng.exponential(1.5 * DAY, len(who)).astype(np.int64)
    some = np.flatnonzero((rng.random(len(who)) < np.array(FILLED)[which]) & (at < shop.ends))
    shop.sink.add("changes_of_profile_fields", {
        "customer_id": c.number(buyers.number[who[some]]), "field": c.word(which[some], FIELDS),
        "changed_at": c.moment(at[some]), "is_set": c.flag(np.ones(len(some), bool)),
    })  # fmt: skip


def _write_onboarding(shop: Shop, rng: np.random.Generator, buyers: Buyers, members: Ints) -> None:
    who, which = np.tile(members, len(STEPS)), np.repeat(np.arange(len(STEPS)), len(members))
    started = buyers.opened_at[who]
    done_at = started + rng.exponential(5 * DAY, len(who)).astype(np.int64)
    done, skipped = (rng.random(len(who)) < np.array(DONE)[which]) & (done_at < shop.ends), rng.random(len(who)) < 0.02
    shop.sink.add("onboarding_steps", {
        "step": c.word(which, STEPS), "customer_id": c.number(buyers.number[who]),
        "required": c.flag(which < len(STEPS) - 1), "started_at": c.moment(started),
        "due_at": c.moment(started + 14 * DAY), "done_at": c.moment(done_at, done & ~skipped),
        "skipped": c.flag(skipped),
    })  # fmt: skip


def _write_loyalty(shop: Shop, rng: np.random.Generator, buyers: Buyers, sales: Sales) -> None:
    member = (buyers.first_at != NEVER) & (rng.random(len(buyers)) < shop.laws.loyal)
    joined = np.flatnonzero(member & (buyers.first_at + HOUR < shop.ends))
    earned = np.flatnonzero(
        sales.counts & (sales.who >= 0) & member[np.maximum(sales.who, 0)] & (sales.at + DAY < shop.ends)
    )
    spent = earned[rng.random(len(earned)) < 0.1]
    who = np.r_[joined, sales.who[earned], sales.who[spent]]
    kind = np.repeat([0, 1, 2], [len(joined), len(earned), len(spent)])
    at = np.r_[buyers.first_at[joined] + HOUR, sales.at[earned] + DAY, sales.at[spent] + 60]
    order = np.r_[joined * 0, sales.number[earned], sales.number[spent]]
    points = np.r_[joined * 0, sales.placed[earned] // 100, -np.minimum(sales.placed[spent] // 200, 500)]
    shop.sink.add("loyalty_events", {
        "loyalty_event_id": c.number(shop.numbers.take("loyalty", len(who))),
        "customer_id": c.number(buyers.number[who]),
        "type": c.word(kind, ("enrol", "earn", "redeem")), "happened_at": c.moment(at), "points": c.number(points),
        "auto_enrolled": c.flag((kind == 0) & (buyers.number[who] % 10 == 0)), "order_id": c.number(order, kind > 0),
        "member": c.called("m", buyers.number[who]),
    })  # fmt: skip
