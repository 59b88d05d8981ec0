from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.commerce.currency import ACTIVE, WITHDRAWN
from holdfast.commerce.money import MixedCurrencies, Money, UnknownCurrency, minor_digits

currencies = st.sampled_from(sorted(ACTIVE | WITHDRAWN))
pence = st.integers(-(10**18), 10**18).map(lambda minor: Money(minor, "GBP"))


@given(pence, pence, pence)
def test_it_does_not_matter_in_which_order_a_till_is_counted(a, b, c):
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a - b == a + -b


@given(pence, st.integers(0, 50))
def test_n_times_an_amount_is_the_amount_added_n_times(a, n):
    assert a * n == n * a == Money.sum([a] * n, "GBP")


@given(st.integers(-(10**40), 10**40), currencies)
def test_an_amount_written_down_and_read_again_is_the_same_amount(minor, currency):
    amount = Money(minor, currency)
    assert Money.from_decimal(amount.to_decimal(), currency) == amount
    assert Money.from_decimal(str(amount).split()[1], currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "GBP", 1234),
        ("12.345", "GBP", 1235),
        ("-12.345", "GBP", -1235),
        ("12.3449999", "GBP", 1234),
        ("0.005", "EUR", 1),
        ("1500", "JPY", 1500),
        ("1500.5", "JPY", 1501),
        ("1.2345", "KWD", 1235),
        ("1.2345", "CLF", 12345),
        (" +7. ", "USD", 700),
        ("0.49" + "9" * 100, "JPY", 0),
    ],
)
def test_amounts_are_rounded_half_away_from_zero_to_the_currencys_own_digits(amount, currency, minor):
    assert Money.from_decimal(amount, currency) == Money(minor, currency)


def test_a_price_that_no_float_can_hold_is_kept():
    assert Money.from_decimal(Decimal("0.1") + Decimal("0.2"), "USD") == Money(30, "USD")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(1234, "GBP"), "GBP 12.34"),
        (Money(-5, "GBP"), "GBP -0.05"),
        (Money(0, "EUR"), "EUR 0.00"),
        (Money(1500, "JPY"), "JPY 1500"),
        (Money(1, "KWD"), "KWD 0.001"),
    ],
)
def test_money_is_shown_with_its_currency_and_all_its_digits(amount, shown):
    assert str(amount) == shown


@pytest.mark.parametrize("amount", [12.34, 12, True, None])
def test_a_float_is_not_an_amount(amount):
    with pytest.raises(TypeError, match="a Decimal or a text"):
        Money.from_decimal(amount, "GBP")


@pytest.mark.parametrize("minor", [12.0, "12", True, Decimal(12)])
def test_minor_units_are_whole(minor):
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "GBP")


@pytest.mark.parametrize("times", [1.5, True, Decimal(2)])
def test_money_is_multiplied_by_whole_numbers_only(times):
    with pytest.raises(TypeError, match="whole numbers"):
        Money(100, "GBP") * times


@pytest.mark.parametrize("amount", ["", "1,234.50", "1_000", "£5", "NaN", "1e3", "--1"])
def test_a_text_that_is_not_a_plain_number_is_refused(amount):
    with pytest.raises(ValueError, match="not a plain number"):
        Money.from_decimal(amount, "GBP")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+999999"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match="no amount of money"):
        Money.from_decimal(Decimal(amount), "GBP")


def test_two_currencies_do_not_add_and_the_refusal_says_what_to_do():
    with pytest.raises(MixedCurrencies, match="convert both to one currency at a stated rate first"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(MixedCurrencies):
        Money.sum([Money(1, "USD")], "EUR")


def test_a_bare_number_does_not_add_to_money():
    with pytest.raises(TypeError, match="give the amount a currency"):
        Money(1, "USD") + 1


def test_an_empty_till_holds_zero_of_its_currency():
    assert Money.sum([], "CHF") == Money(0, "CHF")


@pytest.mark.parametrize(
    ("code", "digits"),
    [("GBP", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("ISK", 0), ("HUF", 2), ("XOF", 0), ("TND", 3)],
)
def test_each_currency_has_its_own_digits(code, digits):
    """ISO 4217, list one."""
    assert minor_digits(code) == digits


def test_the_table_is_the_whole_of_list_one():
    """ISO 4217 list one as published 2026-01-01: 17, 139, 7 and 2 codes with 0, 2, 3 and 4 digits."""
    digits = list(ACTIVE.values())
    assert {n: digits.count(n) for n in set(digits)} == {0: 17, 2: 139, 3: 7, 4: 2}
    assert not ACTIVE.keys() & WITHDRAWN.keys()


def test_an_order_from_before_the_euro_keeps_its_currency():
    assert str(Money.from_decimal("100", "HRK")) == "HRK 100.00"


@pytest.mark.parametrize(
    ("code", "hint"),
    [("gbp", "write GBP"), (" EUR", "write EUR"), *((code, "such as EUR") for code in ("£", "ABC", "", None))],
)
def test_an_unknown_currency_is_refused_with_a_hint(code, hint):
    with pytest.raises(UnknownCurrency, match=hint):
        Money(1, code)
