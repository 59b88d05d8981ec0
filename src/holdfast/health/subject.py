"""Whose health is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# account: the shops under one account's name. company: a business that buys from a shop. customer: a person who does.
Kind = Literal["account", "company", "customer"]
KINDS: tuple[Kind, ...] = ("account", "company", "customer")


@dataclass(frozen=True, slots=True)
class Subject:
    """key: the account's name, or the surrogate key of the company or customer as text. label: what people call it."""

    kind: Kind
    key: str
    label: str
