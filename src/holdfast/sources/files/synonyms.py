"""Which header feeds which canonical field, by what people call things (`synonyms.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.fields import FIELDS, ORDER_LINES, ORDERS
from holdfast.warehouse.tables import PLAIN

_PLAIN = frozenset(table.name for table in PLAIN)
_ANY_NAME = ("customer_id", "email", "phone", "order_id", "sku", "currency")


@cache
def synonyms(grain: str) -> dict[str, tuple[str, ...]]:
    """Canonical field → folded names, the likeliest first, for one grain."""
    said = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    words = said["everywhere"] | said.get(grain, {})
    if grain in _PLAIN:  # a plain table's columns are called as they are declared; only people and things by any name
        words = {name: said["everywhere"][name] for name in _ANY_NAME} | said["plain"] | said.get(grain, {})
    return {name: (folded(name), *(folded(word) for word in words.get(name, ()))) for name in FIELDS[grain]}


def matched(grain: str, headers: list[str]) -> dict[str, str]:
    """Canonical field → header. Each header feeds one field: the field that names it most plainly."""
    said = synonyms(grain)
    heads = [(place, folded(header), header) for place, header in enumerate(headers)]
    offers = sorted(
        (words.index(head), place, name, header)
        for name, words in said.items()
        for place, head, header in heads
        if head in words
    )
    fed: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, name, header in offers:
        if name not in fed and header not in taken:
            fed[name] = header
            taken.add(header)
    if grain in (ORDER_LINES, ORDERS) and "created_at" in fed and "placed_at" not in fed:
        fed["placed_at"] = fed.pop("created_at")  # the only moment an order has is when it was placed
    return fed
