"""What holds a message back: each gate by hand, and the two roads (one customer, everybody at once) shown to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.playbooks.restraint import one
from holdfast.playbooks.restraint.clock import clock
from holdfast.playbooks.restraint.many import judge_all
from holdfast.playbooks.restraint.one import Candidate, Judged, Person, Reach, judge
from holdfast.playbooks.restraint.settings import Cap, Quiet, Restraint, restraint
from holdfast.warehouse.home import Home, HomeProblem

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
GOOD = Reach("good", consent="yes")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Restraint:
    home = Home(tmp_path_factory.mktemp("home"))
    home.create()
    return restraint(home)


def mail(
    run: int = 1, *, priority: int = 5, channel: str = "email", marketing: bool = True, at: datetime = NOON
) -> Candidate:
    return Candidate(run, "write", 1, channel, marketing, priority, at)


def ann(**facts: object) -> Person:
    """Ann of London, who agreed to mail and text and has an address for both."""
    return replace(Person("Europe/London", True, {"email": GOOD, "sms": GOOD}), **facts)


def verdicts(
    candidates: Sequence[Candidate], person: Person, rules: Restraint, now: datetime = NOON
) -> list[tuple[str, str]]:
    return [(said.verdict, said.why) for said in judge(candidates, person, rules, now)]


@pytest.mark.parametrize(("reach", "marketing", "service"), [
    (Reach("good", consent="yes"), "", ""),
    (Reach("good"), "never said yes", ""),
    (Reach("good", consent="no"), "said no", ""),
    (Reach("good", consent="pending"), "has not confirmed yet", ""),
    (Reach("good", unwanted="complaint", consent="yes"), "suppressed: complaint", ""),
    (Reach("good", dead="hard bounce", consent="yes"), "the address is dead: hard bounce", "the address is dead: hard bounce"),
    (Reach("none", consent="yes"), "no address", "no address"),
    (Reach("bad", consent="yes"), "the address cannot be one", "the address cannot be one"),
])  # fmt: skip
def test_each_gate_says_why_and_service_mail_passes_all_but_dead_addresses(rules, reach, marketing, service):
    person = ann(reach={"email": reach})
    assert verdicts([mail()], person, rules) == [("hold" if marketing else "send", marketing)]
    assert verdicts([mail(marketing=False)], person, rules) == [("hold" if service else "send", service)]


def test_whoever_objects_to_being_profiled_gets_no_marketing(rules):
    assert verdicts([mail(), mail(marketing=False)], ann(objected=True), rules) == [
        ("hold", "objects to being profiled"), ("send", ""),
    ]  # fmt: skip


def test_the_most_important_message_takes_the_only_seat_of_a_day(rules):
    found = judge([mail(1, priority=5), mail(2, priority=1), mail(3, priority=9)], ann(), rules, NOON)
    assert [said.verdict for said in found] == ["wait", "send", "wait"]
    assert found[0].why == "at most 1 messages a day"
    assert found[0].not_before == datetime(2026, 6, 10, 23, tzinfo=UTC)  # midnight of London in summer


def test_a_message_that_one_cap_refuses_takes_no_seat_of_another(rules):
    """Texts are full for the week; the mail behind the text still goes."""
    person = ann(sent=(("sms", NOON - timedelta(days=2)),))
    found = judge([mail(1, priority=1, channel="sms"), mail(2, priority=2)], person, rules, NOON)
    assert [(said.verdict, said.why) for said in found] == [("wait", "at most 1 sms in 7 days"), ("send", "")]
    assert found[0].not_before == NOON + timedelta(days=5)


def test_a_rolling_window_is_over_at_the_moment_it_is_over(rules):
    sent = tuple(("email", NOON - timedelta(days=7) + timedelta(days=n)) for n in range(3))
    assert verdicts([mail()], ann(sent=sent), rules) == [("send", "")]
    later = tuple((channel, at + timedelta(seconds=1)) for channel, at in sent)
    (found,) = judge([mail()], ann(sent=later), rules, NOON)
    assert (found.why, found.not_before) == ("at most 3 email in 7 days", NOON + timedelta(seconds=1))


def test_a_calendar_day_is_the_customers_own(rules):
    """22:30 UTC is half past eight the next morning in Sydney: what went an hour before midnight there was yesterday."""
    now = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)
    sent = (("email", datetime(2026, 6, 10, 13, tzinfo=UTC)),)
    assert verdicts([mail(at=now)], ann(zone="Australia/Sydney", sent=sent), rules, now) == [("send", "")]
    assert verdicts([mail(at=now)], ann(zone="America/New_York", sent=sent), rules, now) == [
        ("wait", "at most 1 messages a day")
    ]


def test_service_messages_pass_caps_and_quiet_hours_and_take_no_seat(rules):
    night = datetime(2026, 6, 10, 1, tzinfo=UTC)
    both = [mail(1, marketing=False, priority=1, at=night), mail(2, at=night)]
    assert verdicts(both, ann(), rules, night) == [("send", ""), ("wait", "quiet hours")]


def test_where_the_zone_is_not_known_more_of_the_day_is_quiet(rules):
    ten = datetime(2026, 6, 10, 9, tzinfo=UTC)  # 10:00 in London
    assert verdicts([mail(at=ten)], ann(), rules, ten) == [("send", "")]
    (found,) = judge([mail(at=ten)], ann(zone_known=False), rules, ten)
    assert (found.why, found.not_before) == ("quiet hours", ten + timedelta(hours=1))


def test_what_is_not_due_waits_for_its_moment(rules):
    (found,) = judge([mail(at=NOON + timedelta(hours=1))], ann(), rules, NOON)
    assert (found.verdict, found.why, found.not_before) == ("wait", "not due yet", NOON + timedelta(hours=1))


def test_a_message_that_waits_for_the_morning_keeps_its_seat(rules):
    night = datetime(2026, 6, 10, 1, tzinfo=UTC)
    found = verdicts([mail(1, priority=1, at=night), mail(2, at=night)], ann(), rules, night)
    assert found == [("wait", "quiet hours"), ("wait", "at most 1 messages a day")]


def test_no_opt_out_lets_whoever_said_nothing_be_written_to(rules):
    kinder = replace(rules, consent={"email": "no opt-out"})
    for said, verdict in (("", "send"), ("no", "hold"), ("pending", "hold"), ("yes", "send")):
        assert verdicts([mail()], ann(reach={"email": Reach("good", consent=said)}), kinder)[0][0] == verdict


# --- clocks that change ---


@pytest.mark.parametrize(("zone", "now", "until"), [
    # New York went to summer at 2026-03-08 02:00, back at 2026-11-01 02:00; quiet is 21 to 8.
    ("America/New_York", datetime(2026, 3, 8, 4, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 13, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 6, 10, 16, tzinfo=UTC), datetime(2026, 6, 11, 2, 30, tzinfo=UTC)),
])  # fmt: skip
def test_quiet_hours_end_in_the_morning_of_the_clock_on_the_wall(zone, now, until):
    assert clock(zone, Quiet(time(21), time(8)), now).quiet_until == until


ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Pacific/Apia",
    "America/Havana",
    "UTC",
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
hours = st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0))


@given(zone=st.sampled_from(ZONES), now=moments, start=hours, end=hours)
def test_when_quiet_ends_it_is_not_quiet_and_no_minute_before_was_later_quiet(zone, now, start, end):
    """Whatever the clocks do: at the end told it is loud there, and it was quiet at the moment asked about."""
    quiet = Quiet(start, end)
    until = clock(zone, quiet, now).quiet_until
    at = now.astimezone(ZoneInfo(zone)).time()
    inside = start != end and (start <= at < end if start < end else at >= start or at < end)
    assert (until is not None) == inside
    if until is not None:
        assert until > now
        assert clock(zone, quiet, until).quiet_until is None


@given(zone=st.sampled_from(ZONES), now=moments)
def test_a_day_holds_the_moment_and_its_bounds_are_where_the_date_changes(zone, now):
    where, there = ZoneInfo(zone), clock(zone, Quiet(time(0), time(0)), now)
    day: date = now.astimezone(where).date()
    assert there.day_began <= now < there.day_ends
    second = timedelta(seconds=1)
    assert there.day_began.astimezone(where).date() == day != (there.day_began - second).astimezone(where).date()
    assert (there.day_ends - second).astimezone(where).date() == day != there.day_ends.astimezone(where).date()


# --- two roads ---

channels = st.sampled_from(["email", "sms", "webhook", "fax"])
soon = st.integers(-3, 1).map(lambda hours: NOON + timedelta(hours=hours))
candidates = st.lists(
    st.builds(Candidate, st.integers(1, 4), st.sampled_from("ab"), st.integers(1, 2), channels, st.booleans(),
              st.integers(1, 3), soon),
    max_size=7, unique_by=lambda c: (c.run, c.step, c.turn, c.channel),
)  # fmt: skip
reaches = st.builds(
    Reach, st.sampled_from(["good", "good", "none", "bad"]), st.sampled_from(["", "", "hard bounce"]),
    st.sampled_from(["", "", "complaint"]), st.sampled_from(["yes", "yes", "no", "pending", ""]),
)  # fmt: skip
past = st.integers(0, 9 * 24).map(lambda hours: NOON - timedelta(hours=hours))
people = st.builds(
    Person, st.sampled_from(ZONES), st.booleans(), st.dictionaries(st.sampled_from(["email", "sms", "webhook"]), reaches),
    st.sampled_from([False, False, True]), st.lists(st.tuples(channels, past), max_size=6).map(tuple),
)  # fmt: skip
caps = st.lists(
    st.builds(Cap, st.sampled_from(["all", "email", "sms"]), st.integers(1, 3), st.sampled_from([None, 1, 7])),
    max_size=3,
).map(tuple)


def everybody(asked: list[tuple[list[Candidate], Person]], rules: Restraint) -> list[list[Judged]]:
    """The set form's answers, in the order asked."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE candidate (run BIGINT, playbook VARCHAR, version INT, step VARCHAR, turn INT, shop_id BIGINT, customer_id BIGINT, account_id BIGINT, channel VARCHAR, class VARCHAR, priority INT, due_at TIMESTAMPTZ)"
    )
    connection.execute("CREATE TABLE whereabouts (customer_id BIGINT, zone VARCHAR, known BOOLEAN, objected BOOLEAN)")
    connection.execute(
        "CREATE TABLE reach (customer_id BIGINT, channel VARCHAR, address VARCHAR, dead VARCHAR, unwanted VARCHAR, consent VARCHAR)"
    )
    connection.execute("CREATE TABLE sent_log (customer_id BIGINT, channel VARCHAR, sent_at TIMESTAMPTZ)")
    for number, (theirs, person) in enumerate(asked):
        connection.execute(
            "INSERT INTO whereabouts VALUES (?, ?, ?, ?)", [number, person.zone, person.zone_known, person.objected]
        )
        for c in theirs:
            due, kind = c.due_at.isoformat(), "marketing" if c.marketing else "service"
            connection.execute(
                "INSERT INTO candidate VALUES (?, 'p', 1, ?, ?, 1, ?, NULL, ?, ?, ?, ?)",
                [c.run + 10 * number, c.step, c.turn, number, c.channel, kind, c.priority, due],
            )
        for channel, reach in person.reach.items():
            connection.execute(
                "INSERT INTO reach VALUES (?, ?, ?, ?, ?, ?)",
                [number, channel, reach.address, reach.dead, reach.unwanted, reach.consent],
            )
        for channel, at in person.sent:
            connection.execute("INSERT INTO sent_log VALUES (?, ?, ?)", [number, channel, at.isoformat()])
    judge_all(connection, rules, NOON)
    rows = connection.execute(
        "SELECT run, step, turn, channel, verdict, why, epoch_us(not_before) FROM judged"
    ).fetchall()
    told = {
        row[:4]: Judged(row[4], row[5], None if row[6] is None else datetime.fromtimestamp(row[6] / 1e6, UTC))
        for row in rows
    }
    assert len(rows) == sum(len(theirs) for theirs, _ in asked) == len(told)
    return [[told[(c.run + 10 * n, c.step, c.turn, c.channel)] for c in theirs] for n, (theirs, _) in enumerate(asked)]


@given(asked=st.lists(st.tuples(candidates, people), min_size=1, max_size=4), caps=caps)
def test_one_customer_and_everybody_at_once_are_judged_alike(rules, asked, caps):
    held = replace(rules, caps=caps)
    assert everybody(asked, held) == [judge(theirs, person, held, NOON) for theirs, person in asked]


@given(theirs=candidates, person=people, caps=caps)
def test_no_cap_is_ever_broken_and_no_gate_says_nothing(rules, theirs, person, caps):
    held = replace(rules, caps=caps)
    answers = judge(theirs, person, held, NOON)
    for cap in caps:
        covered = {name for name, channel in held.channels.items() if cap.covers(channel)}
        let_through = sum(
            a.verdict == "send" and c.marketing and c.channel in covered for c, a in zip(theirs, answers, strict=True)
        )
        since = clock(person.zone, held.quiet, NOON).day_began if cap.window is None else NOON - cap.window
        before = sum(
            channel in covered and at > since - (cap.window is None) * timedelta(seconds=1)
            for channel, at in person.sent
        )
        assert let_through == 0 or let_through + before <= cap.most
    for answer in answers:
        assert (answer.verdict == "send") == (answer.why == "")
        assert (answer.verdict == "wait") == (answer.not_before is not None)


def test_an_own_file_of_rules_is_taken_and_a_wrong_one_says_what_to_mend(tmp_path):
    home = Home(tmp_path / "home")
    home.create()
    shipped = (restraint.__globals__["SHIPPED"]).read_text()
    (home.path / "restraint.toml").write_text(shipped.replace("most = 3", "most = 2"))
    assert [cap.most for cap in restraint(home).caps] == [1, 2, 1]
    for wrong in ("most = 0", 'most = 3\neach = "day"', 'most = "x"'):
        (home.path / "restraint.toml").write_text(shipped.replace("most = 3", wrong))
        with pytest.raises(HomeProblem, match=r"restraint\.toml cannot be read"):
            restraint(home)


def test_a_channel_without_rules_is_held(rules):
    assert verdicts([mail(channel="fax")], ann(), rules) == [("hold", one.UNKNOWN_CHANNEL)]
