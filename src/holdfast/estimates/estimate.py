"""What every estimate looks like."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A point with its two-sided 95 % interval, in the unit of what was tallied.

    low and high are None together for a full count, which has no sampling error.
    high is `inf` where the data give a lower end only (a median whose band never falls to one half).
    No field is ever NaN.
    """

    point: float
    low: float | None
    high: float | None
    method: str  # "Wilson", "Clopper–Pearson", "Student's t", "delta method", "order statistics", "Kaplan–Meier", …
