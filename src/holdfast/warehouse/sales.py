"""The sales marts, whole or mended: which orders and buyers a day of new data can have changed.

What an order is worth rests on its own rows alone, and what a buyer did on their own orders alone. So the orders that
new loads, refunds or merged profiles touch are found first, then the buyers of these orders as they were and as they
are; only their rows are made again. A day also passes: what becomes visible with it, and the months and years that it
moves, are made again for everybody they concern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import ibis

from holdfast.warehouse.engine import compiled, parquet, quoted
from holdfast.warehouse.facts import CREDIT_MATCH, unbound
from holdfast.warehouse.home import Home
from holdfast.warehouse.making import Making, Mend
from holdfast.warehouse.marts import customer_month, customer_year, history, order_value, purchase, refund_value
from holdfast.warehouse.marts.customer_month import year_before, years_moved
from holdfast.warehouse.marts.declare import EXCLUDED_PERSON, Given
from holdfast.warehouse.marts.month_bucket import bucket
from holdfast.warehouse.receipts import folder
from holdfast.warehouse.tables import TABLES

MOST = 0.3  # of all orders: where more are touched, making the marts whole costs less
# The unit of a row: a customer, or the order of a buyer nobody knows.
UNIT = {
    "order_value": "coalesce(t.customer_id, -t.order_id)", "refund_value": "coalesce(t.customer_id, 0)",
    "purchase": "t.customer_id", "history": "t.customer_id", "customer_month": "t.unit_id",
}  # fmt: skip


@dataclass
class Sales:
    """The sales marts of a snapshot being made. whole: why they are made whole, empty while they can be mended."""

    making: Making
    home: Home
    given: Given
    tax_inside: bool
    whole: str = ""

    def refunds(self) -> None:
        given = self.given
        t = {name: given.table(name) for name in ("refund", "refund_line", "shop")}
        rows = t["refund"], t["refund_line"], CREDIT_MATCH, EXCLUDED_PERSON, t["shop"]
        back = refund_value(*rows, dict(given.zones), given.since, given.until)
        self.making.make("refund_value", back)

    def orders(self) -> None:
        """order_value; from here on it is known whether the rest can be mended."""
        making, valued = self.making, self._valued("order", "order_line", "refund_value")
        self.whole = making.unfit("order_value", compiled(valued)) or self._incomparable()
        if self.whole:
            self._make("order_value", valued)
            return
        self._touch_orders()
        orders = _count(making, 'SELECT count(*) FROM "order"')
        if (touched := _count(making, "SELECT count(*) FROM touched_order")) > MOST * orders:
            self.whole = f"{touched} of {orders} orders are touched"
            self._make("order_value", valued)
            return
        for name in ("order", "order_line", "refund_value"):
            self._view(f"{name}_touched", f"SELECT * FROM {quoted(name)} SEMI JOIN touched_order USING (order_id)")
        fresh = self._valued("order_touched", "order_line_touched", "refund_value_touched")
        gone = "t.order_id IN (SELECT order_id FROM touched_order)"
        self._make("order_value", valued, Mend(gone, fresh, compiled(valued)))

    def purchases(self, as_of: date) -> None:
        """The first of the marts of buyers: finds out which of them are touched."""
        if not self.whole and not self.making.holds_before("purchase", "history", "customer_month", "customer_year"):
            self.whole = "the one before is gone or damaged"
        if not self.whole:
            self._touch_units(as_of)
        orders, mend = unbound("order_value"), None
        if not self.whole:
            fresh = purchase(self._of("order_value", "touched_unit"), as_of)
            mend = Mend(_within("purchase", "touched_unit"), fresh, compiled(purchase(orders, self._then)))
        self._make("purchase", purchase(orders, as_of), mend)

    def histories(self, as_of: date) -> None:
        """With those who have bought on a day that falls into another rolling month as of the new day."""
        orders, occasions, mend = unbound("order_value"), unbound("purchase"), None
        if not self.whole:
            moved = bucket(occasions.day, as_of) != bucket(occasions.day, self._then)
            moved_units = compiled(occasions.filter(moved).select("customer_id"))
            self._table("moved_unit", f"SELECT unit_id FROM touched_unit UNION SELECT customer_id FROM ({moved_units})")
            fresh = history(self._of("order_value", "moved_unit"), self._of("purchase", "moved_unit"), as_of)
            before = compiled(history(orders, occasions, self._then))
            mend = Mend(_within("history", "moved_unit"), fresh, before)
        self._make("history", history(orders, occasions, as_of), mend)

    def months(self, as_of: date) -> None:
        """With the month a year before, of which a part is told up to the day."""
        whole, mend = [unbound(name) for name in ("order_value", "refund_value", "history")], None
        if not self.whole:
            firsts = sorted({year_before(as_of), year_before(self._then)})
            orders = self._of("order_value", "touched_unit", _in_months("t.placed_on", firsts))
            refunds = self._of("refund_value", "touched_unit", _in_months("t.refunded_on", firsts))
            again = customer_month(orders, refunds, unbound("history"), as_of)
            gone = f"({_within('customer_month', 'touched_unit')} OR t.month IN ({_days(firsts)}))"
            mend = Mend(gone, again, compiled(_months(whole, self._then)))
        self._make("customer_month", _months(whole, as_of), mend)

    def years(self, as_of: date) -> None:
        """With everybody who has a month that lies in another rolling year as of the new day, or is split by one."""
        names = ("customer_month", "order_value", "refund_value", "history")
        whole, mend = [unbound(name) for name in names], None
        if not self.whole:
            firsts = years_moved(self._then, as_of)
            moved = f"SELECT unit_id FROM customer_month WHERE month IN ({_days(firsts)})" if firsts else ""
            self._table("year_unit", "SELECT unit_id FROM touched_unit" + (f" UNION {moved}" if moved else ""))
            fresh = _years([self._of(name, "year_unit") for name in names], as_of)
            gone = "t.unit_id IN (SELECT unit_id FROM year_unit)"
            mend = Mend(gone, fresh, compiled(_years(whole, self._then)))
        self._make("customer_year", _years(whole, as_of), mend)

    def _make(self, name: str, expression: ibis.Table, mend: Mend | None = None) -> None:
        """Nothing that rests on a mart made whole can be mended: all of its rows may be others."""
        self.making.make(name, expression, mend, self.whole)
        self.whole = self.whole or self.making.made[name].why

    # --- what is touched ---

    def _touch_orders(self) -> None:
        """touched_order: orders that a new load, a changed refund or another person behind a profile may change, and
        those of somebody who is excluded since, or no more."""
        making = self.making
        asked = [
            f"SELECT order_id FROM ({parquet(files)})"
            for table in ("order", "order_line")
            if (files := self._new(table))
        ]
        if making.says("refund_value") != "reused":
            asked.append(f"SELECT order_id FROM ({self._refunds_changed()}) WHERE order_id IS NOT NULL")
        old, new = making.old("merged_profile"), "SELECT * FROM merged_profile"
        pair = "SELECT customer_id, shop_key FROM"
        changed = (
            f"SELECT customer_id FROM (({pair} ({old}) EXCEPT {pair} ({new})) UNION ALL"
            f" ({pair} ({new}) EXCEPT {pair} ({old})))"
        )
        if _count(making, f"SELECT count(*) FROM ({changed})"):
            asked.append(f"SELECT order_id FROM order_as_landed WHERE customer_id IN ({changed})")
        old, new = making.old("excluded_person"), "SELECT * FROM excluded_person"
        moved = f"(({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old}))"
        asked.append(f'SELECT order_id FROM "order" WHERE customer_id IN (SELECT customer_id FROM {moved})')
        self._table("touched_order", " UNION ".join(asked) or "SELECT NULL::BIGINT AS order_id WHERE false")

    def _touch_units(self, as_of: date) -> None:
        """touched_unit: whose the touched orders and loose refunds are, before and now, and whom the day reveals."""
        making = self.making
        unit = UNIT["order_value"]
        asked = [
            f"SELECT {unit} AS unit_id FROM {orders} AS t WHERE order_id IN (SELECT order_id FROM touched_order)"
            for orders in (f"({making.old('order_value')})", "order_value")
        ]
        if making.says("refund_value") != "reused":
            asked.append(
                f"SELECT coalesce(customer_id, 0) AS unit_id FROM ({self._refunds_changed()}) WHERE order_id IS NULL"
            )
        if (then := self._then) != as_of:
            first, last = (min(then, as_of) + timedelta(days=1), max(then, as_of))
            asked.append(
                f"SELECT {unit} AS unit_id FROM order_value AS t WHERE placed_on BETWEEN '{first}' AND '{last}'"
            )
            asked.append(
                "SELECT coalesce(customer_id, 0) AS unit_id FROM refund_value"
                f" WHERE order_id IS NULL AND refunded_on BETWEEN '{first}' AND '{last}'"
            )
        self._table("touched_unit", " UNION ".join(asked))

    def _incomparable(self) -> str:
        """Why it cannot be told which refunds and persons have changed; empty when it can."""
        for name in ("refund_value", "merged_profile", "excluded_person"):
            if not self.making.holds_before(name):
                return "the one before is gone or damaged"
            if self.making.unlike(name):
                return "its definition has changed"
        return ""

    def _refunds_changed(self) -> str:
        old, new = self.making.old("refund_value"), "SELECT * FROM refund_value"
        return f"({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})"

    @property
    def _then(self) -> date:
        """The day that the marts before were made for."""
        return self.making.upon.snapshot.as_of

    def _new(self, table: str) -> list[Path]:
        """The files of a table in the new loads."""
        landed = (folder(self.home, load) / f"{table}.parquet" for load in self.making.upon.new)
        return [path for path in landed if path.is_file()]

    # --- expressions and views ---

    def _valued(self, order: str, order_line: str, back: str) -> ibis.Table:
        given, orders, lines = self.given, TABLES["order"].unbound(), TABLES["order_line"].unbound()
        return order_value(
            ibis.table(orders.schema(), name=order), ibis.table(lines.schema(), name=order_line),
            ibis.table(unbound("refund_value").schema(), name=back), EXCLUDED_PERSON, given.table("shop"),
            dict(given.zones), given.since, given.until, tax_inside=self.tax_inside,
        )  # fmt: skip

    def _of(self, mart: str, units: str, also: str = "") -> ibis.Table:
        """The rows of a mart that belong to some units."""
        name = f"{mart}_of_{units}" + ("_and_more" if also else "")
        within = _within(mart, units) + (f" OR {also}" if also else "")
        self._view(name, f"SELECT * FROM {mart} AS t WHERE {within}")
        return ibis.table(unbound(mart).schema(), name=name)

    def _view(self, name: str, select: str) -> None:
        self.making.connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select}")

    def _table(self, name: str, select: str) -> None:
        self.making.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {select}")


def _months(tables: Sequence[ibis.Table], as_of: date) -> ibis.Table:
    orders, refunds, customers = tables
    return customer_month(orders, refunds, customers, as_of)


def _years(tables: Sequence[ibis.Table], as_of: date) -> ibis.Table:
    months, orders, refunds, customers = tables
    return customer_year(months, orders, refunds, customers, as_of)


def _within(mart: str, units: str) -> str:
    return f"{UNIT[mart]} IN (SELECT unit_id FROM {units})"


def _in_months(day: str, firsts: list[date]) -> str:
    return f"date_trunc('month', {day}) IN ({_days(firsts)})"


def _days(days: list[date]) -> str:
    return ", ".join(f"DATE '{day}'" for day in days)


def _count(making: Making, sql: str) -> int:
    (rows,) = making.connection.execute(sql).fetchone() or (0,)
    return int(rows)
