"""Experiments of the shops that may be seen, as their pages read them; worked out once for each snapshot."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.web import formatting, reading

if TYPE_CHECKING:
    from holdfast.evidence.growth import Grown
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.plan import Plan
    from holdfast.evidence.reading import Reading
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import Snapshot


def lots() -> tuple[Lot, ...]:
    from holdfast.evidence import lot

    return tuple(one for one in lot.lots(reading.home()) if one.registration.shop in {s.name for s in reading.shops()})


def find(id: str) -> Lot | None:
    return next((one for one in lots() if one.registration.id == id), None)


def read(lot: Lot) -> Reading | None:
    """None before its lot was drawn, and where nothing was built."""
    snapshot = _snapshot()
    if snapshot is None or lot.drawn is None:
        return None
    return _read(reading.home(), snapshot.id, lot.registration.id, lot.drawn["declared"])


def growth(lot: Lot) -> tuple[Grown, ...]:
    snapshot = _snapshot()
    if snapshot is None or lot.drawn is None:
        return ()
    return _growth(reading.home(), snapshot.id, lot.registration.id, lot.drawn["declared"])


def plan(lot: Lot) -> Plan | Unknown:
    from holdfast.evidence import plan

    snapshot = _snapshot()
    if snapshot is None:
        return Unknown("nothing has been built yet", "import files and build")
    return plan.plan(reading.home(), snapshot, lot.registration)


def sentence(found: Reading) -> str:
    from holdfast.evidence.sentence import sentence

    currency = currency_of(found.registration.shop)
    return sentence(found, lambda number, scale: write(number, scale, currency))


def currency_of(shop: str) -> str:
    return next(one.currency for one in reading.shops() if one.name == shop)


def write(number: float, scale: str, currency: str) -> str:
    """A number of an outcome, a count, or a relative change; money comes in minor units."""
    if scale == "money":
        return formatting.money(number / 10 ** minor_digits(currency), currency)
    if scale == "change":
        return ("+" if number > 0 else "") + formatting.share(number)
    return formatting.share(number) if scale == "share" else formatting.number(number, 0 if scale == "count" else 2)


@lru_cache(maxsize=64)
def _read(home: Home, snapshot: str, id: str, declared: str) -> Reading:
    from holdfast.evidence import lot
    from holdfast.evidence.reading import read

    return read(home, _need(snapshot), lot.lot(home, id))


@lru_cache(maxsize=64)
def _growth(home: Home, snapshot: str, id: str, declared: str) -> tuple[Grown, ...]:
    from holdfast.evidence import growth, lot

    return growth.growth(home, _need(snapshot), lot.lot(home, id))


def _need(snapshot: str) -> Snapshot:
    found = _snapshot()
    if found is None or found.id != snapshot:
        raise LookupError("another snapshot serves by now")
    return found


def _snapshot() -> Snapshot | None:
    source = reading.published()
    return None if source is None else source.manifest
