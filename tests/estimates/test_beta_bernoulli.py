"""Donors asked once a year: published parameters and expectations, the law behind them, and what cannot be told."""

import json
from pathlib import Path

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.beta_bernoulli import BetaBernoulli, Likelihood, bg_bb

SAID = json.loads(Path(__file__).with_name("buying_reference.json").read_text())
# Fader, Hardie and Shang (2010), table 2: 11,104 people who first gave in 1995, asked in each of the six years after.
# Gave in so many years, last in which, of six, and how many people.
DONORS = np.array([
    (0, 0, 6, 3464), (1, 1, 6, 1091), (1, 2, 6, 277), (1, 3, 6, 129), (1, 4, 6, 78), (1, 5, 6, 119), (1, 6, 6, 129),
    (2, 2, 6, 613), (2, 3, 6, 255), (2, 4, 6, 155), (2, 5, 6, 173), (2, 6, 6, 234), (3, 3, 6, 322), (3, 4, 6, 181),
    (3, 5, 6, 225), (3, 6, 6, 357), (4, 4, 6, 240), (4, 5, 6, 284), (4, 6, 6, 512), (5, 5, 6, 335), (5, 6, 6, 728),
    (6, 6, 6, 1203),
]).T  # fmt: skip


def test_donors_fit_as_published():
    law, found = bg_bb(*DONORS)
    told = SAID["bgbb_donations"]
    assert DONORS[3].sum() == 11_104
    assert law.parameters == pytest.approx([told[n] for n in ("alpha", "beta", "gamma", "delta")], rel=2e-5)
    assert found.log_likelihood == pytest.approx(told["LL"], abs=1e-6)
    assert found.parameters == pytest.approx(SAID["btyd_vignette_2.4.3"]["bgbb"]["params"], rel=2e-4)


def test_the_vignette_of_btyd_comes_out():
    told = SAID["btyd_vignette_2.4.3"]["bgbb"]
    law = BetaBernoulli(*told["params"])
    value, _ = Likelihood(*DONORS)(np.array(told["params"]))
    assert value == pytest.approx(told["LL"], abs=5e-3)
    assert law.expected_of_new(10) == pytest.approx(told["E_new_10y"], rel=1e-6)
    both = [told[who] for who in ("custA", "custB")]
    x, t_x, n = ([one[name] for one in both] for name in ("x", "tx", "n"))
    assert law.expected_purchases(x, t_x, n, 10) == pytest.approx([one["E"] for one in both], rel=1e-6)


def test_the_slope_is_the_one_of_the_likelihood():
    rows, at, step = Likelihood(*DONORS), np.array([1.1, 0.7, 1.0, 2.5]), 1e-6
    _, slope = rows(at)
    for place, one in enumerate(np.eye(4) * step):
        assert slope[place] == pytest.approx((rows(at + one)[0] - rows(at - one)[0]) / (2 * step), rel=1e-5)


def test_all_that_can_happen_at_four_occasions_happens_and_the_next_one_adds_up():
    """Chances of the 2⁴ histories sum to 1; those of a customer at the next occasion follow by Bayes from five."""
    law = BetaBernoulli(1.3, 0.8, 1.0, 2.2)  # gamma of 1: the closed form would be 0 ÷ 0
    at, bits = np.array(law.parameters), (np.arange(16)[:, None] >> np.arange(4)) & 1
    x, t_x = bits.sum(axis=1), (bits * np.arange(1, 5)).max(axis=1)
    chance = np.exp(Likelihood(x, t_x, np.full(16, 4), np.ones(16)).of_rows(at))
    assert chance.sum() == pytest.approx(1)
    again = np.exp(Likelihood(x + 1, np.full(16, 5), np.full(16, 5), np.ones(16)).of_rows(at))
    assert law.expected_purchases(x, t_x, np.full(16, 4), 1) == pytest.approx(again / chance)
    assert law.expected_of_new(4) == pytest.approx((x * chance).sum())
    alive = law.chance_alive(x, t_x, np.full(16, 4))
    assert ((again / chance < alive) & (alive < 1)).all()


def test_what_cannot_be_told_is_said():
    for columns, why in (
        (([0, 0], [0, 0], [6, 6]), "everybody bought at no occasion"),
        (([3, 3], [3, 3], [3, 3]), "everybody bought at every occasion"),
        (([], [], []), "everybody bought at no occasion"),
        (([2], [1], [6]), "more often, or later"),
        (([1], [0], [6]), "more often, or later"),
        (([-1], [0], [6]), "occasions are counted"),
        (([1], [1], [20_000]), "as good as any moment"),
    ):
        found = bg_bb(*columns)
        assert isinstance(found, Unknown) and why in found.why
    with pytest.raises(ValueError, match="one length"):
        bg_bb([1], [1, 2], [3])
