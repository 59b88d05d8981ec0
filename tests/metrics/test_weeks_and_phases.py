"""Aligned weeks and the phases of cohorts, counted again in plain Python from the same orders."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest

from holdfast.commerce.retail_week import Aligned, last_whole_week, week_of
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.phaserows import Which, phase_units
from holdfast.metrics.publish import build
from holdfast.metrics.published import Published, need_published
from holdfast.metrics.values import Change, Scope
from holdfast.metrics.weeks import SHOWN, weeks
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home

TODAY = date(2019, 12, 8)  # the Sunday after Cyber Monday; Thanksgiving was late in 2019 and early in 2018
SHOP = Scope("shop", "mugs")
KEPT = (*range(13), *range(51, 66))  # weeks before the newest: a quarter, and those it may be held against


@pytest.fixture(scope="module")
def orders() -> list[tuple[str, date, float]]:
    """Customer, day, price: 900 customers from October 2017 on, most of whom come back, some after long gaps."""
    rng = random.Random(5)
    found = []
    for n in range(900):
        day = date(2017, 10, 1) + timedelta(days=rng.randrange(790))
        while day <= TODAY:
            found.append((f"c{n}", day, 5 + rng.randrange(20)))
            if rng.random() < 0.2:
                break
            day += timedelta(days=rng.choice((1, 3, 7, 12, 29, 30, 45, 90, 364, 365, 400)))
    return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, orders: list[tuple[str, date, float]]) -> Published:
    home = Home(tmp_path_factory.mktemp("weeks") / "home")
    home.create()
    lines = ["order id,customer id,order date,sku,quantity,price"]
    lines += [f"{n},{who},{day},mug,1,{price}" for n, (who, day, price) in enumerate(orders)]
    (home.path / "orders.csv").write_text("\n".join(lines) + "\n")
    load(home, [home.path / "orders.csv"], shop="mugs", currency="GBP", zone="Europe/London")
    people = ["customer id,email,account created"]
    people += [f"c{n},c{n}@x.example,{_opened(orders, n)}" for n in range(900) if _opened(orders, n)]
    (home.path / "customers.csv").write_text("\n".join(people) + "\n")
    load(home, [home.path / "customers.csv"], shop="mugs", currency="GBP", zone="Europe/London")
    build(home, today=TODAY)
    return need_published(home)


def _opened(orders: list[tuple[str, date, float]], n: int) -> date | None:
    """Every third customer opened an account n % 12 days before the first order."""
    firsts = [day for who, day, _ in orders if who == f"c{n}"]
    return min(firsts) - timedelta(days=n % 12) if firsts and n % 3 == 0 else None


# --- Weeks -----------------------------------------------------------------------------------------------


def test_a_weeks_value_is_that_of_its_seven_days(published: Published, orders: list[tuple[str, date, float]]) -> None:
    by_week: dict[date, list[float]] = defaultdict(list)
    for _, day, price in orders:
        by_week[week_of(day).monday].append(price)
    found = {date.fromisoformat(str(v.member)): v for v in published.weeks("average_order_value", SHOP)}
    newest, known = last_whole_week(TODAY), 0
    assert set(found) == {newest.back(back).monday for back in KEPT}
    for back in KEPT:
        monday = newest.back(back).monday
        value = found[monday]
        assert value.out_of == len(by_week[monday])
        if not isinstance(value.reading, Unknown):
            known += 1
            assert value.reading.point == pytest.approx(sum(by_week[monday]) / len(by_week[monday]))
    assert known > 20


def test_the_week_of_black_friday_is_compared_with_that_of_the_year_before(published: Published) -> None:
    found = weeks(published, "average_order_value", SHOP)
    assert len(found) == SHOWN
    by_name = {one.week.name: one for one in found}
    black_friday = by_name["2019-W48"]
    assert isinstance(black_friday.aligned, Aligned)
    assert black_friday.aligned.before == week_of(date(2018, 11, 23))
    assert black_friday.aligned.weeks_back == 53
    ordinary = by_name["2019-W41"]
    assert isinstance(ordinary.aligned, Aligned)
    assert ordinary.aligned.weeks_back == 52


def test_a_weeks_change_is_the_difference_of_the_two_values_and_names_their_days(published: Published) -> None:
    changed = [one for one in weeks(published, "average_order_value", SHOP) if isinstance(one.change, Change)]
    assert changed
    for one in changed:
        assert isinstance(one.change, Change)
        assert one.now is not None
        assert not isinstance(one.now.reading, Unknown)
        assert not isinstance(one.change.before.reading, Unknown)
        assert one.change.point == pytest.approx(one.now.reading.point - one.change.before.reading.point)
        assert one.change.low is not None
        assert one.change.high is not None
        assert one.change.low <= one.change.point <= one.change.high
        assert one.change.periods is not None
        assert one.change.periods[0].days == one.change.periods[1].days == 7


def test_a_metric_that_no_week_dates_has_none_rather_than_months(published: Published) -> None:
    assert weeks(published, "annual_retention", SHOP) == ()
    assert all(str(v.member)[-2:] == "01" for v in published.series("average_order_value", SHOP))


# --- Phases ----------------------------------------------------------------------------------------------


def test_every_phase_of_every_cohort_counts_what_a_plain_count_does(
    published: Published, orders: list[tuple[str, date, float]]
) -> None:
    assert _published(published) == _counted(orders)


Cells = dict[tuple[str, date], tuple[int, int, int, int]]


def _published(published: Published) -> Cells:
    return {
        (c.phase, c.cohort): (c.entered, c.over, c.reached, c.reactivated)
        for c in published.phases(SHOP)
        if c.phase != "Acquisition"
    }


def _counted(orders: list[tuple[str, date, float]]) -> Cells:
    days: dict[str, set[date]] = defaultdict(set)
    for who, day, _ in orders:
        days[who].add(day)
    gaps = sorted((b - a).days for each in days.values() for a, b in _pairs(sorted(each)))
    place = 0.9 * (len(gaps) - 1)
    low = int(place)
    long_gap = gaps[low] + (place - low) * (gaps[min(low + 1, len(gaps) - 1)] - gaps[low])
    found: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for each in days.values():
        ordered = sorted(each)
        first = ordered[0]
        for name, begins, ends in (("Activation", 7, 30), ("Retention", 30, 365), ("Established", 365, None)):
            age = (TODAY - first).days
            if age < begins:
                continue
            cell = found[name, first.replace(day=1)]
            cell["entered"] += 1
            if ends is not None and age < ends:
                continue
            cell["over"] += 1
            within = [
                (b, (b - a).days)
                for a, b in _pairs(ordered)
                if begins <= (b - first).days and (ends is None or (b - first).days < ends)
            ]
            if within:
                cell["reached"] += 1
                cell["reactivated"] += min(within)[1] > long_gap
    return {k: (c["entered"], c["over"], c["reached"], c["reactivated"]) for k, c in found.items()}


def _pairs(days: list[date]) -> list[tuple[date, date]]:
    return list(pairwise(days))


def test_day_7_belongs_to_the_phase_that_begins_with_it_and_accounts_reach_by_buying_in_their_first_week(
    published: Published, orders: list[tuple[str, date, float]]
) -> None:
    """An account opened 7 days before its first order has not bought within acquisition; one opened 6 days before has."""
    opened = {n: _opened(orders, n) for n in range(900)}
    wanted: Counter[date] = Counter()
    for n, day in opened.items():
        if day is not None and (TODAY - day).days >= 7 and n % 12 < 7:
            wanted[day.replace(day=1)] += 1
    cells = [c for c in published.phases(SHOP) if c.phase == "Acquisition"]
    assert {c.cohort: c.reached for c in cells if c.reached} == wanted
    assert sum(c.entered for c in cells) == sum(1 for day in opened.values() if day is not None)


def test_who_lapsed_and_came_back_is_reactivated_within_the_reached(published: Published) -> None:
    cells = published.phases(SHOP)
    assert sum(c.reactivated for c in cells) > 0
    assert all(c.reactivated <= c.reached <= c.over <= c.entered for c in cells)


def test_every_number_of_the_phases_opens_its_customers(published: Published) -> None:
    """One cohort in each phase: as many rows as were counted, each within the days of the phase."""
    month = date(2018, 5, 1)
    for cell in (c for c in published.phases(SHOP) if c.cohort == month):
        for which in get_args(Which):
            page = phase_units(published.home, SHOP, cell.from_day, month, which)
            assert len(page.rows) == page.total == getattr(cell, which), (cell.phase, which)
        for row in phase_units(published.home, SHOP, cell.from_day, month, "reached").rows:
            entered, bought = row[3], row[4]
            assert bought >= entered
            assert cell.until_day is None or (bought - entered).days < cell.until_day - cell.from_day


def test_a_phase_nobody_entered_is_an_error(published: Published) -> None:
    with pytest.raises(LookupError, match="begins on day 8"):
        phase_units(published.home, SHOP, 8, date(2018, 5, 1), "reached")
