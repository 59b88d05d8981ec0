"""Subscriptions, their items and movements, and what was billed: constant hazards a period, in both worlds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import NEVER, Buyers
from holdfast.simulate.clock import DAY, HOUR, MINUTE, first_days, months_of
from holdfast.simulate.draws import Flags, Ints, place_in_group
from holdfast.simulate.laws import Laws
from holdfast.simulate.shop import Shop

FAR = 1 << 40  # a moment that never comes
TRIAL_DAYS, DUNNING_DAYS = 14, 10
PLANS, TIMES = ("basic", "plus", "max"), (1.0, 1.5, 2.5)
PAUSE_MONTHS, BACK_AFTER = 2, 2
TAX = 0.19


@dataclass(frozen=True, slots=True)
class Agreements:
    """Subscriptions of one chunk, shape (s,). Moments are FAR where they never come; begins: from when it is paid.

    month, dom, second: when each period turns over by the shop's clock. step: months of a period. life: how many
    periods are paid. unit, quantity and off say what one period costs before `changes_at`, …_after from then on.
    """

    number: Ints
    who: Ints
    payer: Ints  # the customer, or minus the company
    month: Ints
    dom: Ints
    second: Ints
    step: Ints
    life: Ints
    begins: Ints
    ends: Ints
    cancels_at: Ints
    by_choice: Flags
    trial: Flags
    pays: Flags
    pauses_at: Ints
    resumes_at: Ints
    changes_at: Ints
    pause_after: Ints  # periods
    change_after: Ints
    unit: Ints
    quantity: Ints
    off: Ints
    unit_after: Ints
    quantity_after: Ints
    plan: Ints

    def moment(self, shop: Shop, periods: Ints, of: Ints | slice = slice(None)) -> Ints:
        """When the given number of periods are over, for the agreements at these places."""
        months = self.month[of] + periods * self.step[of]
        return shop.clock.moment(first_days(months) + self.dom[of] - 1, self.second[of])

    @property
    def mrr(self) -> Ints:
        return _monthly(self.unit * self.quantity - self.off, self.step)

    @property
    def mrr_after(self) -> Ints:
        return _monthly(self.unit_after * self.quantity_after - self.off, self.step)


def _monthly(minor: Ints, step: Ints) -> Ints:
    return np.floor(minor / step + 0.5).astype(np.int64)


def draw_agreements(shop: Shop, chunk: int, buyers: Buyers) -> Agreements:
    rng, laws = shop.chance.stream("subscriptions", chunk), shop.laws
    some = np.flatnonzero((buyers.first_on != NEVER) & (rng.random(len(buyers)) < laws.subscribes))
    day = buyers.first_on[some] + rng.integers(0, 15, len(some))
    trial = rng.random(len(some)) < laws.trials
    firsts = _agreed(shop, rng, buyers, some, day + trial * TRIAL_DAYS, trial)
    lost = np.flatnonzero(firsts.pays & firsts.by_choice & (firsts.ends < shop.ends))
    lost = lost[rng.random(len(lost)) < laws.returns]
    again_on = shop.clock.day(firsts.ends[lost]) + 30 * BACK_AFTER
    again = _agreed(shop, rng, buyers, firsts.who[lost], again_on, np.zeros(len(lost), bool))
    both = Agreements(*(np.r_[getattr(firsts, f), getattr(again, f)] for f in Agreements.__slots__))
    begun = both.begins - both.trial * TRIAL_DAYS * DAY < shop.ends
    both = Agreements(*(getattr(both, f)[begun] for f in Agreements.__slots__))
    return replace(both, number=shop.numbers.take("subscription", len(both.who)))


def _agreed(shop: Shop, rng: np.random.Generator, buyers: Buyers, who: Ints, day: Ints, trial: Flags) -> Agreements:
    """Agreements that are paid for from about these days on: never from a day that a month may lack."""
    laws, s = shop.laws, len(who)
    month = months_of(day)
    dom = day - first_days(month) + 1
    month, dom = np.where(dom > 28, month + 1, month), np.where(dom > 28, 1, dom)
    second = rng.integers(8 * HOUR, 20 * HOUR, s)
    step = np.where(rng.random(s) < laws.yearly, 12, 1)
    plan = rng.integers(0, len(PLANS), s)
    unit = (laws.month_price * np.array(TIMES)[plan]).round().astype(np.int64) * np.where(step == 12, 10, 1)
    business = buyers.company[who]
    quantity = np.where(business > 0, rng.integers(1, 6, s), 1)
    off = np.where(rng.random(s) < 0.1, unit * quantity // 10, 0)
    pays = ~trial | (rng.random(s) < laws.converts)
    life = _lifetimes(rng, laws, step, months_of(buyers.assigned_on[who]) - month, buyers.treated[who])
    by_choice = rng.random(s) < laws.leaves / (laws.leaves + laws.fails)
    one = Agreements(
        np.zeros(s, np.int64), who, np.where(business > 0, -business, buyers.number[who]), month, dom, second, step,
        life, *(np.full(s, FAR),) * 3, by_choice, trial, pays, *(np.full(s, FAR),) * 3, *(np.zeros(s, np.int64),) * 2,
        unit, quantity, off, unit, quantity, plan,
    )  # fmt: skip
    zero = np.zeros(s, np.int64)
    begins = one.moment(shop, zero)
    over = one.moment(shop, np.minimum(life, 1200 // step))
    ends = np.where(pays, over + np.where(by_choice, 0, DUNNING_DAYS * DAY), begins)
    cancels_at = np.where(by_choice, np.maximum(over - rng.integers(DAY, 25 * DAY, s), begins + HOUR), ends)
    cancels_at = np.where(pays, cancels_at, begins - DAY)
    pause_after = 1 + (rng.random(s) * np.maximum(life - 4, 1)).astype(np.int64)
    pauses_at, resumes_at = one.moment(shop, pause_after), one.moment(shop, pause_after + PAUSE_MONTHS)
    pausing = pays & (rng.random(s) < laws.pauses) & (step == 1) & (life > pause_after + PAUSE_MONTHS + 1)
    pausing &= resumes_at < shop.ends
    moves = laws.expands + laws.shrinks
    change_after = rng.geometric(1 - (1 - moves) ** step)
    changes_at = one.moment(shop, np.minimum(change_after, 1200 // step))
    changing = pays & ~pausing & (change_after < life) & (changes_at < shop.ends)
    grows = rng.random(s) < laws.expands / moves
    return replace(
        one, begins=begins, ends=ends, cancels_at=cancels_at, pause_after=pause_after, change_after=change_after,
        pauses_at=np.where(pausing, pauses_at, FAR), resumes_at=np.where(pausing, resumes_at, FAR),
        changes_at=np.where(changing, changes_at, FAR),
        unit_after=np.where(grows, unit, unit * 6 // 10), quantity_after=np.where(grows, quantity + 1, quantity),
    )  # fmt: skip


def _lifetimes(rng: np.random.Generator, laws: Laws, step: Ints, months: Ints, treated: Flags) -> Ints:
    """Periods paid for. months: from the first period to the assignment, after which the treated leave otherwise."""
    stays, later = ((1 - (laws.leaves + laws.fails) * times) ** step for times in (1.0, laws.treatment.churn))
    before = np.maximum(months, 0) // step
    patience = np.log(1 - rng.random(len(step)))
    usual = np.ceil(patience / np.log(stays))
    left = np.ceil((patience - before * np.log(stays)) / np.log(np.where(treated, later, stays)))
    life: Ints = np.maximum(np.where(usual <= before, usual, before + left), 1).astype(np.int64)
    return life


def write_agreements(shop: Shop, chunk: int, buyers: Buyers, a: Agreements) -> None:
    rng, s = shop.chance.stream("subscription rows", chunk), len(a.number)
    ended, failing = a.ends < shop.ends, ~a.by_choice & (a.ends - DUNNING_DAYS * DAY < shop.ends) & a.pays
    scheduled = a.by_choice & a.pays & ~ended & (a.cancels_at < shop.ends)
    trying = a.trial & (a.begins >= shop.ends)
    status = np.select([trying, ended, failing], [1, 2, 3], 0)
    started = a.begins - a.trial * TRIAL_DAYS * DAY
    known_ends, business = ended & ~trying, a.payer < 0
    delivered, valued = a.begins + rng.integers(2 * DAY, 7 * DAY, s), a.begins + rng.exponential(6 * DAY, s).astype(int)
    shop.sink.add("subscriptions", {
        "subscription_id": c.number(a.number), "customer_id": c.number(buyers.number[a.who]),
        "account_id": c.number(-a.payer, business), "subscription_number": c.called("S", a.number),
        "status": c.word(status, ("active", "trialing", "canceled", "past_due")), "started_at": c.moment(started),
        "created_at": c.moment(started), "trial_start_at": c.moment(started, a.trial),
        "trial_end_at": c.moment(a.begins, a.trial), "cancel_at": c.moment(a.ends, scheduled),
        "cancel_at_period_end": c.flag(scheduled),
        "canceled_at": c.moment(a.cancels_at, (scheduled | known_ends) & (a.cancels_at < shop.ends)),
        "ended_at": c.moment(a.ends, known_ends),
        "end_reason": c.word(np.where(a.by_choice | ~a.pays, 0, 1), ("voluntary", "involuntary"), known_ends),
        "paused_at": c.moment(a.pauses_at, a.pauses_at < FAR), "resumes_at": c.moment(a.resumes_at, a.resumes_at < FAR),
        "prepaid": c.flag(np.zeros(s, bool)),
        "first_delivery_at": c.moment(delivered, a.pays & (delivered < np.minimum(a.ends, shop.ends))),
        "first_value_at": c.moment(valued, a.pays & (valued < np.minimum(a.ends, shop.ends))),
        "channel": c.word(a.number % 2, ("web", "app")), "plan": c.word(a.plan, PLANS),
        "currency": c.same(shop.currency, s),
    })  # fmt: skip
    _write_items(shop, a, started)
    _write_movements(shop, a, scheduled)
    _write_invoices(shop, buyers, a, failing)


def _write_items(shop: Shop, a: Agreements, started: Ints) -> None:
    changed = np.flatnonzero(a.changes_at < FAR)
    of = np.r_[np.arange(len(a.number)), changed]
    after = np.r_[np.zeros(len(a.number), bool), np.ones(len(changed), bool)]
    plan_too = after & (a.unit_after[of] != a.unit[of])
    shop.sink.add("subscription_items", {
        "subscription_item_id": c.number(shop.numbers.take("item", len(of))), "subscription_id": c.number(a.number[of]),
        "price": c.word(a.plan[of], PLANS), "quantity": c.number(np.where(after, a.quantity_after[of], a.quantity[of])),
        "unit_amount": c.money(np.where(after, a.unit_after[of], a.unit[of])),
        "discount": c.money(a.off[of], a.off[of] > 0), "currency": c.same(shop.currency, len(of)),
        "billing_interval": c.word(np.where(a.step[of] == 12, 1, 0), ("month", "year")),
        "started_at": c.moment(np.where(after, a.changes_at[of], started[of])),
        "ended_at": c.moment(a.changes_at[of], ~after & (a.changes_at[of] < FAR)),
        "change": c.word(plan_too * 1, ("quantity", "plan"), after), "metered": c.flag(np.zeros(len(of), bool)),
    })  # fmt: skip


MOVES = (
    "new",
    "expansion",
    "contraction",
    "pause",
    "resume",
    "churn_voluntary",
    "churn_involuntary",
    "cancel_scheduled",
)


def _write_movements(shop: Shop, a: Agreements, scheduled: Flags) -> None:
    """The source tells the movements of every other subscription; of the rest they are worked out from the items."""
    told = (a.number % 2 == 0) & a.pays & (a.begins < shop.ends)
    nothing, grew = np.zeros(len(a.number), np.int64), a.mrr_after > a.mrr
    last = np.where(a.changes_at < FAR, a.mrr_after, a.mrr)
    rows = [
        (told, nothing, a.begins, nothing, a.mrr),
        (told & (a.changes_at < FAR), np.where(grew, 1, 2), a.changes_at, a.mrr, a.mrr_after),
        (told & (a.pauses_at < FAR), nothing + 3, a.pauses_at, a.mrr, nothing),
        (told & (a.resumes_at < FAR), nothing + 4, a.resumes_at, nothing, a.mrr),
        (told & (a.ends < shop.ends), np.where(a.by_choice, 5, 6), a.ends, last, nothing),
        (told & scheduled, nothing + 7, a.cancels_at, last, nothing),
    ]
    place = [np.flatnonzero(which) for which, *_ in rows]
    of = np.concatenate(place)
    kind, at, before, after = (
        np.concatenate([row[field][where] for row, where in zip(rows, place, strict=True)]) for field in (1, 2, 3, 4)
    )
    shop.sink.add("subscription_movements", {
        "subscription_event_id": c.number(shop.numbers.take("movement", len(of))),
        "subscription_id": c.number(a.number[of]), "type": c.word(kind, MOVES), "effective_at": c.moment(at),
        "mrr_before": c.money(before), "mrr_after": c.money(after), "currency": c.same(shop.currency, len(of)),
    })  # fmt: skip


def _write_invoices(shop: Shop, buyers: Buyers, a: Agreements, failing: Flags) -> None:
    """One for each period that began, pauses left out; where payment failed, the one nobody paid."""
    upto = np.minimum(a.ends, shop.ends)
    most = np.where(a.pays, np.minimum(a.life, (months_of(shop.clock.day(upto)) - a.month) // a.step + 1), 0)
    most = np.maximum(most, 0) + failing
    of = np.repeat(np.arange(len(a.number)), most)
    nth = place_in_group(of)
    issued = a.moment(shop, nth, of)
    unpaid = failing[of] & (nth == a.life[of])
    kept = (issued < shop.ends) & ~((issued >= a.pauses_at[of]) & (issued < a.resumes_at[of]))
    of, nth, issued, unpaid = of[kept], nth[kept], issued[kept], unpaid[kept]
    number, changed = shop.numbers.take("invoice", len(of)), issued >= a.changes_at[of]
    unit, quantity = (
        np.where(changed, a.unit_after[of], a.unit[of]),
        np.where(changed, a.quantity_after[of], a.quantity[of]),
    )
    amount = unit * quantity - a.off[of]
    tax = (amount * TAX).round().astype(np.int64)
    given_up = unpaid & (issued + DUNNING_DAYS * DAY < shop.ends)
    ends, slow = a.moment(shop, nth + 1, of), number % 12 == 0
    paid_at = issued + np.where(slow, DAY, MINUTE)
    paid = ~unpaid & (paid_at < shop.ends)
    shop.sink.add("invoices", {
        "invoice_id": c.number(number), "subscription_id": c.number(a.number[of]),
        "customer_id": c.number(buyers.number[a.who[of]]), "account_id": c.number(-a.payer[of], a.payer[of] < 0),
        "invoice_number": c.called("I", number),
        "status": c.word(np.select([given_up, ~paid], [1, 2], 0), ("paid", "uncollectible", "open")),
        "issued_at": c.moment(issued), "due_at": c.moment(issued + 14 * DAY), "paid_at": c.moment(paid_at, paid),
        "attempt_count": c.number(np.where(given_up, 4, 1 + slow)), "period_start_at": c.moment(issued),
        "period_end_at": c.moment(ends), "total": c.money(amount + tax), "tax": c.money(tax),
        "currency": c.same(shop.currency, len(of)),
    })  # fmt: skip
    shop.sink.add("invoice_lines", {
        "invoice_line_id": c.number(number), "invoice_id": c.number(number), "subscription_id": c.number(a.number[of]),
        "description": c.word(a.plan[of], PLANS), "proration": c.flag(np.zeros(len(of), bool)),
        "quantity": c.number(quantity), "unit_amount": c.money(unit), "amount": c.money(amount),
        "currency": c.same(shop.currency, len(of)), "period_start_at": c.moment(issued),
        "period_end_at": c.moment(ends),
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What subscriptions were worth at month's ends, for the truth: all chunks together, shape (s,), shop's days."""

    payer: Ints
    begins: Ints
    ends: Ints
    pauses: Ints
    resumes: Ints
    changes: Ints
    mrr: Ints
    mrr_after: Ints

    def at(self, day: int) -> tuple[Ints, Flags]:
        """MRR and who is held (pays or has paused) when the day is over."""
        there = (self.begins <= day) & (self.ends > day)
        paused = (self.pauses <= day) & (self.resumes > day)
        worth = np.where(self.changes <= day, self.mrr_after, self.mrr)
        return np.where(there & ~paused, worth, 0), there


def standing(shop: Shop, a: Agreements) -> Standing:
    paid = a.pays

    def days(moment: Ints) -> Ints:
        return np.where(moment[paid] < FAR, shop.clock.day(np.minimum(moment[paid], FAR)), FAR)

    return Standing(
        a.payer[paid], days(a.begins), days(a.ends), days(a.pauses_at), days(a.resumes_at), days(a.changes_at),
        a.mrr[paid], a.mrr_after[paid],
    )  # fmt: skip
