"""What an input says of a subject: a value with a sentence and what stands behind it, or that nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from holdfast.commerce.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Evidence:
    """What opens the number. source "metric": id is a metric's. "rows": id is an input's, over the tables in `reads`.
    "book": the book of work said it. n: units behind it. as_of: the day it speaks of."""

    source: Literal["metric", "rows", "book"]
    id: str
    version: int
    as_of: date
    n: int


@dataclass(frozen=True, slots=True)
class Found:
    """value: on the input's scale. told_on: the day of the newest thing it rests on; None: it does not age.

    sentence: what a person reads behind the points ("3 of 4 invoices were not paid in time since 1 Apr 2026").
    """

    value: float
    told_on: date | None
    sentence: str
    evidence: Evidence


Answer = Found | Unknown
