"""Lots of accounts as pages read them; worked out once for each tick, snapshot and day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from holdfast.web import reading

if TYPE_CHECKING:
    from collections.abc import Set

    from holdfast.evidence.growth import Grown
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.reading import Reading
    from holdfast.playbooks.outcomes import Ask
    from holdfast.warehouse.home import Home


def assigned(lot: Lot) -> frozenset[int]:
    """The keys of its accounts, also of those that were merged into others since."""
    return _assigned(reading.home(), lot.registration.id, lot.stamp)


def read(lot: Lot, snapshot: str) -> Reading | None:
    """None before anybody was assigned."""
    if not assigned(lot):
        return None
    return _read(reading.home(), lot.registration.id, lot.stamp, snapshot, _today())


def growth(lot: Lot, snapshot: str) -> tuple[Grown, ...]:
    if not assigned(lot):
        return ()
    return _growth(reading.home(), lot.registration.id, lot.stamp, snapshot, _today())


def withheld(ids: Set[str], snapshot: str) -> frozenset[str]:
    """Of these experiments those of accounts whose numbers are withheld, whoever asks."""
    from holdfast.evidence.account_lot import spoilt_accounts
    from holdfast.evidence.sealed_accounts import account_lots

    home, today = reading.home(), _today()
    mine = [one for one in account_lots(home) if one.registration.id in ids]
    asked = ((one, _ask(home, one.registration.id, one.stamp, snapshot, today)) for one in mine)
    return frozenset(one.registration.id for one, ask in asked if spoilt_accounts(one, ask))


@lru_cache(maxsize=64)
def _assigned(home: Home, id: str, stamp: str) -> frozenset[int]:
    from holdfast.evidence.sealed_accounts import assigned_by

    return frozenset(one.subject for one in assigned_by(home, _need(home, id)))


@lru_cache(maxsize=64)
def _read(home: Home, id: str, stamp: str, snapshot: str, today: date) -> Reading:
    from holdfast.evidence.account_lot import read_accounts

    return read_accounts(_need(home, id), _ask(home, id, stamp, snapshot, today))


@lru_cache(maxsize=64)
def _growth(home: Home, id: str, stamp: str, snapshot: str, today: date) -> tuple[Grown, ...]:
    from holdfast.evidence.account_lot import growth_of_accounts

    return growth_of_accounts(_need(home, id), _ask(home, id, stamp, snapshot, today))


@lru_cache(maxsize=16)
def _ask(home: Home, id: str, stamp: str, snapshot: str, today: date) -> Ask:
    from holdfast.evidence.sealed_accounts import assigned_by
    from holdfast.playbooks.known.outcomes import asking

    found = _need(home, id)
    return asking(home, assigned_by(home, found), found.registration.currency, today)


def _need(home: Home, id: str) -> Lot:
    from holdfast.evidence.sealed_accounts import account_lot

    found = account_lot(home, id)
    if found is None:
        raise LookupError(f"the seal of {id} is gone")
    return found


def _today() -> date:
    return datetime.now(UTC).date()
