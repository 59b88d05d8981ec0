"""A unit is one of a number's own or none at all, and is called by the number of the shop."""

from datetime import date, timedelta

import pytest
from drawn import LONG
from paper_shop import OF_ORDERS, account, book, build_rows, land_rows, order, paper_home

from holdfast.metrics.drill import units
from holdfast.metrics.registry import METRICS
from holdfast.metrics.unit import find_buyer, find_unit
from holdfast.metrics.values import Scope


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("unit"), name="paper")
    parts = [order("nobody's", None, date(2021, 9, 1)), order("old", "was", date(2020, 1, 5))]
    for n in range(3):
        parts += [account(f"c{n}", None, customer_number=f"700{n}")]
        parts += [order(f"c{n} {k}", f"c{n}", date(2020, 2, 1) + timedelta(days=200 * k)) for k in range(4)]
    land_rows(home, shop, book(*parts))
    build_rows(home)
    return home


@pytest.mark.parametrize("metric", OF_ORDERS)
def test_every_unit_of_a_list_is_found(home, metric):
    """`make test` looks for a third of them and for those of no buyer; test-all for all."""
    of_orders = METRICS[metric].unit == "orders"
    listed = units(home, metric).rows
    for unit_id, _, customer, *_ in listed if LONG else [*listed[::3], *(row for row in listed if row[0] < 0)]:
        found = find_unit(home, metric, unit_id)
        if of_orders:
            assert customer is None or found.number.startswith(f"c{customer[-1]} "), "one of that customer's orders"
        else:
            assert found.number == ("nobody's" if unit_id < 0 else customer)


def test_a_unit_of_the_past_is_found_too(home):
    """Who bought two years ago is not active now, and was."""
    active = {row[0] for row in units(home, "active_customers").rows}
    (was,) = {row[0] for row in units(home, "repeat_purchase_rate").rows} - active
    assert find_unit(home, "active_customers", was).unit_id == was


@pytest.mark.parametrize("unit_id", [-1, -5, 0, 5, 99_999])
def test_what_the_number_does_not_count_is_no_unit_of_it(home, unit_id):
    with pytest.raises(LookupError):
        find_unit(home, "repeat_purchase_rate", unit_id)


def test_a_unit_of_another_scope_is_none(home):
    assert find_unit(home, "repeat_purchase_rate", 1, Scope("shop", "paper")).unit_id == 1
    with pytest.raises(LookupError):
        find_unit(home, "repeat_purchase_rate", 1, Scope("shop", "other"))


def test_a_buyer_is_somebody_who_bought(home):
    listed = {row[0]: row[2] for row in units(home, "repeat_purchase_rate").rows}
    assert len(listed) == 4
    assert {unit_id: find_buyer(home, unit_id).number for unit_id in listed} == listed
    assert set(listed.values()) == {"7000", "7001", "7002", None}
    with pytest.raises(LookupError):
        find_buyer(home, 99)
