"""Tickets counted on paper: what is a reply, what is solved, what came back, in calendar and in business time."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_shop import build_rows, land_rows, paper_home

from holdfast.warehouse.snapshot import open_snapshot

MONDAY = datetime(2026, 6, 1, 8)  # 10:00 in Amsterdam


def at(hours=0.0, day=0):
    return MONDAY + timedelta(days=day, hours=hours)


def ticket(number, **cells):
    return {"ticket_source": number, "ticket_number": number, "created_at": MONDAY} | cells


def comment(of, when, role="agent", **cells):
    return {
        "ticket_comment_source": f"{of} {when} {role}",
        "ticket_source": of,
        "created_at": when,
        "author_role": role,
    } | cells


def status(of, *changes):
    return [
        {"ticket_source": of, "status": word, "changed_at": when, "step": n} for n, (word, when) in enumerate(changes)
    ]


def week(opens=540, closes=1020, schedule="standard", days=range(1, 6), **cells):
    return [
        {"schedule_source": schedule, "weekday": day, "opens_minute": opens, "closes_minute": closes} | cells
        for day in days
    ]


def table(tmp_path, name, order="ticket_number", zone="Europe/Amsterdam", **tables):
    """Land and build; rows of a mart as dicts by ticket number."""
    home, shop = paper_home(tmp_path, zone=zone)
    land_rows(home, shop, {k: v for k, v in tables.items() if v})
    snapshot = build_rows(home)
    with closing(open_snapshot(home, snapshot)) as connection:
        found = connection.execute(
            f"SELECT t.ticket_number, m.* FROM {name} AS m JOIN ticket AS t USING (ticket_id) ORDER BY {order}"
        )
        names = [d[0] for d in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def times(tmp_path, **tables):
    return {row["ticket_number"]: row for row in table(tmp_path, "ticket_times", **tables)}


TICKETS = {
    "plain": {"opened_by": "requester"},
    "desk": {"opened_by": "agent"},
    "unsaid": {},
    "at once": {"opened_by": "requester"},
    "said": {"first_reply_at": at(4)},
    "said too soon": {"first_reply_at": at(-1)},
    "told": {"first_reply_at": at(1)},
    "evening": {"created_at": at(10)},  # Monday 20:00 in Amsterdam
    "merged": {"merged_into": "plain"}, "spam": {"is_spam": True}, "test": {"is_test": True}, "gone": {"status": "deleted"},
    "reopened": {},
    "closed": {},
    "twice": {"solved_at": at(2), "closed_at": at(100), "reopened_count": 2},
    "closed, as said": {"closed_at": at(5), "status": "closed"},
    "open, as said": {"solved_at": at(5), "status": "open"},
    "waits": {},
    "late": {},
    "night desk": {"schedule_source": "night"},
    "nobody's desk": {"schedule_source": "unheard of"},
    "skewed": {},
    "same moment": {},
    "closed first": {},
    "left open": {"solved_at": at(9)},
}  # fmt: skip
COMMENTS = [
    comment("plain", at(0), "system"), comment("plain", at(0.05), "bot"), comment("plain", at(0.2), public=False),
    comment("plain", at(0.5), "requester"), comment("plain", at(2)), comment("plain", at(2.5)),
    comment("desk", at(0)), comment("desk", at(0.5), "requester"), comment("desk", at(1)),
    comment("unsaid", at(0)), comment("unsaid", at(0.5)),
    comment("at once", at(0)), comment("at once", at(3)),
    comment("told", at(0), "requester"), comment("told", at(0.5), "bot"),
    comment("evening", at(23.5)),  # Tuesday 09:30
    comment("merged", at(1)), comment("skewed", at(-0.1)), comment("skewed", at(1)),
]  # fmt: skip
HISTORY = [
    *status("plain", ("new", at()), ("solved", at(3))),
    *status("reopened", ("new", at()), ("solved", at(1)), ("open", at(5)), ("solved", at(6)), ("closed", at(48))),
    *status("closed", ("new", at()), ("closed", at(26))),
    *status("waits", ("new", at()), ("pending", at(1)), ("open", at(3)), ("hold", at(4)), ("solved", at(6))),
    *status("late", ("open", at(1)), ("solved", at(2)), ("pending", at(4))),
    *status("night desk", ("new", at()), ("solved", at(22))),
    *status("nobody's desk", ("new", at()), ("solved", at(22))),
    *status("skewed", ("solved", at() - timedelta(seconds=3))),
    *status("same moment", ("new", at()), ("solved", at(2)), ("open", at(2)), ("pending", at(2)), ("solved", at(3))),
    *status("closed first", ("new", at()), ("closed", at(1)), ("open", at(2)), ("solved", at(3)), ("closed", at(4))),
    *status("left open", ("new", at()), ("open", at(1)), ("pending", at(2))),
]
DESKS = [*week(), *week(0, 1440, "night", range(1, 8))]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    told = {
        "ticket": [ticket(number, **cells) for number, cells in TICKETS.items()],
        "ticket_comment": COMMENTS, "ticket_status_history": HISTORY,
    }  # fmt: skip
    # The night desk never closes, so it would make any business time calendar time: it has a shop of its own.
    day = times(tmp_path_factory.mktemp("day"), **told, schedule=week())
    both = times(tmp_path_factory.mktemp("both"), **told, schedule=DESKS)
    return {"day": day, "both": both, "none": times(tmp_path_factory.mktemp("none"), **told)}


def test_merged_spam_test_and_deleted_tickets_are_not_here(rows):
    assert set(TICKETS) - set(rows["day"]) == {"merged", "spam", "test", "gone"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("plain", 120),  # not the system's receipt, the bot, the note among colleagues or the requester's own word
        ("desk", 60),  # the desk's first word is the ticket itself
        ("unsaid", 30),  # so is one at the very moment of opening, where nobody says who opened it
        ("at once", 0),  # but a requester may be answered within the moment
        ("said", 240),
        ("said too soon", None),
        ("told", None),  # comments are connected and none of them answers, whatever the desk's field says
        ("evening", 13.5 * 60),
        ("skewed", 60),
        ("waits", None),
    ],
)
def test_a_first_reply_is_the_first_public_word_of_a_person_of_the_desk(rows, number, expected):
    row = rows["day"][number]
    assert row["reply_minutes"] == expected
    assert (row["first_reply_at"] is None) == (expected is None)


def test_overnight_only_the_half_hour_after_opening_is_business_time(rows):
    """Asked on Monday at 20:00, answered on Tuesday at 09:30 by a desk that opens at 09:00."""
    assert rows["day"]["evening"]["business_reply_minutes"] == 30


@pytest.mark.parametrize(
    ("number", "first", "last", "reopened"),
    [
        ("plain", 180, 180, 0),
        ("reopened", 60, 360, 1),  # the clock runs to the last solve; closing it afterwards is no second one
        ("closed", 26 * 60, 26 * 60, 0),  # closed without solved
        ("twice", None, 120, 2),  # the desk tells only the last solve: nobody knows the first
        ("closed, as said", 300, 300, None),
        ("late", 120, 120, 1),
        ("skewed", 0, 0, 0),  # solved by a clock three seconds behind
        ("same moment", 120, 180, 1),
        ("closed first", 60, 180, 1),
        ("left open", 540, 540, 0),  # the history tells no solve, the desk's field does
        ("waits", 360, 360, 0),
        ("told", None, None, None),
    ],
)
def test_first_and_last_solve_and_how_often_it_came_back(rows, number, first, last, reopened):
    row = rows["day"][number]
    assert (row["first_resolution_minutes"], row["resolution_minutes"]) == (first, last)
    assert row["reopened_count"] == reopened


def test_a_reopening_is_dated_where_a_history_tells_it(rows):
    assert rows["day"]["reopened"]["first_reopened_at"] == at(5)
    assert rows["day"]["twice"]["first_reopened_at"] is None


def test_business_time_of_a_solve_leaves_out_the_night(rows):
    """Monday 10:00 to Tuesday 12:00: seven hours and three."""
    assert rows["day"]["closed"]["business_resolution_minutes"] == 600


def test_the_requester_waits_in_new_open_and_hold_and_the_desk_in_pending(rows):
    """new 1 h, pending 2 h, open 1 h, hold 2 h. Before the first status told ("late": an hour) the requester waits."""
    waits, late = rows["day"]["waits"], rows["day"]["late"]
    assert (waits["requester_wait_minutes"], waits["agent_wait_minutes"]) == (240, 120)
    assert (late["requester_wait_minutes"], late["agent_wait_minutes"]) == (120, 0)
    assert waits["business_requester_wait_minutes"] == 240


def test_a_tickets_own_schedule_goes_before_all_schedules_together(rows):
    """Monday 10:00 to Tuesday 08:00 is 22 hours of the night desk, 7 of the day desk; together they never close."""
    both, day = rows["both"], rows["day"]
    assert both["night desk"]["business_resolution_minutes"] == 22 * 60
    assert both["evening"]["business_reply_minutes"] == 13.5 * 60
    assert day["nobody's desk"]["business_resolution_minutes"] is None
    assert day["nobody's desk"]["resolution_minutes"] == 22 * 60


def test_without_a_schedule_there_is_calendar_time_only(rows):
    assert {row["business_reply_minutes"] for row in rows["none"].values()} == {None}
    assert rows["none"]["evening"]["reply_minutes"] == 13.5 * 60


def test_business_time_is_never_longer_than_calendar_time_nor_a_reply_later_than_what_came_after_it(rows):
    for row in [*rows["day"].values(), *rows["both"].values()]:
        for name in ("reply_minutes", "resolution_minutes", "first_resolution_minutes", "requester_wait_minutes"):
            if row[f"business_{name}"] is not None:
                assert row[f"business_{name}"] <= row[name], (row["ticket_number"], name)
        if (
            row["reply_minutes"] is not None
            and row["last_solved_at"]
            and row["first_reply_at"] <= row["last_solved_at"]
        ):
            assert row["reply_minutes"] <= row["resolution_minutes"]
            if row["business_reply_minutes"] is not None:
                assert row["business_reply_minutes"] <= row["business_resolution_minutes"]


def test_each_solve_says_whether_and_how_long_it_held(tmp_path):
    told = [ticket(n, **TICKETS[n]) for n in ("reopened", "open, as said", "late", "plain")]
    solves = table(
        tmp_path, "ticket_solve", "ticket_number, place", ticket=told,
        ticket_status_history=[h for h in HISTORY if h["ticket_source"] in ("reopened", "late", "plain")],
    )  # fmt: skip
    said = [(s["ticket_number"], s["minutes"], s["seconds_held"], s["stands"]) for s in solves]
    assert said == [
        ("late", 120, 7200, True),
        ("open, as said", 300, None, False),  # the desk calls it open again and nobody says since when
        ("plain", 180, None, True),
        ("reopened", 60, 4 * 3600, True),
        ("reopened", 360, None, True),
    ]


WORDS = ("new", "open", "pending", "hold", "solved", "closed")
USUAL = ("new", "open", "hold", "pending", "solved", "closed")
ROLES = ("requester", "agent", "bot", "system")
moments = st.integers(0, 14 * 24 * 60).map(lambda m: MONDAY + timedelta(minutes=m))


@st.composite
def a_ticket(draw):
    cells = {
        "opened_by": draw(st.sampled_from([None, "agent", "requester"])),
        "solved_at": draw(st.one_of(st.none(), moments)), "closed_at": draw(st.one_of(st.none(), moments)),
        "first_reply_at": draw(st.one_of(st.none(), moments)), "created_at": draw(moments),
        "reopened_count": draw(st.sampled_from([None, 0, 1])),
    }  # fmt: skip
    said = draw(st.lists(st.tuples(moments, st.sampled_from(ROLES), st.sampled_from([None, True, False])), max_size=5))
    changes = draw(st.lists(st.tuples(moments, st.sampled_from(WORDS)), max_size=6, unique=True))
    return cells, said, changes


def by_hand(cells, said, changes):
    """The same ticket by plain Python: (reply, first solve, last solve, reopened), moments or None."""
    answers = sorted(
        when for when, role, public in said if role == "agent" and public is not False and when >= cells["created_at"]
    )
    own = cells["opened_by"] == "agent" or (cells["opened_by"] is None and answers[:1] == [cells["created_at"]])
    reply = next(iter(answers[own:]), None)
    if not said and cells["first_reply_at"] and cells["first_reply_at"] >= cells["created_at"]:
        reply = cells["first_reply_at"]
    solves, reopened, done = [], 0, False
    for when, word in sorted(changes, key=lambda c: (c[0], USUAL.index(c[1]))):
        now = word in ("solved", "closed")
        if now and not done:
            solves.append(when)
        reopened += done and not now
        done = now
    if not changes:
        reopened = cells["reopened_count"]
    first = solves[0] if solves else None
    if not solves and (only := cells["solved_at"] or cells["closed_at"]):
        solves = [only]
        first = None if not changes and cells["reopened_count"] else only
    return reply, first, max(solves, default=None), reopened


@given(told=st.lists(a_ticket(), min_size=20, max_size=60))
@settings(max_examples=4, deadline=None)
def test_random_tickets_have_the_times_that_plain_python_gives_them(tmp_path_factory, told):
    tables = {"ticket": [], "ticket_comment": [], "ticket_status_history": []}
    for n, (cells, said, changes) in enumerate(told):
        tables["ticket"].append(ticket(str(n)) | cells)
        tables["ticket_comment"] += [
            comment(str(n), when, role, public=public) | {"ticket_comment_source": f"{n}/{i}"}
            for i, (when, role, public) in enumerate(said)
        ]
        tables["ticket_status_history"] += [{"ticket_source": str(n), "changed_at": w, "status": s} for w, s in changes]
    found = times(tmp_path_factory.mktemp("random"), **tables)
    for n, one in enumerate(told):
        row = found[str(n)]
        ours = (row["first_reply_at"], row["first_solved_at"], row["last_solved_at"], row["reopened_count"])
        assert ours == by_hand(*one), one


def test_the_order_of_rows_and_of_files_changes_nothing(tmp_path, rows):
    """The same tickets, last row first and in two imports, comments before their tickets."""
    home, shop = paper_home(tmp_path, zone="Europe/Amsterdam")
    told = [ticket(number, **cells) for number, cells in TICKETS.items()]
    land_rows(home, shop, {"ticket_comment": COMMENTS[::-1], "ticket_status_history": HISTORY[::2]}, name="one.csv")
    land_rows(
        home,
        shop,
        {"ticket": told[::-1], "ticket_status_history": HISTORY[1::2][::-1], "schedule": week()},
        name="two.csv",
    )
    with closing(open_snapshot(home, build_rows(home))) as connection:
        found = connection.execute(
            "SELECT t.ticket_number, m.* FROM ticket_times AS m JOIN ticket AS t USING (ticket_id)"
        )
        names = [d[0] for d in found.description]
        again = {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
    for number, row in rows["day"].items():
        keys = {"ticket_id", "schedule_id", "created_open"}  # numbers that an import gives out
        assert {k: v for k, v in again[number].items() if k not in keys} == {
            k: v for k, v in row.items() if k not in keys
        }
