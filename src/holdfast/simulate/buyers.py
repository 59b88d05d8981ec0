"""Who opens an account, who buys, how often, for how long and for how much: BG/NBD and Gamma-Gamma, both worlds.

Each customer's purchases are drawn once, as often as the busier of the two worlds (treated or not) asks for; a world
keeps those its rate allows until the customer stops. So both outcomes of a treatment are known for everybody, and what
happened is one of them. Fader, Hardie and Lee, Marketing Science 24(2), 2005; Fader and Hardie, note 25, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate.clock import DAY
from holdfast.simulate.draws import Flags, Floats, Ints, place_in_group
from holdfast.simulate.laws import Laws
from holdfast.simulate.shop import Shop

NEVER = -1
LEAST, MOST = 100, 20_000_000  # merchandise of an order, minor units


@dataclass(frozen=True, slots=True)
class Buyers:
    """The customers of one chunk, shape (n,), and their purchases, shape (m,), grouped by customer.

    Days and moments are NEVER where there is none. stops: the chance to stop after each purchase but the first.
    """

    number: Ints
    opened_at: Ints
    guest: Flags
    company: Ints  # number of the company, 0 for a consumer
    first_at: Ints
    first_on: Ints
    rate: Floats
    stops: Floats
    mean_value: Floats
    stopped_on: Ints  # the day of the last purchase of somebody who will never come again
    assigned_on: Ints
    treated: Flags
    outcome: dict[str, Ints]  # orders and value in either world after assignment
    who: Ints  # place of the buyer in this chunk
    at: Ints
    on: Ints
    value: Ints

    def __len__(self) -> int:
        return len(self.number)


def draw_buyers(shop: Shop, chunk: int, begins: int, count: int) -> Buyers:
    laws, rng = shop.laws, shop.chance.stream("buyers", chunk)
    number = np.arange(begins + 1, begins + count + 1)
    opened_at = shop.some_time(rng, shop.first + busy_days(rng, shop, count))
    first_at = opened_at + first_wait(rng, laws, count)
    guest = rng.random(count) < laws.guests
    opened_at = np.where(guest, first_at, opened_at)
    bought = (rng.random(count) < laws.buys) | guest
    opened_at, first_at = (
        np.minimum(opened_at, shop.ends - 1),
        np.where(guest, np.minimum(first_at, shop.ends - 1), first_at),
    )
    bought &= first_at < shop.ends
    first_at = np.where(bought, first_at, NEVER)
    first_on = np.where(bought, shop.clock.day(first_at), NEVER)
    assigned_on = np.where(bought, np.maximum(first_on, shop.last - laws.treatment.days), NEVER)
    treated = (rng.random(count) < laws.treatment.share) & bought
    rate, stops = rng.gamma(laws.r, 1 / laws.alpha, count), rng.beta(laws.a, laws.b, count)
    scale = rng.gamma(laws.q, 1 / laws.gamma, count)
    came = draw_returns(rng, shop, np.where(bought, first_on + 1, shop.last + 1), assigned_on, rate, stops)
    who = np.r_[np.flatnonzero(bought), came.who]
    on = np.r_[first_on[bought], came.on]
    at = np.r_[first_at[bought], shop.some_time(rng, came.on)]
    usual = np.clip(rng.gamma(laws.p, 1, len(who)) / scale[who], LEAST, MOST)
    better = np.where(on > assigned_on[who], np.clip(usual * laws.treatment.spend, LEAST, MOST), usual)
    firsts = np.ones(int(bought.sum()), bool)
    control, under = np.r_[firsts, came.control], np.r_[firsts, came.treated]
    outcome = _outcomes(count, who, on > assigned_on[who], control, under, usual, better)
    happened = np.where(treated[who], under, control)
    value = np.where(treated[who], better, usual).round().astype(np.int64)
    order = np.lexsort((at[happened], who[happened]))
    kept_who = who[happened][order]
    gone = np.where(treated, came.gone_treated, came.gone_control) & bought
    last_on = np.full(count, NEVER)
    np.maximum.at(last_on, kept_who, on[happened][order])
    block = (number - 1) // laws.people
    business = shop.chance.stream("companies", chunk).random(int(block[-1] - block[0] + 1)) < laws.business
    return Buyers(
        number, opened_at, guest, np.where(business[block - block[0]] & ~guest, block + 1, 0), first_at, first_on, rate,
        stops, laws.p / scale, np.where(gone, last_on, NEVER), assigned_on, treated, outcome, kept_who,
        at[happened][order], on[happened][order], value[happened][order],
    )  # fmt: skip


def busy_days(rng: np.random.Generator, shop: Shop, count: int) -> Ints:
    """Days of the shop's span, more on busy and on later ones."""
    weight = np.cumsum(shop.season * (1 + shop.laws.growth) ** (np.arange(shop.days) / 365))
    days: Ints = np.searchsorted(weight, rng.random(count) * weight[-1], "right").astype(np.int64)
    return days


def first_wait(rng: np.random.Generator, laws: Laws, count: int) -> Ints:
    """Seconds from the account to the first purchase."""
    quick = rng.random(count) < laws.quick
    return 60 + (rng.exponential(np.where(quick, laws.first_hours * 3600, laws.first_days * DAY))).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Returns:
    """Purchases after the first, flat and grouped by customer, and in which world each happens.

    gone_…: whether the customer had stopped by the end of the data in that world, shape (customers,).
    """

    who: Ints
    on: Ints
    control: Flags
    treated: Flags
    gone_control: Flags
    gone_treated: Flags


def draw_returns(
    rng: np.random.Generator, shop: Shop, free_from: Ints, assigned_on: Ints, rate: Floats, stops: Floats
) -> Returns:
    """BG/NBD in the shop's busy days. free_from: the first day on which each customer may come back."""
    busy = np.r_[0.0, np.cumsum(shop.season)]
    effect, count = shop.laws.treatment.rate, len(rate)
    most = max(1.0, effect)
    begins = busy[np.clip(free_from - shop.first, 0, shop.days)]
    tries = rng.poisson(rate * most * (busy[-1] - begins))
    who = np.repeat(np.arange(count), tries)
    share = np.sort(who + rng.random(len(who))) - who  # sorts within each customer, since who is whole
    passed_by = begins[who] + share * (busy[-1] - begins[who])
    on = shop.first + np.clip(np.searchsorted(busy, passed_by, "right") - 1, 0, shop.days - 1)
    on = np.maximum(on, free_from[who])
    chance = rng.random(len(who)) * most
    # A chance of leaving that underflows to 0 would mean never leaving; the smallest one here stands for that.
    stays_for = rng.geometric(np.maximum(stops, 1e-9))
    control, gone_control = _until_gone(who, chance < 1, stays_for, count)
    treated, gone_treated = _until_gone(who, chance < np.where(on > assigned_on[who], effect, 1), stays_for, count)
    either = control | treated
    return Returns(who[either], on[either], control[either], treated[either], gone_control, gone_treated)


def _until_gone(who: Ints, comes: Flags, stays_for: Ints, count: int) -> tuple[Flags, Flags]:
    """Of the purchases a world asks for, those made before the customer stops; and who has stopped."""
    place = np.zeros(len(who), np.int64)
    place[comes] = place_in_group(who[comes])
    made = comes & (place < stays_for[who])
    return made, np.bincount(who[made], minlength=count) >= stays_for


def _outcomes(
    count: int, who: Ints, after: Flags, control: Flags, treated: Flags, usual: Floats, better: Floats
) -> dict[str, Ints]:
    told = {}
    for world, made, value in (("control", control & after, usual), ("treated", treated & after, better)):
        told[f"orders_{world}"] = np.bincount(who[made], minlength=count)
        told[f"value_{world}"] = np.bincount(who[made], value[made].round(), count).astype(np.int64)
    return told
