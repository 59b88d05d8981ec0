"""The rows of one shop in a snapshot that is open for reading, all of its customers' or a part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import ibis
import numpy as np
import numpy.typing as npt

from holdfast.predictions.lots import Lots, lots
from holdfast.warehouse.engine import compiled, quoted

# Whose rows are cut to the shop and the part of its customers that is looked at.
OF_CUSTOMERS = (
    "order_value", "refund_value", "purchase", "mrr_ledger", "ticket_times", "csat_answer", "nps_answer",
    "message_told", "invoice", "contract_term",
)  # fmt: skip
OF_COMPANIES = ("order_value", "ticket_times", "csat_answer", "invoice", "contract_term")  # name whose account it is
OF_SHOP = ("order_line", "ticket_solve", "product", "survey_answer")
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class ShopRows:
    """share: of the customers that are looked at. drawn: their keys, where that is not everybody. left_out: keys of
    whom nothing may be read.
    companies: whether whoever buys is a company, under the account it became part of, in place of its people.
    """

    connection: duckdb.DuckDBPyConnection
    shop_id: int
    share: float = 1.0
    left_out: tuple[int, ...] = ()
    drawn: tuple[int, ...] = ()
    companies: bool = False

    def columns(self, told: ibis.Table, days: Sequence[date]) -> Columns:
        """Columns of an expression over the days asked about as arrays; null is NaN."""
        found = self.connection.execute(f"{self._given(days)} SELECT * FROM ({compiled(told)})").fetchnumpy()
        return {name: _filled(column) for name, column in found.items()}

    def rows(self, told: ibis.Table, days: Sequence[date]) -> list[tuple[Any, ...]]:
        return self.connection.execute(f"{self._given(days)} SELECT * FROM ({compiled(told)})").fetchall()

    def has(self, need: str) -> bool:
        """Whether the shop has a row of a table or mart, or a value of a column ("product.type")."""
        table, _, column = need.partition(".")
        where = f"AND {quoted(column)} IS NOT NULL" if column else ""
        query = f"SELECT 1 FROM {quoted(table)} WHERE shop_id = {self.shop_id} {where} LIMIT 1"
        try:
            return self.connection.execute(query).fetchone() is not None
        except duckdb.CatalogException:  # the snapshot was built before there was such a mart
            return False

    def customers(self) -> int:
        """Who ever bought or subscribed; companies: who ever bought or had a contract."""
        if self.companies:
            return len(self.lots().keys)
        (found,) = self.connection.execute(
            "SELECT count(DISTINCT customer_id) FROM (SELECT customer_id, shop_id FROM purchase UNION ALL"
            f" SELECT customer_id, shop_id FROM mrr_ledger) WHERE shop_id = {self.shop_id}"
        ).fetchone() or (0,)
        return int(found)

    def sampled(self, share: float) -> ShopRows:
        """A part of the customers, always the same ones, and all of those of a smaller part."""
        return replace(self, share=share, drawn=self.lots().drawn(share))

    def lots(self) -> Lots:
        """Of who ever bought or subscribed."""
        return lots(self.connection, (self.shop_id,), companies=self.companies)

    def span(self, table: str, until: date) -> tuple[date, date] | None:
        """The days of the first and last purchase ("purchase"), or movement of a subscription ("mrr_ledger")."""
        (first, last) = self.connection.execute(
            f"SELECT min(day), max(day) FROM {quoted(table)} WHERE shop_id = {self.shop_id} AND day <= ?", [until]
        ).fetchone() or (None, None)
        return (first, last) if first else None

    def recorded(self, days: Sequence[date]) -> float:
        """Of the orders and subscriptions up to each day, the share recorded by the day after; the least of all."""
        told = (
            'SELECT recorded_at, placed_on AS day, v.shop_id FROM "order" JOIN order_value AS v USING (order_id)'
            " UNION ALL SELECT recorded_at, started_at::DATE AS day, shop_id FROM subscription"
        )
        shares = ", ".join(
            f"avg((recorded_at::DATE <= DATE '{day}' + 1)::INT) FILTER (WHERE day <= DATE '{day}')" for day in days
        )
        found = self.connection.execute(f"SELECT {shares} FROM ({told}) WHERE shop_id = {self.shop_id}").fetchone()
        return min(float(share or 0.0) for share in found or (0.0,))

    def _given(self, days: Sequence[date]) -> str:
        """The days asked about, and each table cut to what is looked at, under its own name."""
        listed = ", ".join(f"(DATE '{day}')" for day in days)
        given, drawn = [f"asked_day(as_of) AS (VALUES {listed})"], ""
        if self.share < 1:
            # one text, not a number each: a list of so many would take longer to parse than all that is asked of it
            keys = ", ".join(map(str, self.drawn))
            given.append(f"drawn AS (SELECT unnest('[{keys}]'::BIGINT[]) AS customer_id)")
            drawn = " AND (customer_id IS NULL OR customer_id IN (SELECT customer_id FROM drawn))"
        if self.left_out:
            drawn += f" AND (customer_id IS NULL OR customer_id NOT IN ({', '.join(map(str, self.left_out))}))"
        if self.companies:
            given += [f"{name} AS ({self._of_companies(name)})" for name in OF_CUSTOMERS]
            return "WITH " + ", ".join([*given, *(f"{name} AS ({self._of_shop(name)})" for name in OF_SHOP)])
        for names, cut in ((OF_CUSTOMERS, drawn), (OF_SHOP, "")):
            given += [f"{name} AS (SELECT * FROM {name} WHERE shop_id = {self.shop_id}{cut})" for name in names]
        return "WITH " + ", ".join(given)

    def _of_shop(self, name: str) -> str:
        return f"SELECT * FROM {name} WHERE shop_id = {self.shop_id}"

    def _of_companies(self, name: str) -> str:
        """Rows of companies with the company as their customer; none of a table that names people only, but refunds,
        which are found by their order."""
        if name == "refund_value":
            return self._of_shop(name)
        if name not in OF_COMPANIES:
            return f"SELECT * FROM {name} WHERE false"
        return (
            f"SELECT t.* REPLACE (coalesce(s.survivor_id, t.account_id) AS customer_id) FROM {name} AS t LEFT JOIN"
            " account_survivor AS s ON s.account_id = t.account_id"
            f" WHERE t.shop_id = {self.shop_id} AND t.account_id IS NOT NULL"
        )


def _filled(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    told, hidden = np.ma.getdata(column), np.ma.getmaskarray(column)
    if told.dtype.kind == "M":
        return told.astype("datetime64[D]")
    return np.where(hidden, np.nan, told.astype(float)) if hidden.any() else told
