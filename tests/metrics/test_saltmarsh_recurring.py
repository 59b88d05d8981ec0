"""Saltmarsh's subscriptions, contracts and accounts, counted on paper.

Monthly money at the end of a month, in EUR (a week of 3.00 is 13.00, a year of 600.00 is 50.00, metered use nothing):

            Jun 25  May 26  Jun 26
    c01      10.00   22.00   22.00   a second piece in Sep 25 (+10.00), a price of 11.00 in Mar 26 (+2.00)
    c02      50.00   50.00   50.00
    c03      13.00   13.00       -   cancelled on 20 May, paid until 10 June
    c04      10.00   15.00   15.00   left in Oct 25, back in Feb 26
    c05      20.00   16.00   16.00   as its own movements say; cancelled on 25 June, still paid for
    c06      10.00   10.00       -   could not be charged; given up on 15 June
    c07      25.00   30.00       -   a discount ended in Dec 25 (+5.00); paused from 1 June to 1 August
    c08          -   10.00   10.00   trial until 4 May
    c09          -       -       -   came on 3 June, left on 20 June
    c11          -   10.00   10.00   120.00 a year, prepaid
    c12          -       -   10.00   came on 25 June
            138.00  176.00  133.00   7, 9 and 7 customers
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from paper_shop import said, value_on

from holdfast.metrics import drill
from holdfast.metrics.published import open_published
from holdfast.metrics.recurringmonths import NAMES, bridges, ledger_table, waterfall
from holdfast.metrics.values import Change, Scope

ALL = Scope()


@pytest.fixture(scope="module")
def saltmarsh(saltmarsh_home):
    return open_published(saltmarsh_home)


# n, still open, counted, out of
COUNTED = {
    # began by 31 May: u01 … u09, u11, u12; u07 paid its first bill after 39 days, u11's trial was used and never paid
    "subscription_activation": (11, 2, 9, 11),
    "monthly_recurring_revenue": (7, 0, 133.00, 7),
    "mrr_growth": (10, 0, 133.00, 176.00),  # the nine of May and c12
    "scheduled_cancellations": (7, 0, 16.00, 7),  # c05's
    "subscriber_churn": (9, 0, 2, 9),  # c03 and c06; c07 has paused
    "voluntary_churn": (9, 0, 1, 9),
    "involuntary_churn": (9, 0, 1, 9),
    "early_churn": (2, 0, 1, 2),  # c09 of c09 and c12
    "subscriber_churn_stripe": (11, 0, 3, 11),  # nine paying on 31 May and two who came; c03, c06, c09 left
    "subscriber_churn_profitwell": (9, 0, 2, 9),
    "subscriber_churn_with_joiners": (11, 0, 3, 11),
    # days begun as subscriber: six of 30, c03 10, c06 15, c07 1, c09 17, c12 5: 228 of 30
    "subscriber_churn_by_day": (11, 0, 3, 7.6),
    "subscribers_lost": (4, 0, 4, 4),  # c04 in October, c03, c06 and c09 in June; c07 has paused
    "subscribers_back": (1, 0, 1, 1),  # c04 in February
    "revenue_churn": (9, 0, 23.00, 176.00),  # 13.00 and 10.00; what c09 brought and took was not there at the start
    "net_revenue_retention": (7, 0, 103.00, 138.00),  # 22 + 50 + 15 + 16
    "gross_revenue_retention": (7, 0, 86.00, 138.00),  # 10 + 50 + 10 + 16
    "expansion_revenue": (7, 0, 15.00, 138.00),  # c01's second piece, c07's discount; not the price, not c04's return
    "net_arr": (7, 0, 1596.00, 7),
    # K2 1,000, K3 600 (renews itself), K7 5,000 and 500 committed; the try-out's contract is nobody's
    "contract_arr": (3, 0, 7100.00, 3),
    # due: K1 followed by K2, K3 by itself, K4 and K5 by nothing; K8 fell due on 10 June and is open; K7 is not due
    "renewal_rate": (4, 1, 2, 4),
    "renewal_rate_by_value": (4, 1, 1600.00, 4500.00),  # 1,000 of K1's 1,200 and K3's 600
    # on 30 June 2025: a1 (K1, and a5's K5), a2, a3, a4; a year later a3 has none in force
    "account_retention": (4, 0, 3, 4),
}


@pytest.mark.parametrize("metric", COUNTED)
def test_each_number_is_the_one_counted_on_paper(saltmarsh, metric):
    n, still_open, counted, out_of, _ = said(saltmarsh.value(metric))
    assert (n, still_open, pytest.approx(counted), pytest.approx(out_of)) == COUNTED[metric]


def test_growth_is_what_was_added_over_what_there_was(saltmarsh):
    assert saltmarsh.value("mrr_growth").reading.point == pytest.approx(133 / 176 - 1)


def test_few_accounts_get_the_exact_interval(saltmarsh):
    """3 of 4: 0.1941 to 0.9937 (Clopper and Pearson, by R's binom.test)."""
    found = saltmarsh.value("account_retention").reading
    assert (found.method, found.low, found.high) == (
        "Clopper–Pearson", pytest.approx(0.19412, abs=1e-5), pytest.approx(0.99369, abs=1e-5),
    )  # fmt: skip


def test_voluntary_and_involuntary_churn_are_all_of_churn_in_every_month(saltmarsh):
    metrics = ("subscriber_churn", "voluntary_churn", "involuntary_churn")
    series = {m: {v.member: v for v in saltmarsh.series(m)} for m in metrics}
    for month, whole in series["subscriber_churn"].items():
        parts = [series[m][month].counted for m in ("voluntary_churn", "involuntary_churn")]
        assert sum(parts) == whole.counted
    assert series["subscriber_churn"]["2025-10-01"].counted == 1  # c04


def test_a_month_of_the_series_is_the_headline_of_its_last_day(saltmarsh):
    points = {v.member: said(v)[:4] for v in saltmarsh.series("net_revenue_retention")}
    then = value_on(saltmarsh.home, "net_revenue_retention", ALL, date(2026, 6, 30))
    assert said(then)[:4] == points["2026-06-01"]
    middle = value_on(saltmarsh.home, "monthly_recurring_revenue", ALL, date(2026, 6, 15))
    assert middle.counted == 176.00  # June is not over: May speaks


def test_a_state_of_months_is_held_against_the_same_month_a_year_before(saltmarsh):
    change = saltmarsh.previous("monthly_recurring_revenue")
    assert isinstance(change, Change)
    assert (change.before.counted, change.point) == (138.00, pytest.approx(-5.00))


def test_the_waterfall_of_june_adds_up_and_names_every_movement(saltmarsh):
    """176.00 + 20.00 new − 30.00 paused − 23.00 voluntary − 10.00 involuntary = 133.00."""
    june = waterfall(saltmarsh)[-1]
    moved = {m.kind: (m.amount, m.payers) for m in june.movements if m.amount}
    assert (june.month, june.complete, june.opening, june.closing) == (date(2026, 6, 1), True, 176.00, 133.00)
    assert moved == {
        "new": (20.00, 2), "pause": (-30.00, 1), "churn_voluntary": (-23.00, 2), "churn_involuntary": (-10.00, 1),
    }  # fmt: skip


def test_every_month_of_the_waterfall_closes_where_the_next_opens_at_the_metric_of_that_month(saltmarsh):
    months, mrr = waterfall(saltmarsh), {v.member: v.counted for v in saltmarsh.series("monthly_recurring_revenue")}
    for before, after in pairwise(months):
        assert before.closing == after.opening
    for m in months:
        assert m.opening + sum(x.amount for x in m.movements) == pytest.approx(m.closing, abs=1e-9)
        assert mrr[m.month.isoformat()] == pytest.approx(m.closing)
    assert {kind for _, kind, *_ in ledger_table(months)} == {"opening", *NAMES, "closing"}


def test_the_bridge_of_june_leads_from_then_to_now(saltmarsh):
    """138.00 + 15.00 back + 15.00 expansion + 2.00 price − 4.00 − 30.00 paused − 23.00 − 10.00 = 103.00."""
    june = bridges(saltmarsh)[-1]
    moved = {m.kind: m.amount for m in june.movements if m.amount}
    assert (june.then, june.now, june.kept, june.payers) == (138.00, 103.00, 86.00, 7)
    assert moved == {
        "reactivation": 15.00, "expansion": 15.00, "price": 2.00, "contraction": -4.00, "pause": -30.00,
        "churn_voluntary": -23.00, "churn_involuntary": -10.00,
    }  # fmt: skip
    assert june.net_retention == pytest.approx(saltmarsh.value("net_revenue_retention").reading.point)
    assert june.gross_retention == pytest.approx(saltmarsh.value("gross_revenue_retention").reading.point)


def test_a_subscriber_opens_to_its_movements_and_what_they_were_read_from(saltmarsh):
    page = drill.units(saltmarsh.home, "net_revenue_retention", ALL)
    unit = next(row[0] for row in page.rows if row[page.columns.index("customer")] == "c04")
    pages = drill.source_rows(saltmarsh.home, "net_revenue_retention", unit)
    assert [(row[1], row[2]) for row in pages["movements"].rows] == [
        ("new", 1000), ("churn_voluntary", -1000), ("reactivation", 1500),
    ]  # fmt: skip
    assert len(pages["subscriptions"].rows) == 2


@pytest.mark.parametrize(
    ("metric", "page"),
    [("renewal_rate", "contracts"), ("account_retention", "contracts"), ("subscription_activation", "invoices")],
)
def test_a_contract_an_account_and_a_subscription_open_too(saltmarsh, metric, page):
    unit = drill.units(saltmarsh.home, metric, ALL).rows[0][0]
    assert drill.source_rows(saltmarsh.home, metric, unit)[page].rows
