"""Measure experiments over millions of customers: the lot, its effects with guardrails, a segment, a staggered start.

    python benchmarks/experiments.py --customers 5000000 --orders 20000000
    python benchmarks/experiments.py --home benchmarks/data/home-…      (a home that is built already)

Every step is a process of its own, held to two cores; CPU is user plus system time of it and its children, memory its
peak. The floor is one scan that adds up, by customer, every order the effects could be of.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from built_shop import built_home
from run import HOLDFAST, SHOP, Cost, cost_of, cost_table, machine, shop_files

DECLARED = """
id = "{id}"
name = "Benchmark"
hypothesis = "None: nothing was done."
owner = "Nobody"
shop = "{shop}"
days = 60
{more}
[outcome]
metric = "net_revenue"
"""
LOT = """held_out = 0.2
planned = {planned}
segments = ["country", "channel"]
"""
GUARDED = """
[[guardrails]]
metric = "refund_share"
per = "own"
tolerance = 0.1
[[guardrails]]
metric = "average_order_value"
per = "own"
tolerance = 0.1
"""
FLOOR = (
    "SELECT count(*), sum(net) FROM (SELECT customer_id, min(placed_on) AS first,"
    " sum(placed_minor - returned_minor) AS net FROM read_parquet('{marts}') WHERE counts GROUP BY 1)"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=5_000_000)
    parser.add_argument("--orders", type=int, default=20_000_000)
    parser.add_argument("--home", type=Path, help="a home that is built already; its experiments are removed")
    parser.add_argument("--floor", nargs=1, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.floor:
        return _floor(asked.floor[0])
    home = asked.home or _built(asked.customers, asked.orders)
    shutil.rmtree(home / "experiments", ignore_errors=True)
    costs = measured(home, asked.customers)
    floor = cost_of("floor: add up orders by customer", [sys.executable, __file__, "--floor", _marts(home)], home)
    print(machine())
    print(cost_table([floor, *costs], floor.cpu, asked.orders))
    return 0


def _built(customers: int, orders: int) -> Path:
    lines, _ = shop_files(orders, customers, orders, 1)
    return built_home(lines, f"home-experiments-{orders}-{customers}")


def measured(home: Path, customers: int) -> list[Cost]:
    folder = home / "tmp"
    folder.mkdir(exist_ok=True)
    lot, waves = folder / "lot.toml", folder / "waves.toml"
    lot.write_text(DECLARED.format(id="lot", shop=SHOP, more=LOT.format(planned=customers)) + GUARDED)
    waves.write_text(DECLARED.format(id="waves", shop=SHOP, more='design = "staggered"\n'))
    began = _began(home, folder / "began.parquet")
    past = _past(home, folder / "past.parquet")
    steps: dict[str, list[str | Path]] = {
        "declare, with what it could show": ["declare", lot],
        "take the lot of all customers": ["take", "lot", past],
        "effects, guardrails, two segments, checks": ["show", "lot"],
        "declare a staggered start": ["declare", waves],
        "take who began when": ["take", "waves", began],
        "staggered start, 200,000 of the customers": ["show", "waves"],
    }
    return [cost_of(name, [HOLDFAST, "experiments", *words, "--json"], home) for name, words in steps.items()]


def _past(home: Path, path: Path) -> Path:
    """Everybody, assigned 90 days before the data end, so that their horizon is over."""
    return _listed(home, path, "CASE WHEN hash(customer_id) % 5 = 0 THEN 'held out' ELSE 'treated' END AS arm", 90)


def _began(home: Path, path: Path) -> Path:
    wave = "CAST($end - 150 + 28 * CAST(customer_id % 3 AS INTEGER) AS DATE)"
    return _listed(home, path, f"CASE WHEN hash(customer_id) % 2 = 0 THEN {wave} END AS began", 150)


def _listed(home: Path, path: Path, column: str, back: int) -> Path:
    from holdfast.warehouse.engine import open_writer
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

    snapshot = current_snapshot(Home(home))
    if snapshot is None:
        raise SystemExit(f"{home} holds nothing that was built")
    column = column.replace("$end", f"DATE '{snapshot.as_of}'")
    reader = open_snapshot(Home(home), snapshot)
    table = reader.sql(
        f"SELECT c.customer_number AS customer, {column}, CAST(DATE '{snapshot.as_of}' - {back} AS DATE) AS assigned_on"
        f" FROM history JOIN customer AS c USING (customer_id) WHERE first_on <= DATE '{snapshot.as_of}' - {back}"
    ).to_arrow_table()
    with open_writer(home / "tmp") as writer:
        writer.register("listed", table)
        writer.execute(f"COPY listed TO '{path}' (FORMAT parquet)")
    return path


def _marts(home: Path) -> str:
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import current_snapshot

    snapshot = current_snapshot(Home(home))
    if snapshot is None:
        raise SystemExit(f"{home} holds nothing that was built")
    return str(snapshot.path / "order_value*.parquet")


def _floor(marts: str) -> int:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(FLOOR.format(marts=marts)).fetchall()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
