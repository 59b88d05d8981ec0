"""The shop's day of a moment is the day on the clock of the shop's zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.warehouse.engine import compiled
from holdfast.warehouse.marts.shop_day import offsets, shop_day

ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia",
    "Africa/Casablanca",
)  # fmt: skip
MOMENTS = ibis.table({"moment_at": "timestamp", "shop_id": "int64"}, name="moment")


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE moment (moment_at TIMESTAMP, shop_id BIGINT)")
    yield connection
    connection.close()


def ours(engine, zones, moments):
    """moments: (naive UTC, shop). Bounded as a build bounds them."""
    engine.execute("DELETE FROM moment")
    engine.executemany("INSERT INTO moment VALUES (?, ?)", moments)
    since, until = min(m for m, _ in moments) - timedelta(days=1), max(m for m, _ in moments) + timedelta(days=5)
    day = shop_day(MOMENTS.moment_at, MOMENTS.shop_id, zones, since, until)
    return engine.execute(compiled(MOMENTS.select("moment_at", "shop_id", day=day))).fetchall()


def pythons(zone, moment):
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


moments = st.datetimes(datetime(1990, 1, 1), datetime(2026, 12, 31))


@given(told=st.lists(st.tuples(moments, st.integers(1, len(ZONES))), min_size=1, max_size=30))
@settings(max_examples=12, deadline=None)
def test_every_moment_has_the_day_that_pythons_zone_rules_give(engine, told):
    zones = dict(enumerate(ZONES, start=1))
    for at, shop, day in ours(engine, zones, told):
        assert day == pythons(zones[shop], at), (at, zones[shop])


@pytest.mark.parametrize("zone", ZONES)
def test_the_days_around_every_change_of_the_clock_are_right_to_the_second(engine, zone):
    around = [
        (change + timedelta(seconds=s), 1)
        for change, _ in offsets(zone, datetime(2005, 1, 1, 7, 0, 0, 900_000), datetime(2026, 1, 1))
        for s in (-1, -0.5, 0, 0.5, 1)
    ]
    midnights = [(m + timedelta(hours=h), s) for m, s in around for h in range(-24, 25, 8)]
    for at, _, day in ours(engine, {1: zone}, around + midnights):
        assert day == pythons(zone, at), at


def test_samoa_had_no_30_december_2011(engine):
    """Samoa crossed the date line at the end of 29 December 2011 (10:00 UTC on the 30th)."""
    last, first = datetime(2011, 12, 30, 9, 59, 59), datetime(2011, 12, 30, 10)
    days = {at: day for at, _, day in ours(engine, {1: "Pacific/Apia"}, [(last, 1), (first, 1)])}
    assert days == {last: date(2011, 12, 29), first: date(2011, 12, 31)}


def test_a_moment_nobody_knows_has_no_day(engine):
    engine.execute("DELETE FROM moment")
    engine.execute("INSERT INTO moment VALUES (NULL, 1)")
    day = shop_day(MOMENTS.moment_at, MOMENTS.shop_id, {1: "Europe/London"}, datetime(2020, 1, 1), datetime(2021, 1, 1))
    assert engine.execute(compiled(MOMENTS.select(day=day))).fetchall() == [(None,)]
