"""The marts over the tables beside sales, in the order they are built: a new one is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache

import ibis

from holdfast.warehouse.marts import advocacy as _advocacy
from holdfast.warehouse.marts import csat_answer as _csat_answer
from holdfast.warehouse.marts import message_told as _message_told
from holdfast.warehouse.marts import nps_answer as _nps_answer
from holdfast.warehouse.marts import parcel as _parcel
from holdfast.warehouse.marts.declare import _REGISTRY, Given, Make

_ALSO = (_advocacy, _csat_answer, _message_told, _nps_answer, _parcel)  # imported to be declared
DECLARED: Mapping[str, Make] = _REGISTRY
_ANY = datetime(2000, 1, 1)


@cache
def unbound(name: str) -> ibis.Table:
    """A declared mart as an Ibis table; its schema is that of its expression."""
    return ibis.table(DECLARED[name](Given({1: "UTC"}, _ANY, _ANY, Earlier())).schema(), name=name)


class Earlier(Mapping[str, ibis.Table]):
    """Every declared mart by its name, as `Given.marts` wants them when nothing is built."""

    def __getitem__(self, name: str) -> ibis.Table:
        return unbound(name)

    def __iter__(self) -> Iterator[str]:
        return iter(DECLARED)

    def __len__(self) -> int:
        return len(DECLARED)
