"""Contracts of the facts, taken in; lists of contracts, prices and expansions, each for who may see them."""

from datetime import date
from decimal import Decimal

import pytest
from acting import SCHEDULE, by

from holdfast.accounts.act import act
from holdfast.accounts.actions import accounts, commercial, renewals, timeline
from holdfast.accounts.models.account import source_of
from holdfast.accounts.reading import contracts as read
from holdfast.accounts.reading.bridge import beside_the_ledger
from holdfast.commerce.money import Money
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.published import need_published
from holdfast.metrics.recurringmonths import bridges
from holdfast.metrics.values import Scope
from holdfast.warehouse.home import Home

pytestmark = pytest.mark.django_db


def test_the_newest_terms_of_companies_come_in_from_the_facts(cast, built_saltmarsh):
    """K1 was followed by K2 and does not come; what stands differently later is told, not copied."""
    home = Home(built_saltmarsh())
    found = read.contracts_in_facts(home, date(2025, 1, 1))
    by_number = {one.number: one for one in found}
    assert "K1" not in by_number
    k2, k3 = by_number["K2"], by_number["K3"]
    assert (k2.currency, k2.starts, k2.ends, k2.value_minor, k2.auto_renew) == (
        "EUR",
        date(2025, 7, 1),
        date(2026, 6, 30),
        1_000_00,
        False,
    )
    assert k3.auto_renew and k3.account != k2.account
    told = [accounts.Found(k2.account, "Anemone"), accounts.Found(k3.account, "Barnacle")]
    accounts.take_in(told, by=by(cast.mia), book_id=cast.north.pk)
    taken = renewals.take_in_contracts(found, by=by(cast.cas))
    assert {c.source for c in taken.made} >= {"K2", "K3"} and {c.account.name for c in taken.made} == {
        "Anemone",
        "Barnacle",
    }
    assert renewals.take_in_contracts(found, by=by(cast.cas)) == renewals.Taken((), ())
    assert renewals.take_in_contracts(found, by=by(cast.dot)).made == ()


def test_the_ledgers_year_stands_beside_the_contracts_of_the_same_months(cast, built_saltmarsh):
    renewals.add_contract(
        cast.kelp.pk,
        by=by(cast.cas),
        name="Plan A",
        currency="EUR",
        starts=date(2025, 1, 1),
        ends=date(2025, 12, 31),
        value_minor=100_00,
    )
    source = need_published(Home(built_saltmarsh()))
    with act("know its shop", by=SCHEDULE) as doing:
        doing.change(cast.kelp, source=source_of(source.shops[0].account))
    found = beside_the_ledger(cast.ada, source, Scope("shop", "Saltmarsh"), date(2026, 7, 1))
    ledger = bridges(source, Scope("shop", "Saltmarsh"))[-1]
    assert found.bridge == ledger and found.until.replace(day=1) == ledger.month
    assert (found.until.month, found.since.replace(year=found.since.year + 1)) == (ledger.month.month, found.until)
    assert found.ended[0].due_minor == 100_00 and found.ended[0].open == 1
    assert beside_the_ledger(cast.cas, source, Scope("shop", "Saltmarsh"), date(2026, 7, 1)) == found
    others = beside_the_ledger(cast.dot, source, Scope("shop", "Saltmarsh"), date(2026, 7, 1))
    assert isinstance(others.bridge, Unknown) and others.ended == ()


def test_without_a_build_there_are_none(tmp_path):
    Home(tmp_path).create()
    assert read.contracts_in_facts(Home(tmp_path), date(2025, 1, 1)) == ()


def test_each_list_is_of_the_accounts_one_sees(cast, django_assert_num_queries):
    contract = renewals.add_contract(
        cast.kelp.pk,
        by=by(cast.cas),
        name="Plan A",
        currency="EUR",
        starts=date(2025, 7, 1),
        ends=date(2026, 6, 30),
        value_minor=100_00,
    )
    buyer = timeline.add_contact(cast.kelp.pk, by=by(cast.cas), name="Ann")
    commercial.ask_approval(
        contract.pk, percent=Decimal(-10), reason="Three years.", today=date(2026, 3, 2), by=by(cast.cas)
    )
    commercial.open_expansion(
        cast.kelp.pk, "Second warehouse", objective="Ship faster", accepted_by_id=buyer.pk, accepted_on=date(2026, 3, 1), currency="EUR",
        today=date(2026, 3, 2), by=by(cast.cas), value_minor=50_00,
    )  # fmt: skip
    with django_assert_num_queries(2):  # one for each list
        (row,), (price,) = read.contracts(cast.cas), read.approvals(cast.cas)
    (growth,) = read.expansions(cast.exe)
    assert (row.account, row.value, row.renewal_id) == ("Kelp", Money(100_00, "EUR"), contract.renewal.pk)
    assert (price.percent, price.amount, price.asked_by, price.state) == (Decimal("-10.00"), None, "cas", "asked")
    assert (growth.accepted_by, growth.value, growth.state) == ("Ann", Money(50_00, "EUR"), "open")
    for reading in (read.contracts, read.approvals, read.expansions):
        assert reading(cast.dot) == reading(cast.eve) == () and len(reading(cast.mia)) == 1
