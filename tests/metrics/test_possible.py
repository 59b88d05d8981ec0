"""No interval reaches past what the number can be, and it keeps its point."""

import pytest

from holdfast.estimates.estimate import Estimate
from holdfast.metrics.possible import cut_back
from holdfast.metrics.registry import find


@pytest.mark.parametrize(
    ("metric", "wide", "cut"),
    [
        ("customer_satisfaction_mean", (3.5, -2.85, 9.85), (1.0, 5.0)),
        ("customer_effort_mean", (5.0, 0.2, 8.1), (1.0, 7.0)),
        ("resolution_time", (10.0, -1.3, 43.3), (0.0, 43.3)),
        ("gross_revenue_retention", (0.62, 0.1, 1.145), (0.1, 1.0)),
        ("net_revenue_retention", (0.75, -0.1, 1.33), (0.0, 1.33)),
        ("revenue_growth", (-0.9, -1.4, 0.2), (-1.0, 0.2)),
        ("nps", (80.0, 40.0, 120.0), (40.0, 100.0)),
        ("growth_lost", (-0.12, -0.14, -0.1), (-0.14, -0.1)),
        ("integrated_order_share", (0.625, 0.2, 1.05), (0.2, 1.0)),
        ("revenue_per_customer", (2.0, -4.0, 8.0), (-4.0, 8.0)),
    ],
)
def test_an_interval_ends_where_the_number_does(metric, wide, cut):
    found = cut_back(Estimate(*wide, "some"), find(metric))
    assert (found.low, found.high) == cut
    assert found.point == wide[0]


def test_a_number_beyond_its_own_ends_stays_in_its_interval():
    """More was given back than bought: the net share of returning customers is less than nothing."""
    found = cut_back(Estimate(-0.2, -0.6, 0.2, "some"), find("returning_revenue_share"))
    assert found.low == found.point == -0.2


def test_a_full_count_has_no_interval_to_cut():
    assert cut_back(Estimate(7.0, None, None, "count"), find("active_customers")).low is None
