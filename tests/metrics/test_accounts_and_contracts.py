"""Accounts and contracts on paper: mergers, early and automatic renewals, and accounts that only order."""

from __future__ import annotations

from datetime import date

import pytest
from paper_marts import marts_of, moment, rows

from holdfast.metrics.measure import headline, months
from holdfast.metrics.registry import METRICS
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Shop

SHOPS = (Shop(1, "shop1", "all", "UTC", "EUR"),)
MARTS = Marts(date(2026, 6, 30))


def counted(metric: str, as_of: str = "2026-06-30", **tables: list[dict[str, object]]) -> tuple[int, float, float, int]:
    """n, counted, out of, still open of a headline; money in minor units."""
    with marts_of(tables) as connection:
        found = headline(connection, METRICS[metric], MARTS, date.fromisoformat(as_of), SHOPS, ())
        n, c, d = (sum(getattr(s.tally, name) for s in found) for name in ("n", "counted", "out_of"))
        return n, c, d, sum(s.still_open for s in found)


def contract(number: int, account: int, starts: str, ends: str, **more: object) -> dict[str, object]:
    days = {"starts_on": date.fromisoformat(starts), "ends_on": date.fromisoformat(ends)}
    told = {"contract_id": number, "account_id": account, "contract_number": f"K{number}", "value_minor": 100_00}
    return told | days | more


def account(number: int, **more: object) -> dict[str, object]:
    return {"account_id": number, "account_number": f"A{number}"} | more


def order(number: int, account: int, on: str, minor: int = 100_00, **more: object) -> dict[str, object]:
    return {
        "order_id": number, "shop_id": 1, "account_id": account, "placed_on": date.fromisoformat(on),
        "placed_at": moment(on), "placed_minor": minor, "returned_minor": 0, "valid": True, "counts": True,
        "shop_money": True,
    } | more  # fmt: skip


def test_an_account_without_contract_is_kept_when_it_orders_within_the_year():
    """1 ordered in both years; 2 only in the first; 3 only in the second, so it is in neither number."""
    orders = [
        order(1, 1, "2025-01-10"), order(2, 1, "2025-07-01"), order(3, 2, "2025-06-30"), order(4, 3, "2026-01-10"),
    ]  # fmt: skip
    assert counted("account_retention", order_value=orders) == (2, 1, 2, 0)


def test_an_order_that_went_back_whole_keeps_nobody():
    orders = [order(1, 1, "2025-01-10"), order(2, 1, "2026-01-10", void_on=date(2026, 1, 20))]
    assert counted("account_retention", order_value=orders) == (1, 0, 1, 0)


def test_an_account_whose_contract_ended_is_lost_though_it_still_orders():
    orders = [order(1, 1, "2026-05-01")]
    book = [contract(1, 1, "2024-07-01", "2025-12-31")]
    assert counted("account_retention", contract=book, order_value=orders) == (1, 0, 1, 0)


def test_a_merged_account_lives_on_in_the_survivor_with_the_earlier_start():
    """3 became part of 2 and 2 of 1. 3 had the contract a year ago, 1 has one now: one account, kept."""
    accounts = [account(1), account(2, merged_into="A1"), account(3, merged_into="A2")]
    book = [contract(1, 3, "2025-01-01", "2025-12-31"), contract(2, 1, "2026-01-01", "2026-12-31")]
    assert counted("account_retention", account=accounts, contract=book) == (1, 1, 1, 0)
    with marts_of({"account": accounts}) as connection:
        assert rows(connection, "SELECT * FROM account_survivor ORDER BY account_id") == [
            {"account_id": 2, "survivor_id": 1}, {"account_id": 3, "survivor_id": 1},
        ]  # fmt: skip


def test_accounts_merged_in_a_circle_do_not_hang_the_build():
    accounts = [account(1, merged_into="A2"), account(2, merged_into="A1")]
    book = [contract(1, 1, "2025-01-01", "2026-12-31"), contract(2, 2, "2025-01-01", "2026-12-31")]
    n, kept, _, _ = counted("account_retention", account=accounts, contract=book)
    assert n == kept >= 1


def test_a_later_day_does_not_change_who_was_there_a_year_ago():
    book = [contract(1, 1, "2024-01-01", "2025-03-31"), contract(2, 2, "2024-01-01", "2026-12-31")]
    with marts_of({"contract": book}) as connection:
        found = months(connection, METRICS["account_retention"], MARTS, date(2026, 6, 30), SHOPS)
    kept = {s.member: (s.tally.counted, s.tally.n) for s in found}
    assert (kept["2025-02-28"], kept["2025-04-30"], kept["2026-06-30"]) == ((2, 2), (1, 2), (1, 1))


# due on 1 January 2026 unless said otherwise
YEAR_2025 = ("2025-01-01", "2025-12-31")


@pytest.mark.parametrize(
    ("follows", "renewed"),
    [
        (contract(2, 1, "2026-01-01", "2026-12-31"), 1),
        (contract(2, 1, "2026-01-31", "2026-12-31"), 1),  # 30 days late
        (contract(2, 1, "2026-02-01", "2026-12-31"), 0),  # 31
        (contract(2, 1, "2025-12-02", "2026-12-31"), 1),  # 30 days early, unnamed
        (contract(2, 1, "2025-10-01", "2026-12-31"), 0),  # a second contract, for all we know
        (contract(2, 1, "2025-10-01", "2026-12-31", renews_contract_number="K1"), 1),  # renewed early, by name
        (contract(2, 2, "2026-01-01", "2026-12-31"), 0),  # somebody else's
    ],
)
def test_a_contract_is_renewed_when_a_term_follows_in_time(follows, renewed):
    n, found, out_of, _ = counted("renewal_rate", contract=[contract(1, 1, *YEAR_2025), follows], as_of="2026-06-30")
    assert (n, found, out_of) == (1, renewed, 1)


def test_an_early_renewal_counts_in_the_period_in_which_it_was_due():
    """Renewed in October for a term that was due in January: the renewal is January's."""
    early = contract(2, 1, "2025-10-01", "2026-09-30", renews_contract_number="K1")
    book = [contract(1, 1, *YEAR_2025, ended_on=date(2025, 10, 1)), early]
    with marts_of({"contract": book}) as connection:
        found = months(connection, METRICS["renewal_rate"], MARTS, date(2026, 6, 30), SHOPS)
    assert [(s.member, s.tally.counted, s.tally.n) for s in found] == [("2026-01-01", 1, 1)]


def test_what_is_not_due_is_in_neither_number_and_what_was_just_due_is_open():
    book = [contract(1, 1, "2024-01-01", "2027-12-31"), contract(2, 2, "2025-06-15", "2026-06-14")]
    assert counted("renewal_rate", contract=book) == (0, 0, 0, 1)


def test_a_contract_that_renews_itself_counts_unless_it_was_ended():
    book = [
        contract(1, 1, *YEAR_2025, auto_renew=True),
        contract(2, 2, *YEAR_2025, auto_renew=True, ended_on=date(2025, 12, 31)),
    ]
    assert counted("renewal_rate", contract=book) == (2, 1, 2, 0)
    assert counted("contract_arr", contract=book) == (1, 100_00, 1, 0)


def test_by_value_a_larger_term_renews_no_more_than_was_due_and_a_smaller_one_less():
    book = [
        contract(1, 1, *YEAR_2025, value_minor=1000_00), contract(2, 1, "2026-01-01", "2026-12-31", value_minor=3000_00),
        contract(3, 2, *YEAR_2025, value_minor=1000_00), contract(4, 2, "2026-01-01", "2026-12-31", value_minor=400_00),
        contract(5, 3, *YEAR_2025, value_minor=600_00),
    ]  # fmt: skip
    assert counted("renewal_rate_by_value", contract=book) == (3, 1400_00, 2600_00, 0)


def test_a_contract_in_another_currency_is_not_added():
    book = [contract(1, 1, "2026-01-01", "2026-12-31"), contract(2, 2, "2026-01-01", "2026-12-31", currency="USD")]
    assert counted("contract_arr", contract=book) == (1, 100_00, 1, 0)


def test_an_account_that_bought_less_takes_nothing_off_expansion():
    """1 went from 100.00 to 150.00, 2 from 100.00 to 20.00, 3 is new: 50.00 of 200.00."""
    orders = [
        order(1, 1, "2025-01-10"), order(2, 1, "2026-01-10", 150_00), order(3, 2, "2025-01-10"),
        order(4, 2, "2026-01-10", 20_00), order(5, 3, "2026-01-10", 500_00),
    ]  # fmt: skip
    assert counted("account_expansion", order_value=orders) == (2, 50_00, 200_00, 0)
