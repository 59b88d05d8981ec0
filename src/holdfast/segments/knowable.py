"""Of which segments nobody can be a member, because what they ask is not known of anybody in a shop: their size is then
not known, and never 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.metrics.needs import shops_that_have, shops_with
from holdfast.segments.condition import All, AnyOf, Condition, Leaf
from holdfast.segments.cuts import cuts
from holdfast.segments.facts.predicted import SAID_BY, word_of
from holdfast.segments.facts.registry import FACTS, SOURCES
from holdfast.segments.grid import NO_CUTS
from holdfast.segments.segment import Segment
from holdfast.warehouse.home import Home, Shop

NOT_SAID = Unknown("no model has said anything of these customers", "fit the models")
DESCRIPTIVE = Unknown(
    "what the model says may be called descriptive only, not predictive, for this shop",
    "a model that passes its checks, or a condition that asks for it even so",
)


def not_known(home: Home, shop: Shop) -> Mapping[str, Unknown]:
    """By fact, why it is not known of anybody in a shop, or asks for a model that may be called predictive. Facts that
    are known of somebody are not there. Raises NothingBuilt, DamagedSnapshot and FrameworkProblem (rfm.toml)."""
    found: dict[str, Unknown] = {}
    with opened(home) as (connection, snapshot):
        for source in SOURCES:
            query, why = shops_with(source.needs)
            if not shops_that_have(connection, query, [shop.shop_id]):
                found |= dict.fromkeys((fact.id for fact in source.facts), why)
        day = snapshot.as_of
    for source in SOURCES:
        if source.id in SAID_BY:
            word = word_of(home, SAID_BY[source.id], shop, day)
            for fact in source.facts:
                if word is None or (fact.gated and word != "predictive"):
                    found.setdefault(fact.id, NOT_SAID if word is None else DESCRIPTIVE)
    if not cuts(home, (shop,)):
        found |= dict.fromkeys((fact.id for fact in FACTS.values() if fact.cut), NO_CUTS)
    return found


def nobody_can(segment: Segment, missing: Mapping[str, Unknown]) -> Unknown | None:
    """Why nobody can belong to a segment; None where somebody could. missing: as `not_known` has it."""
    if not _never(segment.when, missing):
        return None
    told = list(dict.fromkeys(_because(segment.when, missing)))
    return Unknown("; ".join(why.why for why in told), "; ".join(why.would_need for why in told))


def unless_unknown(sizes: pa.Table, why: Mapping[int, Unknown | None]) -> pa.Table:
    """Sizes in some shops; where nobody can be a member, nobody found is no number. why: by shop, as `nobody_can`."""
    blank = dict.fromkeys(("members", "entered", "left"))
    rows = [row for row in sizes.to_pylist() if row["shop_id"] in why]
    told = [row | (blank if why[row["shop_id"]] is not None and not row["members"] else {}) for row in rows]
    return pa.Table.from_pylist(told, sizes.schema)


def _never(condition: Condition, missing: Mapping[str, Unknown]) -> bool:
    match condition:
        case Leaf():
            return _why(condition, missing) is not None
        case All(parts):
            return any(_never(part, missing) for part in parts)
        case AnyOf(parts):
            return all(_never(part, missing) for part in parts)
    return False  # what is not known does not hold, so that its opposite does


def _because(condition: Condition, missing: Mapping[str, Unknown]) -> Iterator[Unknown]:
    match condition:
        case Leaf():
            why = _why(condition, missing)
            if why is not None:
                yield why
        case All(parts) | AnyOf(parts):
            for part in parts:
                if _never(part, missing):
                    yield from _because(part, missing)


def _why(leaf: Leaf, missing: Mapping[str, Unknown]) -> Unknown | None:
    if any(test == "known" for test, _ in leaf.tests):
        return None  # asking whether it is known has an answer
    why = missing.get(leaf.fact)
    return None if why is DESCRIPTIVE and leaf.even_descriptive else why
