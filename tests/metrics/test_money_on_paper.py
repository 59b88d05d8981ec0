"""M11, M11b, M30, M31, M60 and M62 on a year counted on paper."""

from datetime import date, datetime

import pytest
from paper_shop import book, build_rows, land_rows, line, order, paper_home, refund, said, series_on, value_on

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Scope

ALL = Scope()
YEAR_END = date(2021, 12, 31)
GIFT_CARD = [line("dee", "mug", 1, "25.00", kind="gift_card")]
DISCOUNTED = [
    line("eli", "mug", 1, "20.00", discount_minor=500), line("eli", "mug", 1, "4.00", kind="shipping"),
]  # fmt: skip
TAXED = [line("ivy", "mug", 1, "12.00", tax_minor=200)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, shop = paper_home(tmp_path_factory.mktemp("money"))
    rows = book(
        order("hal", "hal", date(2020, 1, 1), "25.00"), order("ana 1", "ana", date(2020, 6, 1), "100.00"),
        order("ana 2", "ana", date(2021, 3, 1), "40.00"), order("ana 3", "ana", YEAR_END, "60.00"),
        order("bo", "bo", date(2021, 5, 1), "50.00"), refund("r bo", date(2021, 6, 1), "20.00", of="bo"),
        refund("r usd", date(2021, 6, 2), "9.00", of="bo", currency="USD"),  # never taken off euros
        order("cy", "cy", date(2021, 7, 1), "30.00"), refund("r cy", date(2021, 7, 9), "30.00", of="cy"),
        order("dee", "dee", date(2021, 8, 1), lines=GIFT_CARD, subtotal_minor=2500),
        order("eli", "eli", date(2021, 8, 1), lines=DISCOUNTED, shipping_minor=400),  # 15.00
        order("ivy", "ivy", date(2021, 8, 5), lines=TAXED, taxes_included=True),  # 10.00
        order("jon", "jon", date(2021, 8, 6), lines=[], subtotal_minor=1800, discount_minor=200),  # 18.00
        order("x 1", None, date(2021, 9, 1), "10.00"), order("x 2", None, date(2021, 9, 2), "12.00"),
        order("fay 1", "fay", date(2021, 9, 1), "99.00", cancelled_at=datetime(2021, 9, 2)),
        order("fay 2", "fay", date(2021, 9, 1), "99.00", test=True),
        order("gus", "gus", date(2021, 10, 1), "500.00", currency="USD"),
        refund("r hal", date(2021, 11, 1), "7.00", customer="hal"), refund("r x", date(2021, 11, 5), "3.00"),
    )  # fmt: skip
    land_rows(home, shop, rows)
    build_rows(home)
    return home


def test_an_order_is_worth_what_it_was_when_placed(home):
    """100 (ana, two orders) + 50 + 30 + 15 + 10 + 18 + 10 + 12 = 245 over nine orders of eight buyers."""
    value = value_on(home, "M11", ALL, YEAR_END)
    assert said(value) == (8, 0, 245.0, 9, pytest.approx(245 / 9))
    assert (value.currency, value.left_out) == ("EUR", "1 order in USD")


def test_net_of_what_came_back_the_same_orders_are_worth_less(home):
    assert said(value_on(home, "M11b", ALL, YEAR_END)) == (8, 0, 195.0, 9, pytest.approx(195 / 9))


def test_the_refund_share_is_of_value_and_by_the_orders_day(home):
    """20 + 30 of 245; the two refunds that fit no order are not part of it."""
    assert said(value_on(home, "M60", ALL, YEAR_END)) == (8, 0, 50.0, 245.0, pytest.approx(50 / 245))


def test_revenue_per_customer_is_net_and_of_known_buyers(home):
    """ana 100, bo 30, cy 0, eli 15, ivy 10, jon 18, hal −7: 166 over seven."""
    assert said(value_on(home, "M31", ALL, YEAR_END)) == (7, 0, 166.0, 7, pytest.approx(166 / 7))


def test_returning_customers_bring_all_but_first_days(home):
    """ana 100 and hal −7 of 166."""
    assert said(value_on(home, "M62", ALL, YEAR_END)) == (7, 0, 93.0, 166.0, pytest.approx(93 / 166))


def test_growth_is_of_all_net_merchandise(home):
    """166 + 22 of unknown buyers − 3 of an unknown refund = 185, after 125 in 2020."""
    assert said(value_on(home, "M30", ALL, YEAR_END)) == (10, 0, 185.0, 125.0, pytest.approx(185 / 125 - 1))


def test_growth_needs_two_whole_years(home):
    value = value_on(home, "M30", ALL, date(2021, 12, 30))
    assert value.reading == Unknown(
        "the data begin on 2020-01-01, and 24 whole months are needed", "orders from 2019-12-31 on"
    )


def test_growth_of_a_month_that_is_not_over_is_held_against_the_same_days(tmp_path):
    """To 15 June: 30 after 20 a year ago. The 500 of 20 June 2020 has no counterpart yet."""
    home, shop = paper_home(tmp_path)
    rows = [order("1", "ana", date(2020, 6, 15), "20.00"), order("2", "ana", date(2020, 6, 20), "500.00")]
    land_rows(home, shop, book(*rows, order("3", "ana", date(2021, 6, 15), "30.00")))
    build_rows(home)
    june = {v.member: v for v in series_on(home, "M30", ALL, date(2021, 6, 15))}["2021-06-01"]
    assert (june.counted, june.out_of) == (30.0, 20.0)


@pytest.fixture(scope="module")
def three_shops(tmp_path_factory):
    """Two accounts: north has two shops in euros, south has one in dollars."""
    home, east = paper_home(tmp_path_factory.mktemp("shops"), name="east")
    settings = home.path / "holdfast.toml"
    settings.write_text(settings.read_text().replace('account = "east"', 'account = "north"'))
    west = home.add_shop("west", account="north", zone="UTC", currency="EUR")
    south = home.add_shop("south", account="south", zone="UTC", currency="USD")
    first, again = date(2021, 1, 1), date(2021, 1, 9)
    for shop, people in ((east, "ab"), (west, "cde"), (south, "fghi")):
        orders = [order(f"{who} 1", who, first, "10.00", currency=shop.currency) for who in people]
        back = [order(f"{people[0]} 2", people[0], again, "30.00", currency=shop.currency)]
        refunds = [refund("r", again, "10.00", of=f"{people[1]} 1")] if shop is east else []
        land_rows(home, shop, book(*orders, *back, *refunds), name=f"{shop.name}.csv")
    build_rows(home)
    return home


def test_counts_of_shops_with_two_currencies_add_up(three_shops):
    """east: a came back, b's only order went back; west: 1 of 3; south: 1 of 4."""
    on = date(2021, 3, 1)
    assert said(value_on(three_shops, "M10", ALL, on))[:4] == (8, 0, 3, 8)
    assert said(value_on(three_shops, "M10", Scope("account", "north"), on))[:4] == (4, 0, 2, 4)
    assert said(value_on(three_shops, "M10", Scope("shop", "south"), on))[:4] == (4, 0, 1, 4)


def test_money_of_two_currencies_is_not_added_and_the_reason_is_said(three_shops):
    value = value_on(three_shops, "M11", ALL, None)
    assert value.reading.why == "these shops report in EUR and USD, which cannot be added"
    assert (value.n, value.counted, value.currency) == (9, 0.0, None)


def test_money_of_an_account_whose_shops_share_a_currency_adds_up(three_shops):
    """40 + 10 in east (a and b), 40 + 10 + 10 in west: 110 over seven orders."""
    value = value_on(three_shops, "M11", Scope("account", "north"), None)
    assert said(value) == (5, 0, 110.0, 7, pytest.approx(110 / 7))
    assert value.currency == "EUR"


def test_a_shop_without_refunds_does_not_read_as_nothing_came_back(three_shops):
    assert said(value_on(three_shops, "M60", Scope("shop", "west"), None))[4] == "no refunds or credit notes connected"


def test_shops_that_lack_what_is_needed_are_left_out_and_named(three_shops):
    """Of east alone: 10 of 50."""
    value = value_on(three_shops, "M60", Scope("account", "north"), None)
    assert said(value) == (2, 0, 10.0, 50.0, pytest.approx(0.2))
    assert value.left_out == "west: no refunds or credit notes connected"
