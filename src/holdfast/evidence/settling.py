"""What lots have shown of the framework's claims (M12, M24, M42, M50), put down where scorecards read it."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.commerce.unknown import Unknown
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem, lots
from holdfast.evidence.reading import Reading, read
from holdfast.metrics.registry import METRICS
from holdfast.metrics.settled import FOLDER, Settled, settled_stamp, write_settled
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import Snapshot, current_snapshot

PREVENTS = "M50"  # a difference of shares: those who left of the held out, less those of the treated


def settle(home: Home) -> int:
    """Read every lot that claims something as of the serving snapshot; how many numbers were put down.

    For after a build, and after a lot was drawn.
    """
    snapshot = current_snapshot(home)
    if snapshot is None or not (home.path / FOLDER).is_dir():
        return 0
    claiming = [one for one in lots(home) if one.registration.claims and one.entered]
    found = settled([one for lot in claiming if (one := _read(home, snapshot, lot)) is not None], snapshot)
    if found or settled_stamp(home, snapshot.id):
        write_settled(home, snapshot.id, found)
    return len(found)


def _read(home: Home, snapshot: Snapshot, lot: Lot) -> Reading | None:
    """None where nobody has entered yet."""
    try:
        return read(home, snapshot, lot)
    except LotProblem:
        return None


def settled(readings: Iterable[Reading], snapshot: Snapshot) -> list[Settled]:
    """Of each claim the newest lot that is believed, in every scope whose shops it speaks for.

    Account and all shops together have it where no other shop of theirs has a lot of its own: an effect on one shop
    says nothing of what two shops do together.
    """
    newest: dict[tuple[str, str], Reading] = {}
    for reading in sorted(readings, key=lambda one: one.due):
        if reading.grade >= Grade.BY_LOT and reading.verdict.word != "broken" and _number(reading) is not None:
            newest[reading.registration.claims, reading.registration.shop] = reading
    return [
        row
        for (claim, shop), reading in newest.items()
        for kind, name in _scopes(shop, [s for c, s in newest if c == claim], snapshot.shops)
        if (row := _row(reading, claim, kind, name)) is not None
    ]


def _scopes(shop: str, with_lots: list[str], shops: tuple[Shop, ...]) -> list[tuple[str, str]]:
    mine = next((one for one in shops if one.name == shop), None)
    if mine is None:
        return []
    found = [("shop", shop)]
    if not any(one.account == mine.account and one.name != shop for one in shops if one.name in with_lots):
        found.append(("account", mine.account))
    return [*found, ("all", "")] if len(with_lots) == 1 else found


def _row(reading: Reading, claim: str, kind: str, name: str) -> Settled | None:
    number, shown, it = _number(reading), reading.shown, reading.registration
    metric = next(one for one in METRICS.values() if one.number == claim)
    if number is None or isinstance(shown, Unknown):
        return None
    point, low, high = number
    return Settled(
        metric.id, kind, name, reading.as_of, reading.began, reading.due, shown.n_treated + shown.n_held_out,
        point, low, high, f"{shown.absolute.method}; experiment {it.id} in {it.shop}, {it.days} days",
    )  # fmt: skip


def _number(reading: Reading) -> tuple[float, float | None, float | None] | None:
    """Relative effect; of prevention, how many fewer left, as a share of all."""
    if reading.registration.claims == PREVENTS:
        a = reading.absolute
        if isinstance(a, Unknown):
            return None
        return -a.point, None if a.high is None else -a.high, None if a.low is None else -a.low
    r = reading.relative
    return None if isinstance(r, Unknown) else (r.point, r.low, r.high)
