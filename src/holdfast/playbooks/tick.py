"""One tick: who begins, goes on, stops and waits, of all playbooks at once; decided first, then kept, then done.

The order makes a crash harmless: what is to be done is written and switched to before any of it is done, and doing it
twice is nothing, since whoever does it has a unique key for each step and turn (outbox, deeds). So a tick that is
killed before its switch never was, and the next one begins by handing over what a killed one had left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import count
from pathlib import Path

import duckdb

from holdfast.playbooks.aside import place_sql
from holdfast.playbooks.behind import behind
from holdfast.playbooks.due_sets import decide, lot_sql
from holdfast.playbooks.facts import Who
from holdfast.playbooks.joining import join
from holdfast.playbooks.live import Live
from holdfast.playbooks.shelf import Programme, lives, programme
from holdfast.playbooks.state import (
    ADDED,
    TALLIED,
    Tick,
    forget_killed,
    is_handed,
    keep,
    last_tick,
    load_state,
    mark_handed,
    ticking,
    write_rows,
)
from holdfast.playbooks.walk_sets import ROUNDS, RUN, load_steps, moved, walk_all
from holdfast.warehouse.engine import open_writer, text
from holdfast.warehouse.home import Home, scratch

MERGED = "is one person with somebody who was in it already"


@dataclass(frozen=True, slots=True)
class Known:
    """The day the facts speak of, and the snapshot they are from. ends: the day on which the data end, by shop; of
    accounts by account. quiet: days that commonly pass there with nothing to tell of."""

    as_of: date
    snapshot: str
    ends: Mapping[int, date] = field(default_factory=dict)
    quiet: Mapping[int, int] = field(default_factory=dict)


# Make `fact` and `same_person` in a connection, for these playbooks; None: there is nobody to look at.
Load = Callable[[duckdb.DuckDBPyConnection, Sequence[Live]], Known | None]
# Make `judged` (run, step, turn, verdict, why, not_before) of `candidate`.
Judge = Callable[[duckdb.DuckDBPyConnection, datetime], None]
# Do what a tick left to be done: doing it again must be nothing.
HandOver = Callable[[Tick], None]


@dataclass(frozen=True, slots=True)
class Edges:
    """Where a tick touches the world: what is known of whom, what restraint says, who does what was decided."""

    load: Mapping[Who, Load]
    judge: Judge
    hand_over: HandOver


@dataclass(frozen=True, slots=True)
class Decided:
    """One kind of whom, decided: its tables lie in the connection. next_run: the first free number. behind: whose data
    were too old to decide by."""

    who: Who
    known: Known
    next_run: int
    behind: Mapping[int, date]


def send_all(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """A judge without restraint, for those who only look."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE judged AS SELECT run, step, turn, 'send' AS verdict, '' AS why,"
        " NULL::TIMESTAMPTZ AS not_before FROM candidate"
    )


def tick(home: Home, edges: Edges, *, now: datetime) -> Tick:
    """Decide and do. Raises AnotherTick, and what loading raises; nothing is done where it raises."""
    with ticking(home):
        last = last_tick(home)
        if not is_handed(home, last):
            edges.hand_over(last)
            mark_handed(home, last)
        forget_killed(home, last)
        with scratch(home, "tick") as beside:
            made = beside / "made"
            made.mkdir()
            found = _decided(home, edges, last, now, beside, made)
            if found is None:
                return last
            found = join(home, found, made, beside)
            keep(home, made, found)
        edges.hand_over(found)
        mark_handed(home, found)
        return found


def _decided(home: Home, edges: Edges, last: Tick, now: datetime, beside: Path, made: Path) -> Tick | None:
    """Decide for everybody and write it into `made`. None: nothing was ever switched on, or there are no data."""
    live = [replace(one, first=one.slot not in last.seen) for one in lives(home)]
    tick = replace(last, number=last.number + 1, at=now.replace(tzinfo=None).isoformat(), counts={}, behind={})
    files, added, done = dict(last.files), dict(last.added), False
    counts: dict[str, dict[str, int]] = {}
    for who in edges.load:
        of_who = [one for one in live if one.playbook.who == who]
        if not of_who:
            continue
        (beside / who).mkdir()
        with closing(open_writer(beside / who)) as connection:
            found = decide_now(connection, home, of_who, who, edges, tick, now)
            if found is None:
                continue
            files = {name: path for name, path in files.items() if not name.endswith(f"_{who}")}
            _tally(connection)
            files |= _write(connection, made, tick, who)
            added |= _add(connection, made, tick, who, added)
            counts |= counted(connection, of_who)
            known = found.known
            tick = replace(tick, next_run=found.next_run, behind={**tick.behind, who: _days(found.behind)})
            if who == "customers" or not done:
                tick = replace(tick, as_of=known.as_of.isoformat(), snapshot=known.snapshot)
            done = True
    seen = tuple(sorted({*last.seen, *(one.slot for one in live if one.on)}))
    return replace(tick, files=files, added=added, counts=counts, seen=seen) if done else None


def _days(of: Mapping[int, date]) -> dict[str, str]:
    return {str(key): day.isoformat() for key, day in of.items()}


def decide_now(
    connection: duckdb.DuckDBPyConnection, home: Home, live: Sequence[Live], who: Who, edges: Edges, last: Tick,
    now: datetime, *, as_if_new: bool = False,
) -> Decided | None:  # fmt: skip
    """Decide for one kind of whom by what is kept; nothing is kept or done by it. None: there is nobody. as_if_new: a
    look, which holds nobody for old data where there are no others."""
    known = edges.load[who](connection, live)
    if known is None:
        return None
    load_state(connection, home, last, who)
    held = behind(known.ends, now, known.quiet)
    if as_if_new and len(held) == len(known.ends):
        known = replace(known, ends={})
    found = decide_all(connection, live, who, known, edges.judge, programme(home), last.next_run, now)
    return replace(found, behind=held)


def decide_all(
    connection: duckdb.DuckDBPyConnection, live: Sequence[Live], who: Who, known: Known, judge: Judge,
    kept_out: Programme, next_run: int, now: datetime,
) -> Decided:  # fmt: skip
    """Everything of one kind of whom, over tables that are loaded: leaves run_now, hold_now, member_now, ledger, moved
    and todo."""
    when = When(f"TIMESTAMP '{now.replace(tzinfo=None)}'", known.as_of)
    out = f"{place_sql(kept_out.salt, 'c.subject')} < {kept_out.share}" if kept_out.share and who == "customers" else ""
    held = behind(known.ends, now, known.quiet)
    decide(connection, live, known.as_of, out or "false", held)
    load_steps(connection, live)
    for name in ("ledger", "todo"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({ADDED[name]})")
    _tell_decided(connection, live, when)
    begun = _start(connection, live, next_run, when)
    _drop(connection, "decided", "begins", "ending")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE going AS SELECT {RUN} FROM run_now ANTI JOIN still USING (run)")
    walk_all(connection, live, now, known.as_of)
    _tell_walk(connection, when)
    _drop(connection, "going", "told")
    _ask(connection, who, judge, now)
    _follow(connection, when)
    connection.execute("CREATE OR REPLACE TEMP TABLE going AS SELECT * EXCLUDE judged FROM stands WHERE judged")
    connection.execute("CREATE OR REPLACE TEMP TABLE stood AS SELECT * EXCLUDE judged FROM stands WHERE NOT judged")
    walk_all(connection, live, now, known.as_of)  # up to the next message, which waits for the next tick
    _tell_walk(connection, when)
    _settle(connection, when)
    return Decided(who, known, next_run + begun, held)


def _drop(connection: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """What nobody reads any more: it would be millions of rows in memory."""
    for table in tables:
        connection.execute(f"DROP TABLE {table}")


@dataclass(frozen=True, slots=True)
class When:
    """A tick's moment, as SQL, and the day the facts speak of. places: of lines of the ledger, one for each sort of
    them; in between there is room for the rounds of a walk."""

    moment: str
    day: date
    places: Iterator[int] = field(default_factory=lambda: count(1, ROUNDS))


def _note(connection: duckdb.DuckDBPyConnection, when: When, what: str, rows: str, columns: Mapping[str, str]) -> None:
    """Lines of the ledger of rows that have slot and subject. what: as SQL; columns: of the ledger → SQL."""
    told = {"slot": "slot", "subject": "subject", "place": f"{next(when.places)}"} | dict(columns)
    told |= {"what": what, "moment": when.moment}
    named = ", ".join(f"{sql} AS {name}" for name, sql in told.items())
    connection.execute(f"INSERT INTO ledger BY NAME SELECT {named}, DATE '{when.day}' AS day FROM {rows}")


OF_RUN = {"version": "version", "run": "run"}


def _tell_decided(connection: duckdb.DuckDBPyConnection, live: Sequence[Live], when: When) -> None:
    """What follows from the decisions, told; those who wait are told when the reason is a new one."""
    waits = "SELECT slot, subject, why FROM decided WHERE what = 'hold' AND NOT for_good"
    if connection.execute("SELECT 1 FROM still LIMIT 1").fetchall():  # else nobody compares millions with nothing
        stand = (
            "SELECT r.slot, r.subject, s.why FROM run AS r JOIN still AS s ON s.run = r.run"
            f" WHERE r.wake_at <= {when.moment}"
        )  # one reason each: that a run stands still says more than that nobody begins twice
        waits = f"{stand} UNION ALL SELECT * FROM ({waits}) AS w ANTI JOIN ({stand}) AS t USING (slot, subject)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE hold_now AS SELECT d.slot, d.subject, d.why, CASE WHEN h.why = d.why"
        f" THEN h.since ELSE {when.moment} END AS since FROM ({waits}) AS d"
        " LEFT JOIN hold AS h ON h.slot = d.slot AND h.subject = d.subject"
    )
    lot = {"why": "coalesce(stratum, '')", "arm": "arm", "shop_id": "shop_id", "step": lot_sql(live)}
    _note(connection, when, "'assigned'", "decided WHERE draws", lot)
    for_good = {"why": "why", "anchor": "anchor", "arm": "arm", "shop_id": "shop_id"}
    _note(connection, when, "'hold'", "decided AS d WHERE d.what = 'hold' AND for_good", for_good)
    _note(connection, when, "'not yet'", f"hold_now WHERE since = {when.moment}", {"why": "why"})
    _note(connection, when, "'stop'", "doubled", OF_RUN | {"why": text(MERGED)})
    stopped = "(SELECT r.slot, r.version, r.subject, r.run, e.why FROM run AS r JOIN ending AS e ON e.run = r.run)"
    _note(connection, when, "'stop'", stopped, OF_RUN | {"why": "why"})


def _start(connection: duckdb.DuckDBPyConnection, live: Sequence[Live], next_run: int, when: When) -> int:
    """Give runs to those who begin; how many did. Makes `run_now`, of all that are under way."""
    versions = " ".join(f"WHEN {one.slot} THEN {one.version}" for one in live) or "WHEN -1 THEN 0"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE begins AS SELECT row_number() OVER ()"  # in whatever order: a number each
        f" + {next_run - 1} AS run, d.slot, CASE d.slot {versions} END AS version, d.subject, d.why, d.anchor"
        " FROM decided AS d WHERE d.what = 'start'"
    )
    wake_at = f"{when.moment} + to_microseconds(CAST(1e6 * a.after_s AS BIGINT))"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE run_now AS SELECT r.* FROM run AS r ANTI JOIN ending AS e ON e.run = r.run"
        f" UNION ALL SELECT b.run, b.slot, b.version, b.subject, f.shop_id, {when.moment}, DATE '{when.day}', b.anchor,"
        f" f.orders, 0, 1, {wake_at} FROM begins AS b"
        " JOIN arrival AS a ON a.slot = b.slot AND a.version = b.version AND a.n = 0"
        " LEFT JOIN fact AS f ON f.subject = b.subject"
    )
    _note(connection, when, "'start'", "begins", OF_RUN | {"why": "why", "anchor": "anchor"})
    found = connection.execute("SELECT count(*) FROM begins").fetchall()
    return int(found[0][0])


def _tell_walk(connection: duckdb.DuckDBPyConnection, when: When) -> None:
    """What runs did on their way, told; what is to be done for it, written down."""
    on_way = "told AS t JOIN run_now AS r ON r.run = t.run WHERE t.what"
    of_step = {"slot": "r.slot", "version": "r.version", "subject": "r.subject", "run": "t.run", "step": "t.step",
               "turn": "t.turn"}  # fmt: skip
    place = f"{next(when.places)} + t.round"
    _note(connection, when, "t.what", f"{on_way} <> 'ask'", of_step | {"why": "t.why", "place": place})
    columns = ", ".join(f"{sql} AS {name}" for name, sql in (of_step | {"shop_id": "r.shop_id"}).items())
    connection.execute(f"INSERT INTO todo BY NAME SELECT {columns} FROM {on_way} = 'did'")


def _ask(connection: duckdb.DuckDBPyConnection, who: Who, judge: Judge, now: datetime) -> None:
    """Have the messages that are due judged, all at once, since they compete."""
    of_account = "a.subject" if who == "accounts" else "NULL::BIGINT"
    of_person = "NULL::BIGINT" if who == "accounts" else "a.subject"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE candidate AS SELECT a.run, p.id AS playbook, a.version, a.step,"
        f" a.turn, r.shop_id, {of_person} AS customer_id, {of_account} AS account_id, s.deed AS channel,"
        " s.of_class AS class, s.priority, s.wants, a.wake_at::TIMESTAMPTZ AS due_at, a.k, a.slot, a.subject, a.n,"
        " a.wake_at FROM asking AS a JOIN run_now AS r ON r.run = a.run JOIN step AS s ON s.k = a.k"
        " JOIN playbook AS p ON p.slot = a.slot"
    )
    judge(connection, now)


def _follow(connection: duckdb.DuckDBPyConnection, when: When) -> None:
    """What follows from the verdicts: `walk.judged` for all. Makes `stands`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE after_verdict AS SELECT c.run, c.slot, c.version, c.subject, c.n AS step, c.turn,"
        " c.wake_at, s.id, s.deed, true AS met, s.turns, s.every_s, s.then_n, s.otherwise_n, j.verdict, j.why,"
        " CAST(j.not_before AS TIMESTAMP) AS not_before, c.shop_id FROM candidate AS c JOIN step AS s ON s.k = c.k"
        " JOIN judged AS j ON j.run = c.run"  # a run asks for one message at most
    )
    _drop(connection, "candidate", "judged")
    became = "CASE verdict WHEN 'send' THEN 'did' WHEN 'hold' THEN 'held' ELSE 'wait' END"
    _note(connection, when, became, "after_verdict", OF_RUN | {"step": "id", "turn": "turn", "why": "why"})
    connection.execute(
        "INSERT INTO todo BY NAME SELECT slot, version, run, id AS step, turn, shop_id, subject, not_before"
        " FROM after_verdict WHERE verdict = 'send'"
    )
    went = "SELECT * EXCLUDE (id, verdict, why, not_before, shop_id) FROM after_verdict WHERE verdict <> 'wait'"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stands AS SELECT *, true AS judged FROM ({moved(went, when.moment)}) UNION ALL"
        f" SELECT run, slot, version, subject, step, turn, coalesce(not_before, {when.moment}), false"
        f" FROM after_verdict WHERE verdict = 'wait' UNION ALL SELECT {RUN}, false FROM walked AS w WHERE NOT EXISTS"
        " (SELECT 1 FROM after_verdict AS v WHERE v.run = w.run)"
    )


def _settle(connection: duckdb.DuckDBPyConnection, when: When) -> None:
    """Where runs stand by now; those behind their last step are done. Makes `moved`, of audiences."""
    connection.execute("INSERT INTO stood SELECT * FROM walked")
    connection.execute(f"INSERT INTO stood SELECT {RUN} FROM run_now SEMI JOIN still USING (run)")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stands_now AS SELECT r.* REPLACE (s.step AS step, s.turn AS turn, s.wake_at AS"
        " wake_at), t.k IS NULL AS done FROM run_now AS r JOIN stood AS s ON s.run = r.run LEFT JOIN step AS t"
        " ON t.slot = s.slot AND t.version = s.version AND t.n = s.step"
    )
    _note(connection, when, "'done'", "stands_now WHERE done", OF_RUN | {"why": "''"})
    connection.execute("DROP TABLE run_now")
    connection.execute("CREATE OR REPLACE TEMP VIEW run_now AS SELECT * EXCLUDE done FROM stands_now WHERE NOT done")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE moved AS SELECT subject, inside & ~member AS entered, member & ~inside AS gone,"
        f" {when.moment} AS moment, DATE '{when.day}' AS day FROM stand WHERE inside <> member"
    )


def _tally(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `told_now`, of this tick's lines, and `tally_now`, of all there ever were."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_now AS {TALLIED.format(ledger='ledger')}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE tally_now AS SELECT slot, what, arm, why, day, sum(n)::BIGINT AS n FROM"
        " (SELECT * FROM kept_tally UNION ALL BY NAME SELECT * FROM told_now) GROUP BY ALL"
    )


def _write(connection: duckdb.DuckDBPyConnection, made: Path, tick: Tick, who: Who) -> dict[str, str]:
    """The files of the state, and of what is to be done; the names of the former."""
    write_rows(connection, "SELECT * FROM todo", made / f"todo_{who}.parquet")
    found = {}
    for name, select in {
        "member": "SELECT subject, member, dealt FROM member_now ORDER BY subject",
        "run": "SELECT * FROM run_now ORDER BY subject, run",
        "hold": "SELECT * FROM hold_now ORDER BY subject, slot",
        "tally": "SELECT * FROM tally_now ORDER BY ALL",
    }.items():
        path = made / f"{name}_{who}.parquet"
        if write_rows(connection, select, path):
            found[f"{name}_{who}"] = f"{tick.name}/{path.name}"
    return found


def _add(
    connection: duckdb.DuckDBPyConnection, made: Path, tick: Tick, who: Who, before: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """The files of what is only added to, this tick's among them. Nothing is sorted: `joining.py` does that once."""
    found = {}
    for name in ("ledger", "moved"):
        path, key = made / f"{name}_{who}.parquet", f"{name}_{who}"
        if write_rows(connection, f"SELECT * FROM {name}", path):
            found[key] = (*before.get(key, ()), f"{tick.name}/{path.name}")
    return found


def counted(connection: duckdb.DuckDBPyConnection, live: Sequence[Live]) -> dict[str, dict[str, int]]:
    """By playbook, how many of what."""
    names = {one.slot: one.playbook.id for one in live}
    found: dict[str, dict[str, int]] = {id: {} for id in names.values()}
    for slot, what, many in connection.execute(
        "SELECT slot, what, sum(n)::BIGINT FROM told_now GROUP BY ALL"
    ).fetchall():
        found[names[slot]][what] = many
    for slot, many in connection.execute("SELECT slot, count(*) FROM run_now GROUP BY ALL").fetchall():
        found[names[slot]]["under way"] = many
    return found
