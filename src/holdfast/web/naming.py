"""What people call a unit, a column and a field: the shop's own words before the names of tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.metrics.declare import Metric

HASH = re.compile(r"\b[0-9a-f]{64}\b")
SHOWN_OF_A_HASH = 8
STRANGERS_ORDER = "Order of an unknown buyer"
STRANGERS_RETURNS = "Returned by unknown buyers"
WORDS = {
    "unit_id": "Id in Holdfast", "sku": "SKU", "anchor": "Counted from", "matures_on": "Window closes",
    "load_id": "Load",
    "processed_at": "When", "gives_back": "Gives back order", "customer_source": "Customer", "order_source": "Order",
    "product_source": "Product", "refund_source": "Refund", "transaction_source": "Payment",
    "adjustment_source": "Adjustment", "days_bought": "Days with a purchase",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """short: what is shown. whole: all of it where that is too long to show, else empty."""

    short: str
    whole: str = ""


def unit(unit_id: int, number: object) -> Name:
    """number: the shop's own of the customer, None where it has none: the id in Holdfast then stands for it."""
    if unit_id == 0:
        return Name(STRANGERS_RETURNS)
    if unit_id < 0:
        return Name(STRANGERS_ORDER)
    said = str(unit_id if number is None else number)
    return Name(shortened(said), said if shortened(said) != said else "")


def title(metric: Metric | None, unit_id: int, number: str | None) -> Name:
    """ "Customer 12942", "Order of an unknown buyer 536365"."""
    if unit_id < 0:
        return Name(f"{STRANGERS_ORDER}{f', {number}' if number else ''}")
    name = unit(unit_id, number)
    if unit_id == 0:
        return name
    kind = "customer" if metric is None else metric.unit.removesuffix("s")
    return Name(f"{kind.capitalize()} {name.short}", name.whole)


def shortened(text: str) -> str:
    """Hashes by their beginning."""
    return HASH.sub(lambda found: f"{found[0][:SHOWN_OF_A_HASH]}…", text)


def column(name: str) -> str:
    """gross_minor → Gross, order_number → Order number."""
    words = name.removesuffix("_minor").removesuffix("_id").replace("_", " ")
    return WORDS.get(name, words[:1].upper() + words[1:])


def stage(name: str) -> str:
    """Of a renewal."""
    return {
        "ahead": "Not begun", "review": "Internal review", "asked": "Soft question asked",
        "contact": "Commercial contact", "committed": "Committed", "signed": "Signed", "lost": "Lost",
        "reviewed": "Post-mortem held",
    }.get(name, name)  # fmt: skip


def table(name: str) -> str:
    """order_line → Order lines."""
    return {"order_line": "Order lines", "refund_line": "Refund lines", "customer_contact": "Contact data"}.get(
        name, f"{column(name)}s"
    )


def field(path: str) -> str:
    """order_lines.placed_at → Order lines: placed at."""
    rows, _, name = path.partition(".")
    told = {"order_id": "order number", "customer_id": "customer number", "refund_id": "refund number", "sku": "SKU"}
    return f"{rows.replace('_', ' ').capitalize()}: {told.get(name, name.replace('_', ' '))}"
