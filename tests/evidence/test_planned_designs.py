"""What is offered where a lot finds nothing, and what a playbook's own audience could show."""

from contextlib import closing
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.plan import EXPECTED, Intake, declared, plan
from holdfast.evidence.registration import read_registration
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

DECLARED = """
id = "few"
name = "Few"
hypothesis = "They buy more."
owner = "Ada"
shop = "Simulated marketplace"
held_out = 0.1
days = 30
planned = 400
[outcome]
metric = "net_revenue"
"""


@pytest.fixture(scope="module")
def place(run):
    return Home(run.home), current_snapshot(Home(run.home))


@pytest.fixture(scope="module")
def first_buyers(place):
    """A file of so many customers, by key, and the same for any day."""
    with closing(open_snapshot(*place)) as connection:
        keys = connection.sql("SELECT customer_id FROM history ORDER BY customer_id").to_arrow_table()

    def first(n):
        path = place[0].path / f"first-{n}.parquet"
        pq.write_table(keys.slice(0, n), path)
        return lambda day: path

    return first


def test_where_a_lot_finds_something_nothing_else_is_offered(place, run):
    found = plan(*place, read_registration(DECLARED.replace("0.1", "0.5").replace("days = 30", "days = 120")))
    assert not found.finds_nothing and found.offers == ()


def test_where_a_few_hundred_show_nothing_a_staggered_start_is_offered_and_needs_all_of_them(place, first_buyers):
    home, snapshot = place
    shop = snapshot.shops[0].shop_id
    found = plan(home, snapshot, read_registration(DECLARED), {shop: Intake(150, 0.0, first_buyers(900))})
    assert found.finds_nothing and found.customers == 150
    assert found.ways[0].smallest > EXPECTED
    (offer,) = found.offers
    assert (offer.kind, offer.by) == ("staggered", snapshot.as_of + timedelta(days=28 * 6))
    more = plan(home, snapshot, read_registration(DECLARED), {shop: Intake(600, 0.0, first_buyers(900))})
    told = more.offers[0].smallest if more.offers else None
    assert told is None or told == pytest.approx(offer.smallest / 2, rel=0.01)  # four times as many


def test_an_outcome_that_is_not_one_of_each_customer_has_no_staggered_start(place, first_buyers):
    home, snapshot = place
    text = DECLARED.replace('metric = "net_revenue"', 'metric = "net_revenue"\nper = "own"')
    intakes = {snapshot.shops[0].shop_id: Intake(150, 0.0, first_buyers(900))}
    found = plan(home, snapshot, read_registration(text), intakes)
    assert isinstance(found, Unknown) or found.offers == ()


def test_who_enters_day_by_day_is_waited_for_and_may_be_waited_for_longer(place, first_buyers):
    home, snapshot = place
    intakes = {snapshot.shops[0].shop_id: Intake(0, 4.0, first_buyers(900))}
    it = read_registration(DECLARED)
    found = plan(home, snapshot, it, intakes)
    first = found.ways[0]
    assert (first.customers, first.enter, first.by) == (120, 30, snapshot.as_of + timedelta(days=60))
    longer = found.ways[-1]
    assert (longer.customers, longer.enter, longer.by) == (360, 90, snapshot.as_of + timedelta(days=120))
    assert longer.smallest == pytest.approx(first.smallest / 3**0.5, rel=0.02)
    assert declared(home, snapshot, it, intakes) == first


def test_too_few_who_were_inside_are_not_planned_with(place, first_buyers):
    home, snapshot = place
    intakes = {snapshot.shops[0].shop_id: Intake(10, 0.0, first_buyers(9))}
    assert isinstance(declared(home, snapshot, read_registration(DECLARED), intakes), Unknown)


def test_of_very_many_customers_a_part_says_how_they_vary_and_all_of_them_are_planned_with(place, monkeypatch):
    it = read_registration(DECLARED.replace("0.1", "0.5").replace("days = 30", "days = 120"))
    whole = plan(*place, it)
    monkeypatch.setattr("holdfast.evidence.plan.SAMPLE", whole.customers // 2)
    part = plan(*place, it)
    assert part.customers == whole.customers
    assert part.variation != whole.variation
    half = part.customers // 2
    expected = smallest_effect(part.customers - half, half, part.variation, part.narrowed)
    assert part.ways[0].smallest == pytest.approx(expected, rel=1e-3)
