"""Tickets with what was said on them and how their status moved, and when the desk is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import Buyers
from holdfast.simulate.clock import DAY, HOUR, MINUTE, day_number
from holdfast.simulate.draws import Flags, Ints, among, hours
from holdfast.simulate.recurring import FAR
from holdfast.simulate.sales import Sales
from holdfast.simulate.shop import Shop

CHANNELS = ("email", "chat", "phone", "form")
KINDS = ("question", "return", "delivery", "complaint")
STATUSES = ("new", "pending", "solved", "open", "closed")
OPENS, CLOSES = 9 * 60, 18 * 60
CLOSES_AFTER = 4 * DAY


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of one chunk, shape (t,); moments are FAR where they never come before the data end."""

    number: Ints
    order: Ints  # place of the order in the chunk
    created_at: Ints
    replied_at: Ints
    solved_at: Ints  # the first time
    status: Ints  # a place among STATUSES
    real: Flags

    @property
    def waiting(self) -> Flags:
        waits: Flags = self.real & (self.replied_at == FAR) & (self.solved_at == FAR)
        return waits

    @property
    def unsolved(self) -> Flags:
        return self.real & ~np.isin(self.status, (2, 4))


def write_schedule(shop: Shop) -> None:
    days = np.arange(1, 6)
    shop.sink.add("business_hours", {
        "schedule_id": c.same("desk", 5), "weekday": c.number(days), "opens_minute": c.number(np.full(5, OPENS)),
        "closes_minute": c.number(np.full(5, CLOSES)), "zone": c.same(shop.zone, 5),
    })  # fmt: skip
    years = range(shop.since.year, shop.until.year + 1)
    closed = [date(y, m, d) for y in years for m, d in ((1, 1), (5, 1), (12, 25), (12, 26))]
    shop.sink.add("holidays_of_business_hours", {
        "schedule_id": c.same("desk", len(closed)), "closed_on": c.day([day_number(d) for d in closed]),
        "holiday": c.word(np.arange(len(closed)) % 4, ("New Year", "Labour Day", "Christmas", "Boxing Day")),
    })  # fmt: skip


def draw_tickets(shop: Shop, chunk: int, buyers: Buyers, sales: Sales) -> Tickets:
    laws, rng = shop.laws, shop.chance.stream("tickets", chunk)
    created = sales.at + (rng.exponential(4 * DAY, len(sales.at))).astype(np.int64) + HOUR
    asks = laws.tickets * shop.troubled(created, laws.trouble.tickets)
    order = np.flatnonzero((rng.random(len(sales.at)) < asks) & (created < shop.ends))
    order = order[np.argsort(created[order], kind="stable")]
    created, t = created[order], len(order)
    number = shop.numbers.take("ticket", t)
    alone = rng.random(t) < laws.automated
    slower = shop.troubled(created, laws.trouble.replies)
    waits, works = (
        (hours(rng, median, spread, t) * slower).astype(np.int64)
        for median, spread in ((laws.reply_hours, laws.reply_spread), (laws.solve_hours, laws.solve_spread))
    )
    replied = np.where(alone, FAR, created + waits)
    solved = np.where(alone, created + 2 * MINUTE, replied + works)
    forgotten = ~alone & (rng.random(t) < laws.forgotten)
    replied = np.where(forgotten & (number % 2 == 0), FAR, replied)
    solved = np.where(forgotten, FAR, solved)
    opened = solved + hours(rng, 12, 0.8, t)
    fails = laws.reopened * shop.troubled(created, laws.trouble.tickets)
    again = (rng.random(t) < fails) & (opened < solved + CLOSES_AFTER)
    opened = np.where(again, opened, FAR)
    resolved = np.where(again, opened + hours(rng, laws.solve_hours, laws.solve_spread, t), FAR)
    closed = np.where(again, resolved, solved) + CLOSES_AFTER
    replied, solved, opened, resolved, closed = (
        np.where(at < shop.ends, at, FAR) for at in (replied, solved, opened, resolved, closed)
    )
    status = np.select([closed < FAR, resolved < FAR, opened < FAR, solved < FAR, replied < FAR], [4, 2, 3, 2, 1], 0)
    odd = rng.random(t)
    merged, spam, test = odd < 0.01, (odd >= 0.01) & (odd < 0.02), (odd >= 0.02) & (odd < 0.022)
    merged &= np.arange(t) > 0
    told = Tickets(number, order, created, replied, solved, status, ~(merged | spam | test))
    who = sales.who[order]
    company = np.where(who >= 0, buyers.company[who], 0)
    shop.sink.add("tickets", {
        "ticket_id": c.number(number), "customer_id": c.number(buyers.number[who], who >= 0),
        "account_id": c.number(company, company > 0), "order_id": c.number(sales.number[order]),
        "ticket_number": c.called("T", number), "created_at": c.moment(created),
        "channel": c.word(among(rng, (5, 3, 1, 1), t), CHANNELS), "status": c.word(status, STATUSES),
        "priority": c.word(among(rng, (6, 3, 1), t), ("normal", "high", "low")),
        "severity": c.word(among(rng, (7, 2, 1), t), ("low", "medium", "high")),
        "type": c.word(among(rng, (4, 2, 3, 1), t), KINDS), "opened_by": c.same("requester", t),
        "solved_at": c.moment(np.where(resolved < FAR, resolved, solved), np.isin(status, (2, 4))),
        "closed_at": c.moment(closed, closed < FAR), "reopened_count": c.number((opened < FAR) * 1),
        "escalated_at": c.moment(replied, (rng.random(t) < 0.03) & (replied < FAR)),
        "automated": c.flag(alone), "eligible_for_automation": c.flag(alone | (rng.random(t) < 0.25)),
        "handling_minutes": c.number(np.where(alone, 0, 3 + rng.poisson(8, t))),
        "merged_into": c.called("T", number - 1, known=merged), "is_spam": c.flag(spam), "is_test": c.flag(test),
        "assignee": c.called("agent-", 1 + number % 12), "team": c.word(number % 2, ("first line", "second line")),
        "schedule_id": c.same("desk", t),
    })  # fmt: skip
    _write_comments(shop, rng, told, alone)
    _write_history(shop, told, alone, opened, resolved, closed)
    return told


def _write_comments(shop: Shop, rng: np.random.Generator, told: Tickets, alone: Flags) -> None:
    t = len(told.number)
    greeted = np.flatnonzero((alone | (rng.random(t) < 0.5)) & (told.created_at + MINUTE < shop.ends))
    answered, every = np.flatnonzero(told.replied_at < FAR), np.arange(t)
    noted = answered[rng.random(len(answered)) < 0.3]
    of = np.r_[every, greeted, answered, noted]
    role = np.r_[every * 0, greeted * 0 + 2, answered * 0 + 1, noted * 0 + 1]
    at = np.r_[
        told.created_at, told.created_at[greeted] + MINUTE, told.replied_at[answered], told.replied_at[noted] - 1
    ]
    shop.sink.add("ticket_comments", {
        "ticket_comment_id": c.number(shop.numbers.take("comment", len(of))), "ticket_id": c.number(told.number[of]),
        "created_at": c.moment(at), "public": c.flag(np.arange(len(of)) < len(of) - len(noted)),
        "author_role": c.word(role, ("requester", "agent", "bot")),
        "author": c.called("agent-", 1 + told.number[of] % 12, known=role == 1),
    })  # fmt: skip


def _write_history(shop: Shop, told: Tickets, alone: Flags, opened: Ints, resolved: Ints, closed: Ints) -> None:
    """STATUSES in the order in which they came; by the requester (0), an agent (1), a bot (2) or the system (3)."""
    by = np.where(alone, 2, 1)
    steps = (
        (told.created_at, 0, by * 0), (told.replied_at, 1, by * 0 + 1), (told.solved_at, 2, by),
        (opened, 3, by * 0), (resolved, 2, by * 0 + 1), (closed, 4, by * 0 + 3),
    )  # fmt: skip
    place = [np.flatnonzero(at < FAR) for at, _, _ in steps]
    of = np.concatenate(place)
    shop.sink.add("ticket_status_changes", {
        "ticket_id": c.number(told.number[of]),
        "changed_at": c.moment(np.concatenate([s[0][p] for s, p in zip(steps, place, strict=True)])),
        "status": c.word(np.concatenate([np.full(len(p), s[1]) for s, p in zip(steps, place, strict=True)]), STATUSES),
        "changed_by_role": c.word(
            np.concatenate([s[2][p] for s, p in zip(steps, place, strict=True)]),
            ("requester", "agent", "bot", "system"),
        ),
    })  # fmt: skip
