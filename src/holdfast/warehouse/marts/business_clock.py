"""business_clock and support_day: how long a help desk has been open, up to any moment.

The time open between two moments is the clock's reading at the second less that at the first, so that a
million tickets cost two look-ups each and no ticket is walked through minute by minute.
"""

from __future__ import annotations

from datetime import timedelta

import ibis

from holdfast.warehouse.marts.declare import ZONE_CHANGE, Given, mart

AHEAD = 40  # days told beyond the data, since a number may be asked for a day a month after its file ended
ALL = 0  # the clock of all schedules of a shop together; surrogate keys begin at 1


@mart
def business_clock(given: Given) -> ibis.Table:
    """One row per moment at which a schedule opens or closes; clock 0 is open when any of the shop's is.

    open_before: seconds open until then, counted from before the first moment of the data. is_open: from then on.
    A minute is open when the schedule's own clock shows a time within an opening and the day is no holiday:
    the hour that autumn repeats is open twice, the one that spring leaves out never.
    """
    opening = _openings(given)
    both = opening.union(opening.mutate(schedule_id=_all_schedules()))
    changes = [
        both.select("shop_id", "schedule_id", at=both.opens_at, more=_whole(1)),
        both.select("shop_id", "schedule_id", at=both.closes_at, more=_whole(-1)),
        _clocks(given).mutate(at=ibis.timestamp((given.since - timedelta(days=1)).isoformat()), more=_whole(0)),
    ]
    change = ibis.union(*changes).group_by("shop_id", "schedule_id", "at").agg(more=lambda t: t.more.sum())
    clock = ibis.window(group_by=["shop_id", "schedule_id"], order_by="at")
    so_far = ibis.window(group_by=["shop_id", "schedule_id"], order_by="at", preceding=None, following=0)
    change = change.mutate(is_open=change.more.sum().over(so_far) > 0, until=change.at.lead().over(clock))
    lasts = change.until.epoch_seconds() - change.at.epoch_seconds()
    change = change.mutate(lasts=ibis.cases((change.is_open, lasts.fill_null(0)), else_=0))
    before = change.lasts.sum().over(so_far) - change.lasts
    return change.select("shop_id", "schedule_id", "at", "is_open", open_before=before.cast("int64"))


@mart
def support_day(given: Given) -> ibis.Table:
    """One row per day and clock of a shop: when the shop's day ends, UTC, and the seconds open until then.

    Waiting is counted until a day ends where the shop is; where there are no tickets nobody waits. A shop without
    schedules has clock 0 alone, never open.
    """
    shop = given.table("shop").semi_join(given.table("ticket"), "shop_id")
    day = shop.select("shop_id", own_zone="iana_timezone").cross_join(_days(given))
    day = day.mutate(opens=day.day.cast("timestamp"), closes=(day.day + ibis.interval(days=1)).cast("timestamp"))
    ends = _in_utc(day).group_by("shop_id", "day").agg(ends_at=lambda t: t.closes_at.max())
    alone = shop.select("shop_id", schedule_id=_all_schedules())
    of_clock = ends.join(alone.union(_clocks(given), distinct=True), "shop_id")
    read = read_at(of_clock, given.marts["business_clock"], "ends_at", "open_seconds")
    return read.select("shop_id", "schedule_id", "day", "ends_at", "open_seconds")


def read_at(rows: ibis.Table, clock: ibis.Table, moment: str, reading: str) -> ibis.Table:
    """The rows with `reading` added: seconds open until the moment in column `moment`, by shop_id and schedule_id.

    Null where the moment is unknown, or the clock is.
    """
    # A view of its own: the same rows may already have been read at another moment.
    clock = clock.rename(clock_shop="shop_id", clock_schedule="schedule_id", clock_at="at").view()
    found = rows.asof_join(
        clock,
        on=rows[moment] >= clock.clock_at,
        predicates=[rows.shop_id == clock.clock_shop, rows.schedule_id == clock.clock_schedule],
    )
    since = found[moment].epoch_seconds() - found.clock_at.epoch_seconds()
    read = found.open_before + ibis.cases((found.is_open, since), else_=0)
    return found.select(*rows.columns, **{reading: read.cast("int64")})


def _clocks(given: Given) -> ibis.Table:
    """Each schedule of each shop, and the one of all its schedules."""
    schedule = given.table("schedule")
    own = schedule.select("shop_id", "schedule_id").distinct()
    return own.union(own.select("shop_id", schedule_id=_all_schedules()), distinct=True)


def _openings(given: Given) -> ibis.Table:
    """Each opening of each day: shop_id, schedule_id, opens_at and closes_at UTC."""
    schedule, holiday, shop = (given.table(name) for name in ("schedule", "schedule_holiday", "shop"))
    weekly = schedule.filter(schedule.closes_minute > schedule.opens_minute)
    weekly = weekly.join(shop.select("shop_id", "iana_timezone"), "shop_id")
    days = _days(given)
    daily = weekly.join(days, weekly.weekday == days.day.day_of_week.index() + 1)
    daily = daily.anti_join(
        holiday,
        [daily.shop_id == holiday.shop_id, daily.schedule_id == holiday.schedule_id, daily.day == holiday.closed_on],
    )
    daily = daily.select("shop_id", "schedule_id", "day", "opens_minute", "closes_minute", "zone", "iana_timezone")
    opening = daily.mutate(
        own_zone=daily.zone.fill_null(daily.iana_timezone),
        opens=daily.day.cast("timestamp") + daily.opens_minute.as_interval("m"),
        closes=daily.day.cast("timestamp") + daily.closes_minute.as_interval("m"),
    )
    return _in_utc(opening).select("shop_id", "schedule_id", "opens_at", "closes_at")


def _in_utc(local: ibis.Table) -> ibis.Table:
    """Spans of a zone's clock (own_zone, opens, closes) as spans of UTC, split where the clock is changed."""
    rule = ZONE_CHANGE.rename(rule_zone="zone")
    following = rule.since.lead().over(ibis.window(group_by="rule_zone", order_by="since"))
    rule = rule.mutate(until=following.fill_null(ibis.timestamp("2999-01-01")))
    ahead = rule.ahead.as_interval("s")
    split = local.join(
        rule,
        [local.own_zone == rule.rule_zone, local.opens - ahead < rule.until, local.closes - ahead > rule.since],
    )
    ahead = split.ahead.as_interval("s")
    return split.mutate(
        opens_at=ibis.greatest(split.opens - ahead, split.since),
        closes_at=ibis.least(split.closes - ahead, split.until),
    )


def _days(given: Given) -> ibis.Table:
    """Every calendar day that some clock may show while the data last, in `day`."""
    first, last = given.since.date() - timedelta(days=1), given.until.date() + timedelta(days=AHEAD)
    days = ibis.range(ibis.timestamp(first.isoformat()), ibis.timestamp(last.isoformat()), ibis.interval(days=1))
    return days.unnest().name("day").as_table().mutate(day=lambda t: t.day.cast("date"))


def _all_schedules() -> ibis.Value:
    return _whole(ALL)


def _whole(number: int) -> ibis.Value:
    return ibis.literal(number).cast("int64")
