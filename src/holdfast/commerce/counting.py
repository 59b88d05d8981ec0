"""How many of something, in words: 1 customer, 2 customers."""

from __future__ import annotations


def noun(amount: float, plural: str) -> str:
    """The noun as this amount takes it. plural: "customers", "companies"."""
    if amount != 1:
        return plural
    return plural[:-3] + "y" if plural.endswith("ies") else plural.removesuffix("s")


def some(amount: int, plural: str) -> str:
    """ "1 customer", "1,200 customers"."""
    return f"{amount:,} {noun(amount, plural)}"
