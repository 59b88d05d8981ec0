"""What accounts did after the day on which each was assigned: orders from the snapshot, contracts from the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from holdfast.accounts.models import COMPANY, SHOPS, Account, Contract
from holdfast.playbooks.live import Live
from holdfast.playbooks.outcomes import GRACE, OUTCOMES, Outcomes, Unit
from holdfast.playbooks.state import ADDED, added, rows_of
from holdfast.warehouse.engine import text
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, current_snapshot, open_snapshot

BEFORE_DAYS = 180
COUNTED = 0  # order_value.sort of what is a purchase


@dataclass(frozen=True, slots=True)
class Assigned:
    account: int
    arm: str
    on: date


def outcomes_of(home: Home, one: Live, today: date) -> Outcomes:
    """Of everybody whom its lot assigned, in the arm of the first assignment. Raises KeyError for an outcome there is
    none of."""
    it = one.playbook
    assert it.measured is not None  # noqa: S101 (a lot of accounts has one: declare.py)
    outcome, days = OUTCOMES[it.measured.metric], it.measured.days
    everybody = _assigned(home, one)
    snapshot = current_snapshot(home)
    by_orders = outcome.id == "account_orders"
    until = (snapshot.as_of if snapshot else date.min) if by_orders else today
    over = [a for a in everybody if a.on + timedelta(days=days + outcome.ends_late) <= until]
    units = _orders(home, snapshot, over, days) if by_orders and snapshot else _of_contracts(outcome.id, over, days)
    return Outcomes(tuple(units), len(everybody) - len(over), max((a.on for a in everybody), default=None))


def _assigned(home: Home, one: Live) -> list[Assigned]:
    rows = rows_of(added(home, "ledger", "accounts"), ADDED["ledger"])
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        told = connection.execute(
            f"SELECT subject, arg_min(arm, moment), min(day) FROM ({rows}) WHERE what = 'assigned'"
            f" AND slot = {one.slot} AND step = {text(one.playbook.lot)} GROUP BY subject ORDER BY subject"
        ).fetchall()
    here = dict(Account.objects.values_list("pk", "merged_into"))
    found: dict[int, Assigned] = {}
    for subject, arm, on in told:  # what was merged away counts once, in the arm of the earlier assignment
        key = here.get(subject) or subject
        if key not in found or on < found[key].on:
            found[key] = Assigned(key, arm, on)
    return list(found.values())


def _orders(home: Home, snapshot: Snapshot, over: Sequence[Assigned], days: int) -> list[Unit]:
    sources = dict(Account.objects.filter(pk__in=[a.account for a in over]).values_list("pk", "source"))
    of_account: defaultdict[str, list[int]] = defaultdict(list)
    for shop in snapshot.shops:
        of_account[shop.account].append(shop.shop_id)
    rows = {"shop_id": list[str](), "account_id": list[str]()}
    for a in over:
        source = sources.get(a.account, "")
        if source.startswith(COMPANY):
            rows["account_id"].append(f"({a.account}, {int(source.removeprefix(COMPANY))}, DATE '{a.on}')")
        elif source.startswith(SHOPS):
            rows["shop_id"] += [
                f"({a.account}, {shop}, DATE '{a.on}')" for shop in of_account[source.removeprefix(SHOPS)]
            ]
    parts = [
        f"SELECT a.pk, o.placed_on - a.day AS since FROM (VALUES {', '.join(told)}) AS a(pk, key, day)"
        f" JOIN order_value AS o ON o.{column} = a.key AND o.sort = {COUNTED}"
        for column, told in rows.items()
        if told
    ]
    counts: dict[int, tuple[int, int]] = {}
    if parts:
        query = (
            f"SELECT pk, count(*) FILTER (since BETWEEN 1 AND {days}), count(*) FILTER (since BETWEEN"
            f" {1 - BEFORE_DAYS} AND 0) FROM ({' UNION ALL '.join(parts)}) GROUP BY pk"
        )
        with closing(open_snapshot(home, snapshot, "order_value")) as connection:
            counts = {pk: (after, before) for pk, after, before in connection.execute(query).fetchall()}
    none = (0, 0)
    return [
        Unit(a.account, a.arm, float(counts.get(a.account, none)[0]), 1.0, float(counts.get(a.account, none)[1]))
        for a in over
    ]


def _of_contracts(outcome: str, over: Sequence[Assigned], days: int) -> list[Unit]:
    terms: defaultdict[int, list[Contract]] = defaultdict(list)
    for one in Contract.objects.filter(account__in=[a.account for a in over]):
        terms[one.account_id].append(one)
    found = []
    for a in over:
        counted, out_of = CONTRACTS[outcome](terms[a.account], a.on, a.on + timedelta(days=days))
        found.append(Unit(a.account, a.arm, counted, out_of))
    return found


def _renewed(terms: Sequence[Contract], on: date, until: date) -> tuple[float, float]:
    """Of those in force on the day that ended until then, whether the last one was followed by another."""
    ended = [one.ends for one in terms if one.starts <= on <= one.ends <= until]
    if not ended:
        return 0.0, 0.0
    end = max(ended)
    followed = any(one.ends > end and one.starts <= end + timedelta(days=GRACE) for one in terms)
    return float(followed), 1.0


def _value_kept(terms: Sequence[Contract], on: date, until: date) -> tuple[float, float]:
    """In the currency in which most is in force on the day; in minor units, since both sides are of it."""
    before, after = _in_force(terms, on), _in_force(terms, until)
    if not before:
        return 0.0, 0.0
    currency = max(before, key=lambda one: (before[one], one))
    return float(after.get(currency, 0)), float(before[currency])


def _in_force(terms: Sequence[Contract], day: date) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in terms:
        if one.value_minor and one.starts <= day <= one.ends:
            found[one.currency] = found.get(one.currency, 0) + one.value_minor
    return found


CONTRACTS: Mapping[str, Callable[[Sequence[Contract], date, date], tuple[float, float]]] = {
    "account_renewed": _renewed,
    "account_value_kept": _value_kept,
}
