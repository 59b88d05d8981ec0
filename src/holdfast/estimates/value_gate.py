"""Whether a number of customers' future value may be called predictive for this merchant (metrics.md 5.4, point 7)."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.held_out_forecast import CLOSE, PAST_RATE, Choice

# What Klaviyo asks before it predicts; our convention, decision 0104.
BUYERS = 500
DAYS = 180
RECENT_DAYS = 30
ORDERS_OF_SOME = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: what was asked for, what was found, and whether that is enough."""

    asked: str
    found: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """Every condition, passed or not; the number is predictive only where all are."""

    checks: tuple[Check, ...]

    @property
    def predictive(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


def value_gate(*, buyers: int, days: int, days_since_order: int, most_orders: int, choice: Choice | Unknown) -> Gate:
    """buyers: customers who bought; days: from the first order to the end; days_since_order: from the last one to it;
    most_orders: of one customer; choice: what the held-out forecast said."""
    return Gate(
        (
            Check(f"{BUYERS} customers who bought", f"{buyers:,}", buyers >= BUYERS),
            Check(f"{DAYS} days of history", f"{days:,}", days >= DAYS),
            Check(
                f"an order in the last {RECENT_DAYS} days",
                f"{days_since_order:,} days ago",
                days_since_order <= RECENT_DAYS,
            ),
            Check(
                f"a customer with {ORDERS_OF_SOME} orders", f"at most {most_orders:,}", most_orders >= ORDERS_OF_SOME
            ),
            *_of_forecast(choice),
        )
    )


def _of_forecast(choice: Choice | Unknown) -> tuple[Check, ...]:
    asked = f"a held-out total within {CLOSE:.0%}"
    if isinstance(choice, Unknown):
        return (Check(asked, choice.why, False),)
    best = choice.chosen
    rival = next(one for one in choice.scores if one.name == PAST_RATE)
    better = f"{best.class_error:.0%} against {rival.class_error:.0%}"
    return (
        Check(asked, f"{best.ratio - 1:+.0%}", best.within),
        Check("classes by frequency less wrong than by the past rate", better, best.class_error < rival.class_error),
        Check(
            "the tenth said to buy most buys more than a tenth", f"{best.capture:.0%} of purchases", best.capture > 0.1
        ),
    )
