"""Measure what models cost on an invented shop: features of every customer on twelve days, fitting, publishing.

    python benchmarks/features.py --orders 10000000 --customers 1000000

The shop of `run.py` is imported and built. Then each part is a process of its own: every customer's features as of
twelve months, a day after the other; `holdfast models fit`, which learns from a sample; and `holdfast models publish`
on a home whose models were fitted, which says what they say of everybody, with reasons.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

from built_shop import built, part_table, size_of, sized
from run import CORES, HOLDFAST, Cost, cost_of, machine, shop_files

MONTHS = 12


def features(home: Path) -> dict[str, Any]:
    """Every customer on twelve days a month apart; runs in a child of its own."""
    from holdfast.commerce.calendar import months_before
    from holdfast.metrics.drill import opened
    from holdfast.predictions.features.frame import frame
    from holdfast.predictions.shop import ShopRows
    from holdfast.warehouse.home import Home

    rows = columns = 0
    with opened(Home(home)) as (connection, snapshot):
        days: list[date] = [months_before(snapshot.as_of, n) for n in reversed(range(MONTHS))]
        for day in days:
            told = frame(ShopRows(connection, snapshot.shops[0].shop_id), "buyers", [day])
            rows, columns = rows + len(told), len(told.columns)
    return {"rows": rows, "columns": columns}


def measured(arguments: argparse.Namespace) -> tuple[list[Cost], dict[str, Any]]:
    orders, customers, lines, seed = size_of(arguments)
    files, truth = shop_files(orders, customers, lines, seed)
    with built(files, f"home-features-{orders}-{customers}", keep=arguments.keep) as home:
        for folder in ("models", "predictions"):
            shutil.rmtree(home / folder, ignore_errors=True)
        costs = [
            cost_of("features of twelve months", [sys.executable, __file__, "--of", home], home),
            cost_of("fit, test and publish four models", [HOLDFAST, "models", "fit", "--json"], home),
        ]
        shutil.rmtree(home / "predictions")
        costs.append(cost_of("publish: everybody, with reasons", [HOLDFAST, "models", "publish", "--json"], home))
        size = sum(path.stat().st_size for path in (home / "predictions").rglob("rows.parquet"))
    return costs, truth | costs[0].said | {"published_mb": size / 2**20}


def told(costs: list[Cost], size: dict[str, Any]) -> str:
    """The section of docs/benchmarks.md."""
    return (
        f"{size['customers']:,} customers, {size['lines']:,} order lines; {size['rows']:,} rows of customers and days"
        f" with {size['columns']} features each. What is published takes {size['published_mb']:.1f} MB a snapshot."
        f" Held to {CORES} cores; {machine()}.\n\n" + part_table(costs)
    )


def main() -> None:
    parser = sized(__doc__ or "", orders=1_000_000, of_a_customer=10, lines_of_ten=24)
    arguments = parser.parse_args()
    if arguments.of:
        print(json.dumps(features(arguments.of)))
        return
    print(told(*measured(arguments)))


if __name__ == "__main__":
    main()
