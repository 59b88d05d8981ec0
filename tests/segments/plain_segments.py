"""A small shop asked of segments, and the same told by plain Python: a second road to every number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import duckdb

from holdfast.segments.asking import Asking
from holdfast.segments.condition import Condition
from holdfast.segments.facts.predicted import beside
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import membership
from holdfast.segments.segment import segment
from holdfast.warehouse import marts
from holdfast.warehouse.engine import compiled, quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.home import Home, Shop


def jan(day: int) -> date:
    """Day 1 is 1 January 2026; days after the month run on."""
    return date(2025, 12, 31) + timedelta(days=day)


class Asked:
    """Marts written by hand."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shops: Sequence[Shop]) -> None:
        self.connection, self.shops, self.beside = connection, tuple(shops), beside(Home(None), (), ())  # type: ignore

    def rows(self, **tables: list[dict[str, object]]) -> None:
        for name, rows in tables.items():
            for row in rows:
                given = {"shop_id": 1} | row
                columns, marks = ", ".join(quoted(c) for c in given), ", ".join("?" * len(given))
                self.connection.execute(
                    f"INSERT INTO {quoted(name)} ({columns}) VALUES ({marks})", list(given.values())
                )

    def sold(self, orders: Sequence[tuple[int, date, int]], shop_id: int = 1) -> None:
        """(customer, day, euros in cents); the marts of purchases follow from all that was sold."""
        ((first,),) = self.connection.execute("SELECT coalesce(max(order_id), 0) + 1 FROM order_value").fetchall()
        self.rows(
            order_value=[
                {"shop_id": shop_id, "order_id": first + n, "customer_id": who, "placed_on": day, "counts": True,
                 "valid": True, "shop_money": True, "placed_minor": cents, "returned_minor": 0}
                for n, (who, day, cents) in enumerate(orders)
            ]
        )  # fmt: skip
        self.follow()

    def follow(self) -> None:
        """The marts of purchases, of what was sold."""
        for name, told in (
            ("purchase", marts.purchase(unbound("order_value"), date(2099, 1, 1))),
            ("history", marts.history(unbound("order_value"), unbound("purchase"), date(2099, 1, 1))),
        ):
            columns = ", ".join(quoted(c) for c in unbound(name).columns)
            self.connection.execute(f"DELETE FROM {name}")
            self.connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM ({compiled(told)})")

    def values(self, fact_ids: Sequence[str], *days: date, everybody: bool = False) -> dict[tuple[date, int], tuple]:
        """(day, customer) → what is known of each fact."""
        asking = Asking(self.shops, days, self.beside, everybody_too=everybody)
        told = [FACTS[id] for id in fact_ids]
        columns = {"as_of": "u.as_of", "customer_id": "u.customer_id"} | {f.id: asking.value(f) for f in told}
        rows = self.connection.execute(asking.rows(told, columns), asking.given).fetchall()
        return {(day, who): tuple(rest) for day, who, *rest in rows}

    def members(self, when: Condition, day: date, universe: str = "buyers") -> set[int]:
        return self.at_once({"asked": when}, day, universe)["asked"]

    def at_once(self, whens: Mapping[str, Condition], day: date, universe: str = "buyers") -> dict[str, set[int]]:
        segments = [segment(id, id, "", universe, when) for id, when in whens.items()]  # type: ignore[arg-type]
        query, given = membership(
            Asking(self.shops, (day,), self.beside, everybody_too=universe == "everybody"), segments
        )
        rows = self.connection.execute(query, given).fetchall()
        return {id: {who for _, who, *told in rows if told[place]} for place, id in enumerate(whens)}


@dataclass
class Buyer:
    """What plain counting finds of one buyer on a day."""

    days: list[date]
    cents: int


def plain(orders: Sequence[tuple[int, date, int]], day: date) -> dict[int, dict[str, object]]:
    """By customer: state, recency, frequency, money, scores and tenth, counted without a database."""
    buyers: dict[int, Buyer] = {}
    for who, placed, cents in orders:
        if placed <= day:
            buyer = buyers.setdefault(who, Buyer([], 0))
            buyer.days = sorted({*buyer.days, placed})
            buyer.cents += cents
    gaps = sorted((b - a).days for one in buyers.values() for a, b in zip(one.days, one.days[1:], strict=False))
    long, middle = (_quantile(gaps, 0.9), median(gaps)) if gaps else (None, None)
    return {
        who: {"state": _state(one, day, long, middle), "recency": (day - one.days[-1]).days,
              "frequency": len(one.days), "money": one.cents / 100,
              "recency_score": _place([b.days[-1] for b in buyers.values()], one.days[-1], 5),
              "frequency_score": _place([len(b.days) for b in buyers.values()], len(one.days), 5),
              "money_score": _place([b.cents for b in buyers.values()], one.cents, 5),
              "value_decile": _place([b.cents for b in buyers.values()], one.cents, 10)}
        for who, one in buyers.items()
    }  # fmt: skip


def _place(values: Sequence, own: object, parts: int) -> int:
    return parts * sum(1 for value in values if value < own) // len(values) + 1  # type: ignore[operator]


def _quantile(values: Sequence[int], share: float) -> float:
    at = (len(values) - 1) * share
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def _state(one: Buyer, day: date, long: float | None, middle: float | None) -> str:
    since, times = (day - one.days[-1]).days, len(one.days)
    gap = (one.days[-1] - one.days[0]).days / (times - 1) if times > 2 else middle
    if long is not None and since > long:
        return "lapsed"
    if long is not None and times > 1 and (one.days[-1] - one.days[-2]).days > long:
        return "reactivated"
    if gap is not None and since > 2 * gap:
        return "slipping"
    return "new" if times == 1 else "active"
