"""The sales marts, whole or mended: which orders and buyers a day of new data can have changed.

What an order is worth rests on its own rows alone, and what a buyer did on their own orders alone. So the orders that
new loads, refunds or merged profiles touch are found first, then the buyers of these orders as they were and as they
are; only their rows are made again. A day also passes: what becomes visible with it, and the months and years that it
moves, are made again for everybody they concern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import ibis

from holdfast.warehouse import cut
from holdfast.warehouse.cut import labels_near, quarter, quarter_of
from holdfast.warehouse.engine import compiled, parquet, quoted
from holdfast.warehouse.facts import CREDIT_MATCH, unbound
from holdfast.warehouse.home import Home
from holdfast.warehouse.making import InTurn, Making, Mend
from holdfast.warehouse.marts import (
    customer_month,
    customer_year,
    history,
    months_moved,
    order_value,
    product_year,
    purchase,
    refund_value,
)
from holdfast.warehouse.marts.customer_month import days_moved, days_told_apart
from holdfast.warehouse.marts.declare import EXCLUDED_PERSON, Given
from holdfast.warehouse.marts.product_year import SUMS, first_open_day
from holdfast.warehouse.receipts import folder
from holdfast.warehouse.tables import TABLES

MOST = 0.3  # of all orders: where more are touched, making the marts whole costs less
# The unit of a row: a customer, or the order of a buyer nobody knows.
UNIT = {
    "order_value": "coalesce(t.customer_id, -t.order_id)", "refund_value": "coalesce(t.customer_id, 0)",
    "purchase": "t.customer_id", "history": "t.customer_id", "customer_month": "t.unit_id",
}  # fmt: skip
TOUCHED = "touched_unit"
Zones = tuple[tuple[int, str], ...]  # shop_id and IANA zone
Calendar = tuple[Zones, datetime, datetime]  # and the moments between which the data lie
# What marts of buyers read of an order.
OF_ORDER = ("order_id", "shop_id", "customer_id", "country", "channel", "placed_at", "placed_on", "shop_money",
            "placed_minor", "returned_minor", "void_on", "counts")  # fmt: skip


@dataclass
class Sales:
    """The sales marts of a snapshot being made. whole: why they are made whole, empty while they can be mended."""

    making: Making
    home: Home
    given: Given
    tax_inside: bool
    read: Callable[[str, Sequence[Path]], str]  # a SELECT of a table's newest rows over some of its files
    whole: str = ""

    def refunds(self) -> None:
        self.making.make("refund_value", _refund_values(*self._calendar()))

    def orders(self) -> None:
        """order_value; from here on it is known whether the rest can be mended."""
        making, valued = self.making, self._valued("order", "order_line", "refund_value")
        self.whole = making.unfit("order_value", compiled(valued)) or self._incomparable()
        if not self.whole:
            self._touch_orders()
            orders = _count(making, f"SELECT count(*) FROM ({making.old('order_value')})")
            if (touched := _count(making, "SELECT count(*) FROM touched_order")) > MOST * orders:
                self.whole = f"{touched} of {orders} orders are touched"
        mend = None
        if not self.whole:
            self._some_orders("SEMI JOIN touched_order USING (order_id)")
            gone = "t.order_id IN (SELECT order_id FROM touched_order)"
            mend = Mend(self._valued_some(), compiled(valued), gone=gone)
        self._make("order_value", valued, mend, self._orders_in_turn)

    def purchases(self, as_of: date) -> None:
        """The first of the marts of buyers: finds out which of them are touched."""
        if not self.whole and not self.making.holds_before("purchase", "history", "customer_month", "customer_year"):
            self.whole = "the one before is gone or damaged"
        mend = None
        if not self.whole:
            self._touch_units(as_of)
            columns = f"SELECT {', '.join(OF_ORDER)} FROM order_value AS t WHERE"
            unknown = f"t.customer_id IS NULL AND t.order_id IN (SELECT -unit_id FROM {TOUCHED} WHERE unit_id < 0)"
            self._table(
                "orders_touched",
                f"{columns} t.customer_id IN (SELECT unit_id FROM {TOUCHED} WHERE unit_id > 0)"
                f" UNION ALL {columns} {unknown}",
            )
            fresh = purchase(_of_order("orders_touched"), as_of)
            mend = Mend(fresh, compiled(_whole("purchase", self._then)), kept=self._beside("purchase", "customer_id"))
        self._make("purchase", _whole("purchase", as_of), mend)

    def products(self, as_of: date) -> None:
        """What was sold of products in closed months: touched orders of these months taken off as they were, and added
        as they are."""
        mend, why = None, self.whole
        there = not why and self.making.holds_before("product_year")
        if there and first_open_day(as_of) != first_open_day(self._then):
            why = "another month has closed"
        if there and not why:
            self._product_years(as_of)
            fresh = _like("product_year", "product_year_again")
            old = self.making.old("product_year")
            kept = f"SELECT * FROM ({old}) ANTI JOIN product_year_moved USING (product_id, year_back)"
            mend = Mend(fresh, compiled(_whole("product_year", self._then)), kept=kept)
        self.making.make("product_year", _whole("product_year", as_of), mend, why)

    def histories(self, as_of: date) -> None:
        """With the rolling months of those who have bought on a day that falls into another one as of the new day."""
        mend = None
        if not self.whole and as_of >= self._then:
            fresh = history(_of_order("orders_touched"), self._of("purchase", TOUCHED), as_of)
            before, kept = compiled(_whole("history", self._then)), self._beside("history", "customer_id")
            if as_of > self._then:
                moved = compiled(months_moved(unbound("purchase"), self._then, as_of))
                kept = (
                    "SELECT t.* REPLACE ((t.months & ~coalesce(m.gone, 0)) | coalesce(m.come, 0) AS months)"
                    f" FROM ({kept}) AS t LEFT JOIN ({moved}) AS m USING (customer_id)"
                )
            mend = Mend(fresh, before, kept=kept)
        self._make("history", _whole("history", as_of), mend)

    def months(self, as_of: date) -> None:
        """With the month a year before, of which a part is told up to the day."""
        mend = None
        if not self.whole:
            days = days_told_apart(self._then, as_of)
            apart = sorted({day.replace(day=1) for day in days})
            months = sorted({*self._touched_months(as_of), *apart})  # of touched units; month_unit holds the others
            self._table("month_unit", f"{self._buying_on(days)} EXCEPT SELECT unit_id FROM {TOUCHED}")
            self._some_months(months, apart)
            gone = (
                f"t.month IN ({_days(months)}) AND ({_within('customer_month', TOUCHED)}"
                f" OR (t.month IN ({_days(apart)}) AND {_within('customer_month', 'month_unit')}))"
            )
            mend = Mend(_months(self._some(), as_of), compiled(_whole("customer_month", self._then)), gone=gone)
        self._make("customer_month", _whole("customer_month", as_of), mend, lambda: self._months_in_turn(as_of))

    def years(self, as_of: date) -> None:
        """With everybody who has bought on a day that lies in another rolling year as of the new day."""
        names, mend = ("customer_month", "order_value", "refund_value", "history"), None
        if not self.whole:
            moved = self._buying_on(days_moved(self._then, as_of))
            self._table("year_unit", f"SELECT unit_id FROM {TOUCHED} UNION {moved}")
            told = f"t.month >= DATE '{as_of.year - 2}-{as_of.month:02}-01'"  # nothing before is in the years told
            fresh = _years([self._of("customer_month", "year_unit", told)]
                           + [self._of(name, "year_unit") for name in names[1:]], as_of)  # fmt: skip
            kept = self._beside("customer_year", "unit_id", "year_unit")
            mend = Mend(fresh, compiled(_whole("customer_year", self._then)), kept=kept)
        self._make("customer_year", _whole("customer_year", as_of), mend)

    # --- made whole, file by file ---

    def _orders_in_turn(self) -> InTurn | None:
        """By ranges of keys, where the imports lie in about that order: grouping few lines at a time costs far less.

        For each range only those imports are read that have something in it: most of it nobody has told again.
        """
        per_file = cut.ROWS
        holding: dict[str, dict[int, list[Path]]] = {"order": {}, "order_line": {}}  # table → label → files
        for table, found in holding.items():
            files = self._landed(table, self.making.loads)
            near = labels_near(self.making.connection, files, "order_id", "BIGINT", lambda key: f"{key} // {per_file}")
            if files and not near:
                return None
            for path, its in near.items():
                for label in its:
                    found.setdefault(label, []).append(path)
        labels = sorted({label for found in holding.values() for label in found})
        if len(labels) < 2 or not holding["order"]:
            return None

        def show(label: int) -> None:
            within = f"WHERE order_id BETWEEN {label * per_file} AND {(label + 1) * per_file - 1}"
            for table, found in holding.items():
                self._view(f"{table}_some", f"SELECT * FROM ({self.read(table, found.get(label, []))}) {within}")
            self._view("refund_value_some", f"SELECT * FROM refund_value {within}")

        return InTurn(labels, show, self._valued_some())

    def _months_in_turn(self, as_of: date) -> InTurn | None:
        """By quarters, where the orders lie in about that order."""
        making = self.making
        near = labels_near(making.connection, making.files("order_value"), "placed_on", "DATE", quarter_of)
        labels = {label for some in near.values() for label in some}
        if len(labels) < 2 or _count(making, "SELECT count(*) FROM order_value") <= cut.ROWS:
            return None
        back = f"SELECT DISTINCT {quarter_of('refunded_on')} FROM refund_value WHERE order_id IS NULL"
        found = {label for (label,) in making.connection.execute(back).fetchall() if label is not None}

        def show(label: int) -> None:
            first, after = quarter(label)
            for name, day in (("order_value", "placed_on"), ("refund_value", "refunded_on"), ("history", "first_on")):
                within = f"{day} >= DATE '{first}' AND {day} < DATE '{after}'"
                self._view(f"{name}_some", f"SELECT * FROM {name} WHERE {within}")

        some = _months(self._some(), as_of)
        return InTurn(sorted(n for n in found | labels if quarter(n)[0] <= as_of), show, some)

    def _product_years(self, as_of: date) -> None:
        """product_year_moved: what touched orders add to years of products; product_year_again: these years."""
        mended, then = self.making.says("order_value") == "mended", self.making.upon.snapshot.loads
        lines = {"were": self.read("order_line", self._landed("order_line", then)), "again": "SELECT * FROM order_line"}
        told = []
        for when, those in lines.items():
            orders = f"order_value_{when}" if mended else "(SELECT * FROM order_value WHERE false)"
            closed = f"SELECT * FROM {orders} WHERE placed_on < DATE '{first_open_day(as_of)}'"
            self._table(f"order_value_closed_{when}", closed)
            its = f"SELECT * FROM ({those}) SEMI JOIN order_value_closed_{when} USING (order_id)"
            self._table(f"order_line_closed_{when}", its)
            some = ibis.table(TABLES["order_line"].unbound().schema(), name=f"order_line_closed_{when}")
            sign = "-" if when == "were" else ""
            sums = ", ".join(f"{sign}{name} AS {name}" for name in SUMS)
            years = compiled(product_year(_like("order_value", f"order_value_closed_{when}"), some, as_of))
            told.append(f"SELECT product_id, year_back, {sums} FROM ({years})")
        added = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in SUMS)
        of = "GROUP BY product_id, year_back HAVING"
        moved = f"SELECT product_id, year_back, {added} FROM ({' UNION ALL '.join(told)}) {of}"
        self._table("product_year_moved", f"{moved} {' OR '.join(f'sum({name}) <> 0' for name in SUMS)}")
        both = (
            f"({self.making.old('product_year')}) SEMI JOIN product_year_moved USING (product_id, year_back)"
            " UNION ALL BY NAME FROM product_year_moved"
        )
        rows = f"SELECT product_id, year_back, {added} FROM (SELECT * FROM {both}) {of} sum(lines) > 0"
        self._table("product_year_again", rows)

    def _some_orders(self, which: str) -> None:
        """What is told of some orders, of any table that has an order_id."""
        for name in ("order", "order_line", "refund_value"):
            self._view(f"{name}_some", f"SELECT * FROM {quoted(name)} {which}")

    def _some_months(self, months: list[date], apart: list[date]) -> None:
        """What is told of touched units in some months (first days), and of those of month_unit in months of theirs."""
        columns = ", ".join(OF_ORDER)
        for name, own, day, what in (
            ("order_value", "orders_touched", "placed_on", columns),
            ("refund_value", "refund_value", "refunded_on", "*"),
        ):
            self._view(
                f"{name}_some",
                f"SELECT {what} FROM {own} AS t WHERE {_in_months(day, months)} AND {_within(name, TOUCHED)}"
                f" UNION ALL SELECT {what} FROM {name} AS t WHERE {_in_months(day, apart)}"
                f" AND {_within(name, 'month_unit')}",
            )
        units = f"SELECT unit_id FROM {TOUCHED} UNION ALL SELECT unit_id FROM month_unit"
        self._view("history_some", f"SELECT * FROM history AS t WHERE t.customer_id IN ({units})")

    def _touched_months(self, as_of: date) -> list[date]:
        """First days of the months in which anything of a touched unit may differ."""
        making, was_and_is = self.making, ("order_value_were", "order_value_again")
        days = [f"SELECT placed_on AS day FROM {name}" for name in was_and_is if making.says("order_value") == "mended"]
        if making.says("refund_value") != "reused":
            days.append(f"SELECT refunded_on AS day FROM ({self._refunds_changed()}) WHERE order_id IS NULL")
        # What a customer bought on their first day is told in that month.
        first = f"SELECT customer_id, first_on, first_minor FROM {{}} AS t WHERE {_within('history', TOUCHED)}"
        old, new = first.format(f"({making.old('history')})"), first.format("history")
        days.append(f"SELECT first_on AS day FROM (({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old}))")
        asked = f"SELECT DISTINCT CAST(date_trunc('month', day) AS DATE) FROM ({' UNION ALL '.join(days)})"
        found = {month for (month,) in making.connection.execute(asked).fetchall() if month is not None}
        day, last = min(self._then, as_of), max(self._then, as_of)
        while day < last:  # what the days between reveal
            day += timedelta(days=1)
            found.add(day.replace(day=1))
        return sorted(found)

    @staticmethod
    def _some() -> list[ibis.Table]:
        return [_of_order("order_value_some"), *(_like(name, f"{name}_some") for name in ("refund_value", "history"))]

    def _make(
        self, name: str, expression: ibis.Table, mend: Mend | None = None,
        in_turn: Callable[[], InTurn | None] = lambda: None,
    ) -> None:  # fmt: skip
        """Nothing that rests on a mart made whole can be mended: all of its rows may be others."""
        self.making.make(name, expression, mend, self.whole, in_turn)
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
        moved = f"SELECT customer_id FROM (({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old}))"
        if _count(making, f"SELECT count(*) FROM ({moved})"):
            asked.append(f'SELECT order_id FROM "order" WHERE customer_id IN ({moved})')
        self._table("touched_order", " UNION ".join(asked) or "SELECT NULL::BIGINT AS order_id WHERE false")

    def _touch_units(self, as_of: date) -> None:
        """touched_unit: whose the touched orders and loose refunds are, before and now, and whom the day reveals."""
        making = self.making
        unit = UNIT["order_value"]
        was_and_is = ("order_value_were", "order_value_again") if making.says("order_value") == "mended" else ()
        asked = ["SELECT NULL::BIGINT AS unit_id WHERE false"]
        asked += [f"SELECT {unit} AS unit_id FROM {orders} AS t" for orders in was_and_is]
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
        self._table(TOUCHED, " UNION ".join(asked))

    def _buying_on(self, days: list[date]) -> str:
        """A SELECT of the units with an order, or a loose refund, on one of these days."""
        if not days:
            return "SELECT NULL::BIGINT AS unit_id WHERE false"
        spans = [f"{{day}} BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in _spans(days)]
        on = " OR ".join(spans)
        return (
            f"SELECT {UNIT['order_value']} AS unit_id FROM order_value AS t WHERE {on.format(day='placed_on')} UNION"
            f" SELECT {UNIT['refund_value']} FROM refund_value AS t WHERE order_id IS NULL"
            f" AND ({on.format(day='refunded_on')})"
        )

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
        return self._landed(table, self.making.upon.new)

    def _landed(self, table: str, loads: Iterable[int]) -> list[Path]:
        landed = (folder(self.home, load) / f"{table}.parquet" for load in loads)
        return [path for path in landed if path.is_file()]

    # --- expressions and views ---

    def _calendar(self) -> Calendar:
        return tuple(self.given.zones.items()), self.given.since, self.given.until

    def _valued(self, order: str, order_line: str, back: str) -> ibis.Table:
        return _order_values(order, order_line, back, *self._calendar(), self.tax_inside)

    def _valued_some(self) -> ibis.Table:
        return self._valued("order_some", "order_line_some", "refund_value_some")

    def _of(self, mart: str, units: str, also: str = "") -> ibis.Table:
        """The rows of a mart that belong to some units. also: what must be true of them besides."""
        name = f"{mart}_of_{units}"
        self._view(name, f"SELECT * FROM {mart} AS t WHERE {also + ' AND ' if also else ''}{_within(mart, units)}")
        return _like(mart, name)

    def _beside(self, mart: str, column: str, units: str = TOUCHED) -> str:
        """A SELECT of a mart's old rows that belong to other units."""
        theirs = f"(SELECT unit_id AS {column} FROM {units})"
        return f"SELECT * FROM ({self.making.old(mart)}) ANTI JOIN {theirs} USING ({column})"

    def _view(self, name: str, select: str) -> None:
        self.making.connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select}")

    def _table(self, name: str, select: str) -> None:
        self.making.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {select}")


# Working a definition out takes as long as making the mart of a small shop from it, and it is the same for as long as
# the data lie in the same months: kept for the next build of this process.


@lru_cache(maxsize=64)
def _refund_values(zones: Zones, since: datetime, until: datetime) -> ibis.Table:
    t = {name: TABLES[name].unbound() for name in ("refund", "refund_line", "shop")}
    rows = t["refund"], t["refund_line"], CREDIT_MATCH, EXCLUDED_PERSON, t["shop"]
    return refund_value(*rows, dict(zones), since, until)


@lru_cache(maxsize=64)
def _order_values(
    order: str, order_line: str, back: str, zones: Zones, since: datetime, until: datetime, tax_inside: bool
) -> ibis.Table:
    """order, order_line, back: the tables of that kind that are read."""
    orders, lines = TABLES["order"].unbound(), TABLES["order_line"].unbound()
    return order_value(
        ibis.table(orders.schema(), name=order), ibis.table(lines.schema(), name=order_line),
        ibis.table(unbound("refund_value").schema(), name=back), EXCLUDED_PERSON, TABLES["shop"].unbound(),
        dict(zones), since, until, tax_inside=tax_inside,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _whole(mart: str, as_of: date) -> ibis.Table:
    """A mart of buyers or products over all orders."""
    orders = unbound("order_value")
    if mart == "purchase":
        return purchase(orders, as_of)
    if mart == "product_year":
        return product_year(orders, TABLES["order_line"].unbound(), as_of)
    if mart == "history":
        return history(orders, unbound("purchase"), as_of)
    if mart == "customer_month":
        return _months([unbound(name) for name in ("order_value", "refund_value", "history")], as_of)
    if mart == "customer_year":
        return _years([unbound(name) for name in ("customer_month", "order_value", "refund_value", "history")], as_of)
    raise KeyError(mart)


def _months(tables: Sequence[ibis.Table], as_of: date) -> ibis.Table:
    orders, refunds, customers = tables
    return customer_month(orders, refunds, customers, as_of)


def _years(tables: Sequence[ibis.Table], as_of: date) -> ibis.Table:
    months, orders, refunds, customers = tables
    return customer_year(months, orders, refunds, customers, as_of)


def _within(mart: str, units: str) -> str:
    return f"{UNIT[mart]} IN (SELECT unit_id FROM {units})"


def _like(mart: str, name: str) -> ibis.Table:
    """A table of another name with the columns of a mart."""
    return ibis.table(unbound(mart).schema(), name=name)


def _of_order(name: str) -> ibis.Table:
    """A table of what marts of buyers read of an order."""
    return ibis.table({column: unbound("order_value").schema()[column] for column in OF_ORDER}, name=name)


def _in_months(day: str, firsts: list[date]) -> str:
    spans = (f"({day} >= DATE '{first}' AND {day} < DATE '{first}' + INTERVAL 1 MONTH)" for first in firsts)
    return f"({' OR '.join(spans) or 'false'})"


def _spans(days: list[date]) -> list[tuple[date, date]]:
    """Days in order as first and last days of unbroken runs."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _days(days: list[date]) -> str:
    return ", ".join(f"DATE '{day}'" for day in days) or "NULL"


def _count(making: Making, sql: str) -> int:
    (rows,) = making.connection.execute(sql).fetchone() or (0,)
    return int(rows)
