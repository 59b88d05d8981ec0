"""Resolve identity for millions of invented profiles, and say what it took.

    python benchmarks/identity.py --profiles 10000000

Invented: every profile gave an e-mail, two in five a phone. Every fourth profile is a guest with an account's e-mail,
every twentieth a second account of somebody, every fiftieth shares a phone; some addresses are a role's, some phones
a whole town's. What is measured is everything a build does about identity, from the landed tables to the tables of
the snapshot, in a process of its own, held to two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import open_writer, parquet, quoted
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.resolve import resolve
from holdfast.warehouse.snapshot import IDENTITY, Snapshot
from holdfast.warehouse.tables import LANDED
from holdfast.warehouse.versions import none

CORES = 2
SEED = 0.42


def generate(folder: Path, profiles: int) -> None:
    """Write customer.parquet and customer_identifier.parquet. The account a profile belongs to is `owner`."""
    con = duckdb.connect(config={"threads": CORES})
    con.execute("SELECT setseed(?)", [SEED])
    con.execute(
        "CREATE TABLE p AS SELECT id, CASE WHEN id > 1000 AND id % 4 = 0 THEN 1 + (id * 7919) % (id // 2)"
        " WHEN id > 1000 AND id % 20 = 1 THEN 1 + (id * 104729) % (id // 2) ELSE id END AS owner,"
        f" NOT (id > 1000 AND id % 4 = 0) AS numbered FROM (SELECT range + 1 AS id FROM range({profiles}))"
    )
    named = {table.name: none(table) for table in LANDED}
    con.execute(
        f"COPY (SELECT * FROM ({named['customer']}) UNION ALL BY NAME SELECT id AS customer_id, 1 + id % 2 AS shop_id,"
        " CASE WHEN numbered THEN 'n' || id END AS customer_number, sha256('e' || owner) AS email_hash,"
        " TIMESTAMP '2024-01-01' AS recorded_at, 1 AS load_id FROM p)"
        f" TO '{folder / 'customer.parquet'}' (FORMAT parquet)"
    )
    mail = "CASE WHEN id % 100000 = 3 THEN 'info' ELSE 'person' END"
    phone = "CASE WHEN id % 1000 = 7 THEN 1 + id % 50 WHEN id > 1000 AND id % 50 = 9 THEN 1 + id // 2 ELSE id END"
    con.execute(
        f"COPY (SELECT * FROM ({named['customer_identifier']}) UNION ALL BY NAME"
        " SELECT id AS customer_id, 1 + id % 2 AS shop_id, 'email' AS type, sha256('e' || owner) AS identifier_hash,"
        " 'order' AS seen_in, TIMESTAMP '2024-01-01' + to_minutes(id) AS first_seen, TIMESTAMP '2025-01-01'"
        f" + to_minutes(id) AS last_seen, id % 3 = 0 AS paid, substr(sha256({mail}), 1, 16) AS local_hash,"
        " substr(sha256('d' || id % 1000), 1, 16) AS domain_hash, TIMESTAMP '2024-01-01' AS recorded_at, 1 AS load_id"
        " FROM p UNION ALL BY NAME SELECT id AS customer_id, 1 + id % 2 AS shop_id, 'phone' AS type,"
        f" sha256('p' || {phone}) AS identifier_hash, 'customer' AS seen_in, TIMESTAMP '2024-01-01' AS first_seen,"
        " TIMESTAMP '2025-01-01' AS last_seen, TIMESTAMP '2024-01-01' AS recorded_at, 1 AS load_id FROM p"
        f" WHERE id % 5 < 2) TO '{folder / 'customer_identifier.parquet'}' (FORMAT parquet)"
    )
    con.close()


def run(folder: Path) -> dict[str, float]:
    """Resolve once, save what a snapshot keeps; runs in a child of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory() as place:
        home = Home(Path(place) / "home")
        home.create()
        con = open_writer(Path(place))
        for table in LANDED:
            path = folder / f"{table.name}.parquet"
            con.execute(f"CREATE VIEW {quoted(table.name)} AS {parquet([path]) if path.exists() else none(table)}")
        con.execute("CREATE TABLE shop AS SELECT 1 + range AS shop_id, 'account' AS account FROM range(2)")
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        now = datetime(2026, 1, 1)
        resolve(con, home, Snapshot("000001", Path(place), date(2026, 1, 1), now, (1,), ()), None)
        for name in IDENTITY:
            con.execute(f"COPY (SELECT * FROM {name}) TO '{Path(place) / name}.parquet' (FORMAT parquet)")
        after = resource.getrusage(resource.RUSAGE_SELF)
        (persons, merged) = con.execute("SELECT persons, profiles - persons FROM identity_batch").fetchone() or (0, 0)
        con.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "cpu_seconds": round(cpu, 1),
        "wall_seconds": round(time.perf_counter() - began, 1),
        "peak_gb": round(after.ru_maxrss / 2**20, 2),
        "persons": persons,
        "merged": merged,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        print(json.dumps(run(asked.run)))
        return
    with tempfile.TemporaryDirectory() as place:
        generate(Path(place), asked.profiles)
        done = subprocess.run([sys.executable, __file__, "--run", place], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    print("| profiles | persons | merged profiles | CPU s | clock s | peak memory |\n|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {asked.profiles:,} | {said['persons']:,} | {said['merged']:,} | {said['cpu_seconds']} |"
        f" {said['wall_seconds']} | {said['peak_gb']} GB |"
    )


if __name__ == "__main__":
    main()
