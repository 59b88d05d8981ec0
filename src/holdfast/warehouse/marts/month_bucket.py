"""Rolling months counted back from a day.

Month point k of as_of is the day as_of − k months; a day belongs to the bucket k whose window
(point k+1, point k] holds it.
"""

from __future__ import annotations

from datetime import date

import ibis

KEPT = 63  # buckets that fit the bits of a 64-bit word


def as_day(moment: ibis.Value) -> ibis.Value:
    """A day moved or truncated, as a day again: Ibis takes it for one already, DuckDB makes it a moment."""
    return moment.cast("timestamp").cast("date")


def bucket(day: ibis.Value, as_of: date) -> ibis.Value:
    """k ≥ 0 with as_of − (k+1) months < day ≤ as_of − k months; negative after as_of."""
    months = (as_of.year - day.year()) * 12 + (as_of.month - day.month())
    return (months - (day.day() > as_of.day).cast("int64")).cast("int64")
