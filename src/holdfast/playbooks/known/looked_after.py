"""Whether somebody's shop is of an account in the book of work: a task for one of its customers is somebody's then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import duckdb

from holdfast.playbooks.known.customers import customers_of
from holdfast.playbooks.live import Live
from holdfast.playbooks.tick import Known, Load
from holdfast.playbooks.walk import LOOKED_AFTER
from holdfast.warehouse.home import Home


def tell_looked_after(connection: duckdb.DuckDBPyConnection, home: Home, shops: Collection[int]) -> None:
    """Add it to `fact`; nothing where every shop is among those that have an account."""
    alone = [shop.shop_id for shop in home.shops() if shop.shop_id not in shops]
    if alone:
        connection.execute(f"ALTER TABLE fact ADD COLUMN {LOOKED_AFTER} BOOLEAN DEFAULT true")
        connection.execute(f"UPDATE fact SET {LOOKED_AFTER} = false WHERE shop_id IN ({', '.join(map(str, alone))})")


def without_book(home: Home, as_of: date | None = None) -> Load:
    """Customers of a home without a book of work, in which nobody looks after any shop."""
    load = customers_of(home, as_of)

    def known(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> Known | None:
        found = load(connection, live)
        tell_looked_after(connection, home, ())
        return found

    return known
