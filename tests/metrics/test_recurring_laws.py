"""What holds for recurring money in every book, and the arithmetic that ties a month to a year."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "warehouse"))

import pytest
from drawn import drawn
from hypothesis import given
from paper_marts import marts_of, rows
from test_mrr_ledger import books, tables_of

from holdfast.estimates.tally import NOTHING
from holdfast.metrics.ledger import bridge_rows, waterfall_rows
from holdfast.metrics.measure import headline, months
from holdfast.metrics.registry import METRICS
from holdfast.metrics.yearly import kept_in_a_year, monthly_for, yearly_factor
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Shop
from holdfast.warehouse.marts.movements import COLUMNS

SHOPS = (Shop(1, "shop1", "all", "UTC", "EUR"),)
MARTS = Marts(date(2026, 6, 30))
LAST = date(2026, 2, 28)
MONTHLY = [m for m in METRICS.values() if m.monthly and m.rests_on.startswith("subscription")]
laws = drawn(5, 8)


def points(connection, metric, as_of=LAST):
    """Tally of each month of a metric's series."""
    return {s.member: s.tally for s in months(connection, METRICS[metric], MARTS, as_of, SHOPS)}


def whole(connection, metric, as_of=LAST):
    found = headline(connection, METRICS[metric], MARTS, as_of, SHOPS, ())
    return reduce(add, (s.tally for s in found), NOTHING)


@laws
@given(books)
def test_net_retention_from_point_to_point_is_the_sum_of_the_cohorts_movements(book):
    """Counted a third way too: the ledger's rows of those who paid twelve months before, one by one."""
    with marts_of(tables_of(book)) as connection:
        nrr, grr = points(connection, "net_revenue_retention"), points(connection, "gross_revenue_retention")
        bridges = {r["month"]: r for r in rows(connection, compiled(bridge_rows(MARTS, LAST)))}
        closing = defaultdict(int)
        for r in rows(connection, "SELECT * FROM mrr_month"):
            for month in range(r["from_month"], min(r["until_month"] or 10**9, 2026 * 12 + 2)):
                closing[r["payer_id"], month] = r["closing_minor"]
        moved = rows(connection, "SELECT * FROM mrr_ledger")
    for month, bridge in bridges.items():
        member = f"{month // 12}-{month % 12 + 1:02d}-01"
        assert bridge["then_minor"] + sum(bridge[c] for c in COLUMNS) == bridge["now_minor"]
        assert (nrr[member].counted, nrr[member].out_of) == (bridge["now_minor"], bridge["then_minor"])
        assert (grr[member].counted, grr[member].n) == (bridge["kept_minor"], bridge["payers"])
        cohort = {payer for payer in (1, 2, 3) if closing[payer, month - 12] > 0}
        since = [r for r in moved if r["payer_id"] in cohort and month - 12 < r["month"] <= month]
        for column in COLUMNS:
            assert bridge[column] == sum(r[column] for r in since)
    assert {m for m, t in nrr.items() if t.n} == {f"{m // 12}-{m % 12 + 1:02d}-01" for m in bridges}


@laws
@given(books)
def test_the_waterfall_ends_each_month_at_monthly_recurring_revenue(book):
    with marts_of(tables_of(book)) as connection:
        mrr = points(connection, "monthly_recurring_revenue")
        moves = {r["month"]: r for r in rows(connection, compiled(waterfall_rows(MARTS, LAST)))}
    running = 0
    for month in range(2024 * 12, 2026 * 12 + 2):
        running += sum(moves[month][c] for c in COLUMNS) if month in moves else 0
        tally = mrr.get(f"{month // 12}-{month % 12 + 1:02d}-01", NOTHING)
        assert tally.counted == running


@laws
@given(books)
def test_gross_retention_never_exceeds_net_or_one_and_churn_never_its_cohort(book):
    with marts_of(tables_of(book)) as connection:
        net, gross = points(connection, "net_revenue_retention"), points(connection, "gross_revenue_retention")
        for member, tally in gross.items():
            assert tally.counted <= min(net[member].counted, tally.out_of)
        churn = points(connection, "subscriber_churn")
        parts = [points(connection, f"{how}_churn") for how in ("voluntary", "involuntary")]
        fell = points(connection, "revenue_churn")
    for member, tally in churn.items():
        assert tally.counted == sum(part[member].counted for part in parts) <= tally.n
    assert all(t.counted <= t.out_of for t in fell.values())


@laws
@given(books)
def test_each_month_of_a_series_is_the_headline_of_its_last_day_whatever_came_later(book):
    tables = tables_of(book)
    with marts_of(tables) as connection:
        for metric in MONTHLY:
            series = points(connection, metric.id)
            for as_of in (date(2025, 2, 28), date(2025, 12, 31)):
                member = as_of.replace(day=1).isoformat()
                assert whole(connection, metric.id, as_of) == series.get(member, NOTHING), metric.id


@pytest.mark.parametrize(("churn", "kept"), [(0.03, 0.694), (0.05, 0.540)])
def test_three_to_five_percent_a_month_is_far_from_eighty_five_a_year(churn, kept):
    assert kept_in_a_year(churn) == pytest.approx(kept, abs=0.0005)


def test_eighty_five_percent_a_year_allows_one_point_three_five_a_month():
    assert monthly_for(0.85) == pytest.approx(0.0135, abs=0.00005)
    assert monthly_for(0.95) == pytest.approx(0.0043, abs=0.00005)


@pytest.mark.parametrize(("growth", "factor"), [(0.15, 5.35), (0.25, 14.55)])
def test_fifteen_to_twenty_five_percent_a_month_multiplies_the_year(growth, factor):
    assert yearly_factor(growth) == pytest.approx(factor, abs=0.005)
