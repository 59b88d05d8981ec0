"""What a playbook for accounts may be measured by: the account is the unit, and all its shops do is added up first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Scale = Literal["mean", "share", "money"]
BEFORE_DAYS = 180


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """says: words for it. ends_late: so many days after the horizon until it is known. before: what it is adjusted for;
    empty for nothing. basis: of money, which: "received", or "contracted" for a year. yes_or_no: an account counts 1 or
    0 out of 1, or is out of nothing. version: raised when it would count another number for the same past."""

    id: str
    says: str
    scale: Scale
    ends_late: int = 0
    before: str = ""
    basis: str = ""
    version: int = 1
    yes_or_no: bool = False


GRACE = 30  # days after the end of a contract in which a new one is the same relationship renewed
OUTCOMES = {
    one.id: one
    for one in (
        AccountOutcome(
            "account_orders", "the orders of an account's shops, per account assigned", "mean",
            before=f"its orders in the {BEFORE_DAYS} days before",
        ),
        AccountOutcome(
            "account_net_revenue", "net revenue of an account's orders, per account assigned", "money",
            before=f"the same in the {BEFORE_DAYS} days before", basis="received",
        ),
        AccountOutcome(
            "account_renewed", "the share renewed of accounts whose contract ended in that time", "share", GRACE,
            yes_or_no=True,
        ),
        AccountOutcome(
            "account_value_kept", "the yearly contract value afterwards, of what was in force before", "share",
        ),
        AccountOutcome(
            "account_contract_value", "yearly contract value in force at the end, per account assigned", "money",
            before="what was in force on the day of assignment", basis="contracted",
        ),
    )
}  # fmt: skip
MONEY = frozenset(one.id for one in OUTCOMES.values() if one.scale == "money")


@dataclass(frozen=True, slots=True)
class Assigned:
    """An account of a lot, in the arm of its first assignment."""

    account: int
    arm: str
    on: date


@dataclass(frozen=True, slots=True)
class Unit:
    """One account of a lot. counted, out_of: of the outcome; out_of 0: it has nothing to count against. before: what
    it is adjusted for; 0 where nothing is."""

    account: int
    arm: str
    on: date
    counted: float
    out_of: float
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """assigned: everybody, the first one first. units: whose time is over on the day `until`. conflicts: how many were
    assigned to both arms, under accounts that are one by now. gone: keys of those that are in the book no more."""

    assigned: tuple[Assigned, ...]
    units: tuple[Unit, ...]
    until: date
    conflicts: int = 0
    gone: frozenset[int] = frozenset()

    @property
    def by_arm(self) -> Mapping[str, int]:
        return Counter(one.arm for one in self.assigned)

    @property
    def open(self) -> int:
        """Whose time is not over."""
        return len(self.assigned) - len(self.units)


# An outcome by its id in the first so many days after each assignment; a door answers, who knows the book of work.
Ask = Callable[[str, int], Outcomes]
