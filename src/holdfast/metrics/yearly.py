"""What a monthly rate comes to in a year, if every month is like it."""

from __future__ import annotations

MONTHS = 12


def yearly_factor(monthly_growth: float) -> float:
    """By how much a growth of a month multiplies the year: 0.15 gives 5.35."""
    return float((1 + monthly_growth) ** MONTHS)


def kept_in_a_year(monthly_churn: float) -> float:
    """The share that is left after a year of a monthly churn: 0.03 keeps 0.694."""
    return float((1 - monthly_churn) ** MONTHS)


def monthly_for(kept: float) -> float:
    """The largest monthly churn that still keeps a share over a year: 0.85 allows 0.0135."""
    return float(1 - kept ** (1 / MONTHS))
