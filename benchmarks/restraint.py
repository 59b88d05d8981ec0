"""Judge millions of messages that are due against a long log of what went, and say what it took.

    python benchmarks/restraint.py --candidates 2000000 --log 30000000

Invented: a message for each customer (for every tenth two), of five playbooks; a tenth are texts. The log lies in
Parquet, of the last sixty days; caps look back seven. One in fifty addresses is dead, one in twenty said no, one in a
hundred never said anything; customers live in twelve zones, every fifth in one that is not known. Judging runs in a
process of its own, held to two cores; then an outbox in a SQLite file is filled with so many messages (--put) and read
back as caps read it.
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
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from holdfast.warehouse.engine import open_writer
from holdfast.warehouse.home import Home

CORES = 2
SEED = 0.42
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
MOMENT = "TIMESTAMPTZ '2026-06-10 12:00:00+00'"
ZONES = (
    "Europe/London", "Europe/Paris", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles",
    "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo", "Africa/Lagos", "UTC",
)  # fmt: skip


def generate(folder: Path, candidates: int, log: int) -> None:
    con = duckdb.connect(config={"threads": CORES})
    con.execute("SELECT setseed(?)", [SEED])
    con.execute("SET TimeZone = 'UTC'")
    customers = candidates * 10 // 11
    zones = "[" + ", ".join(f"'{zone}'" for zone in ZONES) + "]"
    said = "CASE WHEN id % 20 = 3 THEN 'no' WHEN id % 100 = 7 THEN '' ELSE 'yes' END"
    channel = "CASE WHEN random() < 0.1 THEN 'sms' ELSE 'email' END"
    queries = {
        "candidate": "SELECT range AS run, 'playbook ' || range % 5 AS playbook, 1 AS version, 'write' AS step,"
        f" 1 AS turn, 1 AS shop_id, range % {customers} AS customer_id, NULL::BIGINT AS account_id,"
        f" {channel} AS channel,"
        " CASE WHEN range % 50 = 0 THEN 'service' ELSE 'marketing' END AS class, 1 + (range % 5) AS priority,"
        f" {MOMENT} - to_minutes(range % 600) AS due_at FROM range({candidates})",
        "whereabouts": f"SELECT range AS customer_id, {zones}[1 + range % {len(ZONES)}] AS zone,"
        f" range % 5 <> 0 AS known, range % 1000 = 5 AS objected FROM range({customers})",
        "reach": "SELECT id AS customer_id, channel, CASE WHEN id % 200 = 9 THEN 'none' ELSE 'good' END AS address,"
        f" CASE WHEN id % 50 = 1 THEN 'hard bounce' ELSE '' END AS dead, '' AS unwanted, {said} AS consent"
        f" FROM (SELECT range AS id, unnest(['email', 'sms']) AS channel FROM range({customers}))",
        "sent_log": f"SELECT (random() * {customers})::BIGINT AS customer_id, {channel} AS channel,"
        f" {MOMENT} - to_seconds((random() * 60 * 86400)::BIGINT) AS sent_at FROM range({log})",
    }
    for name, query in queries.items():
        con.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")
    con.close()


def run(folder: Path) -> dict[str, object]:
    """Judge once; runs in a child of its own."""
    from holdfast.playbooks.restraint.many import judge_all
    from holdfast.playbooks.restraint.settings import restraint

    _two_cores()
    with tempfile.TemporaryDirectory() as place:
        home = Home(Path(place) / "home")
        home.create()
        con = open_writer(Path(place))
        for path in folder.glob("*.parquet"):
            con.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_parquet('{path}')")
        before, clock = time.process_time(), time.perf_counter()
        judge_all(con, restraint(home), NOW)
        took = {"CPU s": round(time.process_time() - before, 1), "clock s": round(time.perf_counter() - clock, 1)}
        counts = con.execute("SELECT verdict, why, count(*) FROM judged GROUP BY 1, 2 ORDER BY 3 DESC").fetchall()
        con.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return took | {"peak GB": round(peak, 2), "verdicts": {f"{v}: {why}" if why else v: n for v, why, n in counts}}


def put(folder: Path, share: int) -> dict[str, object]:
    """Fill an outbox of a SQLite file with so many messages, and read it back as caps do; in a child of its own."""
    _two_cores()
    with tempfile.TemporaryDirectory() as place:
        home = Home(Path(place) / "home")
        home.create()
        os.environ |= {"HOLDFAST_HOME": str(home.path), "DJANGO_SETTINGS_MODULE": "holdfast.web.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        return _filled(home, folder, share)


def _filled(home: Home, folder: Path, share: int) -> dict[str, object]:
    from holdfast.playbooks.channels.outbox import Content
    from holdfast.playbooks.channels.outbox import put as put_in
    from holdfast.playbooks.models import Outbox
    from holdfast.playbooks.restraint.settings import restraint
    from holdfast.playbooks.restraint.standing import tell_sent

    home.add_shop("Kelp", account="Kelp", zone="Europe/London", currency="GBP")
    con = open_writer(home.path)
    con.execute(f"CREATE TABLE candidate AS FROM read_parquet('{folder / 'candidate.parquet'}') LIMIT {share}")
    con.execute("CREATE TABLE due AS FROM candidate")
    con.execute("CREATE TABLE judged AS SELECT *, 'send' AS verdict FROM candidate")
    con.execute("CREATE TABLE same_person (customer_id BIGINT, shop_key BIGINT)")
    con.execute(
        "CREATE TABLE customer_fact AS SELECT DISTINCT customer_id, 1 AS shop_id, 'p' || customer_id || '@kelp.example'"
        " AS email, sha256(customer_id::VARCHAR) AS email_hash, '' AS phone, NULL::VARCHAR AS phone_hash,"
        " 'Ann' AS first_name, 'GB' AS country FROM candidate"
    )
    contents = {(f"playbook {n}", 1, "write"): Content("welcome") for n in range(5)}
    before = time.process_time()
    put_in(con, home, contents, NOW)
    filled = time.process_time() - before
    before = time.process_time()
    con.execute("DELETE FROM due")  # so that none of them is taken for one that is asked about again
    tell_sent(con, home, restraint(home), NOW)
    read = time.process_time() - before
    return {"rows": Outbox.objects.count(), "put, CPU s": round(filled, 1), "read back, CPU s": round(read, 1)}


def _two_cores() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--candidates", type=int, default=2_000_000)
    asked.add_argument("--log", type=int, default=30_000_000)
    asked.add_argument("--put", type=int, default=200_000)
    asked.add_argument("--child", choices=("run", "put"))
    asked.add_argument("--folder", type=Path)
    told = asked.parse_args()
    if told.child:
        print(json.dumps(run(told.folder) if told.child == "run" else put(told.folder, told.put)))
        return
    with tempfile.TemporaryDirectory() as place:
        generate(Path(place), told.candidates, told.log)
        for child in ("run", "put"):
            command = [sys.executable, __file__, "--child", child, "--folder", place, "--put", str(told.put)]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
