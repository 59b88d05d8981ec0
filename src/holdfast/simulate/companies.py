"""Companies that buy: their people, contracts, contacts, objectives, escalations and the stages they pass."""

from __future__ import annotations

import numpy as np

from holdfast.simulate import columns as c
from holdfast.simulate.buyers import Buyers
from holdfast.simulate.clock import DAY
from holdfast.simulate.draws import Ints, among, place_in_group
from holdfast.simulate.shop import Shop

ARCHETYPES = ("adopt", "adopt + retain", "commercial", "technical", "scale")
STAGES = ("signed", "connected", "live", "value seen")
STEPS, DONE = ("kick-off", "integration", "training"), (0.97, 0.85, 0.8)
TERM, TOUCH_EVERY = 365, 60


def write_companies(shop: Shop, chunk: int, buyers: Buyers, country: Ints, countries: tuple[str, ...]) -> None:
    """A company's people are customers next to each other, so no chunk cuts one."""
    rng = shop.chance.stream("company rows", chunk)
    of = np.flatnonzero(buyers.company > 0)
    number, first = np.unique(buyers.company[of], return_index=True)
    n, first = len(number), of[first]
    since = np.full(n, np.iinfo(np.int64).max)
    place = np.searchsorted(number, buyers.company[of])
    np.minimum.at(since, place, buyers.opened_at[of])
    shop.sink.add("accounts", {
        "account_id": c.number(number), "account_number": c.called("A", number), "name": c.called("Company ", number),
        "segment": c.same("b2b_platform", n), "archetype": c.word(number % len(ARCHETYPES), ARCHETYPES),
        "customer_since_at": c.moment(since), "country": c.word(country[first], countries),
        "is_test": c.flag(np.zeros(n, bool)),
    })  # fmt: skip
    left = rng.random(len(of)) < 0.05
    opened_on = shop.clock.day(buyers.opened_at[of])
    shop.sink.add("contacts_of_accounts", {
        "account_id": c.number(buyers.company[of]), "customer_id": c.number(buyers.number[of]),
        "role": c.word(place_in_group(buyers.company[of]) % 3, ("economic buyer", "user", "approver")),
        "title": c.word(of % 3, ("Head of purchasing", "Office lead", "Finance")),
        "influence": c.number(rng.integers(1, 6, len(of))),
        "stance": c.word(among(rng, (6, 3, 1), len(of)), ("support", "neutral", "against")),
        "valid_from": c.day(opened_on),
        "valid_until": c.day(opened_on + 200, left & (opened_on + 200 <= shop.last)),
    })  # fmt: skip
    begins = shop.clock.day(since)
    _write_contracts(shop, rng, number, begins)
    _write_work(shop, rng, number, begins)
    _write_stages(shop, rng, number, since)


def _write_contracts(shop: Shop, rng: np.random.Generator, number: Ints, begins: Ints) -> None:
    terms = rng.geometric(max(1 - shop.laws.renews, 1e-9), len(number))
    begun = (shop.last - begins) // TERM + 1
    made = np.minimum(terms, begun)
    of = np.repeat(np.arange(len(number)), made)
    nth = place_in_group(of)
    contract = shop.numbers.take("contract", len(of))
    starts = begins[of] + nth * TERM
    ends = starts + TERM - 1
    value = (rng.lognormal(0, 0.6, len(number)) * shop.laws.month_price * 10).astype(np.int64)[of]
    value = (value * 1.04**nth).astype(np.int64)
    shop.sink.add("contracts", {
        "contract_id": c.number(contract), "account_id": c.number(number[of]),
        "contract_number": c.called("K", contract), "starts_on": c.day(starts), "ends_on": c.day(ends),
        "renewal_on": c.day(ends + 1), "notice_on": c.day(ends - 60),
        "signed_on": c.day(np.maximum(starts - 7, shop.first)), "value": c.money(value),
        "committed": c.money(value // 4),
        "currency": c.same(shop.currency, len(of)), "auto_renew": c.flag(of % 3 == 0),
        "renews_contract_number": c.called("K", contract - 1, known=nth > 0),
        "status": c.word((ends <= shop.last) * 1, ("active", "ended")),
    })  # fmt: skip


def _write_work(shop: Shop, rng: np.random.Generator, number: Ints, begins: Ints) -> None:
    touches = np.maximum((shop.last - begins) // TOUCH_EVERY, 0)
    of = np.repeat(np.arange(len(number)), touches)
    due = begins[of] + (place_in_group(of) + 1) * TOUCH_EVERY
    held = rng.random(len(of)) < 0.85
    held_on = due - rng.integers(0, 20, len(of))
    closed = held & (rng.random(len(of)) < 0.85)
    shop.sink.add("touchpoints", {
        "touchpoint_id": c.number(shop.numbers.take("touchpoint", len(of))), "account_id": c.number(number[of]),
        "kind": c.word(among(rng, (5, 2, 1), len(of)), ("call", "review", "visit")), "due_on": c.day(due),
        "held_at": c.moment(shop.some_time(rng, held_on), held), "next_step": c.word(of % 3, STEPS, closed),
        "next_step_owner": c.called("csm-", of % 5, known=closed), "next_step_due_on": c.day(held_on + 14, closed),
    })  # fmt: skip
    of = np.repeat(np.arange(len(number)), 2)
    due = begins[of] + rng.integers(60, 400, len(of))
    stage = among(rng, (1, 2, 2, 5), len(of))
    accepted, delivered, verified = due - 50, due - 15, due - 3
    goal = ("fewer rush orders", "one invoice a month", "faster approvals")
    shop.sink.add("objectives", {
        "objective_id": c.number(shop.numbers.take("objective", len(of))), "account_id": c.number(number[of]),
        "goal": c.word(of % 3, goal), "metric": c.word(of % 3, ("M11", "M44", "M20")), "due_on": c.day(due),
        "accepted_on": c.day(accepted, (stage > 0) & (accepted <= shop.last)),
        "delivered_on": c.day(delivered, (stage > 1) & (delivered <= shop.last)),
        "verified_on": c.day(verified, (stage > 2) & (verified <= shop.last)),
        "evidence": c.same("invoice report", len(of)),
    })  # fmt: skip
    of = np.repeat(np.arange(len(number)), rng.poisson(0.3, len(number)))
    opened = shop.some_time(rng, begins[of] + (rng.random(len(of)) * (shop.last - begins[of])).astype(np.int64))
    owned, met = opened + rng.integers(600, DAY, len(of)), opened + rng.integers(2 * DAY, 15 * DAY, len(of))
    due = rng.integers(2, 8, len(of))
    shop.sink.add("escalations", {
        "escalation_id": c.number(shop.numbers.take("escalation", len(of))), "account_id": c.number(number[of]),
        "severity": c.word(among(rng, (1, 2, 4, 3), len(of)), ("critical", "high", "medium", "low")),
        "cause": c.word(of % 3, ("delivery", "integration", "invoice")), "opened_at": c.moment(opened),
        "owned_at": c.moment(owned, owned < shop.ends), "exit_met_at": c.moment(met, met < shop.ends),
        "closed_at": c.moment(met + DAY, met + DAY < shop.ends), "updates_due": c.number(due),
        "updates_on_time": c.number(rng.binomial(due, 0.8)),
    })  # fmt: skip


def _write_stages(shop: Shop, rng: np.random.Generator, number: Ints, since: Ints) -> None:
    n, at, there = len(number), since, np.ones(len(number), bool)
    thing, stage, entered = [], [], []
    for place, share in enumerate((1.0, 0.9, 0.85, 0.7)):
        at = at if place == 0 else at + rng.exponential(9 * DAY, n).astype(np.int64)
        there = there & (rng.random(n) < share) & (at < shop.ends)
        thing.append(np.flatnonzero(there))
        stage.append(np.full(int(there.sum()), place))
        entered.append(at[there])
    of, which, moment = np.concatenate(thing), np.concatenate(stage), np.concatenate(entered)
    shop.sink.add("stage_entries", {
        "pipeline": c.same("onboarding", len(of)), "thing": c.called("A", number[of]), "stage": c.word(which, STAGES),
        "entered_at": c.moment(moment), "position": c.number(which + 1), "account_id": c.number(number[of]),
    })  # fmt: skip
    of, which = np.tile(np.arange(n), len(STEPS)), np.repeat(np.arange(len(STEPS)), n)
    done_at = since[of] + rng.exponential(15 * DAY, len(of)).astype(np.int64)
    done = (rng.random(len(of)) < np.array(DONE)[which]) & (done_at < shop.ends)
    shop.sink.add("onboarding_steps_of_accounts", {
        "step": c.word(which, STEPS), "account_id": c.number(number[of]), "required": c.flag(np.ones(len(of), bool)),
        "started_at": c.moment(since[of]), "due_at": c.moment(since[of] + 45 * DAY), "done_at": c.moment(done_at, done),
        "skipped": c.flag(np.zeros(len(of), bool)),
    })  # fmt: skip
