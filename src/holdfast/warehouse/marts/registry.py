"""The marts over the tables beside sales, in the order they are built: a new one is imported here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cache

import ibis
import ibis.expr.operations as ops

from holdfast.warehouse.marts import (  # noqa: F401 (each declares the mart of its name)
    account_completion,
    account_milestone,
    account_start,
    account_work,
    acquisition_cost,
    activation,
    advocacy,
    business_clock,
    cancellation,
    capability,
    checkout_visit,
    contract_term,
    cost_told,
    csat_answer,
    dispute_case,
    kb_visit,
    lead_person,
    loyalty,
    message_told,
    money_back,
    mrr_month,
    nps_answer,
    onboarding,
    parcel,
    payer,
    payment,
    stage_step,
    ticket_spell,
    ticket_times,
    visit,
)
from holdfast.warehouse.marts.declare import _REGISTRY, EXCLUDED_PERSON, ZONE_CHANGE, Given, Make
from holdfast.warehouse.marts.emptiness import no_rows

DECLARED: Mapping[str, Make] = _REGISTRY
_ANY = datetime(2000, 1, 1)


@cache
def _plain(name: str) -> ibis.Table:
    """The mart's expression for some shop: what it reads, and its columns, are the same for any."""
    return DECLARED[name](Given({1: "UTC"}, _ANY, _ANY, Earlier()))


@cache
def unbound(name: str) -> ibis.Table:
    """A declared mart as an Ibis table; its schema is that of its expression."""
    return ibis.table(_plain(name).schema(), name=name)


@cache
def rests_on(name: str) -> frozenset[str]:
    """The canonical tables under a mart; shops, zone rules and who is excluded left out."""
    below = _read(name) - {"shop", ZONE_CHANGE.get_name(), EXCLUDED_PERSON.get_name()}
    return frozenset(below - DECLARED.keys()).union(*(rests_on(mart) for mart in below & DECLARED.keys()))


def has_no_rows(name: str, empty: Collection[str]) -> bool:
    """Whether a mart surely has no rows when these tables, and these marts, have none."""
    return no_rows(_plain(name).op(), empty)


@cache
def _read(name: str) -> frozenset[str]:
    return frozenset(table.name for table in _plain(name).op().find(ops.UnboundTable))


class Earlier(Mapping[str, ibis.Table]):
    """Every declared mart by its name, as `Given.marts` wants them when nothing is built."""

    def __getitem__(self, name: str) -> ibis.Table:
        return unbound(name)

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARED)

    def __len__(self) -> int:
        return len(DECLARED)
