"""Leads, onboardings, loyalty, stages and escalations of an invented shop, against counts in plain Python.

A few hundred rows drawn with a fixed seed, read on several days: every answer is counted again with loops, and no
later day takes back a unit whose window had closed.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random

import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home, value_on

from holdfast.metrics.values import Scope

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
DAYS = (date(2024, 12, 31), date(2025, 6, 15), LAST)
PEOPLE = [f"c{n}" for n in range(60)]


def noon(day):
    return datetime(day.year, day.month, day.day, 12)


class Drawn:
    """What happened, as lists of plain tuples."""

    def __init__(self, seed):
        draw = Random(seed)

        def day():
            return FIRST + timedelta(days=draw.randrange((LAST - FIRST).days + 1))

        self.orders = sorted((day(), who) for who in PEOPLE for _ in range(draw.randrange(4)))
        self.orders.append((LAST, "c0"))  # the shop's last day is known
        self.leads = [(draw.choice(PEOPLE), day(), draw.random() < 0.1) for _ in range(80)]
        self.loyalty = [
            (
                draw.choice(PEOPLE),
                draw.choice(["enrol", "earn", "earn", "redeem", "expire"]),
                day(),
                draw.random() < 0.3,
            )
            for _ in range(160)
        ]
        self.steps = []
        for who in PEOPLE[:30]:
            begun = day()
            for step in range(draw.randrange(1, 4)):
                done = begun + timedelta(days=draw.randrange(50)) if draw.random() < 0.85 else None
                self.steps.append((who, f"step {step}", begun, done, draw.random() < 0.1, draw.random() < 0.8))
        self.stages = []
        for thing in range(50):
            at = day()
            for position in range(1, draw.randrange(1, 4) + 1):
                if draw.random() < 0.85:
                    self.stages.append((f"q{thing}", position, at))
                at += timedelta(days=draw.randrange(1, 120))
        self.escalations = []
        for number in range(60):
            opened = day()
            closed = opened + timedelta(days=draw.randrange(40)) if draw.random() < 0.8 else None
            self.escalations.append((f"e{number}", draw.choice(PEOPLE[:12]), opened, closed))

    def tables(self):
        sold = book(*(order(f"o{n}", who, day) for n, (day, who) in enumerate(self.orders)))
        sold["customer"] = [{"customer_source": who} for who in PEOPLE]
        return sold | {
            "lead": [
                {"lead_source": f"l{n}", "customer_source": who, "created_at": noon(day), "is_bot": bot}
                for n, (who, day, bot) in enumerate(self.leads)
            ],
            "loyalty_event": [
                {"loyalty_event_source": f"y{n}", "customer_source": who, "type": kind,
                 "happened_at": noon(day) + timedelta(seconds=n), "auto_enrolled": auto}
                for n, (who, kind, day, auto) in enumerate(self.loyalty)
            ],
            "onboarding_step": [
                {"customer_source": who, "step": step, "started_at": noon(begun), "done_at": done and noon(done),
                 "skipped": skipped, "required": required}
                for who, step, begun, done, skipped, required in self.steps
            ],
            "stage_entry": [
                {"pipeline": "sales", "thing": thing, "stage": f"stage {position}", "position": position,
                 "entered_at": noon(day)}
                for thing, position, day in self.stages
            ],
            "escalation": [
                {"escalation_source": number, "customer_source": who, "severity": "low", "opened_at": noon(opened),
                 "closed_at": closed and noon(closed)}
                for number, who, opened, closed in self.escalations
            ],
        }  # fmt: skip

    def first_order(self, who, until):
        return min((day for day, buyer in self.orders if buyer == who and day <= until), default=None)


@pytest.fixture(scope="module")
def drawn():
    return Drawn(20260630)


@pytest.fixture(scope="module")
def counted(drawn, tmp_path_factory):
    """(n, still open, counted) of a metric on a day."""
    home, shop = paper_home(tmp_path_factory.mktemp("drawn"))
    land_rows(home, shop, drawn.tables())
    build_rows(home)

    def on(metric, day):
        value = value_on(home, metric, Scope(), day)
        return value.n, value.still_open, value.counted

    return on


def ends(days, window, day):
    """Of (anchor, happened on) pairs: (mature, still open, happened within the window among the mature)."""
    mature = [(a, at) for a, at in days if a + timedelta(days=window) <= day]
    return len(mature), len(days) - len(mature), sum(bool(at and at < a + timedelta(days=window)) for a, at in mature)


@pytest.mark.parametrize("day", DAYS)
def test_leads_are_followed_as_a_loop_follows_them(drawn, counted, day):
    first = {}
    for who, at, bot in sorted(drawn.leads, key=lambda lead: lead[1]):
        if not bot and at <= day:
            first.setdefault(who, at)
    bought = {who: drawn.first_order(who, day) for who in first}
    pairs = [(at, bought[who]) for who, at in first.items() if bought[who] is None or bought[who] >= at]
    assert counted("M02", day) == ends(pairs, 30, day)


@pytest.mark.parametrize("day", DAYS)
def test_onboardings_are_done_as_a_loop_says(drawn, counted, day):
    steps = defaultdict(list)
    for who, _, begun, done, skipped, required in drawn.steps:
        steps[who].append((begun, None if skipped else done, required))
    pairs = []
    for of_one in steps.values():
        needed = [done for _, done, required in of_one if required]
        begun = min(b for b, _, _ in of_one)
        if needed and begun <= day:
            pairs.append((begun, max(needed) if all(needed) else None))
    assert counted("M06", day) == ends(pairs, 30, day)


@pytest.mark.parametrize("day", DAYS)
def test_loyalty_is_taken_part_in_as_a_loop_says(drawn, counted, day):
    year_ago = day.replace(year=day.year - 1)
    buyers = {who for at, who in drawn.orders if year_ago < at <= day}
    part, enrolled, unasked = set(), set(), set()
    auto, own = set(), set()
    for who, kind, at, flagged in sorted(
        ((w, k, noon(d) + timedelta(seconds=n), a) for n, (w, k, d, a) in enumerate(drawn.loyalty)), key=lambda e: e[2]
    ):
        if kind == "expire" or at.date() > day:
            continue
        auto |= {who} if flagged else set()
        own |= {who} if kind == "enrol" and not flagged else set()
        if kind == "redeem" or (not flagged and (who in own or who not in auto)):
            enrolled.add(who)
            part |= {who} if kind != "enrol" and at.date() > year_ago else set()
        else:
            unasked.add(who)
    expected = [buyers & part, (buyers & enrolled) - part, (buyers & unasked) - enrolled - part]
    assert [counted(m, day) for m in ("M22", "M22b", "M22c")] == [(len(buyers), 0, len(e)) for e in expected]


@pytest.mark.parametrize("day", DAYS)
def test_stages_are_reached_as_a_loop_says(drawn, counted, day):
    pairs = []
    for thing, position, at in drawn.stages:
        later = [on for t, p, on in drawn.stages if t == thing and p > position and on >= at]
        if position < 3 and at <= day:
            pairs.append((at, min(later, default=None)))
    assert counted("M47", day) == ends(pairs, 90, day)
    recent = [(at, on) for at, on in pairs if at > day.replace(year=day.year - 1)]
    assert counted("M52b", day)[::2] == (len(recent), sum(bool(on and on <= day) for _, on in recent))


@pytest.mark.parametrize("day", DAYS)
def test_escalations_come_back_as_a_loop_says(drawn, counted, day):
    pairs = []
    for number, who, _, closed in drawn.escalations:
        if closed and closed <= day:
            again = [o for n, w, o, _ in drawn.escalations if w == who and n != number and o >= closed]
            pairs.append((closed, min(again, default=None)))
    assert counted("M54e", day) == ends(pairs, 30, day)
    still = [1 for _, _, opened, closed in drawn.escalations if opened <= day and (closed is None or closed > day)]
    assert counted("M54", day) == (len(still), 0, len(still))


@pytest.mark.parametrize("metric", ["M02", "M06", "M47", "M54e"])
def test_a_later_day_takes_no_closed_window_back(counted, metric):
    closed = [counted(metric, day)[0] for day in DAYS]
    assert closed == sorted(closed)
    assert closed[0] < closed[-1]
