"""Measure import, build, scorecard and pages on an invented shop, against a floor and against peers.

    python benchmarks/run.py --orders 1000000 [--customers N] [--lines N] [--save docs/benchmarks.md]

Every step is a process of its own, held to two cores. CPU is user plus system time of the process and its children;
memory is its peak. The floor is one bare scan that aggregates every column of the same files with DuckDB, its CPU
taken around the query alone, the median of three. It prints a table; it passes no verdict on time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HOLDFAST = Path(sys.executable).parent / "holdfast"
CORES = 2
SHOP = "Bench shop"
IMPORT_OPTIONS = ("--zone", "Europe/London", "--currency", "GBP", "--simulated")
PEER_BYTES_A_LINE = {"pandas": 600, "polars": 530}  # measured at 24 M lines: peak memory per order line
AIMS = {"import": 12.0, "build": 8.0}  # times the floor's CPU
AIM_GB = {10_000_000: 8, 50_000_000: 16}  # peak memory at most, up to this many orders
PAGE_AIM_MS = 50


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of CPU and of the clock, peak memory in MB; and what it printed."""

    name: str
    cpu: float
    wall: float
    peak_mb: float
    said: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def _two_cores() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def cost_of(name: str, command: Sequence[str | Path], home: Path) -> Cost:
    """Run a command to its end and say what it took; its standard output is one JSON object."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            env=os.environ | {"HOLDFAST_HOME": str(home)},
            preexec_fn=_two_cores,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        text = out.read().strip()
    if child.returncode:
        raise SystemExit(f"{name} ended with {child.returncode}: {text[-2000:]}")
    said = json.loads(text) if text.startswith("{") else {}
    to_mb = 1 / 2**20 if sys.platform == "darwin" else 1 / 2**10
    return Cost(name, used.ru_utime + used.ru_stime, wall, used.ru_maxrss * to_mb, said)


def floor(lines: Path) -> dict[str, float]:
    """Scan and aggregate every column of the files once; runs in a child of its own."""
    import duckdb

    connection = duckdb.connect(config={"threads": CORES})
    source = f"read_parquet('{lines}/*.parquet')"
    columns = connection.execute(f"describe from {source}").fetchall()
    parts = ["count(*)"]
    for name, kind, *_ in columns:
        parts.append(f'sum("{name}")' if kind.startswith(("BIGINT", "DECIMAL", "DOUBLE")) else f'max("{name}")')
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    connection.execute(f"select {', '.join(parts)} from {source}").fetchall()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_seconds": cpu, "wall_seconds": time.perf_counter() - began}


def measure_floor(lines: Path, home: Path) -> Cost:
    runs = [cost_of("floor", [sys.executable, __file__, "--floor", lines], home) for _ in range(3)]
    middle = sorted(runs, key=lambda cost: cost.said["cpu_seconds"])[1]
    return Cost("floor: scan and aggregate", middle.said["cpu_seconds"], middle.said["wall_seconds"], middle.peak_mb)


def measure_product(lines: Path, home: Path) -> list[Cost]:
    """import, build, scorecard, as a person would run them."""
    cost_of("init", [HOLDFAST, "init"], home)
    commands: dict[str, list[str | Path]] = {
        "import": [HOLDFAST, "import", lines, "--shop", SHOP, *IMPORT_OPTIONS, "--json"],
        "build": [HOLDFAST, "build", "--json"],
        "scorecard": [HOLDFAST, "scorecard", "--json"],
    }
    return [cost_of(name, command, home) for name, command in commands.items()]


def measure_peers(lines: Path, home: Path, rows: int) -> list[Cost]:
    """The same scorecard written in pandas and in Polars, where it fits."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    found = []
    for peer, bytes_a_line in PEER_BYTES_A_LINE.items():
        script, need = HERE / f"peer_{peer}.py", rows * bytes_a_line / 2**30
        if need * 2**30 > 0.8 * free:
            found.append(
                Cost(peer, 0, 0, 0, note=f"not run: needs about {need:.0f} GB, {free / 2**30:.0f} GB are free")
            )
        else:
            found.append(cost_of(peer, [sys.executable, script, lines], home))
    return found


def shop_files(orders: int, customers: int, lines: int, seed: int) -> tuple[Path, dict[str, Any]]:
    """The invented shop of this size, made if it is not there yet; its folder of lines and its truth."""
    folder = HERE / "data" / f"{orders}-{customers}-{lines}-{seed}"
    if not (folder / "truth.json").exists():
        asked = {"customers": customers, "orders": orders, "lines": lines, "seed": seed}
        asked |= {"duplicates": lines // 1000, "bad": max(lines // 24_000, 3)}
        options = [part for name, value in asked.items() for part in (f"--{name}", str(value))]
        print(f"making {orders:,} orders ...", file=sys.stderr)
        subprocess.run([sys.executable, HERE / "generate.py", *options, "--out", folder], check=True, stdout=sys.stderr)
    return folder / "lines", json.loads((folder / "truth.json").read_text())


def cost_table(costs: Sequence[Cost], floor_cpu: float, orders: int) -> str:
    rows = ["| step | CPU s | clock s | peak memory | × floor | aim |", "|---|---:|---:|---:|---:|---|"]
    most = next((gb for size, gb in AIM_GB.items() if orders <= size), max(AIM_GB.values()))
    for cost in costs:
        aim = AIMS.get(cost.name)
        aimed = f"≤ {aim:g} × floor, < {most} GB" if aim else ""
        if cost.note:
            rows.append(f"| {cost.name} | | | | | {cost.note} |")
        else:
            memory = f"{cost.peak_mb / 1024:.1f} GB"
            ratio = f"{cost.cpu / floor_cpu:.1f}"
            rows.append(f"| {cost.name} | {cost.cpu:.1f} | {cost.wall:.1f} | {memory} | {ratio} | {aimed} |")
    return "\n".join(rows)


def _summed(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reading many files is one part: each of them alone is a line of noughts."""
    whole: dict[str, dict[str, Any]] = {}
    for step in steps:
        name = "reading the files" if str(step["name"]).startswith("reading ") else step["name"]
        part = whole.setdefault(name, {"name": name, "cpu_seconds": 0.0, "wall_seconds": 0.0})
        for what in ("cpu_seconds", "wall_seconds"):
            part[what] += step[what]
    return list(whole.values())


def profile_table(cost: Cost) -> str:
    """Where the time of one step went, dearest first; empty when the step did not say."""
    steps = sorted(_summed(cost.said.get("steps", [])), key=lambda step: -step["cpu_seconds"])
    if not steps:
        return ""
    rows = [f"\nWhere {cost.name} spends it:\n", "| part | CPU s | clock s | share of CPU |", "|---|---:|---:|---:|"]
    for step in steps:
        share = step["cpu_seconds"] / max(cost.cpu, 1e-9)
        rows.append(f"| {step['name']} | {step['cpu_seconds']:.1f} | {step['wall_seconds']:.1f} | {share:.0%} |")
    rest = cost.cpu - sum(step["cpu_seconds"] for step in steps)
    rows.append(f"| start-up and the rest | {rest:.1f} | | {rest / max(cost.cpu, 1e-9):.0%} |")
    return "\n".join(rows)


def receipt_check(said: dict[str, Any], truth: dict[str, Any]) -> str:
    """Whether import read and rejected what the generator wrote: a fast wrong import is no result."""
    wrote = truth["lines"] + truth["duplicate_rows"] + truth["bad_rows"]
    read, rejected = said.get("rows_read"), said.get("rows_rejected")
    if (read, rejected) == (wrote, truth["bad_rows"]):
        return f"\nImport read all {wrote:,} rows and rejected the {rejected:,} unusable ones.\n"
    return (
        f"\n**Import read {read} rows and rejected {rejected}; written were {wrote}, unusable {truth['bad_rows']}.**\n"
    )


def page_table(pages: dict[str, Any]) -> str:
    rows = [f"\n| page | server time, median of {pages['times']} | slowest | aim |", "|---|---:|---:|---|"]
    rows += [
        f"| {page['name']} | {page['median_ms']:.0f} ms | {page['slowest_ms']:.0f} ms | < {PAGE_AIM_MS} ms |"
        for page in pages["pages"]
    ]
    return "\n".join(rows)


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{min(cores, CORES)} cores, {memory:.0f} GB"


def report(arguments: argparse.Namespace) -> str:
    """Run everything and return the Markdown of one size."""
    lines, truth = shop_files(arguments.orders, arguments.customers, arguments.lines, arguments.seed)
    size = sum(path.stat().st_size for path in lines.iterdir()) / 2**20
    home = HERE / "data" / f"home-{arguments.orders}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    floor_cost = measure_floor(lines, home)
    product = [] if arguments.no_product else measure_product(lines, home)
    peers = [] if arguments.no_peers else measure_peers(lines, home, truth["lines"])
    text = (
        f"## {arguments.orders:,} orders\n\n"
        f"{truth['customers']:,} customers, {truth['lines']:,} lines, {size:,.0f} MB of Parquet; "
        f"{truth['duplicate_rows']:,} duplicate and {truth['bad_rows']:,} unusable rows on top. "
        f"Seed {arguments.seed}. Machine: {machine()}. Measured {datetime.now(UTC).date()}.\n\n"
        + cost_table([floor_cost, *product, *peers], floor_cost.cpu, arguments.orders)
        + "\n"
        + "".join(f"{profile_table(cost)}\n" for cost in product if cost.said.get("steps"))
    )
    if product:
        text += receipt_check(product[0].said, truth)
        text += page_table(cost_of("pages", [sys.executable, HERE / "pages.py"], home).said) + "\n"
    if not arguments.keep:
        shutil.rmtree(home, ignore_errors=True)
    return text


def _orders_of(section: str) -> int:
    """How many orders a section is about; sections about something else come first, as they stand."""
    first = section.split(maxsplit=1)[0].replace(",", "")
    return int(first) if first.isdigit() else 0


def save(page: Path, orders: int, text: str) -> None:
    """Put this size's section into the page, in place of an earlier one, sizes in order."""
    head, *sections = page.read_text(encoding="utf-8").split("\n## ")
    title = f"{orders:,} orders"
    kept = [section for section in sections if not section.startswith(title + "\n")] + [text.removeprefix("## ")]
    kept.sort(key=_orders_of)
    page.write_text("\n## ".join([head.rstrip() + "\n", *(s.strip() + "\n" for s in kept)]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Holdfast on an invented shop.")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    parser.add_argument("--lines", type=int, help="default: 2.4 an order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-peers", action="store_true", help="leave pandas and Polars out")
    parser.add_argument("--no-product", action="store_true", help="floor and peers only")
    parser.add_argument("--keep", action="store_true", help="keep the home that was built under benchmarks/data")
    parser.add_argument("--save", type=Path, help="also put the result into this page")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.floor:
        print(json.dumps(floor(arguments.floor)))
        return
    arguments.customers = arguments.customers or max(arguments.orders // 10, 1)
    arguments.lines = arguments.lines or arguments.orders * 12 // 5
    text = report(arguments)
    print(text)
    if arguments.save:
        save(arguments.save, arguments.orders, text)


if __name__ == "__main__":
    main()
