"""A small shop in files, and what staging left of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from holdfast.warehouse.home import Shop
from holdfast.warehouse.staging import Staged

SHOP = Shop(1, "shop", "account", "Europe/Berlin", "EUR")

GENERIC = """
name = "orders"
[order_lines]
order_id = "order"
placed_at = "date"
email = "email"
sku = "sku"
quantity = "qty"
price = "price"
currency = "currency"
"""


@dataclass
class Result:
    con: duckdb.DuckDBPyConnection
    staged: Staged

    def rows(self, query: str) -> list[tuple]:
        return self.con.execute(query).fetchall()

    def one(self, query: str) -> tuple:
        return self.rows(query)[0]

    def rejects(self) -> list[tuple]:
        return self.rows('SELECT file, line, "column", value FROM stage_reject ORDER BY ALL')


def write(folder: Path, files: dict[str, str | bytes]) -> list[Path]:
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return [folder / name for name in files]
