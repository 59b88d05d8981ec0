"""Playbooks as pages read them, of the shops and accounts that may be seen; what is dear, once for each snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from holdfast.accounts import access
from holdfast.commerce.unknown import Unknown
from holdfast.evidence import open_lot
from holdfast.evidence.plan import Intake, declared
from holdfast.evidence.plan import plan as planned_for
from holdfast.metrics.section import FrameworkProblem
from holdfast.playbooks import listing, reading, shelf
from holdfast.playbooks.aside import HELD_OUT
from holdfast.playbooks.audience import Audience, audiences, sizes, write_inside
from holdfast.playbooks.behind import Behind, of_tick
from holdfast.playbooks.declare import Playbook, PlaybookProblem
from holdfast.playbooks.facts import Who
from holdfast.playbooks.handing import edges as edges_of
from holdfast.playbooks.handing import with_book
from holdfast.playbooks.known.accounts import accounts_of
from holdfast.playbooks.listing import Seen
from holdfast.playbooks.live import Live
from holdfast.playbooks.plan import Planned, plan
from holdfast.playbooks.restraint.people import person
from holdfast.playbooks.state import last_tick
from holdfast.playbooks.tick import Load
from holdfast.segments.members import AfterTheData
from holdfast.segments.store import NoSuchSegment
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.snapshot import DamagedSnapshot, NothingBuilt
from holdfast.web import reading as facts
from holdfast.web import trying
from holdfast.web.segmenting import AT_ONCE

if TYPE_CHECKING:
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.plan import Plan, Way
    from holdfast.evidence.registration import Registration
    from holdfast.warehouse.home import Shop
    from holdfast.warehouse.snapshot import Snapshot

KEPT = 64  # audiences and plans that are kept, each for one snapshot and one text
_kept: dict[tuple[Any, ...], Any] = {}
T = TypeVar("T")
WorkOut = Callable[["Home", "Snapshot", "Registration", "Mapping[int, Intake]"], T]
PEAK_AHEAD = 120  # days that are looked ahead for a peak


@dataclass(frozen=True, slots=True)
class Peak:
    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Being:
    """How somebody stands in one playbook: whether kept aside by lot, and what was decided last, with why."""

    id: str
    name: str
    aside: bool
    what: str
    why: str
    step: str
    at: datetime


def every() -> tuple[reading.Listed, ...]:
    return reading.listed(facts.home())


def one(id: str) -> reading.Listed | None:
    return next((row for row in every() if row.id == id), None)


def health() -> reading.Health:
    return reading.health(facts.home())


def is_own(id: str) -> bool:
    return shelf.is_own(facts.home(), id)


def text_of(id: str) -> str:
    """Also of one that cannot be read, so that it can be mended."""
    home = facts.home()
    own = home.path / shelf.FOLDER / f"{Path(id).name}.toml"
    return own.read_text(encoding="utf-8") if own.is_file() else shelf.text_of(home, id)


def live(id: str) -> Live | None:
    """As it was last switched on; None for one that never was."""
    return next((one for one in shelf.lives(facts.home()) if one.playbook.id == id), None)


def seen_by(user: access.Anybody) -> Seen:
    shops = None if facts.sees_all() else frozenset(shop.shop_id for shop in facts.shops())
    if access.role_of(user) in access.EVERYWHERE:
        return Seen(shops, None)
    return Seen(shops, frozenset(access.accounts_of(user).values_list("pk", flat=True)))


def may_switch(user: access.Anybody, it: Playbook) -> bool:
    """Decision 0140: whoever may plan, and sees everybody whom it reaches."""
    if not access.may(user, "plan"):
        return False
    if it.who == "accounts":
        return access.sees_accounts(user, ())
    return len(facts.shops()) == len(facts.home().shops())


def behind(user: access.Anybody) -> tuple[Behind, ...]:
    """Whom the last tick held because their data are too old, of those that may be seen."""
    seen, home = seen_by(user), facts.home()
    return of_tick(home, last_tick(home), shelf.lives(home), shops=seen.shops, accounts=seen.accounts)


def counts(seen: Seen) -> Mapping[str, listing.Counts]:
    return _since_tick("counts", seen, lambda: listing.counts(facts.home(), seen, snapshot()))


def reasons(live: Live, seen: Seen) -> tuple[listing.Reason, ...]:
    return _since_tick(f"reasons {live.slot}", seen, lambda: listing.reasons(facts.home(), live, seen, snapshot()))


def arms(live: Live, seen: Seen) -> tuple[listing.Arms, ...]:
    return _since_tick(f"arms {live.slot}", seen, lambda: listing.arms(facts.home(), live, seen, snapshot()))


def of_customer(shop_id: int, customer_id: int) -> tuple[Being, ...]:
    """In which playbooks they were decided for, under every key they have had."""
    found = person(facts.home(), shop_id, f"#{customer_id}") if _any_on("customers") else None
    return _being("customers", found.keys) if found else ()


def of_account(account_id: int) -> tuple[Being, ...]:
    return _being("accounts", (account_id,)) if _any_on("accounts") else ()


def _any_on(who: Who) -> bool:
    return any(one.playbook.who == who for one in shelf.lives(facts.home()))


def _being(who: Who, keys: tuple[int, ...]) -> tuple[Being, ...]:
    names = {one.playbook.id: one.playbook.name for one in shelf.lives(facts.home())}
    found: dict[str, Being] = {}
    for event in reading.story(facts.home(), who, keys):
        before = found.get(event.playbook)
        aside = event.arm == HELD_OUT or (before is not None and before.aside)
        step = event.step if event.what != "assigned" else ""
        found[event.playbook] = Being(
            event.playbook, names[event.playbook], aside, event.what, event.why, step, event.at
        )
    return tuple(sorted(found.values(), key=lambda one: one.at, reverse=True))


def _since_tick(what: str, seen: Seen, ask: Callable[[], T]) -> T:
    """What ticks keep changes with a tick, and what may be seen of it with a snapshot."""
    home = facts.home()
    return _once((home, what, seen, last_tick(home).number, len(shelf.switches(home)), _stamp()), ask)


def lots(id: str) -> tuple[Lot, ...]:
    """What it registered, of the shops that may be seen."""
    return tuple(lot for lot in trying.lots() if (lot.drawn or {}).get("playbook") == id)


def wrong_with(it: Playbook | PlaybookProblem) -> str:
    return open_lot.wrong_with(facts.home(), it)


def registrations(it: Playbook) -> tuple[Registration, ...]:
    """What it would seal: one for each shop that may be seen; of accounts one, for who sees them all. Raises
    RegistrationProblem."""
    seen = {shop.name for shop in facts.shops()} | ({""} if facts.sees_accounts(()) else set())
    return tuple(one for one in open_lot.registration_of(facts.home(), it) if one.shop in seen)


def next_peak(today: date) -> Peak | None:
    """The one that is on, or begins next, of the markets of the shops that may be seen."""
    from holdfast.metrics.comparison import peaks_of

    until = today + timedelta(days=PEAK_AHEAD)
    ahead = [
        Peak(peak.name, *span) for peak in peaks_of(facts.home(), facts.shops()) for span in peak.spans(today, until)
    ]
    return min(ahead, key=lambda one: (one.first, one.last), default=None)


def inside(it: Playbook) -> Mapping[int, int] | Unknown:
    """Who is in the audience now, by shop that may be seen; 0: accounts, of all books."""
    found = _asked(lambda: _sizes(it))
    return found if isinstance(found, Unknown) else _of_seen(found)


def intake(it: Playbook) -> Mapping[int, Audience] | Unknown:
    """With how many would have begun in the horizon that lies behind."""
    found = _asked(lambda: _audiences(it, _days(it)))
    return found if isinstance(found, Unknown) else _of_seen(found)


def plans(it: Playbook) -> tuple[tuple[Registration, Plan | Unknown], ...]:
    """What can be found, and by when, shop by shop; nothing where nobody is kept aside."""
    found = intake(it)
    if isinstance(found, Unknown):
        return tuple((one, found) for one in registrations(it))
    return tuple((one, _planned(it, one, planned_for)) for one in registrations(it))


def finds(it: Playbook) -> tuple[tuple[Registration, Way | Unknown], ...]:
    """What the declared design finds, shop by shop."""
    found = intake(it)
    if isinstance(found, Unknown):
        return tuple((one, found) for one in registrations(it))
    return tuple((one, _planned(it, one, declared)) for one in registrations(it))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a tick would do in one playbook, and whom it would hold since their data are too old. as_if_new: there are
    no newer ones, so that it is told as of their last day."""

    planned: Planned
    behind: tuple[Behind, ...]
    as_if_new: bool


def look_ahead(it: Playbook, id: str, now: datetime) -> Ahead | Unknown:
    """What would become of whom in a tick now; nothing is sent."""
    home = facts.home()
    as_on = shelf.as_switched_on(home, id)
    also = Live(as_on.slot, as_on.version, it, as_on.versions, as_on.salt, first=as_on.first or not as_on.on)
    found = _asked(lambda: plan(home, edges_of(home, now=now), now=now, also=[also], as_if_new=True))
    if isinstance(found, Unknown):
        return found
    mine = next((row for row in found.playbooks if row.playbook == it.id), None)
    return Unknown("nobody is known yet") if mine is None else Ahead(mine, found.behind, found.as_if_new)


def counts_at_once() -> bool:
    """Whether there are few enough customers to be counted while somebody waits."""
    from holdfast.segments.sizes import customers

    return snapshot() is None or customers(facts.home()) <= AT_ONCE


def snapshot() -> Snapshot | None:
    source = facts.published()
    return None if source is None else source.manifest


def shop_named(name: str) -> Shop:
    return next(shop for shop in facts.shops() if shop.name == name)


def _asked(ask: Callable[[], T]) -> T | Unknown:
    """What could not be worked out is told with why."""

    try:
        return ask()
    except (
        NothingBuilt,
        DamagedSnapshot,
        NoSuchSegment,
        FrameworkProblem,
        AfterTheData,
    ) as problem:
        return Unknown(str(problem))


def _of_seen(found: Mapping[int, T]) -> Mapping[int, T]:
    shops = {0, *(shop.shop_id for shop in facts.shops())}
    return {shop: one for shop, one in found.items() if shop in shops}


def _days(it: Playbook) -> int:
    return it.measured.days if it.measured else 30


def _stamp() -> str:
    """Another one for every snapshot and every day; accounts are known by the day."""
    found = snapshot()
    return f"{found.id if found else ''}.{datetime.now(UTC).date()}"


def _load(home: Home, it: Playbook, ago: int = 0) -> Load:
    now = datetime.now(UTC)
    if it.who == "accounts":
        return accounts_of(home, now, now.date() - timedelta(days=ago) if ago else None)
    found = snapshot()
    return with_book(home, found.as_of - timedelta(days=ago) if found and ago else None)


def _once(key: tuple[Any, ...], work_out: Callable[[], T]) -> T:
    """Steps hold what they say as a mapping, so that a playbook is no key; what decides the answer is."""
    if key not in _kept:
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[key] = work_out()
    found: T = _kept[key]
    return found


def _sizes(it: Playbook) -> Mapping[int, int]:
    home = facts.home()
    return _once((home, _stamp(), it.who, it.audience), lambda: sizes(home, it, _load(home, it)))


def _audiences(it: Playbook, days: int) -> Mapping[int, Audience]:
    home = facts.home()
    key = (home, _stamp(), it.who, it.audience, it.trigger, days)
    return _once(key, lambda: audiences(home, it, _load(home, it), _load(home, it, days), days))


def _planned(it: Playbook, one: Registration, work_out: WorkOut[T]) -> T | Unknown:
    """By what those did who were in the audience on the days that a design looks back to."""
    built = snapshot()
    if built is None:
        return Unknown("nothing has been built yet", "import files and build")
    key = (facts.home(), _stamp(), it.audience, it.trigger, one, work_out)
    return _once(key, lambda: _worked_out(it, one, built, work_out))


def _worked_out(it: Playbook, one: Registration, built: Snapshot, work_out: WorkOut[T]) -> T:
    home = facts.home()
    with scratch(home, "audiences") as folder:

        def was_inside(day: date) -> Path:
            path = folder / f"{day}.parquet"
            if not path.is_file():
                write_inside(home, it, with_book(home, day), path)
            return path

        told = {
            shop: Intake(a.inside if it.trigger.those_inside else 0, a.began / one.days, was_inside)
            for shop, a in _audiences(it, one.days).items()
        }
        nobody = {shop.shop_id: Intake(0, 0.0, was_inside) for shop in built.shops}
        return work_out(home, built, one, nobody | told)
