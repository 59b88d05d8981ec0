"""The marts as they stood on a day, for metrics to read.

On the snapshot's own day a mart is the table that was built; on any other day it is the same
expression, compiled over the orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import ibis

from holdfast.commerce.peak import Period
from holdfast.warehouse import marts
from holdfast.warehouse.marts import registry
from holdfast.warehouse.marts.declare import EXCLUDED_PERSON
from holdfast.warehouse.tables import TABLES

_ANY = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Marts:
    """Expressions over the views of one snapshot. built_as_of: the day its marts were built for."""

    built_as_of: date

    def order_value(self) -> ibis.Table:
        return unbound("order_value")

    def refund_value(self) -> ibis.Table:
        return unbound("refund_value")

    @staticmethod
    def excluded_person() -> ibis.Table:
        """Who is no customer, whatever they buy (C8)."""
        return EXCLUDED_PERSON

    def account_opening(self) -> ibis.Table:
        return unbound("account_opening")

    def purchase(self, as_of: date) -> ibis.Table:
        return unbound("purchase") if as_of == self.built_as_of else marts.purchase(self.order_value(), as_of)

    def history(self, as_of: date) -> ibis.Table:
        return (
            unbound("history")
            if as_of == self.built_as_of
            else marts.history(self.order_value(), self.purchase(as_of), as_of)
        )

    def usual_gap(self, as_of: date) -> ibis.Table:
        return unbound("usual_gap") if as_of == self.built_as_of else marts.usual_gap(self.purchase(as_of))

    def product_year(self, as_of: date) -> ibis.Table:
        if as_of == self.built_as_of:
            return unbound("product_year")
        return marts.product_year(self.order_value(), self.table("order_line"), as_of)

    def customer_month(self, as_of: date) -> ibis.Table:
        if as_of == self.built_as_of:
            return unbound("customer_month")
        return marts.customer_month(self.order_value(), self.refund_value(), self.history(as_of), as_of)

    def customer_year(self, as_of: date) -> ibis.Table:
        if as_of == self.built_as_of:
            return unbound("customer_year")
        months = self.customer_month(as_of)
        return marts.customer_year(months, self.order_value(), self.refund_value(), self.history(as_of), as_of)

    def customer_week(self, as_of: date, days: Sequence[Period]) -> ibis.Table:
        """Never built: few weeks are asked for."""
        return marts.customer_week(self.order_value(), self.refund_value(), self.history(as_of), days, as_of)

    @staticmethod
    def table(name: str) -> ibis.Table:
        """A canonical table's newest versions, whatever the day."""
        return TABLES[name].unbound()

    @staticmethod
    def mart(name: str) -> ibis.Table:
        """A mart over the tables beside sales; it holds moments, so that any day can be asked of it."""
        return registry.unbound(name)

    def shared(self, name: str, as_of: date, rows: ibis.Table) -> ibis.Table:
        """Rows that several readers share; a build puts a table of that name in their place."""
        return rows

    @staticmethod
    def month_point() -> ibis.Table:
        return ibis.table({"k": "int64"}, name="month_point")


@cache
def unbound(mart: str) -> ibis.Table:
    """A built mart as an Ibis table; its schema is that of its expression."""
    return ibis.table(_expression(mart).schema(), name=mart)


def _expression(mart: str) -> ibis.Table:
    t = {name: table.unbound() for name, table in TABLES.items()}
    zones = {1: "UTC"}
    if mart == "refund_value":
        rows = t["refund"], t["refund_line"], CREDIT_MATCH, EXCLUDED_PERSON, t["shop"]
        return marts.refund_value(*rows, zones, _ANY, _ANY)
    if mart == "order_value":
        rows = t["order"], t["order_line"], unbound("refund_value"), EXCLUDED_PERSON, t["shop"]
        return marts.order_value(*rows, zones, _ANY, _ANY)
    if mart == "purchase":
        return marts.purchase(unbound("order_value"), _ANY.date())
    if mart == "history":
        return marts.history(unbound("order_value"), unbound("purchase"), _ANY.date())
    if mart == "usual_gap":
        return marts.usual_gap(unbound("purchase"))
    if mart == "product_year":
        return marts.product_year(unbound("order_value"), t["order_line"], _ANY.date())
    if mart == "account_opening":
        return marts.account_opening(t["customer"], zones, _ANY, _ANY)
    moves = unbound("order_value"), unbound("refund_value"), unbound("history"), _ANY.date()
    if mart == "customer_month":
        return marts.customer_month(*moves)
    if mart == "customer_year":
        return marts.customer_year(unbound("customer_month"), *moves)
    raise KeyError(mart)


CREDIT_MATCH = ibis.table(
    {"refund_id": "int64", "product_id": "int64", "place": "int64", "order_id": "int64", "order_place": "int64"},
    name="credit_match",
)
