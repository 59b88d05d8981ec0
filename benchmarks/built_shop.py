"""A home with the invented shop of `run.py` in it, imported and built, for what is measured after a build."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from run import HERE, HOLDFAST, IMPORT_OPTIONS, SHOP, Cost, cost_of


def built_home(lines: Path, name: str) -> Path:
    """The home of this name under data/, made from these files if it is not there yet."""
    home = HERE / "data" / name
    if not (home / "snapshots" / "current").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        cost_of("init", [HOLDFAST, "init"], home)
        cost_of("import", [HOLDFAST, "import", lines, "--shop", SHOP, *IMPORT_OPTIONS, "--json"], home)
        cost_of("build", [HOLDFAST, "build", "--json"], home)
    return home


@contextmanager
def built(lines: Path, name: str, *, keep: bool) -> Iterator[Path]:
    """The same for as long as it is used. keep: leave it there afterwards, so that the next run need not build it."""
    yield built_home(lines, name)
    if not keep:
        shutil.rmtree(HERE / "data" / name, ignore_errors=True)


def sized(description: str, *, orders: int, of_a_customer: int, lines_of_ten: int) -> argparse.ArgumentParser:
    """Options that say how large a shop is, for `size_of`. of_a_customer: its orders; lines_of_ten: of ten orders."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=orders)
    parser.add_argument("--customers", type=int, help=f"default: one for {of_a_customer} orders")
    parser.add_argument("--lines", type=int, help=f"default: {lines_of_ten} for ten orders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the home, so that the next run need not build it")
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(of_a_customer=of_a_customer, lines_of_ten=lines_of_ten)
    return parser


def size_of(asked: argparse.Namespace) -> tuple[int, int, int, int]:
    """Orders, customers, lines and seed."""
    customers = asked.customers or asked.orders // asked.of_a_customer
    return asked.orders, customers, asked.lines or asked.orders * asked.lines_of_ten // 10, asked.seed


def part_table(costs: Sequence[Cost]) -> str:
    """What each part took, as a table of docs/benchmarks.md."""
    rows = [f"| {cost.name} | {cost.cpu:.1f} | {cost.peak_mb / 1024:.1f} GB |" for cost in costs]
    return "\n".join(["| part | CPU s | peak memory |", "|---|---:|---:|", *rows]) + "\n"
