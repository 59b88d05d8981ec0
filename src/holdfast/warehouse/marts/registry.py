"""The marts over the tables beside sales, in the order they are built: a new one is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache

import ibis
import ibis.expr.operations as ops

from holdfast.warehouse.marts import (  # noqa: F401 (each declares the mart of its name)
    activation,
    advocacy,
    business_clock,
    cancellation,
    contract_term,
    cost_told,
    csat_answer,
    dispute_case,
    kb_visit,
    message_told,
    money_back,
    mrr_month,
    nps_answer,
    parcel,
    payer,
    payment,
    ticket_spell,
    ticket_times,
    visit,
)
from holdfast.warehouse.marts.declare import _REGISTRY, ZONE_CHANGE, Given, Make

DECLARED: Mapping[str, Make] = _REGISTRY
_ANY = datetime(2000, 1, 1)


@cache
def unbound(name: str) -> ibis.Table:
    """A declared mart as an Ibis table; its schema is that of its expression."""
    return ibis.table(DECLARED[name](Given({1: "UTC"}, _ANY, _ANY, Earlier())).schema(), name=name)


@cache
def rests_on(name: str) -> frozenset[str]:
    """The canonical tables under a mart, shops and zone rules left out: where all are empty, so is the mart."""
    expression = DECLARED[name](Given({1: "UTC"}, _ANY, _ANY, Earlier()))
    below = {table.name for table in expression.op().find(ops.UnboundTable)} - {"shop", ZONE_CHANGE.get_name()}
    return frozenset(below - DECLARED.keys()).union(*(rests_on(mart) for mart in below & DECLARED.keys()))


class Earlier(Mapping[str, ibis.Table]):
    """Every declared mart by its name, as `Given.marts` wants them when nothing is built."""

    def __getitem__(self, name: str) -> ibis.Table:
        return unbound(name)

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARED)

    def __len__(self) -> int:
        return len(DECLARED)
