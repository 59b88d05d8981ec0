"""Measure fits of customers' future against peers on the same histories, and orders → values for every customer.

    python benchmarks/values.py --customers 1000000 --peers /path/to/venv/bin/python
    python benchmarks/values.py --orders 50000000

The peers want a venv of their own: `pip install lifetimes==0.11.3 pymc-marketing==0.19.2` (Python 3.11); they are no
dependency of Holdfast. Give --peers once for each. Every run is a process of its own, held to two cores; CPU is user
plus system time of it and its children around the work alone (imports are not counted), memory its peak. The shops are
invented: BG/NBD on whole days, seed 1.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from run import HERE, Cost, cost_of, machine

AS_OF = date(2026, 1, 1)
LONGEST = 730  # days since the first purchase
LAW = {"r": 0.55, "alpha": 28.0, "a": 0.8, "b": 2.5}
CHUNK = 250_000
PEERS = ("lifetimes", "lifetimes, grouped", "pymc-marketing")
COLUMNS = ("x", "t_x", "T", "orders", "total")
NAMES = ("r", "alpha", "a", "b")


def drawn(customers: int, seed: int, alpha: float) -> tuple[np.ndarray[Any, Any], ...]:
    """Per customer: days since the first purchase, repeat purchases, and until which day they happened."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(30, LONGEST, customers)
    rate = rng.gamma(LAW["r"], 1 / alpha, customers)
    until_stop = rng.geometric(np.maximum(rng.beta(LAW["a"], LAW["b"], customers), 1e-9))
    planned = rng.poisson(rate * ages)
    bought = np.minimum(planned, until_stop)
    ends = np.where(planned > bought, (bought + 1) / (planned + 1), 1.0) * ages
    return ages, bought, np.maximum(ends, 1).astype(np.int64)


def histories(customers: int) -> Path:
    """(x, t_x, T) in days, and what was paid: an .npz, made once."""
    path = HERE / "data" / f"histories-{customers}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(2)
        ages, bought, ends = drawn(customers, 1, LAW["alpha"])
        x = np.minimum(bought, ends)
        t_x = np.where(x > 0, np.ceil(ends * rng.random(customers) ** (1 / np.maximum(x, 1))), 0)
        total = np.where(x > 0, rng.gamma(6.0 * np.maximum(x, 1)) / rng.gamma(4.0, 1 / 1500.0, customers), 0).round()
        np.savez(path, x=x.astype(float), t_x=t_x.astype(float), T=ages.astype(float), orders=x, total=total)
    return path


def orders(wanted: int) -> Path:
    """customer_id, day, paid: Parquet files of so many orders of a tenth as many customers, in order of their day."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = HERE / "data" / f"value-orders-{wanted}"
    if folder.exists():
        return folder
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, wanted // 10, CHUNK)):
        size = min(CHUNK, wanted // 10 - start)
        ages, bought, ends = drawn(size, number + 10, LAW["alpha"] / 10)
        bought = np.minimum(bought, 400)
        rng = np.random.default_rng(number + 10_000)
        who = np.repeat(np.arange(size), bought + 1)
        first = np.cumsum(bought + 1) - bought - 1
        day = (rng.random(len(who)) * ends[who]).astype(np.int64) + 1
        day[first] = 0
        since_1970 = (AS_OF - date(1970, 1, 1)).days - ages[who] + np.minimum(day, ages[who])
        paid = (rng.gamma(6.0, 1.0, len(who)) / rng.gamma(4.0, 1 / 1500.0, size)[who]).astype(np.int64) + 1
        by_day = np.argsort(since_1970, kind="stable")
        table = pa.table(
            {
                "customer_id": pa.array(start + who[by_day] + 1, pa.int64()),
                "day": pa.array(since_1970[by_day].astype(np.int32), pa.int32()).cast(pa.date32()),
                "paid": pa.array(paid[by_day], pa.int64()),
            }
        )
        pq.write_table(table, folder / f"part-{number:03}.parquet")
    return folder


def measured(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the work says, with its CPU seconds."""
    before = _cpu()
    told = work()
    return told | {"cpu_seconds": _cpu() - before}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def ours(path: Path, name: str) -> dict[str, Any]:
    """Group, fit and standard errors of a model of buying, or of spend."""
    from holdfast.estimates.buying_model import fit
    from holdfast.estimates.gamma_gamma import spend
    from holdfast.estimates.repeat_buying import group
    from holdfast.estimates.residual_value import fit_spend

    data = np.load(path)
    x, t_x, T, paid_orders, total = (data[column] for column in COLUMNS)

    def work() -> dict[str, Any]:
        found = fit_spend(spend(paid_orders, total)) if name == "Gamma-Gamma" else fit(group(x, t_x, T), name)
        best = found.maximum  # type: ignore[union-attr]
        return {"parameters": best.parameters.tolist(), "errors": best.errors.tolist(), "LL": best.log_likelihood}

    return measured(work)


def values(path: Path, folder: Path, parts: list[str]) -> dict[str, Any]:
    """Orders → histories → fits → a value for every customer in a Parquet file; CPU by step."""
    from holdfast.commerce.unknown import Unknown
    from holdfast.predictions.value import held_out, histories_sql, value_model, write_values
    from holdfast.warehouse.engine import open_writer

    steps: dict[str, float] = {}
    connection = open_writer(folder)
    purchases = f"SELECT customer_id, day, paid FROM read_parquet('{path}/*.parquet')"

    def step(name: str, began: float) -> float:
        steps[name] = round(_cpu() - began, 1)
        return _cpu()

    def work() -> dict[str, Any]:
        at = _cpu()
        choice: Any = Unknown("not asked for")
        if "choose" in parts:
            choice = held_out(connection, purchases, AS_OF)
            at = step("hold out, choose", at)
        connection.execute(f"CREATE TABLE history AS {histories_sql(purchases, AS_OF)}")
        at = step("histories", at)
        model = value_model(connection, "FROM history", AS_OF, choice)
        at = step("group and fit", at)
        rows = write_values(connection, "FROM history", model, folder / "values.parquet", draws=0)  # type: ignore[arg-type]
        step("values of all", at)
        name = choice.because if not isinstance(choice, Unknown) else choice.why
        return {"customers": rows, "steps": steps, "model": model.buying.name, "choice": name}  # type: ignore[union-attr]

    return measured(work)


def compared(arguments: argparse.Namespace) -> str:
    """Every fit of every library, a process each."""
    path = histories(arguments.customers)
    costs: list[Cost] = []
    for name in (
        ("BG/NBD", "MBG/NBD", "Gamma-Gamma", "Pareto/NBD") if arguments.pareto else ("BG/NBD", "MBG/NBD", "Gamma-Gamma")
    ):
        costs.append(cost_of(f"Holdfast, {name}", [sys.executable, __file__, "--ours", name, "--data", path], HERE))
    for python in arguments.peers or []:
        for peer in PEERS:
            for name in ("BG/NBD", "Gamma-Gamma"):
                if peer == "lifetimes, grouped" and name == "Gamma-Gamma":
                    continue  # there is nothing to group
                command = [python, HERE / "peer_values.py", peer, name, path]
                try:
                    costs.append(cost_of(f"{peer}, {name}", command, HERE))
                except SystemExit as why:
                    print(f"{peer}, {name} with {python}: not run ({why})", file=sys.stderr)
    rows = [f"{arguments.customers:,} customers. Machine: {machine()}.\n"]
    rows += ["| fit | CPU s | peak memory | log-likelihood | parameters |", "|---|---:|---:|---:|---|"]  # fmt: skip
    for cost in costs:
        said = cost.said
        parameters = ", ".join(f"{value:.4f}" for value in said["parameters"])
        rows.append(
            f"| {cost.name} | {said['cpu_seconds']:.2f} | {cost.peak_mb:,.0f} MB | {said['LL']:,.3f} | {parameters} |"
        )
    return "\n".join(rows)


def whole(arguments: argparse.Namespace) -> str:
    path = orders(arguments.orders)
    scratch = HERE / "data" / f"values-{arguments.orders}"
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("HOLDFAST_MEMORY", "2500MB")
    os.environ.setdefault("HOLDFAST_THREADS", "2")
    command = [sys.executable, __file__, "--values", path, "--scratch", scratch]
    cost = cost_of("values", [*command, *(["--choose"] if arguments.choose else [])], scratch)
    steps = "; ".join(f"{name} {cpu}" for name, cpu in cost.said["steps"].items())
    return (
        f"{arguments.orders:,} orders, {cost.said['customers']:,} customers, {cost.said['model']}"
        f" ({cost.said['choice']}). Machine: {machine()}.\n{cost.cpu:.1f} CPU s, {cost.wall:.0f} s by the clock,"
        f" {cost.peak_mb / 1024:.2f} GB at most. CPU s: {steps}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--customers", type=int)
    parser.add_argument("--orders", type=int)
    parser.add_argument("--peers", action="append", help="a Python that has lifetimes or pymc-marketing")
    parser.add_argument("--pareto", action="store_true", help="Pareto/NBD too")
    parser.add_argument("--choose", action="store_true", help="choose the model by a held-out time first")
    for hidden in ("--ours", "--data", "--values", "--scratch"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        print(json.dumps(ours(Path(arguments.data), arguments.ours)))
    elif arguments.values:
        parts = ["choose"] if arguments.choose else []
        print(json.dumps(values(Path(arguments.values), Path(arguments.scratch), parts)))
    else:
        began = time.perf_counter()
        if arguments.customers:
            print(compared(arguments))
        if arguments.orders:
            print(whole(arguments))
        print(f"\n({time.perf_counter() - began:.0f} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
