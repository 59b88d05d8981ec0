from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.calendar import months_before, placed_on, start_of_day_utc

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
SAO_PAULO, BEIRUT, APIA = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut"), ZoneInfo("Pacific/Apia")

zones = st.sampled_from(
    [LONDON, NEW_YORK, SAO_PAULO, BEIRUT, APIA, ZoneInfo("America/Havana"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")]
)
days = st.dates(date(2000, 1, 1), date(2036, 12, 31))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (utc(2026, 1, 15, 23, 30), LONDON, date(2026, 1, 15)),
        (utc(2026, 7, 15, 23, 30), LONDON, date(2026, 7, 16)),  # summer time
        (utc(2026, 7, 15, 3, 59), NEW_YORK, date(2026, 7, 14)),
        (utc(2026, 1, 15, 4, 59), NEW_YORK, date(2026, 1, 14)),
        (utc(2026, 1, 15, 5, 0), NEW_YORK, date(2026, 1, 15)),
    ],
)
def test_a_midnight_sale_belongs_to_the_shops_day(moment, zone, day):
    assert placed_on(moment, zone) == day


def test_the_same_instant_is_the_same_day_however_it_is_written():
    tokyo = timezone(timedelta(hours=9))
    assert placed_on(datetime(2026, 3, 1, 8, 0, tzinfo=tokyo), NEW_YORK) == date(2026, 2, 28)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no zone"):
        placed_on(datetime(2026, 3, 1, 8, 0), LONDON)


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        (date(2026, 3, 29), LONDON, utc(2026, 3, 29, 0)),
        (date(2026, 3, 30), LONDON, utc(2026, 3, 29, 23)),
        (date(2026, 3, 8), NEW_YORK, utc(2026, 3, 8, 5)),
        (date(2026, 3, 9), NEW_YORK, utc(2026, 3, 9, 4)),
        (date(2017, 10, 15), SAO_PAULO, utc(2017, 10, 15, 3)),  # no midnight: 23:59 was followed by 01:00
        (date(2022, 3, 27), BEIRUT, utc(2022, 3, 26, 22)),  # no midnight either
        (date(2022, 10, 30), BEIRUT, utc(2022, 10, 29, 22)),  # the hour before midnight came twice
        (date(2026, 11, 1), ZoneInfo("America/Havana"), utc(2026, 11, 1, 4)),  # midnight itself comes twice
    ],
)
def test_a_day_starts_where_the_shops_clocks_say(day, zone, start):
    assert start_of_day_utc(day, zone) == start
    assert start_of_day_utc(day, zone).tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), LONDON, 23),
        (date(2026, 10, 25), LONDON, 25),
        (date(2026, 3, 8), NEW_YORK, 23),
        (date(2026, 11, 1), NEW_YORK, 25),
        (date(2017, 10, 15), SAO_PAULO, 23),
        (date(2022, 10, 29), BEIRUT, 25),
        (date(2011, 12, 30), APIA, 0),  # Samoa went from the 29th to the 31st
    ],
)
def test_a_day_is_as_long_as_it_was(day, zone, hours):
    length = start_of_day_utc(day + timedelta(days=1), zone) - start_of_day_utc(day, zone)
    assert length == timedelta(hours=hours)


@given(days, zones)
def test_the_first_moment_is_of_the_day_and_the_moment_before_is_not(day, zone):
    start = start_of_day_utc(day, zone)
    assert placed_on(start - timedelta(microseconds=1), zone) < day
    skipped = (zone, day) == (APIA, date(2011, 12, 30))
    assert placed_on(start, zone) == (date(2011, 12, 31) if skipped else day)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)), zones)
def test_a_moment_lies_between_the_start_of_its_day_and_of_the_next(moment, zone):
    day = placed_on(moment, zone)
    assert start_of_day_utc(day, zone) <= moment < start_of_day_utc(day + timedelta(days=1), zone)


@pytest.mark.parametrize(
    ("day", "n", "earlier"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 31), 14, date(2024, 11, 30)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2025, 12, 31), -2, date(2026, 2, 28)),
    ],
)
def test_months_before_keeps_the_day_or_takes_the_last_of_the_month(day, n, earlier):
    assert months_before(day, n) == earlier


@given(days, st.integers(0, 240))
def test_going_back_n_months_and_forward_again_loses_at_most_the_days_a_short_month_lacks(day, n):
    there_and_back = months_before(months_before(day, n), -n)
    assert timedelta(0) <= day - there_and_back <= timedelta(days=3)


@given(days, days, st.integers(0, 240))
def test_a_later_day_never_goes_back_further(a, b, n):
    assert months_before(min(a, b), n) <= months_before(max(a, b), n)
