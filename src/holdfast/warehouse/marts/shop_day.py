"""The shop's day of a UTC moment, as plain arithmetic that runs alike on every engine.

A zone's rule becomes its list of offset changes inside the years of the data, a handful a decade, and
the day is `moment + offset`. Cheaper than asking a zone database per row, and the same on a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import ibis


@lru_cache(maxsize=256)  # asked for every moment of every mart, always between the same two days
def offsets(zone: str, since: datetime, until: datetime) -> tuple[tuple[datetime, int], ...]:
    """(UTC moment from which it holds, offset from UTC in seconds), ascending; naive UTC in and out."""
    rule = ZoneInfo(zone)
    since = since.replace(microsecond=0)

    def offset(moment: datetime) -> int:
        shift = moment.replace(tzinfo=UTC).astimezone(rule).utcoffset()
        return int(shift.total_seconds()) if shift is not None else 0

    found = [(since, offset(since))]
    moment = since
    while moment < until:
        ahead = moment + timedelta(days=1)
        if offset(ahead) != found[-1][1]:
            found.append((_change(offset, moment, ahead), offset(ahead)))
        moment = ahead
    return tuple(found)


def _change(offset, low: datetime, high: datetime) -> datetime:  # type: ignore[no-untyped-def]
    """The first second of (low, high] with high's offset."""
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if offset(middle) == offset(high) else (middle, high)
    return high


def shop_day(
    moment: ibis.Value, shop_id: ibis.Value, zones: dict[int, str], since: datetime, until: datetime
) -> ibis.Value:
    """Calendar day where the shop is. zones: shop_id → IANA zone; since…until bound the moments."""
    return shop_time(moment, shop_id, zones, since, until).date()


def shop_time(
    moment: ibis.Value, shop_id: ibis.Value, zones: dict[int, str], since: datetime, until: datetime
) -> ibis.Value:
    """What the shop's clock showed at a UTC moment, without zone."""
    by_zone: dict[str, list[int]] = {}
    for shop, zone in zones.items():
        by_zone.setdefault(zone, []).append(shop)
    local = [(shops, _local(moment, offsets(zone, since, until))) for zone, shops in sorted(by_zone.items())]
    if len(local) == 1:
        return local[0][1]
    branches = [(shop_id.isin(shops), value) for shops, value in local]
    return ibis.cases(*branches)


def _local(moment: ibis.Value, changes: Sequence[tuple[datetime, int]]) -> ibis.Value:
    ahead = {seconds: moment + ibis.interval(seconds=seconds) for _, seconds in changes}
    shifted = [ahead[seconds] for _, seconds in changes]
    if len(changes) == 1:
        return shifted[0]
    # The branch for the newest change comes last, so "before the next change" is asked in order.
    branches = [
        (moment < ibis.timestamp(following.isoformat(sep=" ")), value)
        for (following, _), value in zip(changes[1:], shifted, strict=False)
    ]
    return ibis.cases(*branches, else_=shifted[-1])
