"""A shop whose marts are written by hand, or drawn in arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from holdfast.predictions.fit import Asked
from holdfast.predictions.shop import ShopRows
from holdfast.warehouse import marts
from holdfast.warehouse.engine import compiled, quoted
from holdfast.warehouse.facts import unbound
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.snapshot import Snapshot

SHOP = Shop(1, "paper", "paper", "UTC", "EUR")
ORDER = {"shop_id": 1, "valid": True, "counts": True, "shop_money": True, "lines": 1, "discount_minor": 0}


class Paper:
    """A shop whose marts are written by hand."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.rows = ShopRows(connection, 1)

    def __call__(self, **tables: list[dict[str, object]]) -> ShopRows:
        """Rows by table or mart, of shop 1 unless they say otherwise."""
        for name, rows in tables.items():
            for row in rows:
                given = {"shop_id": 1} | row
                columns = ", ".join(quoted(c) for c in given)
                marks = ", ".join("?" * len(given))
                self.connection.execute(
                    f"INSERT INTO {quoted(name)} ({columns}) VALUES ({marks})", list(given.values())
                )
        return self.rows

    def sold(self, customer, day, minor=1000, void=None) -> ShopRows:
        """Orders as arrays: who, days since 1970, worth; `purchase` and `history` follow from them."""
        ((first,),) = self.connection.execute("SELECT coalesce(max(order_id), 0) + 1 FROM order_value").fetchall()
        customer = np.asarray(customer, dtype=np.int64)
        n = len(customer)
        minors = np.broadcast_to(np.asarray(minor, dtype=np.int64), n)
        columns = {name: [value] * n for name, value in ORDER.items()}
        columns |= {
            "order_id": np.arange(first, first + n), "customer_id": customer,
            "placed_on": pa.array(np.asarray(day, dtype=np.int32), pa.int32()).cast(pa.date32()),
            "void_on": pa.array([None] * n if void is None else void, pa.date32()),
            "gross_minor": minors, "placed_minor": minors, "returned_minor": [0] * n,
        }  # fmt: skip
        told = pa.table(columns)
        self.connection.register("told", told)
        named = ", ".join(quoted(name) for name in columns)
        self.connection.execute(f"INSERT INTO order_value ({named}) SELECT {named} FROM told")
        self.connection.unregister("told")
        return self.follow()

    def ledger(self, rows: list[dict[str, object]]) -> None:
        """Movements of subscriptions, their days since 1970."""
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        columns["day"] = pa.array(columns["day"], pa.int32()).cast(pa.date32())
        self.connection.register("told", pa.table(columns))
        named = ", ".join(quoted(name) for name in columns)
        self.connection.execute(f"INSERT INTO mrr_ledger ({named}) SELECT {named} FROM told")
        self.connection.unregister("told")

    def follow(self, as_of: date = date(2030, 1, 1)) -> ShopRows:
        for name, told in (
            ("purchase", marts.purchase(unbound("order_value"), as_of)),
            ("history", marts.history(unbound("order_value"), unbound("purchase"), as_of)),
        ):
            columns = ", ".join(quoted(c) for c in unbound(name).columns)
            self.connection.execute(f"DELETE FROM {name}")
            self.connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM ({compiled(told)})")
        return self.rows

    def asked(self, as_of: date, segment: str = "b2c_marketplace", home: Home | None = None) -> Asked:
        snapshot = Snapshot("000001-paper", Path(), as_of, datetime(2026, 1, 1), (1,), (SHOP,))
        return Asked(home, self.rows, snapshot, SHOP, segment)  # type: ignore[arg-type]


def ordinal(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def random_shop(customers=900, days=720, seed=3, leaving=0.004):
    """Customers who buy at their own pace and are gone for good one day: who (n,), days since the start (n,)."""
    rng = np.random.default_rng(seed)
    who, when = [], []
    for customer in range(1, customers + 1):
        day, gap = float(rng.integers(0, 400)), rng.gamma(2.0, 15.0) + 2
        alive_until = day + rng.exponential(1 / leaving)
        while day < min(days, alive_until):
            who.append(customer)
            when.append(int(day))
            day += max(1.0, rng.exponential(gap))
    return np.array(who), np.array(when)


def later(label, days: int):
    """The same label watched for so many days."""
    return replace(label, days=days, said=f"{label.said}, watched for {days} days")


def day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)
