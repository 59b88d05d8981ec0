"""A home with the invented shop of `run.py`, imported and built, so that what is asked of it can be measured apart."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from run import CORES, HERE, HOLDFAST, IMPORT_OPTIONS, SHOP, Cost, cost_of, machine, shop_files


def built(home: Path, lines: Path) -> Path:
    """The home, made of the files of `shop_files` where it does not serve a snapshot yet."""
    if not (home / "snapshots" / "current").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        cost_of("init", [HOLDFAST, "init"], home)
        cost_of("import", [HOLDFAST, "import", lines, "--shop", SHOP, *IMPORT_OPTIONS, "--json"], home)
        cost_of("build", [HOLDFAST, "build", "--json"], home)
    return home


def asked(description: str | None, *, orders: int, orders_each: int, lines_an_order: float) -> argparse.ArgumentParser:
    """What can be said of the shop on the command line; `of_shop` reads it. orders_each: of a customer."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=orders)
    parser.add_argument("--customers", type=int, help=f"default: one for {orders_each} orders")
    parser.add_argument("--lines", type=int, help=f"default: {lines_an_order:g} an order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the home, so that the next run need not build it")
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(orders_each=orders_each, lines_an_order=lines_an_order)
    return parser


def of_shop(name: str, arguments: argparse.Namespace) -> tuple[Path, dict[str, Any]]:
    """The built home for one benchmark, and the truth of the shop in it."""
    orders = arguments.orders
    customers = arguments.customers or orders // arguments.orders_each
    lines = arguments.lines or round(orders * arguments.lines_an_order)
    files, truth = shop_files(orders, customers, lines, arguments.seed)
    return built(HERE / "data" / f"home-{name}-{orders}-{customers}", files), truth


def part_table(said: str, costs: Sequence[Cost]) -> str:
    """A section of docs/benchmarks.md: a sentence on the size, and what each part took."""
    rows = [f"| {cost.name} | {cost.cpu:.1f} | {cost.peak_mb / 1024:.1f} GB |" for cost in costs]
    head = ["| part | CPU s | peak memory |", "|---|---:|---:|"]
    return f"{said} Held to {CORES} cores; {machine()}.\n\n" + "\n".join([*head, *rows]) + "\n"
