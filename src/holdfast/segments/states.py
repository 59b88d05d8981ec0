"""How a buyer stands: one of five names, by one table of rules of which the first that holds names them (0120)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["lapsed", "reactivated", "slipping", "new", "active"]
OVERDUE = 2.0  # usual gaps since the last purchase; what health calls overdue as well
OWN_GAPS = 2  # from so many gaps on a buyer has a usual one of their own: their mean; before, it is the shop's middle


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules look at, as columns or as plain numbers of days; occasions: days on which they bought."""

    since: Any  # days since the last purchase
    occasions: Any
    gap: Any  # the usual one
    last_gap: Any  # between the last purchase and the one before
    long_gap: Any  # nine in ten gaps of the shop do not exceed it (decision 0010)


@dataclass(frozen=True, slots=True)
class Rule:
    state: State
    says: str
    holds: Callable[[Seen], Any]


RULES: tuple[Rule, ...] = (
    Rule("lapsed", "away for longer than nine in ten gaps of the shop", lambda s: s.since > s.long_gap),
    Rule("reactivated", "came back after such a gap, and has not lapsed since", lambda s: s.last_gap > s.long_gap),
    Rule("slipping", "away for more than two usual gaps", lambda s: s.since > OVERDUE * s.gap),
    Rule("new", "bought on one day only", lambda s: s.occasions == 1),
    Rule("active", "bought again, and is not overdue", lambda s: s.occasions > 1),
)
STATES: tuple[State, ...] = tuple(rule.state for rule in RULES)
