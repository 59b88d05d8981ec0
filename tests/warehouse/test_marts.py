"""What orders and refunds are worth, on which days, and to whom: counted on paper, and by law."""

from datetime import date, datetime, timedelta

import pytest
from drawn import drawn
from hypothesis import Phase, given
from hypothesis import strategies as st
from looking import asked, money, served
from paper_shop import build_rows, land_rows, line, paper_home, sold

from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.snapshot import open_snapshot

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))


def noon(day):
    return datetime(day.year, day.month, day.day, 12)


def refund(number, day, pieces=1, *, order=None, customer=None, product="mug", price=10, minor=None, **cells):
    """(head, line) of a refund."""
    head = {
        "refund_source": number, "refund_number": number, "order_source": order, "customer_source": customer,
        "processed_at": noon(day), "currency": "EUR",
    } | cells  # fmt: skip
    given_back = price * pieces * 100 if minor is None else minor
    return head, {
        "refund_source": number, "product_source": product, "kind": "merchandise", "quantity": pieces, "price": price,
        "subtotal_minor": given_back,
    }  # fmt: skip


def with_refunds(tables, *refunds):
    return tables | {"refund": [head for head, _ in refunds], "refund_line": [row for _, row in refunds if row]}


def change(tables, number, **cells):
    next(o for o in tables["order"] if o["order_source"] == number).update(cells)


def named(tables):
    """Each customer's country is their name, so that tests can speak of people."""
    tables["customer"] = [c | {"country": c["customer_source"]} for c in tables["customer"]]
    return tables


def occasions(home):
    return served(
        home,
        "SELECT c.country, p.day, p.orders FROM purchase AS p JOIN customer AS c USING (customer_id) ORDER BY 1, 2",
    )


# --- purchases --------------------------------------------------------------------------------------


def a_mixed_shop():
    tables = named(
        sold(
            ("a1", "ana", JAN), ("a2", "ana", datetime(2024, 1, 1, 23, 59)), ("a3", "ana", MAR),
            ("b1", "bo", JAN), ("c1", "cy", JAN), ("d1", "dee", JAN), ("e1", "eli", JAN), ("f1", "fay", JAN),
            ("g1", "gus", JAN), ("h1", "hal", JAN), ("u1", None, JAN), ("z1", "zoe", MAR),
        )
    )  # fmt: skip
    change(tables, "b1", cancelled_at=noon(FEB))
    change(tables, "c1", test=True)
    change(tables, "d1", financial_status="voided")
    tables["order_line"] = [
        r | ({"price": 0, "gross_minor": 0} if r["order_source"] == "e1" else {}) for r in tables["order_line"]
    ]
    return with_refunds(
        tables,
        refund("f", FEB, order="f1"),
        refund("g", APR, order="g1"),
        refund("h", FEB, order="h1", minor=400),
    )


def test_a_purchase_occasion_is_a_customer_and_a_day_on_which_something_was_bought_and_kept(told, paper):
    """By hand: bo cancelled, cy is a test, dee voided, eli paid nothing, fay and gus gave all back."""
    told(a_mixed_shop())
    assert build_rows(paper[0], today=date(2024, 3, 31)).as_of == MAR
    assert occasions(paper[0]) == [
        ("ana", JAN, 2), ("ana", MAR, 1), ("hal", JAN, 1), ("zoe", MAR, 1)
    ]  # fmt: skip


def test_a_purchase_known_to_be_given_back_whole_counts_on_no_day(told, paper):
    """Decision 0013: a window that has closed does not open again because a refund came later."""
    home, _ = paper
    told(a_mixed_shop())
    told(sold(("z2", "zoe", APR)), name="april.csv")
    snapshot = build_rows(home)
    assert "gus" not in {name for name, *_ in occasions(home)}
    marts = Marts(snapshot.as_of)
    for day in (APR - timedelta(days=1), APR):
        history = f"SELECT c.country FROM customer AS c JOIN ({compiled(marts.history(day))}) USING (customer_id)"
        assert ("gus",) not in asked(home, snapshot, history), day


def test_a_refund_of_no_merchandise_does_not_move_the_day_on_which_all_was_given_back(told, paper):
    """All goods came back on 1 February; on 1 March only the shipping did."""
    shipping = refund("s", MAR, order="f1")
    shipping[1].update(kind="shipping", product_source="post", subtotal_minor=500)
    tables = sold(("f1", "fay", JAN))
    tables["product"].append({"product_source": "post"})
    told(with_refunds(tables, refund("f", FEB, order="f1"), shipping))
    build_rows(paper[0])
    assert served(paper[0], "SELECT void_on, returned_minor FROM order_value") == [(FEB, 1000)]


def test_a_free_order_counts_where_the_mapping_says_so(told, paper):
    tables = sold(("1", "ana", JAN), price="0.00")
    change(tables, "1", free_counts=True)
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT day FROM purchase") == [(JAN,)]


def test_history_knows_the_first_the_second_and_the_last_day(told, paper):
    tables = sold(("1", "ana", MAR), ("2", "ana", JAN), ("3", "ana", JAN), ("4", "ana", FEB), ("5", "bo", APR))
    change(tables, "2", channel="web")
    change(tables, "1", channel="till")
    told(tables)
    build_rows(paper[0])
    asked_for = "SELECT first_on, second_on, last_on, occasions, channel FROM history ORDER BY first_on"
    assert served(paper[0], asked_for) == [(JAN, FEB, MAR, 3, "web"), (APR, None, APR, 1, None)]
    around = served(paper[0], "SELECT seq, day, next_on FROM purchase WHERE day < '2024-04-01' ORDER BY day")
    assert around == [(0, JAN, FEB), (1, FEB, MAR), (2, MAR, None)]


def test_two_orders_around_midnight_are_one_occasion_or_two_as_the_shops_clock_says(tmp_path):
    """23:30 and 00:30 UTC on 1 July are 00:30 and 01:30 of one London day."""
    home, shop = paper_home(tmp_path, zone="Europe/London")
    land_rows(home, shop, sold(("1", "ana", datetime(2024, 6, 30, 23, 30)), ("2", "ana", datetime(2024, 7, 1, 0, 30))))
    build_rows(home)
    assert served(home, "SELECT day, orders FROM purchase") == [(date(2024, 7, 1), 2)]


# --- what an order is worth -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("included", "placed"),
    [(True, 3000 - 300 - 200 - 417), (False, 3000 - 300 - 200), (None, 3000 - 300 - 200)],
)
def test_merchandise_is_gross_less_line_and_order_discounts_less_tax_where_prices_hold_it(
    told, paper, included, placed
):
    tables = sold(("1", "ana", JAN))
    tables["order_line"] = [
        line("1", "mug", 3, "10.00", discount_minor=300, tax_minor=417),
        line("1", "post", 1, "5.00", kind="shipping", tax_minor=83),
    ]
    tables["product"].append({"product_source": "post"})
    change(tables, "1", discount_minor=200, taxes_included=included, tax_minor=500, shipping_minor=500)
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT gross_minor, discount_minor, placed_minor FROM order_value") == [
        (3000, 500, placed)
    ]


def test_without_line_taxes_the_orders_tax_is_taken_out(told, paper):
    tables = sold(("1", "ana", JAN))
    change(tables, "1", taxes_included=True, tax_minor=160)
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT placed_minor FROM order_value") == [(840,)]


def test_an_order_without_lines_is_worth_its_stated_subtotal_which_is_after_discounts(told, paper):
    tables = sold(("1", "ana", JAN))
    del tables["order_line"]
    change(tables, "1", subtotal_minor=2500, discount_minor=500)
    told(tables)
    assert build_rows(paper[0]).findings == ()
    assert served(paper[0], "SELECT placed_minor FROM order_value") == [(2500,)]


def test_an_order_of_nothing_but_a_gift_card_is_no_merchandise_whatever_its_subtotal(told, paper):
    tables = sold(("1", "ana", JAN))
    tables["order_line"][0]["kind"] = "gift_card"
    change(tables, "1", subtotal_minor=1000)
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT placed_minor, counts FROM order_value") == [(0, False)]


def test_money_of_another_currency_is_kept_apart_in_orders_and_in_refunds(told, paper):
    tables = sold(("1", "ana", JAN), ("2", "ana", JAN))
    change(tables, "2", currency="USD")
    told(with_refunds(tables, refund("c", FEB, customer="ana", price=3, currency="USD")))
    build_rows(paper[0])
    assert money(paper[0]) == (1000, 0, 1000)


def test_a_refund_of_more_than_the_merchandise_gives_back_no_more_than_it(told, paper):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    amount = {
        "refund_source": "all",
        "order_source": "2",
        "currency": "EUR",
        "amount_minor": 1500,
        "processed_at": noon(FEB),
    }
    told(with_refunds(tables, refund("c", FEB, order="1", minor=1200), (amount, None)))
    assert [f.audit for f in build_rows(paper[0]).findings] == ["refund_above_order"]
    assert money(paper[0]) == (2000, 2000, 0)


def test_a_refund_of_no_known_order_lowers_its_customers_net_in_its_own_month(told, paper):
    tables = sold(("1", "ana", JAN), ("2", "ana", MAR))
    told(with_refunds(tables, refund("c", FEB, customer="ana", price=4)))
    build_rows(paper[0])
    assert served(paper[0], "SELECT month, net_minor FROM customer_month ORDER BY 1") == [
        (JAN, 1000),
        (FEB, -400),
        (MAR, 1000),
    ]


def test_rolling_years_end_on_the_day_the_data_end(told, paper):
    told(sold(("1", "ana", date(2022, 6, 15)), ("2", "ana", date(2022, 6, 16)), ("3", "ana", date(2023, 6, 15))))
    build_rows(paper[0])
    assert served(paper[0], "SELECT year_back, orders FROM customer_year ORDER BY year_back") == [(0, 2), (1, 1)]
    assert served(paper[0], "SELECT month, orders, upto_minor FROM customer_month ORDER BY month") == [
        (date(2022, 6, 1), 2, 1000), (date(2023, 6, 1), 1, 1000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "status",
    ["Pending payment", "wc-pending", "wc-failed", "auto-draft", "checkout-draft", "WC-Cancelled", "draft", "fraud"],
)
def test_an_order_that_was_never_paid_is_no_purchase_however_its_status_is_written(told, paper, status):
    tables = sold(("1", "ana", JAN), ("2", "bo", JAN))
    change(tables, "1", financial_status=status)
    change(tables, "2", financial_status="pending")  # Shopify's: placed, and paid later
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT counts FROM order_value ORDER BY order_id") == [(False,), (True,)]


def test_an_order_without_lines_and_subtotal_is_worth_its_total_less_tax_shipping_and_tip(told, paper):
    """30.00 − 4.00 − 5.00 − 1.00; the tax inside is not taken off twice."""
    tables = sold(("1", "ana", JAN))
    del tables["order_line"]
    change(
        tables, "1", total_minor=3000, tax_minor=400, shipping_minor=500, tip_minor=100, discount_minor=250,
        taxes_included=True,
    )  # fmt: skip
    told(tables)
    build_rows(paper[0])
    assert served(paper[0], "SELECT placed_minor FROM order_value") == [(2000,)]


def test_lines_that_come_after_their_order_take_the_place_of_its_subtotal(told, paper):
    tables = sold(("1", "ana", JAN), price="20.00")
    lines = {"product": tables["product"], "order_line": tables.pop("order_line")}
    change(tables, "1", subtotal_minor=2000)
    told(tables)
    told(lines, name="lines.csv")
    build_rows(paper[0])
    assert served(paper[0], "SELECT placed_minor FROM order_value") == [(2000,)]


def amount(minor, number=None, day=None, order="1"):
    """A refund that is only an amount; without number and day it is the order's own "refunded" cell."""
    head = {"refund_source": number or f"{order}:refunded", "order_source": order, "currency": "EUR"}
    return head | {"refund_number": number, "amount_minor": minor, "processed_at": day and noon(day)}, None


@pytest.mark.parametrize(
    ("minor", "returned", "void_on"),
    [(1000, 667, None), (1499, 999, None), (1500, 1000, FEB), (1600, 1000, FEB)],
)
def test_an_amount_given_back_voids_an_order_only_when_it_is_all_that_was_paid(told, paper, minor, returned, void_on):
    """10.00 of merchandise in a total of 15.00: of 10.00 given back two thirds are merchandise."""
    tables = sold(("1", "ana", JAN))
    change(tables, "1", total_minor=1500)
    told(with_refunds(tables, amount(minor, "r", FEB)))
    build_rows(paper[0])
    assert served(paper[0], "SELECT returned_minor, void_on FROM order_value") == [(returned, void_on)]


@pytest.mark.parametrize(("minor", "returned"), [(400, 400), (300, 400), (700, 700)])
def test_an_orders_refunded_total_counts_only_for_what_its_refunds_do_not_tell(told, paper, minor, returned):
    tables = sold(("1", "ana", JAN))
    change(tables, "1", total_minor=1000)
    told(with_refunds(tables, refund("r", FEB, order="1", minor=400), amount(minor)))
    build_rows(paper[0])
    assert served(paper[0], "SELECT returned_minor, void_on FROM order_value") == [(returned, None)]


# --- laws -------------------------------------------------------------------------------------------

# Each example builds shops, so a failing one is shown as it was drawn, not made smaller.
AS_DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)

days = st.dates(date(2023, 1, 1), date(2024, 12, 31))
an_order = st.tuples(st.sampled_from(["ana", "bo", "cy", None]), days, st.integers(1, 3))
# (which order, or none; pieces; days later)
a_refund = st.tuples(st.integers(0, 11), st.booleans(), st.integers(1, 3), st.integers(0, 90))


def shop_of(orders):
    tables = named(sold(*((str(n), who, day) for n, (who, day, _) in enumerate(orders))))
    tables["order_line"] = [line(str(n), "mug", pieces, "10.00") for n, (*_, pieces) in enumerate(orders)]
    return tables


def refunds_of(orders, refunds):
    made = []
    for n, (which, linked, pieces, later) in enumerate(refunds):
        who, day, _ = orders[which % len(orders)]
        order = str(which % len(orders)) if linked else None
        made.append(refund(f"c{n}", day + timedelta(days=later), pieces, order=order, customer=who))
    return made


NET = (
    "SELECT c.country, month, sum(net_minor) FROM customer_month LEFT JOIN customer AS c USING (customer_id)"
    " GROUP BY ALL"
)


@given(orders=st.lists(an_order, min_size=1, max_size=8), refunds=st.lists(a_refund, min_size=1, max_size=5))
@drawn(3, 5, phases=AS_DRAWN)
def test_customer_months_add_up_to_orders_and_a_refund_never_raises_net(tmp_path_factory, orders, refunds):
    paper = home, _ = paper_home(tmp_path_factory.mktemp("law"))
    land_rows(*paper, shop_of(orders))
    build_rows(home)
    before = {(who, month): net for who, month, net in served(home, NET)}
    land_rows(*paper, with_refunds({}, *refunds_of(orders, refunds)), name="refunds.csv")
    built = build_rows(home)
    after = {(who, month): net for who, month, net in served(home, NET)}
    assert all(net <= before.get(key, 0) for key, net in after.items())
    assert before.keys() <= after.keys()
    by_order = served(home, "SELECT sum(placed_minor), sum(returned_minor) FROM order_value WHERE counts")[0]
    (loose,) = served(
        home,
        f"SELECT coalesce(sum(merch_minor), 0) FROM refund_value WHERE order_id IS NULL AND refunded_on <= '{built.as_of}'",
    )[0]
    placed, returned, net = money(home)
    assert (placed, returned, net) == (*map(int, by_order), int(by_order[0] - by_order[1] - loose))
    assert placed == sum(pieces * 1000 for *_, pieces in orders)


def what_was_known(connection, purchase, history, month):
    return [
        sorted(connection.execute(f"SELECT {columns} FROM ({rows}) AS t LEFT JOIN customer AS c USING (customer_id)").fetchall(), key=repr)
        for rows, columns in (
            (purchase, "c.country, day, orders, next_on, seq"),
            (history, "c.country, first_on, first_at, second_on, last_on, occasions, t.channel, first_minor, months"),
            (month, "c.country, month, anchor, orders, placed_minor, returned_minor, net_minor, first_minor"),
        )
    ]  # fmt: skip


@given(orders=st.lists(an_order, min_size=2, max_size=10), data=st.data())
@drawn(3, 4, phases=AS_DRAWN)
def test_reading_as_of_an_earlier_day_is_building_from_what_had_happened_by_then(tmp_path_factory, orders, data):
    """For shops without refunds: a refund is taken off its order's day, whenever it comes."""
    day = data.draw(st.sampled_from(sorted({day for _, day, _ in orders})))
    whole, _ = one = paper_home(tmp_path_factory.mktemp("whole"))
    past, _ = two = paper_home(tmp_path_factory.mktemp("past"))
    land_rows(*one, shop_of(orders))
    land_rows(*two, shop_of([order for order in orders if order[1] <= day]))
    marts = Marts(build_rows(whole).as_of)
    read, built = open_snapshot(whole, build_rows(whole)), open_snapshot(past, build_rows(past))
    then = [compiled(mart(day)) for mart in (marts.purchase, marts.history, marts.customer_month)]
    assert what_was_known(read, *then) == what_was_known(built, "FROM purchase", "FROM history", "FROM customer_month")
    read.close()
    built.close()
