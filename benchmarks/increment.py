"""Measure a day of new data on an invented shop: build upon the snapshot before, against building all of it.

    python benchmarks/increment.py --orders 1000000

The shop of `run.py` is imported up to a day and built. Then that day comes, and with it a correction of some older
orders: as many as 3 in 100 of the day's, of the sixty days before, went back. Both builds are processes of their own,
one after the other, over the same imports. The day is one in the middle of a month (`--short`: so many days before the
last of the data); `--short 0` is the last day of a month and of a year, on which more is measured anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb
from run import HERE, HOLDFAST, IMPORT_OPTIONS, SHOP, Cost, cost_of, machine, measure_floor, shop_files

GONE_BACK = 0.03  # orders of the last sixty days that go back, for each order of the day
SHORT = 13  # days
MARTS_END = "marts beside sales"  # the last step of making marts


def days(lines: Path, folder: Path, short: int = SHORT) -> tuple[Path, Path, dict[str, int]]:
    """A shop's lines before a day, that day with its corrections, and how much of each there is.

    short: how many days the day lies before the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before, newest = folder / "before.parquet", folder / "day.parquet"
    connection = duckdb.connect()
    connection.execute(
        f"CREATE VIEW line AS FROM read_parquet('{lines}/*.parquet') WHERE try_cast(quantity AS INT) > 0"
    )
    asked = f"SELECT max(CAST(placed_at AS DATE)) - {short} FROM line"
    (last,) = connection.execute(asked).fetchone() or ("",)
    connection.execute(f"COPY (FROM line WHERE CAST(placed_at AS DATE) < '{last}') TO '{before}' (FORMAT parquet)")
    day = f"FROM line WHERE CAST(placed_at AS DATE) = '{last}'"
    (orders,) = connection.execute(f"SELECT count(DISTINCT order_id) {day}").fetchone() or (0,)
    back = (
        f"SELECT DISTINCT order_id FROM line WHERE CAST(placed_at AS DATE) BETWEEN DATE '{last}' - 60"
        f" AND DATE '{last}' - 1"
        f" AND status = 'paid' ORDER BY hash(order_id) LIMIT {int(orders * GONE_BACK)}"
    )
    connection.execute(
        f"COPY ({day} UNION ALL SELECT * REPLACE ('refunded' AS status) FROM line SEMI JOIN ({back}) USING (order_id))"
        f" TO '{newest}' (FORMAT parquet)"
    )
    return before, newest, {"orders": orders, "back": int(orders * GONE_BACK)}


def marts_cpu(cost: Cost) -> float:
    """CPU seconds up to the last mart."""
    sofar = 0.0
    for step in cost.said["steps"]:
        sofar += float(step["cpu_seconds"])
        if step["name"] == MARTS_END:
            return sofar
    return sofar


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    lines, _ = shop_files(arguments.orders, arguments.customers, arguments.lines, arguments.seed)
    before, newest, size = days(lines, HERE / "data" / f"days-{arguments.orders}", arguments.short)
    home = HERE / "data" / f"home-days-{arguments.orders}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    cost_of("init", [HOLDFAST, "init"], home)
    floor = measure_floor(lines, home)
    load = [HOLDFAST, "import", "--shop", SHOP, *IMPORT_OPTIONS, "--json"]
    cost_of("import", [*load[:2], before, *load[2:]], home)
    cost_of("first build", [HOLDFAST, "build", "--json"], home)
    costs = [
        cost_of("import of the day", [*load[:2], newest, *load[2:]], home),
        cost_of("build of the day", [HOLDFAST, "build", "--json"], home),
        cost_of("full build", [HOLDFAST, "build", "--full", "--json"], home),
    ]
    if not arguments.keep:
        shutil.rmtree(home, ignore_errors=True)
    return {"costs": costs, "floor": floor.cpu, **size}


def report(arguments: argparse.Namespace) -> str:
    found = measured(arguments)
    day, full = found["costs"][1:]
    rows = [
        f"{arguments.orders:,} orders; the day brings {found['orders']:,} and takes {found['back']:,} older ones back."
        f" Machine: {machine()}. Floor: {found['floor']:.1f} CPU s.\n",
        "| | CPU s | of it marts | peak memory | × floor |", "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    for cost in found["costs"]:
        marts = f"{marts_cpu(cost):.1f}" if cost.name.endswith("build") or cost.name.startswith("build") else ""
        peak = f"{cost.peak_mb / 1024:.1f} GB"
        rows.append(f"| {cost.name} | {cost.cpu:.1f} | {marts} | {peak} | {cost.cpu / found['floor']:.1f} |")
    of_marts = marts_cpu(full) / marts_cpu(day)
    rows.append(f"\nFull : day = {full.cpu / day.cpu:.1f} : 1 in CPU, {of_marts:.1f} : 1 for the marts.\n")
    rows += ["| step | day | full |", "|---|---:|---:|"]
    whole = {step["name"]: step["cpu_seconds"] for step in full.said["steps"]}
    for step in day.said["steps"]:
        if max(step["cpu_seconds"], whole.get(step["name"], 0)) >= 0.05:
            rows.append(f"| {step['name']} | {step['cpu_seconds']:.2f} | {whole.get(step['name'], 0):.2f} |")
    rows += ["", *(f"{one['mart']}: {one['how']} {one['why']}" for one in day.said["made"])]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a day of new data against a full build.")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    parser.add_argument("--lines", type=int, help="default: 2.4 an order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", type=int, default=SHORT, help="how many days the day lies before the last")
    parser.add_argument("--keep", action="store_true", help="keep the home that was built under benchmarks/data")
    parser.add_argument("--json", action="store_true", help="print the costs as JSON")
    arguments = parser.parse_args()
    arguments.customers = arguments.customers or max(arguments.orders // 10, 1)
    arguments.lines = arguments.lines or arguments.orders * 12 // 5
    if arguments.json:
        found = measured(arguments)
        print(json.dumps(found | {"costs": {cost.name: cost.cpu for cost in found["costs"]}}))
        return
    print(report(arguments))


if __name__ == "__main__":
    sys.exit(main())
