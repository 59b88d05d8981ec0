"""`walk.py` for all runs at once: round after round each goes one step further, until nobody can.

Read: `going` (run, slot, version, subject, step, turn, wake_at) and `fact`. Made: `walked` (the same columns: where
each stands now), `told` (run, step, turn, what, why) and `asking` (run, step, turn: messages that are due, with where
their runs stand). Moments are UTC without a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb

from holdfast.playbooks.conditions import all_hold_sql, facts_of
from holdfast.playbooks.declare import MESSAGES, MOST_STEPS, MOST_TURNS, Playbook, Step
from holdfast.playbooks.due import PEAK
from holdfast.playbooks.live import Live
from holdfast.playbooks.walk import LOOKED_AFTER, NOBODYS, PEAK_WAIT, said
from holdfast.warehouse.engine import quoted, text

ROUNDS = MOST_STEPS * MOST_TURNS + 1  # the most in which a run comes to its end
RUN = "run, slot, version, subject, step, turn, wake_at"


def load_steps(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> None:
    """The steps of every version that a run may hold to, as table `step`; `arrival` of each place."""
    rows = [
        (_number(one, version, n), one.slot, version, n, step.id, step.do, step.turns, step.every.total_seconds(),
         _way(it, step.then, n), _way(it, step.otherwise, n), step.asked_as, it.priority, said(step),
         it.peaks.messages == "hold" and step.asked_as == "marketing" and step.do in MESSAGES,
         step.after.total_seconds(), str(step.says.get("to", "")))
        for one in live
        for version, it in one.all_versions()
        for n, step in enumerate(it.steps)
    ]  # fmt: skip
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE step (k BIGINT, slot INTEGER, version INTEGER, n INTEGER, id VARCHAR,"
        " deed VARCHAR, turns INTEGER, every_s DOUBLE, then_n INTEGER, otherwise_n INTEGER, of_class VARCHAR,"
        " priority INTEGER, left_out VARCHAR, in_peak BOOLEAN, after_s DOUBLE, wants VARCHAR)"
    )
    if rows:
        connection.executemany(f"INSERT INTO step VALUES ({', '.join('?' * 16)})", rows)
    names = ", ".join(f"({one.slot}, {text(one.playbook.id)})" for one in live) or "(-1, '')"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE playbook AS SELECT * FROM (VALUES {names}) AS t(slot, id)")
    # How long to wait before each place a run can come to; no time at all before its end.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE arrival AS SELECT slot, version, n, id, after_s FROM step UNION ALL"
        " SELECT slot, version, max(n) + 1, '', 0.0 FROM step GROUP BY ALL"
    )


def walk_all(connection: duckdb.DuckDBPyConnection, live: Sequence[Live], now: datetime, today: date) -> None:
    moment = f"TIMESTAMP '{now.replace(tzinfo=None)}'"
    for made in (
        "told (run BIGINT, step VARCHAR, turn INTEGER, what VARCHAR, why VARCHAR, round INTEGER)",
        "asking (run BIGINT, step VARCHAR, turn INTEGER, k BIGINT, slot INTEGER, version INTEGER, subject BIGINT,"
        " n INTEGER, wake_at TIMESTAMP)",
        "walked (run BIGINT, slot INTEGER, version INTEGER, subject BIGINT, step INTEGER, turn INTEGER,"
        " wake_at TIMESTAMP)",
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {made}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE walking AS SELECT {RUN} FROM going")
    columns = {row[0] for row in connection.execute("DESCRIBE fact").fetchall()}
    asked = sorted({"subject", *columns & {"in_peak", LOOKED_AFTER}, *_facts(live)})
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE fact_due AS SELECT {', '.join(map(quoted, asked))} FROM fact AS f SEMI JOIN"
        f" (SELECT subject FROM going WHERE wake_at <= {moment}) AS g ON g.subject = f.subject"
    )
    alone = "coalesce(deed = 'task' AND NOT looked_after, false)" if LOOKED_AFTER in columns else "false"
    for number in range(ROUNDS):
        if not _round(connection, live, number, moment, today, alone):
            return


def _round(
    connection: duckdb.DuckDBPyConnection, live: Sequence[Live], number: int, moment: str, today: date, alone: str
) -> bool:  # fmt: skip
    """One step further; whether anybody went. alone: SQL, whether a step would be the work of nobody."""
    connection.execute(
        f"INSERT INTO walked SELECT {RUN} FROM walking AS w WHERE wake_at > {moment}"
        " OR NOT EXISTS (SELECT 1 FROM step AS s WHERE s.slot = w.slot AND s.version = w.version AND s.n = w.step)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE going_on AS SELECT w.*, s.* EXCLUDE (slot, version),"
        f" CASE s.k {_conditions(live, today)} END AS holds, {alone} AS alone, holds AND NOT alone AS met,"
        " s.in_peak AND coalesce(f.in_peak, false) AS waits"
        " FROM walking AS w JOIN step AS s ON s.slot = w.slot AND s.version = w.version AND s.n = w.step"
        f" LEFT JOIN fact_due AS f ON f.subject = w.subject WHERE w.wake_at <= {moment}"
    )
    messages = ", ".join(text(one) for one in sorted(MESSAGES))
    asks = f"met AND deed IN ({messages})"
    connection.execute(
        f"INSERT INTO told SELECT run, id, turn, CASE WHEN deed = 'branch' THEN 'branch' WHEN NOT met THEN 'left out'"
        f" WHEN {asks} AND waits THEN 'wait' WHEN {asks} THEN 'ask' ELSE 'did' END,"
        f" CASE WHEN deed = 'branch' THEN CASE WHEN met THEN 'yes' ELSE 'no' END WHEN NOT holds THEN left_out"
        f" WHEN alone THEN {text(NOBODYS)}"
        f" WHEN {asks} AND waits THEN {text(PEAK)} ELSE '' END, {number} FROM going_on"
    )
    connection.execute(
        "INSERT INTO asking SELECT run, id, turn, k, slot, version, subject, step, wake_at FROM going_on"
        f" WHERE {asks} AND NOT waits"
    )
    connection.execute(
        f"INSERT INTO walked SELECT run, slot, version, subject, step, turn, CASE WHEN waits THEN {moment}"
        f" + INTERVAL {int(PEAK_WAIT.total_seconds())} SECOND ELSE wake_at END FROM going_on WHERE {asks}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE walking AS {moved('SELECT * FROM going_on WHERE NOT (' + asks + ')', moment)}"
    )
    found = connection.execute("SELECT count(*) FROM walking").fetchone()
    return bool(found and found[0])


def moved(rows: str, moment: str) -> str:
    """Where runs stand behind this turn of a step, or behind a branch. rows: of `going_on`, with met and deed."""
    again = "met AND deed <> 'branch' AND turn < turns"
    place = "CASE WHEN deed = 'branch' THEN CASE WHEN met THEN then_n ELSE otherwise_n END ELSE step + 1 END"
    return (
        f"SELECT g.run, g.slot, g.version, g.subject, CASE WHEN g.again THEN g.step ELSE g.place END AS step,"
        " CASE WHEN g.again THEN g.turn + 1 ELSE 1 END AS turn,"
        f" {moment} + to_microseconds(CAST(1e6 * CASE WHEN g.again THEN g.every_s ELSE a.after_s END AS BIGINT))"
        f" AS wake_at FROM (SELECT *, {again} AS again, {place} AS place FROM ({rows})) AS g"
        " JOIN arrival AS a ON a.slot = g.slot AND a.version = g.version AND a.n = g.place"
    )


def _number(one: Live, version: int, n: int) -> int:
    """Of a step among all steps of all versions."""
    return (one.slot * 100_000 + version) * (MOST_STEPS + 1) + n


def _way(it: Playbook, to: str, n: int) -> int:
    return it.place_of(to) if to else n + 1


def _facts(live: Sequence[Live]) -> frozenset[str]:
    """What steps ask for: a copy of everything else would be the dearest part of a walk of millions."""
    return facts_of(*(step.only_if for one in live for _, it in one.all_versions() for step in it.steps))


def _conditions(live: Sequence[Live], today: date) -> str:
    cases = " ".join(
        f"WHEN {_number(one, version, n)} THEN {_met(step, today)}"
        for one in live
        for version, it in one.all_versions()
        for n, step in enumerate(it.steps)
        if step.only_if
    )
    return f"{cases} ELSE true" if cases else "WHEN -1 THEN false ELSE true"


def _met(step: Step, today: date) -> str:
    return all_hold_sql(step.only_if, today)
