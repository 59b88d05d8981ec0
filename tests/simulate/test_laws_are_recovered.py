"""What the laws promise is what the draws show: exactly in the long run, and within what chance allows in one shop."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from holdfast.estimates.differences import difference
from holdfast.estimates.intervals import proportion
from holdfast.estimates.tally import Tally
from holdfast.simulate import LAWS, Treatment, Wanted
from holdfast.simulate.buyers import NEVER, draw_buyers
from holdfast.simulate.portfolio import invent
from holdfast.simulate.recurring import draw_agreements, standing
from holdfast.simulate.shop import season_of

UNTIL = date(2025, 12, 31)
PLAIN = replace(LAWS["marketplace"], peak=1.0, growth=0.0)


class Nowhere:
    """A sink that keeps nothing."""

    def add(self, file, columns):
        pass


def yes(k, n):
    return Tally(n, k, k, n, n, k)


def shop_of(laws, seed, customers, months=36):
    return invent(Nowhere(), Wanted(laws.kind, customers, months, seed, UNTIL), laws, customers)


def came_back(buyers, shop, days=365):
    """Of the buyers old enough, how many bought on a second day within so many days: (k, n)."""
    old = (buyers.first_on != NEVER) & (buyers.first_on + days <= shop.last)
    second = np.full(len(buyers), np.iinfo(np.int64).max)
    later = buyers.on > buyers.first_on[buyers.who]
    np.minimum.at(second, buyers.who[later], buyers.on[later])
    return int((old & (second < buyers.first_on + days)).sum()), int(old.sum())


def true_share(laws, days=365):
    """BG/NBD: nobody stops before the first return, so the chance of one in t days is 1 − (α / (α + t))^r.

    The first day is day 0: days 1 … 364 are within 365.
    """
    return 1 - (laws.alpha / (laws.alpha + days - 1)) ** laws.r


def test_as_many_come_back_as_bg_nbd_says():
    shop = shop_of(PLAIN, 1, 60_000)
    k, n = came_back(draw_buyers(shop, 0, 0, shop.customers), shop)
    assert k / n == pytest.approx(true_share(PLAIN), abs=3.5 * (0.25 / n) ** 0.5)


def test_orders_are_worth_what_gamma_gamma_says():
    """The mean of an order is pγ / (q − 1); a customer's own mean varies with q: (q − 2) times its squared CV is 1."""
    shop = shop_of(replace(PLAIN, q=6.0), 2, 60_000)
    buyers = draw_buyers(shop, 0, 0, shop.customers)
    law = shop.laws
    one_each = np.unique(buyers.who, return_index=True)[1]
    assert buyers.value[one_each].mean() == pytest.approx(law.p * law.gamma / (law.q - 1), rel=0.02)
    own = buyers.mean_value
    assert own.var() / own.mean() ** 2 * (law.q - 2) == pytest.approx(1, rel=0.1)


def test_subscriptions_end_at_their_hazard():
    law = replace(LAWS["subscription"], yearly=0.0, trials=0.0, returns=0.0)
    shop = shop_of(law, 3, 30_000)
    agreed = draw_agreements(shop, 0, draw_buyers(shop, 0, 0, shop.customers))
    ends = agreed.life[agreed.begins < shop.ends]
    assert 1 / ends.mean() == pytest.approx(law.leaves + law.fails, rel=0.03)
    assert agreed.by_choice.mean() == pytest.approx(law.leaves / (law.leaves + law.fails), abs=0.01)
    assert (standing(shop, agreed).mrr > 0).all()


def test_the_busiest_week_is_the_one_before_the_end_of_november():
    season = season_of(LAWS["marketplace"], date(2025, 1, 1), UNTIL)
    assert season.mean() == pytest.approx(1, abs=0.01)
    weeks = season[:364].reshape(52, 7).mean(axis=1)
    assert weeks.argmax() == 47 - 1 or weeks.argmax() == 48 - 1
    assert weeks.max() / np.median(weeks) == pytest.approx(LAWS["marketplace"].peak, rel=0.1)


def test_a_treatment_without_effect_changes_nobody_and_one_with_an_effect_does():
    for rate, sign in ((1.0, 0), (1.4, 1), (0.6, -1)):
        shop = shop_of(replace(PLAIN, treatment=Treatment(rate=rate)), 4, 20_000)
        buyers = draw_buyers(shop, 0, 0, shop.customers)
        effect = buyers.outcome["orders_treated"] - buyers.outcome["orders_control"]
        assert np.sign(effect.sum()) == sign
        assert (effect[buyers.assigned_on == NEVER] == 0).all()
    assert (effect[buyers.first_on != NEVER] <= 0).mean() > 0.99  # who is asked to buy less seldom buys more


def test_the_arms_show_the_true_effect_within_what_chance_allows():
    shop = shop_of(replace(PLAIN, treatment=Treatment(rate=1.5, spend=1.2)), 5, 60_000)
    buyers = draw_buyers(shop, 0, 0, shop.customers)
    assigned = buyers.assigned_on != NEVER
    treated, control = assigned & buyers.treated, assigned & ~buyers.treated
    true = (buyers.outcome["value_treated"] - buyers.outcome["value_control"])[assigned].mean()
    one, other = buyers.outcome["value_treated"][treated], buyers.outcome["value_control"][control]
    error = (one.var() / len(one) + other.var() / len(other)) ** 0.5
    assert true > 10 * 0.01 * other.mean()
    assert abs(one.mean() - other.mean() - true) < 3.5 * error


def test_customers_of_a_bigger_shop_are_drawn_piece_by_piece_without_touching_each_other():
    shop = shop_of(PLAIN, 6, 2_000)
    second = draw_buyers(shop, 1, 1_000, 1_000)
    draw_buyers(shop, 0, 0, 1_000)
    again = draw_buyers(shop, 1, 1_000, 1_000)
    assert (second.at == again.at).all()
    assert set(second.number) == set(range(1_001, 2_001))


@pytest.mark.slow
def test_95_of_100_intervals_of_the_repeat_rate_hold_the_true_chance():
    """400 invented shops of about 300 old buyers each; 92 to 98 in 100 leaves room for the chance of 400 trials."""
    held, true = 0, true_share(PLAIN)
    for seed in range(400):
        shop = shop_of(PLAIN, seed, 700)
        k, n = came_back(draw_buyers(shop, 0, 0, shop.customers), shop)
        found = proportion(yes(k, n))
        held += found.low <= true <= found.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.slow
def test_95_of_100_intervals_of_an_effect_hold_the_true_effect_of_its_shop():
    held = 0
    for seed in range(400):
        shop = shop_of(replace(PLAIN, treatment=Treatment(rate=1.3)), seed, 900)
        buyers = draw_buyers(shop, 0, 0, shop.customers)
        assigned = buyers.assigned_on != NEVER
        again = {w: buyers.outcome[f"orders_{w}"] > 0 for w in ("treated", "control")}
        true = again["treated"][assigned].mean() - again["control"][assigned].mean()
        treated, control = assigned & buyers.treated, assigned & ~buyers.treated
        arms = (again["treated"][treated], again["control"][control])
        found = difference(*(yes(int(arm.sum()), len(arm)) for arm in arms), "proportion")
        held += found.low <= true <= found.high
    assert held / 400 >= 0.93  # the shop's own true effect is nearer to what it shows than that of all shops
