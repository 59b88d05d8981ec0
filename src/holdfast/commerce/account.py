"""A business relationship somebody owns: a merchant that is looked after, or a company that buys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str  # as Shop.account names it
    segment: str | None = None  # id of a framework segment: "b2c_marketplace", "b2b_platform", "subscription"
    owner: str | None = None  # who looks after it
    customer_since: date | None = None
