"""Business time is what a minute counter with Python's zone rules counts, also over changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import duckdb
import ibis
import pytest
from drawn import drawn
from hypothesis import given
from hypothesis import strategies as st

from holdfast.warehouse.engine import compiled
from holdfast.warehouse.marts.business_clock import ALL, business_clock, read_at, support_day
from holdfast.warehouse.marts.declare import Given
from holdfast.warehouse.marts.registry import Earlier, unbound
from holdfast.warehouse.marts.shop_day import offsets
from holdfast.warehouse.tables import TABLES

# Zone → a day within a change of its clocks: spring and autumn, half an hour, at midnight, and over the date line.
CHANGES = {
    "Europe/Amsterdam": date(2026, 3, 29), "America/New_York": date(2025, 11, 2), "Australia/Lord_Howe": date(2025, 4, 6),
    "America/Sao_Paulo": date(2018, 11, 4), "Africa/Cairo": date(2025, 4, 25), "Asia/Kolkata": date(2025, 6, 1),
    "Pacific/Apia": date(2011, 12, 30), "America/Havana": date(2025, 11, 2),
}  # fmt: skip
MINUTE = timedelta(minutes=1)
SPAN = 6  # days on each side of the change


class Desk:
    """One shop's schedules in DuckDB: openings as (schedule, weekday, opens, closes), holidays as (schedule, day)."""

    def __init__(self, zone, openings, holidays=(), zones=None, around=date(2026, 3, 29)):
        self.since = datetime(around.year, around.month, around.day) - timedelta(days=SPAN)
        self.until = self.since + timedelta(days=2 * SPAN)
        self.zone, self.openings, self.holidays, self.zones = zone, openings, set(holidays), zones or {}
        self.con = duckdb.connect()
        self.con.execute("SET TimeZone = 'UTC'")
        for name in ("shop", "ticket", "schedule", "schedule_holiday"):
            columns = ", ".join(f'"{c.name}" {c.sql_type}' for c in TABLES[name].columns)
            self.con.execute(f'CREATE TABLE "{name}" ({columns}, recorded_at TIMESTAMP, load_id BIGINT)')
        self.con.execute("INSERT INTO shop (shop_id, iana_timezone) VALUES (1, ?)", [zone])
        self.con.execute("INSERT INTO ticket (shop_id, ticket_id) VALUES (1, 1)")
        for schedule, weekday, opens, closes in openings:
            self.con.execute(
                "INSERT INTO schedule (shop_id, schedule_id, weekday, opens_minute, closes_minute, zone)"
                " VALUES (1, ?, ?, ?, ?, ?)",
                [schedule, weekday, opens, closes, self.zones.get(schedule)],
            )
        for schedule, day in holidays:
            self.con.execute(
                "INSERT INTO schedule_holiday (shop_id, schedule_id, closed_on) VALUES (1, ?, ?)", [schedule, day]
            )
        self.con.execute("CREATE TABLE zone_change (zone VARCHAR, since TIMESTAMP, ahead BIGINT)")
        bounds = self.since - timedelta(days=1), self.until + timedelta(days=5)
        rows = [
            (name, moment, ahead) for name in {zone, *self.zones.values()} for moment, ahead in offsets(name, *bounds)
        ]
        self.con.executemany("INSERT INTO zone_change VALUES (?, ?, ?)", rows)
        given = Given({1: zone}, *bounds, Earlier())
        for mart in (business_clock, support_day):
            self.con.execute(f"CREATE TABLE {mart.__name__} AS {compiled(mart(given))}")

    def minutes(self, spans, schedule=ALL):
        """Business minutes of (from, to) pairs, by our marts."""
        self.con.execute(
            "CREATE OR REPLACE TABLE span (n BIGINT, shop_id BIGINT, schedule_id BIGINT, a TIMESTAMP, b TIMESTAMP)"
        )
        self.con.executemany(
            "INSERT INTO span VALUES (?, 1, ?, ?, ?)", [(n, schedule, a, b) for n, (a, b) in enumerate(spans)]
        )
        kinds = {"n": "int64", "shop_id": "int64", "schedule_id": "int64", "a": "timestamp", "b": "timestamp"}
        span, clock = ibis.table(kinds, name="span"), unbound("business_clock")
        read = read_at(read_at(span, clock, "a", "before"), clock, "b", "after")
        found = self.con.execute(f"SELECT after - before FROM ({compiled(read)}) ORDER BY n").fetchall()
        return [None if seconds is None else seconds / 60 for (seconds,) in found]

    def counted(self, spans, schedule=None):
        """The same, by walking through every minute with Python's zone rules."""
        ours = [o for o in self.openings if schedule in (None, o[0])]
        open_ = []
        moment = self.since
        while moment < self.until:
            open_.append(any(self._is_open(o, moment) for o in ours))
            moment += MINUTE
        before = [0, *accumulate(open_)]
        return [before[(b - self.since) // MINUTE] - before[(a - self.since) // MINUTE] for a, b in spans]

    def _is_open(self, opening, moment):
        schedule, weekday, opens, closes = opening
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zones.get(schedule, self.zone)))
        if local.isoweekday() != weekday or (schedule, local.date()) in self.holidays:
            return False
        return opens <= local.hour * 60 + local.minute < closes


@st.composite
def desks(draw):
    zone = draw(st.sampled_from(sorted(CHANGES)))
    around = CHANGES[zone]
    openings = draw(
        st.lists(
            st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(0, 1438), st.integers(1, 1440)).map(
                lambda o: (*o[:2], min(o[2:]), max(o[2:]) + (o[2] == o[3]))
            ),
            min_size=1, max_size=8, unique_by=lambda o: o[:3],
        )
    )  # fmt: skip
    days = st.integers(-SPAN, SPAN).map(lambda n: around + timedelta(days=n))
    holidays = draw(st.lists(st.tuples(st.integers(1, 3), days), max_size=3, unique=True))
    zones = draw(st.dictionaries(st.integers(1, 3), st.sampled_from(sorted(CHANGES)), max_size=2))
    offsets_ = st.integers(0, 2 * SPAN * 1440 - 1)
    pairs = draw(st.lists(st.tuples(offsets_, offsets_).map(sorted), min_size=1, max_size=12))
    return Desk(zone, openings, holidays, zones, around), pairs


@given(told=desks())
@drawn(8, 15)
def test_business_minutes_are_those_a_plain_minute_counter_counts(told):
    desk, pairs = told
    spans = [(desk.since + a * MINUTE, desk.since + b * MINUTE) for a, b in pairs]
    assert desk.minutes(spans) == desk.counted(spans)
    one = desk.openings[0][0]
    assert desk.minutes(spans, one) == desk.counted(spans, one)
    calendar = [(b - a) / MINUTE for a, b in spans]
    assert all(0 <= ours <= all_ for ours, all_ in zip(desk.minutes(spans), calendar, strict=True))
    desk.con.close()


NINE_TO_FIVE = [(1, weekday, 540, 1020) for weekday in range(1, 6)]


def test_over_a_weekend_on_which_the_clocks_go_forward_only_office_hours_count():
    """Friday 16:00 to Monday 10:00 in Amsterdam: an hour on Friday, an hour on Monday, 65 hours on the calendar."""
    desk = Desk("Europe/Amsterdam", NINE_TO_FIVE)
    assert desk.minutes([(datetime(2026, 3, 27, 15), datetime(2026, 3, 30, 8))]) == [120]


def test_an_opening_round_the_clock_has_23_hours_in_spring_and_25_in_autumn():
    round_the_clock = [(1, 7, 0, 1440)]
    spring = Desk("Europe/Amsterdam", round_the_clock)
    assert spring.minutes([(datetime(2026, 3, 27), datetime(2026, 3, 31))]) == [23 * 60]
    autumn = Desk("America/New_York", round_the_clock, around=date(2025, 11, 2))
    assert autumn.minutes([(datetime(2025, 10, 31), datetime(2025, 11, 4))]) == [25 * 60]


def test_the_hour_that_autumn_repeats_is_open_twice_and_the_one_that_spring_leaves_out_never():
    desk = Desk("Europe/Amsterdam", [(1, 7, 120, 180)], around=date(2025, 10, 26))
    assert desk.minutes([(datetime(2025, 10, 25), datetime(2025, 10, 27))]) == [120]
    desk = Desk("Europe/Amsterdam", [(1, 7, 120, 180)])
    assert desk.minutes([(datetime(2026, 3, 28), datetime(2026, 3, 30))]) == [0]


def test_a_schedule_keeps_its_own_clock_and_the_shops_where_it_has_none():
    """09:00 to 17:00 on a Tuesday: in New York (UTC−4) until 21:00 UTC, in Amsterdam (UTC+2) until 15:00 UTC."""
    openings = [(1, 2, 540, 1020), (2, 2, 540, 1020)]
    desk = Desk("Europe/Amsterdam", openings, zones={2: "America/New_York"})
    tuesday = (datetime(2026, 3, 31), datetime(2026, 4, 1))
    late = (datetime(2026, 3, 31, 15), datetime(2026, 4, 1))
    assert desk.minutes([tuesday, late], 1) == [480, 0]
    assert desk.minutes([tuesday, late], 2) == [480, 360]
    assert desk.minutes([tuesday, late]) == [14 * 60 - 0, 360]  # 07:00 to 15:00 and 13:00 to 21:00 UTC together


def test_a_holiday_closes_its_own_schedule_only():
    openings = [(1, 2, 540, 1020), (2, 2, 600, 660)]
    desk = Desk("UTC", openings, holidays=[(1, date(2026, 3, 31))])
    tuesday = (datetime(2026, 3, 31), datetime(2026, 4, 1))
    assert (desk.minutes([tuesday], 1), desk.minutes([tuesday], 2), desk.minutes([tuesday])) == ([0], [60], [60])


def test_openings_that_overlap_are_not_counted_twice():
    desk = Desk("UTC", [(1, 2, 540, 720), (1, 2, 660, 780), (2, 2, 600, 700)])
    assert desk.minutes([(datetime(2026, 3, 31), datetime(2026, 4, 1))]) == [240]


def test_a_schedule_nobody_described_measures_nothing():
    desk = Desk("UTC", NINE_TO_FIVE)
    assert desk.minutes([(datetime(2026, 3, 31), datetime(2026, 4, 1))], schedule=7) == [None]


# The example in the decision log of fivetran/dbt_zendesk: minutes since Sunday, UTC, of two schedules of one ticket.
CHICAGO = [(720, 1560), (2160, 3000), (3600, 4440), (5040, 5880), (6480, 7320), (7920, 8760), (9360, 10200)]
SAN_FRANCISCO = [(2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670)]


def _from_sunday(schedule, spans):
    """Openings by the minute of the week as openings by day, split at midnight."""
    week = 7 * 1440
    for opens, closes in spans:
        while opens < closes:
            day, end = opens // 1440, min(closes, (opens // 1440 + 1) * 1440)
            yield schedule, (day - 1) % 7 + 1, opens % 1440, end - day * 1440
            opens = end
    assert max(closes for _, closes in spans) < week + 1440


@pytest.mark.parametrize(
    ("opened", "answered", "together", "last_only"),
    [
        # as that text rounds its moments: 3,902 and 5,461.46 minutes after Sunday began
        (datetime(2020, 9, 29, 17, 2), datetime(2020, 9, 30, 19, 1, 27, 600_000), 959.46, 689.46),
        # to the second, as the ticket says
        (datetime(2020, 9, 29, 17, 1, 38), datetime(2020, 9, 30, 19, 1, 46), 960 + 8 / 60, 690 + 8 / 60),
    ],
)
def test_959_minutes_over_all_schedules_and_689_by_the_last_one(opened, answered, together, last_only):
    openings = [*_from_sunday(1, CHICAGO), *_from_sunday(2, SAN_FRANCISCO)]
    desk = Desk("UTC", openings, around=date(2020, 9, 29))
    assert desk.minutes([(opened, answered)]) == [pytest.approx(together, abs=0.01)]
    assert desk.minutes([(opened, answered)], 2) == [pytest.approx(last_only, abs=0.01)]


@pytest.mark.parametrize("zone", sorted(CHANGES))
def test_a_shops_day_ends_at_its_own_midnight_also_when_the_clocks_change_at_midnight(zone):
    desk = Desk(zone, NINE_TO_FIVE, around=CHANGES[zone])
    ends = dict(desk.con.execute("SELECT day, ends_at FROM support_day WHERE schedule_id = 0").fetchall())
    for day, end in ends.items():
        if desk.since.date() < day < desk.until.date():
            before = (end - timedelta(seconds=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
            after = end.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
            assert before == day < after


def test_the_seconds_open_at_the_end_of_a_day_go_with_its_end():
    desk = Desk("Europe/Amsterdam", NINE_TO_FIVE)
    rows = desk.con.execute(
        "SELECT ends_at, open_seconds FROM support_day WHERE schedule_id = 1 ORDER BY day"
    ).fetchall()
    ends = [(at, seconds) for at, seconds in rows if desk.since <= at < desk.until]
    spans = [(desk.since, at) for at, _ in ends]
    first = desk.minutes([(desk.since, ends[0][0])], 1)[0]
    assert [(s - ends[0][1]) / 60 + first for _, s in ends] == desk.counted(spans, 1)
