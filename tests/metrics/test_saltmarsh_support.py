"""Saltmarsh's help desk, counted on paper: every support metric on 30 June 2026.

Open Monday to Friday 09:00 to 17:00 in Amsterdam, closed on King's Day (Monday 27 April). Nineteen tickets, of which
t11 is merged, t12 spam, t13 a test and t14 deleted: fifteen count. Hours to the first reply and to the last solution:

        opened         replied         business  calendar   solved          business  calendar
  t01   Fri 27 Mar 16  Mon 30 Mar 10       2        65      Mon 11              3        66      the clocks went forward
  t02   Tue  7 Apr 10  10:30               0.5       0.5    Wed 12             10        26      first 11:00, back Wed 10:00
  t03   Wed 15 Apr 09  10:00               1         1      13:00               4         4      the desk's own ticket
  t04   Fri 24 Apr 16:30  Tue 28 09:30     1        89      closed Tue 10       1.5      89.5    King's Day between
  t05   Mon  4 May 09  never               –         –      09:15               0.25      0.25   a note among colleagues only
  t06   Mon 11 May 10  11:00               1         1      closed Thu 10      24        72      closed by nobody writing
  t07   Tue 12 May 10  12:00               2         2      closed Fri 10      24        72      the same, but confirmed
  t08   Mon  1 Jun 10  14:00               4         4      Mon 8 Jun 09:58    39:58    167:58   back on 9 June, open since
  t09   Wed 17 Jun 10  waits              (79)     (326)    –                                    a robot's receipt is no reply
  t10   Mon 29 Jun 16  Tue 09:30           1.5      17.5    –                                    too young
  t15   Tue  2 Jun 12  never               –         –      12:01               0:01      0:01   by the robot
  t16   Wed  3 Jun 12  Thu 13              9        25      Thu 14             10        26      robot 12:15, back Thu 12:00
  t17   Fri  5 Jun 10  15:00               5         5      15:30               5.5       5.5
  t18   Mon  8 Jun 10  never               –         –      10:01               0:01      0:01   passed on the day after
  t19   Fri 26 Jun 10  never               –         –      10:01               0:01      0:01   too young
"""

from datetime import date

import pytest
from paper_shop import breakdown_on, said, series_on, value_on

from holdfast.metrics.drill import source_rows, units
from holdfast.metrics.published import open_published
from holdfast.metrics.values import Scope

ALL = Scope()
JUNE_30 = date(2026, 6, 30)


@pytest.fixture(scope="module")
def home(saltmarsh_home):
    return saltmarsh_home


@pytest.fixture(scope="module")
def published(home):
    return open_published(home)


def test_first_replies_take_27_business_hours_over_10_tickets_and_one_still_waits(published):
    """2 + 0.5 + 1 + 1 + 1 + 2 + 4 + 1.5 + 9 + 5 = 27; t05, t15, t18 and t19 were solved without a public reply."""
    assert said(published.value("first_reply_time")) == (10, 1, 27, 10, 2.7)


def test_the_same_replies_take_210_hours_by_the_calendar(published):
    """65 + 0.5 + 1 + 89 + 1 + 2 + 4 + 17.5 + 25 + 5 = 210."""
    assert said(published.value("first_reply_time_calendar")) == (10, 1, 210, 10, 21.0)


def test_half_of_the_tickets_are_answered_within_2_business_hours_and_nine_in_ten_within_9(published):
    """15 followed; t15, t18, t19 (a minute) and t05 (a quarter of an hour) leave before the first reply, t09 after 79 h.

    11 at risk: 0.5 h 10/11, 1 h 7/11, 1.5 h 6/11, 2 h 4/11 (median), 4 h 3/11, 5 h 2/11, 9 h 1/11 = 0.09 (nine in ten).
    """
    median = published.value("first_reply_median")
    assert (median.n, median.counted, median.reading.point) == (15, 10, 2)
    assert published.value("first_reply_p90").reading.point == 9


def test_the_median_and_nine_in_ten_both_have_their_months_though_they_wait_for_the_same(published):
    months = {m: [(v.member, v.n) for v in published.series(m)] for m in ("first_reply_median", "first_reply_p90")}
    assert months["first_reply_median"] == months["first_reply_p90"]
    assert sum(n for _, n in months["first_reply_median"]) == 15


def test_one_ticket_waits_for_a_reply(published, home):
    """t09, on which only a robot has written; on the day before it was opened nobody waited."""
    assert said(published.value("tickets_waiting"))[:3] == (1, 0, 1)
    assert said(value_on(home, "tickets_waiting", ALL, date(2026, 6, 16)))[:2] == (0, 0)


def test_solutions_take_122_and_a_quarter_business_hours_over_12_tickets(published):
    """3 + 10 + 4 + 1.5 + 0.25 + 24 + 24 + 39:58 + 0:01 + 10 + 5.5 + 0:01; t09 is open, t10 and t19 too young."""
    n, still_open, counted, out_of, point = said(published.value("resolution_time"))
    assert (n, still_open, out_of) == (12, 3, 12)
    assert (counted, point) == (pytest.approx(122.25), pytest.approx(122.25 / 12))


def test_the_same_solutions_take_529_and_a_quarter_hours_by_the_calendar(published):
    """66 + 26 + 4 + 89.5 + 0.25 + 72 + 72 + 167:58 + 0:01 + 26 + 5.5 + 0:01."""
    assert published.value("resolution_time_calendar").counted == pytest.approx(529.25)


def test_half_of_the_tickets_of_a_week_and_more_are_solved_within_five_and_a_half_hours(published):
    """13 followed, t09 to the end: 0:01 twice, 0.25, 1.5, 3, 4, and after 5.5 h 6/13 = 0.46 are left."""
    value = published.value("resolution_median")
    assert (value.n, value.counted, value.reading.point) == (13, 12, 5.5)


def test_first_solutions_look_faster_because_tickets_come_back(published):
    """t02 after 1 h instead of 10 and t16 after 0.25 h instead of 10: 122.25 − 9 − 9.75 = 103.5."""
    assert published.value("first_resolution_time").counted == pytest.approx(103.5)


def test_3_of_12_solved_tickets_came_back(published):
    """t02, t08 and t16; t19's seven days are not over."""
    assert said(published.value("reopen_rate")) == (12, 1, 3, 12, 0.25)


def test_10_of_13_tickets_are_solved_in_a_week_and_stay_so(published):
    """Not t06 (closed because nobody wrote), t08 (back after a day) and t09; t07 is confirmed, t02 and t16 held at last."""
    assert said(published.value("resolution_rate")) == (13, 2, 10, 13, 10 / 13)


def test_a_help_desk_would_count_12_of_them(published):
    assert said(published.value("solved_share")) == (13, 2, 12, 13, 12 / 13)


def test_a_reopening_of_the_day_after_is_not_known_the_day_before(home):
    """On 8 June t08 was solved, 2 minutes before its week was over; on 9 June it came back."""
    before, after = (value_on(home, "resolution_rate", ALL, date(2026, 6, day)) for day in (8, 9))
    assert said(before)[:3] == (8, 4, 7)  # t01 to t05, t07 and t08 of eight; t15 to t18 are not a week old
    assert said(after)[:3] == (9, 3, 7)  # t15 has come, t08 has gone


def test_a_reply_that_comes_later_has_not_come_yet(home):
    """On 29 June t10 still waits beside t09."""
    assert said(value_on(home, "first_reply_time", ALL, date(2026, 6, 29)))[:3] == (9, 2, 25.5)


def test_1_of_4_cases_of_june_is_handled_by_the_robot_alone(published):
    """t15. t16 came back within a day, t17 was answered by a person, t18 was passed on; t19 is open until 6 July."""
    assert said(published.value("automation_rate")) == (4, 1, 1, 4, 0.25)


def test_a_case_takes_ten_minutes_of_peoples_work(published):
    """0 + 20 + 12 + 8."""
    assert said(published.value("human_minutes_per_case")) == (4, 1, 40, 4, 10.0)


def test_a_month_of_cases_stands_under_its_first_day_where_the_year_after_finds_it(home):
    for day in (JUNE_30, date(2026, 7, 15), date(2027, 7, 15)):
        series = series_on(home, "M17", ALL, day)
        assert [(v.member, v.n + v.still_open) for v in series] == [("2026-06-01", 5)]
    assert [(v.n, v.still_open) for v in series_on(home, "M17", ALL, JUNE_30)] == [(4, 1)]
    assert said(value_on(home, "M17", ALL, date(2026, 6, 29)))[:2] == (0, 0)  # May, which had none


def test_3_of_4_visits_to_help_articles_were_not_followed_by_a_ticket(published):
    """c05, c08 (two articles, one visit) and c09 on 1 June; c09 of 15 June wrote t09 after 49 hours; c01's are not over.

    Not counted: somebody unknown, c02 before the first ticket, and a product.
    """
    assert said(published.value("self_service_rate")) == (4, 1, 3, 4, 0.75)


def test_8_active_customers_opened_12_tickets(published):
    """c02, c03, c08 and c09 one each; c05, c06, c07 and c10 two each."""
    assert said(published.value("tickets_per_customer")) == (8, 0, 12, 8, 1.5)


def test_the_parts_of_each_breakdown_add_up_to_the_whole(published):
    for metric in ("first_reply_time", "resolution_time", "resolution_rate"):
        whole = published.value(metric)
        for by in ("channel", "priority", "team", "type"):
            parts = published.breakdown(metric, by)
            assert sum(p.n for p in parts) == whole.n, (metric, by)
            assert sum(p.counted for p in parts) == pytest.approx(whole.counted)
            assert sum(p.still_open for p in parts) == whole.still_open


def test_a_number_opens_on_its_tickets_also_for_one_channel(home):
    """By e-mail were answered t01, t03, t04, t08 and t10; t09 waits."""
    page = units(home, "M13", ALL, member=("channel", "email"), status="all")
    assert page.total == 6
    (email,) = (v for v in breakdown_on(home, "M13", "channel", ALL, JUNE_30) if v.member == "email")
    assert (email.n, email.still_open) == (5, 1)


def test_a_ticket_opens_on_its_comments_and_statuses(home):
    """t02: three comments; new, solved after an hour, open again after 23, solved after 2."""
    unit = next(row for row in units(home, "M14", ALL, status="all").rows if row[3] == date(2026, 4, 7))
    pages = source_rows(home, "M14", unit[0])
    (ticket,) = pages["ticket"].rows
    assert ticket[1:3] == ("chat", "solved")
    assert [row[1] for row in pages["comments"].rows] == ["requester", "agent", "agent"]
    assert [(row[0], row[3]) for row in pages["statuses"].rows] == [
        ("new", 60), ("solved", 23 * 60), ("open", 120), ("solved", None),
    ]  # fmt: skip


def test_replies_spread_over_hours_as_counted_and_add_up_to_the_mean_of_the_page(published):
    """Business: 0.5 | 1 1 1 1.5 | 2 2 | 4 5 | 9. Calendar: 0.5 | 1 1 | 2 | 4 5 | 17.5 | 25 | 65 | 89."""
    cells = published.responses("first reply")
    assert [(c.since, c.until, c.business, c.calendar) for c in cells] == [
        (0, 1, 1, 1), (1, 2, 4, 2), (2, 4, 2, 1), (4, 8, 2, 2), (8, 24, 1, 1), (24, 48, 0, 1), (48, 72, 0, 1),
        (72, 168, 0, 1), (168, None, 0, 0), (None, None, 1, 1),
    ]  # fmt: skip
    replies = published.value("first_reply_time")
    assert sum(c.business for c in cells[:-1]) == sum(c.calendar for c in cells[:-1]) == replies.n
    assert cells[-1].business == replies.still_open


def test_solutions_spread_over_hours_and_add_up_to_those_counted(published):
    """Business: 0:01 0:01 0.25 | 1.5 | 3 | 4 5.5 | 10 10 | 24 24 39:58; t09 is open."""
    cells = published.responses("resolution")
    assert [c.business for c in cells] == [3, 1, 1, 2, 2, 3, 0, 0, 0, 1]
    assert sum(c.calendar for c in cells[:-1]) == published.value("resolution_time").n


@pytest.mark.parametrize(
    ("measure", "median", "p90"),
    [("first reply", "first_reply_median", "first_reply_p90"), ("resolution", "resolution_median", None)],
)
def test_the_spread_of_hours_has_the_median_and_p90_of_the_metrics(published, measure, median, p90):
    business = published.spread(measure, "business")
    assert business.median == published.value(median).reading
    if p90 is not None:
        assert business.p90 == published.value(p90).reading
    calendar = published.spread(measure, "calendar")
    assert calendar.done == business.done
    assert calendar.median.point >= business.median.point
