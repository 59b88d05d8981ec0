"""The marts over the tables beside sales, in the order they are built: a new one is imported here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import ibis

from holdfast.warehouse import tables
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
from holdfast.warehouse.marts.declare import _REGISTRY, Given, Make
from holdfast.warehouse.marts.emptiness import no_rows

DECLARED: Mapping[str, Make] = _REGISTRY
_ANY = datetime(2000, 1, 1)


def _defined() -> str:
    """A digest of the code that defines marts and the tables they read: the same, the same marts from the same rows."""
    told = hashlib.sha256(ibis.__version__.encode())
    for folder in (Path(__file__).parent, Path(tables.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            told.update(path.read_bytes())
    return told.hexdigest()


DEFINED = _defined()


@cache
def _plain(name: str) -> ibis.Table:
    """The mart's expression for some shop: what it reads, and its columns, are the same for any."""
    return DECLARED[name](Given({1: "UTC"}, _ANY, _ANY, Earlier()))


@cache
def unbound(name: str) -> ibis.Table:
    """A declared mart as an Ibis table; its schema is that of its expression."""
    return ibis.table(_plain(name).schema(), name=name)


def has_no_rows(name: str, empty: Collection[str]) -> bool:
    """Whether a mart surely has no rows when these tables, and these marts, have none."""
    return no_rows(_plain(name).op(), empty)


class Earlier(Mapping[str, ibis.Table]):
    """Every declared mart by its name, as `Given.marts` wants them when nothing is built."""

    def __getitem__(self, name: str) -> ibis.Table:
        return unbound(name)

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARED)

    def __len__(self) -> int:
        return len(DECLARED)
