"""Who is behind: whose data end so long ago that nothing is begun or sent by them, and how that is told.

Only they are held, each with the reason; everybody else goes on, and so do playbooks for accounts that ask nothing of
the data (decision 0155).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

from holdfast.commerce.counting import some
from holdfast.metrics.drill import opened
from holdfast.metrics.ground import read_ground
from holdfast.playbooks.facts import Who
from holdfast.playbooks.live import Live
from holdfast.playbooks.state import Tick
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot

FRESH_DAYS = 3  # data that end longer ago say who somebody was, not who they are
QUIET_DAYS = 31  # no shop is so slow that its data are new after longer
# Nineteen in twenty of the times between two days with orders, of a year, are no longer.
USUAL_QUIET = (
    "SELECT shop_id, CAST(quantile_disc(gap, 0.95) AS INTEGER) FROM (SELECT shop_id,"
    " placed_on - lag(placed_on) OVER (PARTITION BY shop_id ORDER BY placed_on) AS gap"
    " FROM (SELECT DISTINCT shop_id, placed_on FROM order_value WHERE placed_on BETWEEN ? AND ?))"
    " WHERE gap IS NOT NULL GROUP BY 1 HAVING count(*) >= 5"  # of fewer nobody can say what is common
)
DO = "Import newer data and build"


@dataclass(frozen=True, slots=True)
class Behind:
    """Customers of shops, or accounts, whose data end on a day, and the playbooks that hold them for it, by id and in
    words. names: of the shops, or of nobody; many: shops or accounts."""

    who: Who
    ends: date
    many: int
    names: tuple[str, ...]
    ids: tuple[str, ...]
    playbooks: tuple[str, ...]

    @property
    def said(self) -> str:
        whom = f"customers of {', '.join(self.names)}" if self.names else some(self.many, "accounts")
        return f"Held by {', '.join(self.playbooks)}: {whom}, whose data end on {self.ends}"


def ends_of(snapshot: Snapshot) -> dict[int, date]:
    """By shop, the last day on which anything is known to have happened there that keeps happening."""
    ground, last = read_ground(snapshot), dict[int, date]()
    for of_shops in ground.last_days.values() if ground else ():
        for shop, day in of_shops.items():
            last[shop] = max(day, last.get(shop, day))
    return {one.shop_id: min(last.get(one.shop_id, snapshot.as_of), snapshot.as_of) for one in snapshot.shops}


def quiet_of(home: Home, snapshot: Snapshot) -> Mapping[int, int]:
    """By shop, days that commonly pass there without an order; none of shops that sold on five days or fewer."""
    return _quiet(home, snapshot.id, snapshot.as_of)


@lru_cache(maxsize=4)
def _quiet(home: Home, snapshot: str, as_of: date) -> Mapping[int, int]:
    """Once a snapshot: customers and accounts ask in every tick, and only a build changes it."""
    with opened(home) as (connection, _):
        return dict(connection.execute(USUAL_QUIET, [as_of - timedelta(days=365), as_of]).fetchall())


def behind(ends: Mapping[int, date], now: datetime, quiet: Mapping[int, int]) -> dict[int, date]:
    """Those of them that are. ends: by whatever the data are of, the day on which they end; quiet: days that commonly
    pass there, so that a shop which sells once a week is not taken for one that tells nothing."""
    today = now.astimezone(UTC).date()
    allowed = {key: min(max(FRESH_DAYS, quiet.get(key, 0)), QUIET_DAYS) for key in ends}
    return {key: day for key, day in ends.items() if (today - day).days > allowed[key]}


def told(home: Home, live: Sequence[Live], of: Mapping[Who, Mapping[int, date]]) -> tuple[Behind, ...]:
    """Who is behind, by whom and day, the oldest data first. live: nobody is held by one that is off, or that asks
    nothing of the data. of: who → shop or account → the day on which its data end."""
    names = {shop.shop_id: shop.name for shop in home.shops()}
    found = []
    for who, days in of.items():
        holding = [one.playbook for one in live if one.on and one.playbook.who == who and one.playbook.reads_data]
        if not holding:
            continue
        ids = tuple(it.id for it in holding)
        said = tuple(it.name if it.begins_by_data else f"{it.name} (before steps that ask the data)" for it in holding)
        for day, keys in groupby(sorted(days, key=lambda key: (days[key], key)), key=days.__getitem__):
            they = tuple(keys)
            shops = tuple(names.get(key, f"shop {key}") for key in they) if who == "customers" else ()
            found.append(Behind(who, day, len(they), shops, ids, said))
    return tuple(found)


def of_tick(
    home: Home, tick: Tick, live: Sequence[Live], *, shops: Collection[int] | None = None,
    accounts: Collection[int] | None = None,
) -> tuple[Behind, ...]:  # fmt: skip
    """Whom the last tick held for it. shops, accounts: those that may be told of; None: all."""
    seen: dict[Who, Collection[int] | None] = {"customers": shops, "accounts": accounts}
    kept = {
        who: {int(key): date.fromisoformat(day) for key, day in tick.behind.get(who, {}).items()
              if only is None or int(key) in only}
        for who, only in seen.items()
    }  # fmt: skip
    return told(home, live, kept)
