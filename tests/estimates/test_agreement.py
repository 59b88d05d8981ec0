"""Cohen's kappa against published tables, and its error against the multinomial it comes from."""

import numpy as np
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.agreement import cohens_kappa
from holdfast.estimates.estimate import Estimate


def labels(table):
    """Two lists of labels that make this table."""
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in pairs], [j for _, j in pairs]


def test_a_printout_of_sas_is_matched():
    """A SAS printout quoted by the tests of statsmodels: kappa 0.4842, ASE 0.1380, 95 % limits 0.2137 and 0.7547."""
    found = cohens_kappa(*labels([[0, 4, 1], [0, 8, 0], [0, 1, 5]]))
    assert (found.point, found.low, found.high) == pytest.approx((0.4842, 0.2137, 0.7547), abs=5e-5)


def test_of_50_proposals_two_readers_agree_on_35_and_kappa_is_0_4():
    """Agreed 0.7, by chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5, so (0.7 − 0.5) / (1 − 0.5) = 0.4."""
    assert cohens_kappa(*labels([[20, 5], [10, 15]])).point == pytest.approx(0.4)


def test_the_error_is_that_of_the_multinomial_by_small_steps():
    """The delta method with its gradient taken numerically, on a table of 200 with three labels."""
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    p, n = table.ravel() / table.sum(), table.sum()

    def kappa(flat):
        q = flat.reshape(3, 3) / flat.sum()
        chance = q.sum(1) @ q.sum(0)
        return (np.trace(q) - chance) / (1 - chance)

    step = 1e-6
    gradient = np.array([(kappa(p + step * e) - kappa(p - step * e)) / (2 * step) for e in np.eye(9)])
    error = np.sqrt((p @ gradient**2 - (p @ gradient) ** 2) / n)
    found = cohens_kappa(*labels(table))
    assert found.point == pytest.approx(3 / 7)
    assert (found.high - found.low) / 2 == pytest.approx(1.959963984540054 * error, rel=1e-6)


def test_names_of_labels_and_the_order_of_the_raters_do_not_matter():
    first, second = labels([[5, 2], [1, 6]])
    named = [["good", "bad"][one] for one in first], [["good", "bad"][one] for one in second]
    assert cohens_kappa(*named) == cohens_kappa(first, second)
    assert cohens_kappa(second, first).point == pytest.approx(cohens_kappa(first, second).point)


def test_where_chance_says_it_all_nothing_is_said():
    assert isinstance(cohens_kappa([3, 3, 3], [3, 3, 3]), Unknown)
    assert isinstance(cohens_kappa([], []), Unknown)
    assert cohens_kappa([1, 2, 3], [1, 2, 3]) == Estimate(1.0, None, None, "Cohen's kappa")
    assert cohens_kappa([1, 2], [2, 1]).point == -1
    with pytest.raises(ValueError, match="one length"):
        cohens_kappa([1, 2], [1])
