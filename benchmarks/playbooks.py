"""Measure one tick of playbooks over millions of customers: who begins, goes on, stops, waits, and why.

    python benchmarks/playbooks.py --customers 5000000 --playbooks 20
    python benchmarks/playbooks.py --customers 5000000 --orders 5000000     (how long it takes to know them, too)
    python benchmarks/playbooks.py --home HOME --playbooks 20      (the first tick whole, of a copy of a built home)

The ten playbooks for customers of the library, and variants of them with other limits until there are enough, are
switched on in a home of its own. What is known of customers is invented, one row a customer, as a tick gets it from a
snapshot; a tenth has never agreed to be written to, a twentieth is on quiet hours. Each tick is a process of its own,
held to two cores; nothing is handed over, since putting messages is the outbox's time. The first tick finds everybody
new, which is the most that can happen; the later ones are days on which some bought and others became due.

--orders builds a shop of as many orders from files and measures how long a tick takes to know its customers.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from built_shop import built
from run import CORES, HERE, Cost, cost_of, machine, shop_files

DAY = date(2026, 3, 10)
# What is known of customer `n` on a day that is `d` days after DAY: fact → SQL.
INVENTED = {
    "orders": "CASE WHEN n % 4 = 0 THEN NULL ELSE 1 + (hash(n) % 7) + (hash(n + 3) % 50 < d)::INT END::DOUBLE",
    "frequency": "CASE WHEN n % 4 = 0 THEN NULL ELSE 1 + hash(n) % 7 END::DOUBLE",
    "recency": "CASE WHEN n % 4 = 0 THEN NULL WHEN hash(n + 3) % 50 < d THEN 0 ELSE hash(n + 1) % 800 + d END::DOUBLE",
    "state": "CASE WHEN n % 4 = 0 THEN NULL WHEN hash(n + 1) % 800 + d > 300 THEN 'lapsed' ELSE 'active' END",
    "money_score": "CASE WHEN n % 4 > 0 THEN 1 + hash(n + 2) % 5 END::DOUBLE",
    "value_decile": "CASE WHEN n % 4 > 0 THEN 1 + hash(n + 4) % 10 END::DOUBLE",
    "country": "CASE hash(n + 5) % 4 WHEN 0 THEN 'GB' WHEN 1 THEN 'DE' WHEN 2 THEN 'FR' ELSE 'IE' END",
    "open_tickets": "CASE WHEN hash(n + 6 + d) % 40 = 0 THEN 1 ELSE 0 END::DOUBLE",
    "subscription": "CASE WHEN hash(n + 7) % 8 = 0 THEN 'paying' END",
    "refused_email": "hash(n + 8) % 20 = 0",
    "account_opened_on": "DATE '2026-03-10' + d::INT - (hash(n + 9) % 400)::INT",
    "next_purchase_on": "CASE WHEN n % 4 > 0 THEN DATE '2026-03-10' + (hash(n + 10) % 60)::INT - 10 END",
    "delivered_on": "CASE WHEN n % 4 > 0 THEN DATE '2026-03-10' - (hash(n + 11) % 300)::INT END",
    "dispute_on": "CASE WHEN hash(n + 12) % 2000 = 0 THEN DATE '2026-03-05' END",
    "cancel_on": "CASE WHEN hash(n + 13) % 100 = 0 THEN DATE '2026-03-20' END",
    "payment_failed_on": "CASE WHEN hash(n + 14) % 100 = 0 THEN DATE '2026-03-08' END",
    "loyalty_member": "hash(n + 15) % 3 = 0",
    "in_peak": "false",
}


def make_facts(path: Path, customers: int, days: int) -> None:
    import duckdb

    columns = ", ".join(f"{sql} AS {name}" for name, sql in INVENTED.items())
    with duckdb.connect(config={"threads": CORES, "preserve_insertion_order": True}) as connection:
        connection.execute(
            f"COPY (SELECT n AS subject, 1::BIGINT AS shop_id, NULL::BIGINT AS account_id, {columns}"
            f" FROM (SELECT range AS n, {days} AS d FROM range({customers}))) TO '{path}' (FORMAT parquet)"
        )


def varied(text: str, turn: int) -> str:
    """The same playbook with other limits."""
    return re.sub(r"(recency >= |frequency >= |today-)(\d+)", lambda m: m[1] + str(int(m[2]) + turn), text)


def make_home(path: Path, count: int) -> None:
    """A home in which so many playbooks are on."""
    from holdfast.warehouse.home import Home

    Home(path).create()
    switch_many_on(path, count)


def switch_many_on(path: Path, count: int) -> None:
    from holdfast.playbooks.shelf import shipped, switch_on
    from holdfast.warehouse.home import Home

    home = Home(path)
    folder, source = path / "playbooks", HERE.parent / "src/holdfast/playbooks/library"
    folder.mkdir(exist_ok=True)
    ours = [id for id, it in shipped().items() if it.who == "customers"]
    for number in range(count):
        id, turn = ours[number % len(ours)], number // len(ours)
        text = (source / f"{id}.toml").read_text()
        if turn:  # other limits, another name
            text = re.sub(r'^id = "[^"]+"', f'id = "{id}-{turn}"', text, count=1)
            text = varied(text, turn)
            (folder / f"{id}-{turn}.toml").write_text(text)
        switch_on(home, f"{id}-{turn}" if turn else id, by="bench", now=datetime(2026, 3, 1, tzinfo=UTC))


def judge(connection: Any, now: datetime) -> None:
    """A tenth never agreed to be written to, a twentieth waits for the end of quiet hours."""
    later = f"TIMESTAMPTZ '{(now + timedelta(hours=9)).isoformat()}'"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE judged AS SELECT run, step, turn, CASE WHEN hash(customer_id + 8) % 10 = 0"
        " THEN 'hold' WHEN hash(customer_id + 9) % 20 = 0 THEN 'wait' ELSE 'send' END AS verdict,"
        f" 'never said yes' AS why, {later} AS not_before FROM candidate"
    )


def one_tick(home: Path, facts: Path, days: int) -> dict[str, Any]:
    """A tick over invented facts; runs in a child of its own."""
    import duckdb

    from holdfast.playbooks.tick import Edges, Known, tick
    from holdfast.warehouse.home import Home

    def load(connection: duckdb.DuckDBPyConnection, live: object) -> Known:
        connection.execute(f"CREATE TEMP TABLE fact AS SELECT * FROM read_parquet('{facts}')")
        connection.execute("CREATE TEMP TABLE same_person AS SELECT 0 AS customer_id, 0 AS subject WHERE false")
        return Known(DAY + timedelta(days=days), f"day {days}")

    at = datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(days=days)
    return _said(home, tick(Home(home), Edges({"customers": load}, judge, lambda _: None), now=at))


def whole_tick(home: Path) -> dict[str, Any]:
    """A tick of a built home at noon of its last day, knowing its customers included; runs in a child of its own."""
    from holdfast.playbooks.known.customers import customers_of
    from holdfast.playbooks.tick import Edges, tick
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import current_snapshot

    place = Home(home)
    built = current_snapshot(place)
    assert built is not None
    at = datetime.combine(built.as_of, time(12), UTC)
    return _said(home, tick(place, Edges({"customers": customers_of(place)}, judge, lambda _: None), now=at))


def _said(home: Path, done: Any) -> dict[str, Any]:
    """What a tick did, and how much it wrote."""
    told: dict[str, int] = {}
    for counts in done.counts.values():
        for what, many in counts.items():
            told[what] = told.get(what, 0) + many
    size = sum(path.stat().st_size for path in (home / "playbooks/ticks" / done.name).iterdir())
    return {"counts": told, "mb": size / 2**20}


def know(home: Path) -> dict[str, Any]:
    """What a tick does first, on a home that was built from files; runs in a child of its own."""
    import duckdb

    from holdfast.playbooks.known.customers import customers_of
    from holdfast.playbooks.shelf import lives
    from holdfast.warehouse.home import Home

    with duckdb.connect(config={"threads": CORES}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        customers_of(Home(home))(connection, lives(Home(home)))
        return {"customers": connection.execute("SELECT count(*) FROM fact").fetchall()[0][0]}


def measured_ticks(arguments: argparse.Namespace) -> list[Cost]:
    home = HERE / "data" / f"home-playbooks-{arguments.customers}-{arguments.playbooks}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    make_home(home, arguments.playbooks)
    costs = []
    for days, name in ((0, "the first tick"), (1, "a day later"), (2, "two days later")):
        facts = HERE / "data" / f"facts-{arguments.customers}-{days}.parquet"
        if not facts.exists():
            make_facts(facts, arguments.customers, days)
        costs.append(cost_of(name, [sys.executable, __file__, "--tick", home, facts, str(days)], home))
        print(f"{name}: {costs[-1].cpu:.1f} CPU s, {costs[-1].said}", file=sys.stderr)
    if not arguments.keep:
        shutil.rmtree(home, ignore_errors=True)
    return costs


def measured_knowing(arguments: argparse.Namespace) -> Cost:
    customers = arguments.orders // 10
    lines, _ = shop_files(arguments.orders, customers, arguments.orders * 12 // 5, arguments.seed)
    with built(lines, f"home-known-{arguments.orders}", keep=arguments.keep) as home:
        make_home(home, arguments.playbooks)
        return cost_of("know the customers", [sys.executable, __file__, "--know", home], home)


def measured_whole(arguments: argparse.Namespace) -> list[Cost]:
    """The first tick of a copy of a home, and the one an hour later."""
    home = HERE / "data" / "home-whole"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(arguments.home, home, symlinks=True)
    switch_many_on(home, arguments.playbooks)
    costs = []
    for name in ("the first tick, with knowing the customers", "the next one"):
        costs.append(cost_of(name, [sys.executable, __file__, "--whole", home], home))
        print(f"{name}: {costs[-1].cpu:.1f} CPU s, {costs[-1].said}", file=sys.stderr)
    if not arguments.keep:
        shutil.rmtree(home, ignore_errors=True)
    return costs


def told(costs: list[Cost], arguments: argparse.Namespace, whose: str) -> str:
    """The section of docs/benchmarks.md."""
    head = [
        "| tick | began | stopped | steps done | under way | CPU s | peak memory | written |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    rows = []
    for cost in costs:
        counts = cost.said["counts"]
        numbers = " | ".join(f"{counts.get(what, 0):,}" for what in ("start", "stop", "did", "under way"))
        rows.append(
            f"| {cost.name} | {numbers} | {cost.cpu:.1f} | {cost.peak_mb / 1024:.1f} GB | {cost.said['mb']:.0f} MB |"
        )
    return (
        f"{whose}, {arguments.playbooks} playbooks. Held to {CORES} cores; {machine()}.\n\n"
        + "\n".join([*head, *rows])
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--playbooks", type=int, default=20)
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the homes")
    parser.add_argument("--home", type=Path, help="a home that is built, of which a copy is measured")
    parser.add_argument("--whole", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--tick", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--know", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tick:
        home, facts, days = arguments.tick
        print(json.dumps(one_tick(Path(home), Path(facts), int(days))))
        return
    if arguments.know:
        print(json.dumps(know(arguments.know)))
        return
    if arguments.whole:
        print(json.dumps(whole_tick(arguments.whole)))
        return
    if arguments.home:
        print(told(measured_whole(arguments), arguments, f"The customers of {arguments.home.name}"))
        return
    print(told(measured_ticks(arguments), arguments, f"{arguments.customers:,} customers"))
    if arguments.orders:
        cost = measured_knowing(arguments)
        print(f"{cost.said['customers']:,} customers are known in {cost.cpu:.1f} CPU s, {cost.peak_mb / 1024:.1f} GB.")


if __name__ == "__main__":
    main()
