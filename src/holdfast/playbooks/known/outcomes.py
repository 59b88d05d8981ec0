"""What accounts did after the day on which each was assigned: orders from the snapshot, contracts from the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Q

from holdfast.accounts.models import COMPANY, SHOPS, Account, Contract
from holdfast.playbooks.outcomes import BEFORE_DAYS, GRACE, OUTCOMES, Ask, Assigned, Outcomes, Unit
from holdfast.playbooks.reading import Assignment
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, current_snapshot, open_snapshot

COUNTED = 0  # order_value.sort of what is a purchase
OF_ORDERS = {"account_orders": 0, "account_net_revenue": 1}  # by outcome, which number of a day
Days = Mapping[int, Mapping[int, tuple[float, float]]]  # account → days since assignment → orders, net revenue in minor


def asking(home: Home, assignments: Sequence[Assignment], currency: str, today: date) -> Ask:
    """Outcomes of those whom a lot assigned, read of the book and the snapshot as they are now; the same answer is
    worked out once. currency: of money; what is in another is not counted. The function raises KeyError for an outcome
    there is none of."""
    known = _Known(home, assignments, currency, today)
    return known.outcomes


class _Known:
    """What is known of the accounts of a lot, each fact asked for once."""

    def __init__(self, home: Home, assignments: Sequence[Assignment], currency: str, today: date) -> None:
        self._home, self._currency, self._today = home, currency, today
        self._snapshot = current_snapshot(home)
        self._told = _one_by_one(assignments)

    def outcomes(self, id: str, days: int) -> Outcomes:
        outcome, told = OUTCOMES[id], self._told
        until = self._facts_until if id in OF_ORDERS else self._today
        over = [a for a in told.assigned if a.on + timedelta(days=days + outcome.ends_late) <= until]
        units = [Unit(a.account, a.arm, a.on, *self._counted(id, a, days)) for a in over]
        return Outcomes(told.assigned, tuple(units), until, told.conflicts, told.gone)

    @property
    def _facts_until(self) -> date:
        return self._snapshot.as_of if self._snapshot else date.min

    def _counted(self, id: str, a: Assigned, days: int) -> tuple[float, float, float]:
        if id in OF_ORDERS:
            told, which = self._days.get(a.account, {}), OF_ORDERS[id]
            return _summed(told, which, 1, days), 1.0, _summed(told, which, 1 - BEFORE_DAYS, 0)
        return CONTRACTS[id](self._terms[a.account], a.on, a.on + timedelta(days=days), self._currency)

    @cached_property
    def _days(self) -> Days:
        return {} if self._snapshot is None else _days(self._home, self._snapshot, self._told.assigned, self._currency)

    @cached_property
    def _terms(self) -> Mapping[int, list[Contract]]:
        terms: defaultdict[int, list[Contract]] = defaultdict(list)
        for one in Contract.objects.filter(account__in=[a.account for a in self._told.assigned]):
            terms[one.account_id].append(one)
        return terms


def _summed(of: Mapping[int, tuple[float, float]], which: int, first: int, last: int) -> float:
    return sum(told[which] for since, told in of.items() if first <= since <= last)


@dataclass(frozen=True, slots=True)
class _Everybody:
    assigned: tuple[Assigned, ...]
    conflicts: int
    gone: frozenset[int]


def _one_by_one(assignments: Sequence[Assignment]) -> _Everybody:
    """What was merged away counts once, in the arm of the earlier assignment."""
    here = dict(Account.objects.values_list("pk", "merged_into"))
    found: dict[int, Assigned] = {}
    both: set[int] = set()
    for one in sorted(assignments, key=lambda one: (one.day, one.subject)):
        key = one.subject
        while (into := here.get(key)) is not None:
            key = into
        first = found.setdefault(key, Assigned(key, one.arm, one.day))
        if first.arm != one.arm:
            both.add(key)
    return _Everybody(tuple(found.values()), len(both), frozenset(found.keys() - here.keys()))


def _days(home: Home, snapshot: Snapshot, assigned: Sequence[Assigned], currency: str) -> Days:
    """Orders that count and what they are worth net of what went back, by account and days since its assignment; of
    whole shops also refunds that fit no order. Money in another currency is left out."""
    keys = _keys(snapshot, assigned)
    paid = [str(shop.shop_id) for shop in snapshot.shops if shop.currency == currency]
    ours = f"IN ({', '.join(paid) or 'NULL'})"
    parts = [
        f"SELECT a.pk, o.placed_on - a.day AS since, o.sort = {COUNTED} AS counted, CASE WHEN o.counts AND o.shop_money"
        f" AND o.shop_id {ours} THEN o.placed_minor - o.returned_minor ELSE 0 END AS minor"
        f" FROM (VALUES {', '.join(rows)}) AS a(pk, key, day) JOIN order_value AS o ON o.{column} = a.key"
        for column, rows in keys.items()
        if rows
    ]
    if keys["shop_id"]:
        parts.append(
            f"SELECT a.pk, r.refunded_on - a.day, false, -r.merch_minor FROM (VALUES {', '.join(keys['shop_id'])})"
            " AS a(pk, key, day) JOIN refund_value AS r ON r.shop_id = a.key"
            f" WHERE r.order_id IS NULL AND r.shop_money AND a.key {ours}"
        )
    found: defaultdict[int, dict[int, tuple[float, float]]] = defaultdict(dict)
    if parts:
        query = (
            f"SELECT pk, since, count(*) FILTER (counted), sum(minor)::DOUBLE FROM ({' UNION ALL '.join(parts)})"
            f" WHERE since > -{BEFORE_DAYS} GROUP BY pk, since"
        )
        with closing(open_snapshot(home, snapshot, "order_value refund_value")) as connection:
            for pk, since, orders, minor in connection.execute(query).fetchall():
                found[pk][since] = (float(orders), minor)
    return found


def _keys(snapshot: Snapshot, assigned: Sequence[Assigned]) -> Mapping[str, list[str]]:
    """By column of an order, the accounts with their key there and the day of assignment, as rows of SQL; also under
    what was merged into them."""
    on = {a.account: a.on for a in assigned}
    of_account: defaultdict[str, list[int]] = defaultdict(list)
    for shop in snapshot.shops:
        of_account[shop.account].append(shop.shop_id)
    rows: dict[str, list[str]] = {"shop_id": [], "account_id": []}
    known = Account.objects.filter(Q(pk__in=on) | Q(merged_into__in=on)).values_list("pk", "merged_into", "source")
    for pk, into, source in known:
        key = pk if into is None else into
        if source.startswith(COMPANY):
            rows["account_id"].append(f"({key}, {int(source.removeprefix(COMPANY))}, DATE '{on[key]}')")
        elif source.startswith(SHOPS):
            shops = of_account[source.removeprefix(SHOPS)]
            rows["shop_id"] += [f"({key}, {shop}, DATE '{on[key]}')" for shop in shops]
    return rows


def _renewed(terms: Sequence[Contract], on: date, until: date, _: str) -> tuple[float, float, float]:
    """Of those in force on the day that ended until then, whether the last one was followed by another."""
    ended = [one.ends for one in terms if one.starts <= on <= one.ends <= until]
    if not ended:
        return 0.0, 0.0, 0.0
    end = max(ended)
    followed = any(one.ends > end and one.starts <= end + timedelta(days=GRACE) for one in terms)
    return float(followed), 1.0, 0.0


def _value_kept(terms: Sequence[Contract], on: date, until: date, _: str) -> tuple[float, float, float]:
    """In the currency in which most is in force on the day; in minor units, since both sides are of it."""
    before, after = _in_force(terms, on), _in_force(terms, until)
    if not before:
        return 0.0, 0.0, 0.0
    currency = max(before, key=lambda one: (before[one], one))
    return float(after.get(currency, 0)), float(before[currency]), 0.0


def _contract_value(terms: Sequence[Contract], on: date, until: date, currency: str) -> tuple[float, float, float]:
    before, after = _in_force(terms, on), _in_force(terms, until)
    return float(after.get(currency, 0)), 1.0, float(before.get(currency, 0))


def _in_force(terms: Sequence[Contract], day: date) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in terms:
        if one.value_minor and one.starts <= day <= one.ends:
            found[one.currency] = found.get(one.currency, 0) + one.value_minor
    return found


# Of an account's contracts from its assignment until a day, with the currency of money: counted, out of, before.
CONTRACTS: Mapping[str, Callable[[Sequence[Contract], date, date, str], tuple[float, float, float]]] = {
    "account_renewed": _renewed,
    "account_value_kept": _value_kept,
    "account_contract_value": _contract_value,
}
