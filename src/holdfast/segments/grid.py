"""Recency, frequency and money on one grid: how many buyers stand in each cell, and what they have spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import asked
from holdfast.warehouse.home import Home, Shop

By = Literal["rank", "cuts"]
SUFFIX = {"rank": "score", "cuts": "class"}
NO_CUTS = Unknown("the merchant has given no cuts of their own", "write them in rfm.toml")


@dataclass(frozen=True, slots=True)
class Cell:
    """money: whole units of the shop's currency, all buyers of the cell together; money_score: their mean."""

    recency: int
    frequency: int
    customers: int
    money: float
    money_score: float


@dataclass(frozen=True, slots=True)
class Grid:
    """cells: every one in which somebody stands, 1 the lowest; they add up to the shop's buyers."""

    by: By
    as_of: date
    cells: tuple[Cell, ...]

    @property
    def customers(self) -> int:
        return sum(cell.customers for cell in self.cells)

    def table(self) -> pa.Table:
        names = ("recency", "frequency", "customers", "money", "money_score")
        return pa.table({name: [getattr(cell, name) for cell in self.cells] for name in names})


def grid(home: Home, shop: Shop, by: By = "rank", as_of: date | None = None) -> Grid | Unknown:
    """By place among the shop's buyers, or by the merchant's own cuts. Raises as `members`."""
    r, f, m = (FACTS[f"{name}_{SUFFIX[by]}"] for name in ("recency", "frequency", "money"))
    money = FACTS["money"]
    with asked(home, (), [as_of] if as_of else None, shops=(shop,)) as ground:
        if by == "cuts" and not ground.asking.cuts:
            return NO_CUTS
        told = {name: ground.asking.value(fact) for name, fact in (("r", r), ("f", f), ("m", m), ("money", money))}
        rows = ground.asking.rows([r, f, m, money], told)
        found = ground.connection.execute(
            f"SELECT r, f, count(*), sum(money), avg(m) FROM ({rows}) GROUP BY r, f ORDER BY r, f", ground.asking.given
        ).fetchall()
        return Grid(by, ground.asking.days[0], tuple(Cell(*cell) for cell in found))
