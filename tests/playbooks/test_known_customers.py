"""What a tick knows of customers, each fact worked out on paper."""

from contextlib import closing
from datetime import date, datetime, timedelta

import duckdb
import pytest
from paper_shop import book, build_rows, land_rows, order, paper_home

from holdfast.playbooks.conditions import conditions
from holdfast.playbooks.declare import Audience, Holdout, Playbook, PlaybookProblem, Step, Trigger
from holdfast.playbooks.facts import FACTS
from holdfast.playbooks.known.customers import customers_of, known_customers
from holdfast.playbooks.live import Live
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

DAY = date(2026, 3, 10)


def moment(days_ago, hour=12):
    day = DAY - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Ann bought every ten days and has everything; Bo opened an account and said no; Cy bought once, today."""
    home, it = paper_home(tmp_path_factory.mktemp("known"))
    people = {"customer": [
        {"customer_source": "ann", "customer_number": "ann"},
        {"customer_source": "bo", "customer_number": "bo", "account_created_at": moment(4), "email_consent": "no"},
        {"customer_source": "cy", "customer_number": "cy"},
    ]}  # fmt: skip
    told = {
        "subscription": [{"subscription_source": "s", "customer_source": "ann", "started_at": moment(90),
                          "status": "active", "currency": "EUR", "cancel_at_period_end": True,
                          "current_period_end_at": moment(-12)}],
        "invoice": [{"invoice_source": n, "subscription_source": "s", "customer_source": "ann", "status": status,
                     "issued_at": moment(ago), "due_at": moment(ago), "total_minor": 900, "currency": "EUR"}
                    for n, status, ago in (("i1", "open", 6), ("i2", "open", 2), ("i3", "paid", 30))],
        "fulfillment": [{"fulfillment_source": "f", "order_source": "a2", "delivered_at": moment(3)}],
        "dispute": [{"dispute_source": n, "customer_source": "ann", "opened_at": moment(ago), "status": status,
                     "currency": "EUR", "amount_minor": 900} for n, status, ago in (("d1", "open", 5), ("d2", "won", 1))],
        "loyalty_event": [{"loyalty_event_source": "l", "customer_source": "ann", "type": "redeem",
                           "happened_at": moment(20)}],
        "event": [{"event_source": f"e{n}", "event": name, "customer_source": "ann", "happened_at": moment(ago)}
                  for n, (name, ago) in enumerate((("checkout_started", 2), ("checkout_started", 9), ("viewed", 1)))],
    }  # fmt: skip
    sold = book(*(order(f"a{n}", "ann", DAY - timedelta(days=21 - 10 * n)) for n in range(3)),
                order("c", "cy", DAY), people)  # fmt: skip
    land_rows(home, it, sold | told)
    build_rows(home)
    return home


def asking(*said, **more):
    it = Playbook(
        "asks", "Asks", "customers", "To be tested.", "Ada", Audience(conditions("customers", *said), **more),
        Trigger(), (Step("s", "webhook", {"name": "a"}),), holdout=Holdout(none_because="None."),
    )  # fmt: skip
    return [Live(0, 1, it, {})]


def known(home, live, as_of=None):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        at = customers_of(home, as_of)(connection, live)
        found = connection.execute("SELECT * FROM fact ORDER BY subject")
        names = [column[0] for column in found.description]
        rows = {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
    snapshot = current_snapshot(home)
    with closing(open_snapshot(home, snapshot, "customer")) as reader:
        numbers = dict(reader.execute("SELECT customer_id, customer_number FROM customer").fetchall())
    return at.as_of, {numbers[subject]: row for subject, row in rows.items()}


def test_each_fact_of_our_own_is_what_it_is_on_paper(home):
    own = ["next_purchase_on", "account_opened_on", "loyalty_member", "cancel_on", "payment_failed_on", "delivered_on",
           "dispute_on", "event:checkout_started"]  # fmt: skip
    day, people = known(home, asking(*(f"known {id}" for id in own)))
    ann, bo, cy = (people[name] for name in ("ann", "bo", "cy"))
    assert day == DAY
    assert {id: ann[id] for id in own} == {
        "next_purchase_on": date(2026, 3, 19), "account_opened_on": None, "loyalty_member": True,
        "cancel_on": date(2026, 3, 22), "payment_failed_on": date(2026, 3, 4), "delivered_on": date(2026, 3, 7),
        "dispute_on": date(2026, 3, 5), "event:checkout_started": date(2026, 3, 8),
    }  # fmt: skip
    assert (bo["account_opened_on"], bo["refused_email"], bo["orders"]) == (date(2026, 3, 6), True, None)
    assert bo["event:checkout_started"] is None
    assert (cy["refused_email"], cy["orders"], cy["in_peak"]) == (False, 1.0, False)


def test_on_an_earlier_day_only_what_had_happened_is_known(home):
    day, rows = known(home, asking("known delivered_on", "known event:checkout_started"), DAY - timedelta(days=5))
    assert day == date(2026, 3, 5)
    ann = rows["ann"]
    assert "bo" not in rows, "who opened an account later is not known yet"
    assert (ann["delivered_on"], ann["event:checkout_started"], ann["orders"]) == (None, date(2026, 3, 1), 2.0)


def test_every_fact_that_can_be_asked_of_customers_is_answered(home):
    """A column each, whatever the shop knows."""
    ids = [id for id in FACTS["customers"] if id not in ("in_peak", "refused_email")]
    _, rows = known(home, asking(*(f"known {id}" for id in ids)))
    assert set(ids) <= rows["ann"].keys()


def test_membership_of_a_segment_is_asked_in_the_same_pass(home):
    _, rows = known(home, asking(segment="slipping"))
    assert {row["segment:slipping"] for row in rows.values()} == {False}


def test_a_segment_that_does_not_exist_is_named(home):
    from holdfast.segments.store import NoSuchSegment

    with (
        pytest.raises(NoSuchSegment, match="no segment is called 'nobody'"),
        known_customers(home, asking(segment="nobody")),
    ):
        pass
    with pytest.raises(PlaybookProblem, match="audience"):
        asking()
