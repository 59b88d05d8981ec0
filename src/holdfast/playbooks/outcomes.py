"""What a playbook for accounts may be measured by: the account is the unit, and all its shops do is added up first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """says: words for it. ends_late: so many days after the horizon until it is known."""

    id: str
    says: str
    ends_late: int = 0


GRACE = 30  # days after the end of a contract in which a new one is the same relationship renewed
OUTCOMES = {
    one.id: one
    for one in (
        AccountOutcome("account_orders", "the orders of an account's shops, per account assigned"),
        AccountOutcome("account_renewed", "the share renewed of accounts whose contract ended in that time", GRACE),
        AccountOutcome("account_value_kept", "the yearly contract value afterwards, of what was in force before"),
    )
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One account of a lot. counted, out_of: of the outcome; out_of 0: it has nothing to count against. before: the
    same in the 180 days up to the assignment; 0 where it is not asked of that time."""

    account: int
    arm: str
    counted: float
    out_of: float
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """units: whose time is over. open: whose is not. last_on: when the last one was assigned; None: nobody was."""

    units: tuple[Unit, ...]
    open: int
    last_on: date | None
