"""Two roads meet: what the simulator counted in its own arrays, and what Holdfast measures from the files it wrote."""

import json
from contextlib import closing
from datetime import date

import pytest

from holdfast.metrics import publish, tallies
from holdfast.metrics.published import open_published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Scope
from holdfast.simulate import KINDS, Treatment, Wanted, simulate
from holdfast.sources.files.load import load
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import open_snapshot
from holdfast.warehouse.tables import LANDED

UNTIL = date(2025, 12, 31)
MEASURED = (
    "second_purchase_within_30_days", "average_order_value", "repeat_purchase_rate", "annual_retention",
    "tickets_waiting", "monthly_recurring_revenue", "subscriber_churn", "net_revenue_retention",
    "gross_revenue_retention", "nps",
)  # fmt: skip


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory):
    wanted = Wanted("portfolio", 1500, 27, 5, UNTIL, treatment=Treatment(rate=1.3, spend=1.2, churn=0.8))
    return simulate(tmp_path_factory.mktemp("simulated") / "portfolio", wanted)


@pytest.fixture(scope="module")
def receipts(portfolio, tmp_path_factory):
    """The three shops in one home, by kind. Nobody says that they are simulated: their files do."""
    home = Home(tmp_path_factory.mktemp("home") / "home")
    home.create()
    return home, {kind: load(home, [place], shop=kind) for kind, place in portfolio.shops.items()}


@pytest.fixture(scope="module")
def published(receipts):
    home, _ = receipts
    with pytest.MonkeyPatch.context() as patch:  # the few metrics the truth speaks of: all of them take far longer
        for place in (publish, tallies):
            patch.setattr(place, "METRICS", {name: METRICS[name] for name in MEASURED})
        publish.build(home, today=UNTIL)
    return open_published(home)


def facts(portfolio, kind):
    return json.loads((portfolio.shops[kind] / "truth.json").read_text())["facts"]


def shares(value):
    return {"counted": value.counted, "out_of": value.out_of}


def minor(value):
    return [round(value.counted * 100), round(value.out_of * 100)]


def test_no_row_of_an_invented_shop_is_rejected_or_lost(portfolio, receipts):
    """Every table comes in with as many rows as were written; a refund of several lines is one refund."""
    called = {table.rows.replace(" ", "_"): table.name for table in LANDED if table.plain}
    for kind, receipt in receipts[1].items():
        assert (receipt.rows_rejected, receipt.told_twice) == (0, 0)
        landed = {name: table.new for name, table in receipt.tables.items()}
        written = {called[file]: rows for file, rows in portfolio.rows[kind].items() if file in called}
        written["onboarding_step"] += portfolio.rows[kind]["onboarding_steps_of_accounts"]
        assert {name: landed.get(name, 0) for name in written} == written
        for file, name in (("orders", "order"), ("order_lines", "order_line"), ("refunds", "refund_line")):
            assert landed[name] == portfolio.rows[kind][file]


def test_every_canonical_table_has_rows_in_a_portfolio(receipts):
    """Corrections of the books come by a rule of a mapping alone, so that no file of them can be written."""
    filled = {name for receipt in receipts[1].values() for name, table in receipt.tables.items() if table.new}
    assert {table.name for table in LANDED} - filled == {"order_adjustment"}


@pytest.mark.parametrize("kind", KINDS)
def test_who_came_back_is_who_the_truth_says(portfolio, published, kind):
    truth, scope = facts(portfolio, kind), Scope("shop", kind)
    for name in ("repeat_purchase_rate", "second_purchase_within_30_days", "annual_retention"):
        assert shares(published.value(name, scope)) == truth[name], name
        assert truth[name]["out_of"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_orders_were_worth_is_what_the_truth_says(portfolio, published, kind):
    value, truth = published.value("average_order_value", Scope("shop", kind)), facts(portfolio, kind)
    told = truth["average_order_value"]
    assert (round(value.counted * 100), value.out_of) == (told["counted_minor"], told["out_of"])


@pytest.mark.parametrize("kind", KINDS)
def test_recurring_money_and_who_left_are_as_the_truth_says_in_every_month(portfolio, published, kind):
    truth, scope = facts(portfolio, kind)["recurring_by_month"], Scope("shop", kind)
    worth = {v.member[:7]: (round(v.counted * 100), v.n) for v in published.series("monthly_recurring_revenue", scope)}
    assert worth == {m: (t["mrr_minor"], t["payers"]) for m, t in truth.items() if m in worth}
    left = {v.member[:7]: (v.counted, v.n) for v in published.series("subscriber_churn", scope)}
    assert left == {m: (t["churned"], t["held_at_start"]) for m, t in truth.items() if m in left}
    assert len(worth) >= 20  # the first companies subscribe after some months
    assert len(left) >= 20


@pytest.mark.parametrize("kind", KINDS)
def test_revenue_retention_is_as_the_truth_says(portfolio, published, kind):
    for name in ("net_revenue_retention", "gross_revenue_retention"):
        told = facts(portfolio, kind)[name]
        assert minor(published.value(name, Scope("shop", kind))) == [told["counted_minor"], told["out_of_minor"]]


@pytest.mark.parametrize("kind", KINDS)
def test_tickets_that_wait_or_are_open_and_answers_are_as_the_truth_says(portfolio, published, kind):
    truth, scope = facts(portfolio, kind), Scope("shop", kind)
    assert published.value("tickets_waiting", scope).counted == truth["tickets_waiting"]
    with closing(open_snapshot(published.home, published.manifest)) as connection:
        (unsolved,) = connection.execute(
            "SELECT count(*) FROM ticket JOIN shop USING (shop_id) WHERE shop.name = ? AND status NOT IN"
            " ('solved', 'closed') AND merged_into IS NULL AND NOT coalesce(is_spam, false) AND NOT coalesce(is_test, false)",
            [kind],
        ).fetchone()
    assert unsolved == truth["tickets_unsolved"] > 0
    nps = published.value("nps", scope)
    assert (nps.n, nps.counted) == (truth["nps"]["answers"], truth["nps"]["promoters"] - truth["nps"]["detractors"])


def test_an_invented_portfolio_breaks_no_promise(published):
    assert [finding.promise for finding in published.manifest.findings] == []
