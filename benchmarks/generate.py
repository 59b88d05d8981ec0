"""Invent a shop of any size whose customers buy as the BG/NBD model says, and write its order lines.

    python benchmarks/generate.py --customers 100000 --orders 1000000 --lines 2400000 --seed 1 --out benchmarks/data/1m

Each customer buys first on some day, comes back at their own rate (rates are gamma distributed) and may be gone for
good after each return (chances are beta distributed). Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284.
Customers, orders and lines come out exactly as asked: the model is drawn slightly too busy, then returns are taken
away at random (`thinned` in truth.json); where it drew too few, some are added (`topped_up`).

Orders are held in memory (about 60 bytes each), lines only chunk by chunk.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

START = datetime(2023, 1, 1)  # written without zone, meant as UTC
DAYS = 1096  # three years, to the end of 2025
DAY = 86_400
PRODUCTS = 5_000
CUSTOMERS_AT_ONCE = 500_000
ORDERS_AT_ONCE = 400_000  # about a million lines: one row group's worth
TOO_BUSY = 1.03

COUNTRIES = ("GB", "DE", "FR", "NL", "IE", "ES", "SE", "US")
COUNTRY_SHARE = (0.55, 0.12, 0.1, 0.06, 0.06, 0.05, 0.03, 0.03)
CHANNELS = ("web", "app", "marketplace", "store")
CHANNEL_SHARE = (0.6, 0.2, 0.15, 0.05)
STATUSES = ("paid", "refunded", "cancelled")
STATUS_SHARE = (0.965, 0.025, 0.01)
PAID, REFUNDED, CANCELLED = range(3)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked for. r, a, b are BG/NBD's; alpha follows from the number of orders."""

    customers: int
    orders: int
    lines: int
    seed: int = 1
    guest_share: float = 0.02  # of orders, by buyers without any id; one order each
    duplicates: int = 0  # lines written twice, on top of `lines`
    bad: int = 0  # rows that cannot be used, on top of `lines`
    emails: bool = False
    r: float = 1.2
    a: float = 0.5
    b: float = 5.0

    @property
    def guest_orders(self) -> int:
        return min(int(self.orders * self.guest_share), self.orders - self.customers)

    def check(self) -> None:
        if not 0 < self.customers <= self.orders <= self.lines:
            raise SystemExit(
                "every customer orders at least once and every order has a line: customers ≤ orders ≤ lines"
            )


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders sorted by time: the buyer (-1 for a guest) and seconds since START; each of shape (orders,)."""

    customer: NDArray[np.int32]
    second: Ints
    alpha: float
    thinned: int
    topped_up: int


def returns(rng: np.random.Generator, shape: Shape, alpha: float, days_left: Floats) -> tuple[Ints, Floats]:
    """When customers come back under BG/NBD: (index of customer, days after the first purchase), flat.

    days_left: days from first purchase to the end, shape (n,). alpha in days.
    """
    n = len(days_left)
    rate = rng.gamma(shape.r, 1 / alpha, n)
    # A chance of leaving that underflows to 0 would mean never leaving; the smallest one here stands for that.
    leaves_after = rng.geometric(np.maximum(rng.beta(shape.a, shape.b, n), 1e-9))
    tries = rng.poisson(rate * days_left)
    who = np.repeat(np.arange(n), tries)
    when = np.sort(who + rng.random(len(who)))  # sorts within each customer, since who is whole
    rank = np.arange(len(who)) - np.repeat(np.cumsum(tries) - tries, tries)
    stayed = rank < leaves_after[who]
    return who[stayed], ((when - who) * days_left[who])[stayed]


def find_alpha(shape: Shape, wanted: float) -> float:
    """The alpha (days) at which a customer of this shop comes back `wanted` times on average."""

    sample = min(20_000, max(shape.customers, 500))

    def mean_returns(alpha: float) -> float:
        rng = np.random.default_rng(shape.seed + 1)  # the same draws for each alpha, so that bisection is smooth
        left = DAYS * rng.random(sample)
        return len(returns(rng, shape, alpha, left)[0]) / len(left)

    low, high = 1.0, 1e6  # nobody orders more than about once a day; what is missing then is topped up
    if mean_returns(low) < wanted:
        return low
    for _ in range(30):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if mean_returns(middle) > wanted else (low, middle)
        if high / low < 1.001:
            break
    return math.sqrt(low * high)


def draw_orders(rng: np.random.Generator, shape: Shape) -> Orders:
    """Every order of the shop, exactly as many as asked."""
    wanted = shape.orders - shape.customers - shape.guest_orders
    alpha = find_alpha(shape, TOO_BUSY * wanted / shape.customers) if wanted else 1e6
    first = DAYS * rng.random(shape.customers)
    who, when = [], []
    for start in range(0, shape.customers, CUSTOMERS_AT_ONCE):
        some = first[start : start + CUSTOMERS_AT_ONCE]
        index, after = returns(rng, shape, alpha, DAYS - some)
        who.append((index + start).astype(np.int32))
        when.append(some[index] + after)
    back, day = np.concatenate(who), np.concatenate(when)
    thinned, topped_up = max(len(back) - wanted, 0), max(wanted - len(back), 0)
    if thinned:
        kept = np.sort(rng.choice(len(back), wanted, replace=False, shuffle=False))
        back, day = back[kept], day[kept]
    extra = rng.integers(0, shape.customers, topped_up).astype(np.int32)
    extra_day = first[extra] + rng.random(topped_up) * (DAYS - first[extra])
    customer = np.concatenate(
        [np.arange(shape.customers, dtype=np.int32), back, extra, np.full(shape.guest_orders, -1, np.int32)]
    )
    days = np.concatenate([first, day, extra_day, DAYS * rng.random(shape.guest_orders)])
    order = np.argsort(days, kind="stable")
    return Orders(customer[order], (days[order] * DAY).astype(np.int64), alpha, thinned, topped_up)


def _decimal(minor: Ints) -> pa.Array:
    """Minor units as decimal(12, 2), without going through floats."""
    words = np.stack([minor, minor >> 63], axis=1)  # little-endian 128 bits, sign extended
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(minor), [None, pa.py_buffer(words)])


def _named(index: Ints | NDArray[np.int8], names: tuple[str, ...] | pa.Array) -> pa.Array:
    values = names if isinstance(names, pa.Array) else pa.array(names)
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), values).cast(pa.string())


class Shelf:
    """Products and the habits of customers, drawn once."""

    def __init__(self, rng: np.random.Generator, shape: Shape) -> None:
        self.sku = pa.array([f"SKU-{number:05d}" for number in range(PRODUCTS)])
        self.price = np.maximum((rng.lognormal(2.5, 0.8, PRODUCTS) * 100).astype(np.int64), 50)
        # One habit more than customers: index -1 is the guest.
        self.extra_pieces = rng.lognormal(-0.5, 0.8, shape.customers + 1).astype(np.float32)
        self.country = rng.choice(len(COUNTRIES), shape.customers + 1, p=COUNTRY_SHARE).astype(np.int8)


def draw_lines(
    rng: np.random.Generator, shape: Shape, shelf: Shelf, orders: Orders, start: int, stop: int, lines: int
) -> tuple[pa.Table, dict[str, int]]:
    """The lines of orders[start:stop], `lines` of them, and their totals in minor units by status."""
    count = stop - start
    per_order = 1 + np.bincount(rng.integers(0, count, lines - count), minlength=count)
    of = np.repeat(np.arange(count), per_order)
    buyer = orders.customer[start:stop]
    product = (PRODUCTS * rng.random(lines) ** 2.5).astype(np.int64)
    pieces = 1 + rng.poisson(shelf.extra_pieces[buyer][of])
    price = shelf.price[product]
    gross = price * pieces
    discount = np.where(rng.random(lines) < 0.2, gross // 10, 0)
    status = rng.choice(len(STATUSES), count, p=STATUS_SHARE).astype(np.int8)
    channel = rng.choice(len(CHANNELS), count, p=CHANNEL_SHARE).astype(np.int8)
    second = np.datetime64(START, "s") + orders.second[start:stop]
    place = np.arange(lines) - np.repeat(np.cumsum(per_order) - per_order, per_order) + 1
    columns: dict[str, pa.Array] = {
        "order_id": pa.array(of + start + 1),
        "line_id": pa.array((of + start + 1) * 1000 + place),
        "placed_at": pa.array(second[of]),
        "customer_id": pa.array(buyer[of].astype(np.int64) + 1, mask=buyer[of] < 0),
        "country": _named(shelf.country[buyer][of], COUNTRIES),
        "channel": _named(channel[of], CHANNELS),
        "currency": _named(np.zeros(lines, np.int8), ("GBP",)),
        "sku": _named(product, shelf.sku),
        "quantity": pa.array(pieces),
        "unit_price": _decimal(price),
        "line_discount": _decimal(discount),
        "status": _named(status[of], STATUSES),
    }
    if shape.emails:
        columns["email"] = pa.array([f"c{n}@example.test" if n >= 0 else None for n in buyer[of]], pa.string())
    totals = {f"gross_{name}": int(gross[status[of] == i].sum()) for i, name in enumerate(STATUSES)}
    totals |= {f"discount_{name}": int(discount[status[of] == i].sum()) for i, name in enumerate(STATUSES)}
    totals |= {f"orders_{name}": int((status == i).sum()) for i, name in enumerate(STATUSES)}
    return pa.table(columns), totals


def _spoil(table: pa.Table, bad: int, duplicates: int) -> pa.Table:
    """The table followed by its first `duplicates` rows again and by `bad` rows that lack what a line must have."""
    rows = [table, table.slice(0, duplicates)]
    for number, column in enumerate(("order_id", "quantity", "unit_price")):
        few = table.slice(0, bad // 3 + (number < bad % 3))
        place = few.schema.get_field_index(column)
        rows.append(few.set_column(place, column, pa.nulls(len(few), few.schema.field(column).type)))
    return pa.concat_tables(rows)


def chunks(rng: np.random.Generator, shape: Shape, orders: Orders) -> Iterator[tuple[pa.Table, dict[str, int]]]:
    """Order lines in the order of time, a chunk at a time, with their totals."""
    shelf, written = Shelf(rng, shape), 0
    for start in range(0, shape.orders, ORDERS_AT_ONCE):
        stop = min(start + ORDERS_AT_ONCE, shape.orders)
        upto = stop + (shape.lines - shape.orders) * stop // shape.orders
        yield draw_lines(rng, shape, shelf, orders, start, stop, upto - written)
        written = upto


def generate(shape: Shape, out: Path, csv: bool = False) -> dict[str, Any]:
    """Write the shop under `out` as lines/order_lines_*.parquet (or .csv) with truth.json beside; return the truth."""
    shape.check()
    rng = np.random.default_rng(shape.seed)
    orders = draw_orders(rng, shape)
    folder = out / "lines"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("order_lines_*"):
        old.unlink()
    totals: dict[str, int] = {}
    for number, (table, counted) in enumerate(chunks(rng, shape, orders)):
        if number == 0:
            lines_here = len(table)
            spoilt = min(shape.duplicates, lines_here), min(shape.bad, 3 * lines_here)
            table = _spoil(table, bad=spoilt[1], duplicates=spoilt[0])
        _write(table, folder / f"order_lines_{number:03d}", csv)
        totals = {name: totals.get(name, 0) + value for name, value in counted.items()}
    truth = _truth(shape, orders, totals, *spoilt)
    (out / "truth.json").write_text(json.dumps(truth, indent=2) + "\n")
    return truth


def _write(table: pa.Table, path: Path, csv: bool) -> None:
    if not csv:
        pq.write_table(table, path.with_suffix(".parquet"), compression="zstd", row_group_size=250_000)
        return
    connection = duckdb.connect()
    connection.register("lines", table)
    connection.execute("copy (from lines) to $path (header, format csv)", {"path": str(path.with_suffix(".csv"))})


def _truth(shape: Shape, orders: Orders, totals: dict[str, int], duplicates: int, bad: int) -> dict[str, Any]:
    per_customer = np.bincount(orders.customer[orders.customer >= 0], minlength=shape.customers)
    return {
        "simulated": True,
        "asked": asdict(shape),
        "model": {
            "r": shape.r,
            "alpha_days": orders.alpha,
            "a": shape.a,
            "b": shape.b,
            "start": str(START.date()),
            "days": DAYS,
        },
        "thinned": orders.thinned,
        "topped_up": orders.topped_up,
        "customers": int((per_customer > 0).sum()),
        "orders": len(orders.customer),
        "lines": shape.lines,
        "guest_orders": shape.guest_orders,
        "duplicate_rows": duplicates,
        "bad_rows": bad,
        "customers_with_one_order": int((per_customer == 1).sum()),
        "most_orders_of_a_customer": int(per_customer.max()),
        "currency": "GBP",
        "totals_minor": totals,
    }


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Invent a shop of any size (BG/NBD behaviour).")
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--duplicates", type=int, default=0, help="lines written twice, on top")
    parser.add_argument("--bad", type=int, default=0, help="unusable rows, on top")
    parser.add_argument("--guest-share", type=float, default=0.02)
    parser.add_argument("--emails", action="store_true", help="add an e-mail column (slower)")
    parser.add_argument("--csv", action="store_true", help="write CSV instead of Parquet")
    parser.add_argument("--out", type=Path, required=True)
    asked = vars(parser.parse_args(arguments))
    out, csv = asked.pop("out"), asked.pop("csv")
    print(json.dumps(generate(Shape(**asked), out, csv), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
