"""Experiments of the shops that may be seen, as their pages read them; worked out once for each snapshot."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.web import formatting, reading, trying_accounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from holdfast.estimates.estimate import Estimate
    from holdfast.evidence.designs.compared import Compared
    from holdfast.evidence.growth import Grown
    from holdfast.evidence.ledger import Claim
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.plan import Plan
    from holdfast.evidence.pool import Pool
    from holdfast.evidence.reading import Member, Reading
    from holdfast.evidence.registration import Registration
    from holdfast.evidence.together import Together
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import Snapshot


SEGMENTS = ("country", "channel", "cohort")  # of a customer's history, by which an effect may be looked at


def lots() -> tuple[Lot, ...]:
    """Those of shops that may be seen, and those of accounts of which every one may be seen (decision 0153)."""
    from holdfast.evidence import lot, sealed_accounts

    home, shops = reading.home(), {shop.name for shop in reading.shops()}
    of_customers = [one for one in lot.lots(home) if one.registration.shop in shops]
    of_accounts = [
        one for one in sealed_accounts.account_lots(home) if reading.sees_accounts(trying_accounts.assigned(one))
    ]
    return tuple(sorted((*of_customers, *of_accounts), key=lambda one: one.registration.id))


def spoilt() -> tuple[str, ...]:
    """For who sees every shop: whose it is cannot be read."""
    from holdfast.evidence import lot, pool, sealed_accounts

    home = reading.home()
    if not reading.sees_all():
        return ()
    return (*lot.spoilt(home), *pool.spoilt_pools(home), *sealed_accounts.spoilt_account_lots(home))


def find(id: str) -> Lot | None:
    return next((one for one in lots() if one.registration.id == id), None)


def pools() -> tuple[Pool, ...]:
    """Of which every shop may be seen."""
    from holdfast.evidence import pool

    mine = {lot.registration.id for lot in lots()}
    return tuple(one for one in pool.pools(reading.home()) if mine.issuperset(one.lots))


def find_pool(id: str) -> Pool | None:
    return next((one for one in pools() if one.id == id), None)


def together(it: Pool) -> Together | None:
    """None before anybody was assigned, and where nothing was built."""
    from holdfast.evidence.lot import LotProblem

    snapshot, stamps = _snapshot(), tuple(lot.stamp for lot in lots() if lot.registration.id in it.lots)
    if snapshot is None:
        return None
    try:
        return _together(reading.home(), snapshot.id, it.id, stamps)
    except LotProblem:
        return None


def read(lot: Lot) -> Reading | Compared | None:
    """None before anybody was assigned, and where nothing was built."""
    from holdfast.evidence.lot import LotProblem

    snapshot = _snapshot()
    if snapshot is None or not lot.entered:
        return None
    if is_of_accounts(lot):
        return trying_accounts.read(lot, snapshot.id)
    try:
        return _read(reading.home(), snapshot.id, lot.registration.id, lot.stamp)
    except LotProblem:  # the ledger of playbooks holds entries, and none of this one
        return None


def growth(lot: Lot) -> tuple[Grown, ...]:
    snapshot = _snapshot()
    if snapshot is None or lot.drawn is None or lot.registration.design != "lot":
        return ()
    if is_of_accounts(lot):
        return trying_accounts.growth(lot, snapshot.id)
    return _growth(reading.home(), snapshot.id, lot.registration.id, lot.stamp)


def plan(lot: Lot) -> Plan | Unknown | None:
    """None of accounts: their playbook has said what it can find before it was switched on."""
    from holdfast.evidence import plan

    snapshot = _snapshot()
    if is_of_accounts(lot):
        return None
    if snapshot is None:
        return Unknown("nothing has been built yet", "import files and build")
    if lot.registration.design != "lot":
        return plan.NO_LOT
    return plan.plan(reading.home(), snapshot, lot.registration)


def explore(lot: Lot, by: str) -> tuple[Member, ...]:
    """The effect by a segment that nobody declared; nothing for one that there is not."""
    snapshot = _snapshot()
    if snapshot is None or not lot.entered or by not in segments_of(lot):
        return ()
    return _explore(reading.home(), snapshot.id, lot.registration.id, lot.stamp, by)


def is_of_accounts(lot: Lot) -> bool:
    from holdfast.evidence.sealed_accounts import ACCOUNTS

    return lot.registration.unit == ACCOUNTS


def segments_of(lot: Lot) -> tuple[str, ...]:
    """By which an effect may be looked at; accounts are too few for any."""
    return SEGMENTS if lot.registration.design == "lot" and not is_of_accounts(lot) else ()


def claims() -> tuple[Claim, ...]:
    """Of every comparison that can be read, of the shops that may be seen: each is read, which takes its time."""
    return tuple(told for lot in lots() if (told := _claim(lot)) is not None)


def claims_of(account: int, shops: set[str]) -> tuple[Claim, ...]:
    """What a review of an account may tell of: comparisons in its shops, and lots of accounts that it is in."""
    mine = [
        lot for lot in lots()
        if (account in trying_accounts.assigned(lot) if is_of_accounts(lot) else lot.registration.shop in shops)
    ]  # fmt: skip
    return tuple(told for lot in mine if (told := _claim(lot)) is not None)


def claim(id: str) -> Claim | None:
    """Of one comparison, read alone; None for one that cannot be read or seen."""
    lot = find(id)
    return None if lot is None else _claim(lot)


def offered() -> tuple[tuple[str, str], ...]:
    """Id and name of every comparison whose claim can be asked for, nothing of them read."""
    if _snapshot() is None:
        return ()
    return tuple((lot.registration.id, lot.registration.name) for lot in lots() if lot.entered)


def _claim(lot: Lot) -> Claim | None:
    from holdfast.evidence.ledger import claim_of

    told = read(lot)
    if told is None:
        return None
    currency = currency_of(lot.registration)
    return claim_of(told, currency, partial(write, currency=currency))


def withheld(ids: Iterable[str]) -> frozenset[str]:
    """Of experiments, by id, those whose numbers are withheld as of today, whoever asks: what was linked of them while
    they were believed is not to be read any more."""
    snapshot = _snapshot()
    if snapshot is None:
        return frozenset()
    from holdfast.evidence import lot

    wanted = set(ids)
    mine = [one for one in lot.lots(reading.home()) if one.registration.id in wanted and one.entered] if wanted else []
    return frozenset(one.registration.id for one in mine if _spoilt(reading.home(), snapshot.id, one)) | (
        trying_accounts.withheld(wanted, snapshot.id)
    )


def effect_said(found: Reading | Compared | Claim) -> str:
    """Relative where it can be, else in the outcome's own unit."""
    from holdfast.evidence.ledger import Claim

    if isinstance(found, Claim):
        return in_words(found.relative, found.absolute, found.scale, found.currency)
    it = found.registration
    return in_words(found.relative, found.absolute, it.outcome.scale, currency_of(it))


def in_words(relative: Estimate | Unknown, absolute: Estimate | Unknown, scale: str, currency: str) -> str:
    """As `evidence.sentence.by`, written as pages do."""
    from holdfast.evidence.sentence import by

    return by(relative, absolute, scale, partial(write, currency=currency))


def sentence(found: Reading | Compared) -> str:
    from holdfast.evidence.sentence import sentence

    return sentence(found, partial(write, currency=currency_of(found.registration)))


def sentence_together(found: Together) -> str:
    from holdfast.evidence.sentence import together

    return together(found, partial(write, currency=currency_of(found.parts[0].registration)))


def currency_of(it: Registration) -> str:
    return it.currency or next((one.currency for one in reading.shops() if one.name == it.shop), "")


def major(minor: float, currency: str) -> float:
    return minor / float(10 ** minor_digits(currency))


def write(number: float, scale: str, currency: str) -> str:
    """A number of an outcome, a count, or a relative change; money comes in minor units."""
    if scale == "money":
        return formatting.money(major(number, currency), currency)
    if scale == "change":
        return ("+" if number > 0 else "") + formatting.share(number)
    return formatting.share(number) if scale == "share" else formatting.number(number, 0 if scale == "count" else 2)


@lru_cache(maxsize=64)
def _read(home: Home, snapshot: str, id: str, stamp: str) -> Reading | Compared:
    from holdfast.evidence import lot
    from holdfast.evidence.look import look

    return look(home, _need(snapshot), lot.lot(home, id))


@lru_cache(maxsize=64)
def _together(home: Home, snapshot: str, id: str, stamps: tuple[str, ...]) -> Together:
    from holdfast.evidence import pool
    from holdfast.evidence.together import read_together

    return read_together(home, _need(snapshot), pool.pool(home, id))


def _spoilt(home: Home, snapshot: str, lot: Lot) -> str:
    from holdfast.evidence.lot import LotProblem

    try:
        return _spoilt_by(home, snapshot, lot.registration.id, lot.stamp)
    except LotProblem:
        return ""


@lru_cache(maxsize=64)
def _spoilt_by(home: Home, snapshot: str, id: str, stamp: str) -> str:
    from holdfast.evidence import lot
    from holdfast.evidence.look import spoilt

    return spoilt(home, _need(snapshot), lot.lot(home, id))


@lru_cache(maxsize=64)
def _explore(home: Home, snapshot: str, id: str, stamp: str, by: str) -> tuple[Member, ...]:
    from holdfast.evidence import lot
    from holdfast.evidence.reading import explore

    return explore(home, _need(snapshot), lot.lot(home, id), by)


@lru_cache(maxsize=64)
def _growth(home: Home, snapshot: str, id: str, stamp: str) -> tuple[Grown, ...]:
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
