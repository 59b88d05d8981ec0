"""What the contracts of a company say."""

from __future__ import annotations

import ibis

from holdfast.predictions.features.declare import Feature, Group, Source, days_since, upto
from holdfast.warehouse.marts.registry import unbound as mart


def contracts() -> ibis.Table:
    """Of those in force on the day: when the next is due, since when the first runs, and what they bring a year."""
    c = mart("contract_term")
    c = upto(c.filter(c.customer_id.notnull()), "starts_on")
    c = c.filter(c.until_on.isnull() | (c.until_on > c.as_of))
    told = c.group_by("as_of", "customer_id").agg(
        first_on=c.starts_on.min(), next_due=c.due_on.min(where=c.due_on > c.as_of),
        contract_year=c.year_minor.sum().cast("float64"),
    )  # fmt: skip
    return told.select(
        "as_of", "customer_id", "contract_year", contracted=days_since(told, told.first_on),
        until_due=told.next_due.delta(told.as_of, unit="day").cast("float64"),
    )  # fmt: skip


CONTRACTS = Source(
    "contracts", contracts, "contract_term",
    (
        Group("contract", "the contract", (
            Feature("until_due", "days until the contract is due for renewal", "days"),
            Feature("contracted", "days since the contract began", "days"),
            Feature("contract_year", "a year of the contracts in force", "money", 0.0),
        ), "no contract in force"),
    ),
    only="companies",
)  # fmt: skip
