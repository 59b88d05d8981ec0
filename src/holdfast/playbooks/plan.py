"""What a tick would do, without doing it: for the state as it is, or for a past day as if it had been on then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import duckdb

from holdfast.playbooks.behind import Behind, told
from holdfast.playbooks.due_sets import inside_sql
from holdfast.playbooks.facts import Who
from holdfast.playbooks.live import Live
from holdfast.playbooks.shelf import lives, programme
from holdfast.playbooks.state import WHO, Tick, last_tick, load_state
from holdfast.playbooks.tick import Edges, Load, decide_all, decide_now
from holdfast.warehouse.engine import open_writer
from holdfast.warehouse.home import Home, scratch

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of one thing, and why; the first few of whom it is so."""

    what: str
    why: str
    n: int
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """One playbook. audience: who is in it. rows: what would become of whom; steps: what would be done."""

    playbook: str
    name: str
    who: Who
    version: int
    audience: int
    rows: tuple[Counted, ...]
    steps: tuple[Counted, ...]

    def many(self, what: str) -> int:
        return sum(row.n for row in self.rows if row.what == what)


@dataclass(frozen=True, slots=True)
class Plan:
    """as_of: the day the facts speak of, by kind of whom. behind: whose data are too old for anything to be begun or
    sent by them; as_if_new: what is told is by their last day all the same, since there are no others."""

    now: datetime
    as_of: Mapping[Who, date]
    playbooks: tuple[Planned, ...]
    behind: tuple[Behind, ...] = ()
    as_if_new: bool = False


def plan(home: Home, edges: Edges, *, now: datetime, also: Sequence[Live] = (), as_if_new: bool = False) -> Plan:
    """What the next tick would do. also: playbooks that are not on, as if they were. as_if_new: where all data are too
    old, what it would do if their last day were today. Raises what loading raises."""
    last = last_tick(home)
    others = {one.slot for one in also}
    live = [replace(one, first=one.slot not in last.seen) for one in lives(home) if one.slot not in others]
    as_of: dict[Who, date] = {}
    held: dict[Who, Mapping[int, date]] = {}
    looked = False
    found: list[Planned] = []
    for who in (w for w in WHO if w in edges.load):
        mine = [one for one in (*live, *also) if one.playbook.who == who]
        if not mine:
            continue
        with scratch(home, "look") as beside, closing(open_writer(beside)) as connection:
            decided = decide_now(connection, home, mine, who, edges, last, now, as_if_new=as_if_new)
            if decided is not None:
                as_of[who], held[who] = decided.known.as_of, decided.behind
                looked = looked or bool(decided.behind and not decided.known.ends)
                found += [_planned(connection, one) for one in mine]
    return Plan(now, as_of, tuple(found), told(home, also or live, held), looked)


def replayed(home: Home, live: Sequence[Live], edges: Edges, before: Mapping[Who, Load], *, now: datetime) -> Plan:
    """A past day, as if the playbooks had been on since the day before: edges and before load these two days.

    Nobody was in them and nobody had been decided for; with what is known now.
    """
    as_of: dict[Who, date] = {}
    held: dict[Who, Mapping[int, date]] = {}
    found: list[Planned] = []
    for who, load in edges.load.items():
        mine = [replace(one, first=False) for one in live if one.playbook.who == who]
        if not mine:
            continue
        with scratch(home, "look") as beside, closing(open_writer(beside)) as connection:
            earlier = before[who](connection, mine)
            if earlier is None:
                continue
            bits = " | ".join(
                f"CASE WHEN {inside_sql(one.playbook, earlier.as_of)} THEN {one.bit} ELSE 0 END" for one in mine
            )
            connection.execute(
                f"CREATE TEMP TABLE member_before AS SELECT subject, ({bits})::UBIGINT AS member, member AS dealt"
                " FROM fact AS f"
            )
            known = load(connection, mine)
            if known is None:
                continue
            load_state(connection, home, Tick(), who, past=False)
            connection.execute("DROP VIEW IF EXISTS member")
            connection.execute("DROP TABLE IF EXISTS member")
            connection.execute("ALTER TABLE member_before RENAME TO member")
            decided = decide_all(connection, mine, who, known, edges.judge, programme(home), 1, now)
            as_of[who], held[who] = known.as_of, decided.behind
            found += [_planned(connection, one) for one in mine]
    return Plan(now, as_of, tuple(found), told(home, live, held))


def day_before(on: date) -> date:
    return on - timedelta(days=1)


def _planned(connection: duckdb.DuckDBPyConnection, one: Live) -> Planned:
    it = one.playbook
    inside = connection.execute(f"SELECT count(*) FROM stand WHERE inside & {one.bit} <> 0").fetchall()[0][0]
    rows = connection.execute(
        "SELECT what, why, count(*), min(subject, $n) FROM (SELECT what, why, subject FROM ledger WHERE slot = $slot"
        " AND step IS NULL AND what NOT IN ('assigned', 'not yet')"
        " UNION ALL SELECT 'not yet', why, subject FROM hold_now WHERE slot = $slot)"
        " GROUP BY ALL ORDER BY what, count(*) DESC, why",
        {"slot": one.slot, "n": EXAMPLES},
    ).fetchall()
    steps = connection.execute(
        "SELECT step || CASE WHEN turn > 1 THEN ', ' || turn ELSE '' END, what, why, count(*), min(subject, $n)"
        " FROM ledger WHERE slot = $slot AND step IS NOT NULL AND what <> 'assigned' GROUP BY ALL ORDER BY ALL",
        {"slot": one.slot, "n": EXAMPLES},
    ).fetchall()
    return Planned(
        it.id, it.name, it.who, one.version, inside,
        tuple(Counted(what, why or "", n, tuple(some)) for what, why, n, some in rows),
        tuple(Counted(step, f"{what}: {why}" if why else what, n, tuple(some)) for step, what, why, n, some in steps),
    )  # fmt: skip
