"""What a day of new data can have changed, in two schemas: the rows of these units as they were, and as they are.

A unit (a customer, or the order of a buyer nobody knows) is in them when a row of a mart of theirs is another than
before, or when the passing of the day decides otherwise about one of their days: what lies a whole number of years
back, what matures, in which phase a customer is, who has been away for longer than is usual. All other units count in
every number as they did, when it asks of a unit its own rows and no other days than these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from holdfast.commerce.calendar import months_before
from holdfast.metrics.kinds import PHASE_DAYS
from holdfast.metrics.value import AGES, REFUND_LAG
from holdfast.warehouse import sales
from holdfast.warehouse.engine import quoted
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.resolved import resolved_views
from holdfast.warehouse.making import Making
from holdfast.warehouse.receipts import folder
from holdfast.warehouse.sales import TOUCHED
from holdfast.warehouse.snapshot import canonical_views

UNITS, ORDERS = "carried_unit", "carried_order"
WAS, IS = "as_it_was", "as_it_is"  # the schemas
SALES = ("order_value", "purchase", "history", "customer_month", "customer_year")
# Tables of which both schemas hold the rows of these units; any other that a number reads must be as it was.
HELD = frozenset((*SALES, "refund_value", "money_back", "excluded_person", "account_opening", "order_adjustment"))
YEARS = (0, 12, 24, 36)  # months back from the day, where a day changes sides
MATURING = (30, 365, *(days + REFUND_LAG for days in AGES))  # ages at which a customer's unit may come to count
_KEY = {
    "purchase": "customer_id", "history": "customer_id", "account_opening": "customer_id",
    "customer_month": "unit_id", "customer_year": "unit_id",
}  # fmt: skip
# What is held of lines of merchandise, and only of orders of the year: of nothing else may be asked.
LINES = ("order_id", "product_id", "kind", "quantity", "gross_minor", "unit_cost_minor")
_COMPARED = ("money_back", "account_opening")  # made whole every day: what differs is found row by row
_READ, _PART = re.compile(r'\b(?:FROM|JOIN) "(\w+)"'), re.compile(r"t\d+")


@dataclass(frozen=True, slots=True)
class Sides:
    """The units that the day `as_of` and what came since `then` can have changed."""

    connection: duckdb.DuckDBPyConnection
    making: Making
    home: Home
    as_of: date
    ages: tuple[int, ...] = ()  # further ages of customers, in days since they first bought or came, to follow

    @property
    def then(self) -> date:
        return self.making.upon.snapshot.as_of

    def unfit(self) -> str:
        """Why it cannot be told who is touched; empty when it can."""
        making = self.making
        if isinstance(making.earlier, str):
            return making.earlier
        for mart in SALES:
            if making.says(mart) == "rebuilt":
                return f"{mart} was made anew: {making.made[mart].why}"
        if not making.holds_before(*HELD & making.upon.marts.keys()) or any(map(making.unlike, _COMPARED)):
            return "a mart of before is gone, damaged or of another shape"
        return "" if self.as_of >= self.then else "the day lies before that of the snapshot"

    def find(self, *, lines: bool = False) -> str:
        """Leave UNITS, ORDERS and the schemas; why not, where asking all units costs less. lines: whether those of the
        orders of the year are asked for too."""
        self._find_units()
        units, buyers = (_count(self.connection, f"SELECT count(*) FROM {table}") for table in (UNITS, "history"))
        if units > sales.MOST * buyers:
            return f"the day touches {units} of {buyers} buyers"
        self._hold_orders()
        for mart, key in _KEY.items():
            theirs = f"WHERE {key} IN (SELECT unit_id FROM {UNITS})"
            self._table(IS, mart, f"SELECT * FROM {mart} {theirs}")
            old = self._months_then() if mart == "customer_month" else f"SELECT * FROM ({self.making.old(mart)})"
            self._table(WAS, mart, f"{old} {theirs}")
        for mart in ("refund_value", "money_back"):
            theirs = (
                f"WHERE order_id IN (SELECT order_id FROM {ORDERS}) OR (order_id IS NULL"
                f" AND coalesce(customer_id, 0) IN (SELECT unit_id FROM {UNITS}))"
            )
            self._table(IS, mart, f"SELECT * FROM {mart} {theirs}")
            self._table(WAS, mart, f"SELECT * FROM ({self.making.old(mart)}) {theirs}")
        self._table(WAS, "merged_profile", self.making.old("merged_profile"))
        self._table(WAS, "excluded_person", self.making.old("excluded_person"))
        self._hold_adjustments()
        if lines:
            self._hold_lines()
        return ""

    @contextmanager
    def of(self, schema: str) -> Iterator[None]:
        """Inside, names of tables mean the rows of these units."""
        self.connection.execute(f"SET search_path = '{schema},main'")
        try:
            yield
        finally:
            self.connection.execute("SET search_path = 'main'")

    # --- who ---

    def _find_units(self) -> None:
        orders = ["SELECT NULL::BIGINT AS order_id WHERE false"]
        if self._new("order_adjustment"):
            old, new = self._adjustments_before(), "SELECT order_id, amount_minor FROM order_adjustment"
            differing = f"({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})"
            orders.append(f"SELECT order_id FROM ({differing}) WHERE order_id IS NOT NULL")
        units = ["SELECT NULL::BIGINT AS unit_id WHERE false"]
        if self.making.says("order_value") == "mended":
            orders.append("SELECT order_id FROM touched_order")
        if self.making.says("purchase") == "mended":
            units.append(f"SELECT unit_id FROM {TOUCHED}")
        if self.making.says("customer_year") == "mended":
            units.append("SELECT unit_id FROM year_unit")
        if self.making.says("money_back") != "reused":
            changed = self._differing("money_back")
            orders.append(f"SELECT order_id FROM ({changed}) WHERE order_id IS NOT NULL")
            units.append(f"SELECT coalesce(customer_id, 0) FROM ({changed}) WHERE order_id IS NULL")
        if self.making.says("account_opening") != "reused":
            units.append(f"SELECT customer_id FROM ({self._differing('account_opening')})")
        moved = self._on("refunded_on", self._year_days())
        orders.append(f"SELECT order_id FROM refund_value WHERE order_id IS NOT NULL AND {moved}")
        orders.append(
            f"SELECT order_id FROM money_back WHERE order_id IS NOT NULL AND {self._on('back_on', self._year_days())}"
        )
        units.append(f"SELECT coalesce(customer_id, 0) FROM refund_value WHERE order_id IS NULL AND {moved}")
        units += self._moved_customers()
        self._table("", "order_asked", f"SELECT * FROM ({' UNION '.join(orders)}) WHERE order_id IS NOT NULL")
        unit = "coalesce(customer_id, -order_id)"
        units.append(f"SELECT {unit} FROM order_value SEMI JOIN order_asked USING (order_id)")
        if self.making.says("order_value") == "mended":
            units.append(f"SELECT {unit} FROM order_value_were")
        self._table("", UNITS, f"SELECT * FROM ({' UNION '.join(units)}) WHERE unit_id IS NOT NULL")

    def _moved_customers(self) -> list[str]:
        """Customers of whom the passing of the day decides otherwise, by their first and their last day."""
        if self.then == self.as_of:
            return []
        aged = " OR ".join(
            f"{{0}} > DATE '{self.then}' - {age} AND {{0}} <= DATE '{self.as_of}' - {age}"
            for age in sorted({0, *PHASE_DAYS, *MATURING, *self.ages})
        )
        away = "(DATE '{}' - last_on > long_gap)"
        return [
            f"SELECT customer_id FROM history WHERE {aged.format('first_on')}",
            f"SELECT customer_id FROM account_opening WHERE {aged.format('opened_on')}",
            "SELECT customer_id FROM history JOIN usual_gap USING (shop_id)"
            f" WHERE {away.format(self.then)} <> {away.format(self.as_of)}",
            f"SELECT customer_id FROM purchase WHERE {self._on('day', self._year_days())}",
            f"SELECT customer_id FROM cost_told WHERE customer_id IS NOT NULL"
            f" AND {self._on('until', self._year_days())}",
        ]

    def _differing(self, mart: str) -> str:
        old, new = self.making.old(mart), f"SELECT * FROM {mart}"
        return f"({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})"

    def _year_days(self) -> list[tuple[date, date]]:
        """Spans of days (the first excluded) that lie a whole number of years back from a day in between."""
        return [(months_before(self.then, months), months_before(self.as_of, months)) for months in YEARS]

    @staticmethod
    def _on(day: str, spans: list[tuple[date, date]]) -> str:
        return "(" + " OR ".join(f"{day} > DATE '{a}' AND {day} <= DATE '{b}'" for a, b in spans) + ")"

    # --- their rows ---

    def _hold_orders(self) -> None:
        mended = self.making.says("order_value") == "mended"
        touched = "SELECT order_id FROM touched_order" if mended else "SELECT NULL::BIGINT AS order_id WHERE false"
        self._table(
            IS,
            "order_value",
            # Asked for in one condition, it would be looked at only when a row has been read whole.
            f"SELECT * FROM order_value WHERE customer_id IN (SELECT unit_id FROM {UNITS} WHERE unit_id > 0)"
            " UNION ALL SELECT * FROM order_value WHERE customer_id IS NULL"
            f" AND order_id IN (SELECT -unit_id FROM {UNITS} WHERE unit_id < 0)",
        )
        were = " UNION ALL BY NAME SELECT * EXCLUDE (filename) FROM order_value_were" if mended else ""
        same = f"SELECT * FROM {IS}.order_value WHERE order_id NOT IN ({touched})"
        self._table(WAS, "order_value", f"{same}{were}")
        self._table(
            "",
            ORDERS,
            # Asked for by IN: that one stands there twice costs less than to find it out.
            f"SELECT order_id FROM {IS}.order_value UNION ALL SELECT order_id FROM order_asked UNION ALL ({touched})",
        )

    def _hold_lines(self) -> None:
        year = f"WHERE placed_on > DATE '{months_before(self.then, YEARS[1])}'"
        both = f"SELECT order_id FROM {IS}.order_value {year} UNION SELECT order_id FROM {WAS}.order_value {year}"
        self._table("", "line_asked", both)
        columns = ", ".join(LINES)
        theirs = "kind = 'merchandise' AND order_id IN (SELECT order_id FROM line_asked)"
        self._table(IS, "order_line", f"SELECT {columns} FROM main.order_line WHERE {theirs}")
        if self.making.says("order_value") != "mended":
            self._table(WAS, "order_line", f"SELECT * FROM {IS}.order_line")
            return
        others = f"SELECT {columns} FROM {IS}.order_line ANTI JOIN touched_order USING (order_id)"
        before = f"SELECT {columns} FROM ({self._before('order_line')}) SEMI JOIN touched_order USING (order_id)"
        self._table(WAS, "order_line", f"{others} UNION ALL {before} WHERE {theirs}")

    def _months_then(self) -> str:
        """A SELECT of customer_month as it was: where rows were made again, these are the only ones that differ."""
        if self.making.says("customer_month") != "mended":
            return f"SELECT * FROM ({self.making.old('customer_month')})"
        again = "customer_month_again USING (shop_id, unit_id, month)"
        same = f"SELECT * FROM {IS}.customer_month ANTI JOIN {again}"
        return f"SELECT * FROM ({same} UNION ALL BY NAME SELECT * EXCLUDE (filename) FROM customer_month_were)"

    def _hold_adjustments(self) -> None:
        """What landed of corrections of these orders; as it was: from the loads before."""
        theirs = f"SEMI JOIN {ORDERS} USING (order_id)"
        self._table(IS, "order_adjustment", f"SELECT order_id, amount_minor FROM main.order_adjustment {theirs}")
        self._table(WAS, "order_adjustment", f"SELECT * FROM ({self._adjustments_before()}) {theirs}")

    def _adjustments_before(self) -> str:
        return f"SELECT order_id, amount_minor FROM ({self._before('order_adjustment')})"

    def _before(self, table: str) -> str:
        """A SELECT of a table's rows as the snapshot before read them; inside of its schema."""
        earlier = self.making.upon.snapshot
        views, _ = canonical_views(self.home, earlier.loads)
        return resolved_views(views, earlier.merged, earlier.stitched)[table]

    def says_nothing_new_of(self, table: str) -> bool:
        """Whether no load since has a row of a canonical table that names no person."""
        return not self._new(table)

    def _new(self, table: str) -> list[list[Path]]:
        landed = (folder(self.home, load) / f"{table}.parquet" for load in self.making.upon.new)
        files = [path for path in landed if path.is_file()]
        return [files] if files else []

    def _table(self, schema: str, name: str, select: str) -> None:
        if not schema:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {select}")
            return
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self.connection.execute(f"CREATE OR REPLACE TABLE {schema}.{quoted(name)} AS {select}")


def tables_in(sql: str) -> set[str]:
    """The names of the tables that a compiled SELECT reads, its own parts left out."""
    return {name for name in _READ.findall(sql) if not _PART.fullmatch(name)}


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    (rows,) = connection.execute(sql).fetchone() or (0,)
    return int(rows)
