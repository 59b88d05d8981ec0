"""What became of whom in playbooks, counted and page by page, of those customers and accounts that may be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb
import pyarrow as pa

from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.playbooks.facts import Who
from holdfast.playbooks.live import Live
from holdfast.playbooks.shelf import lives
from holdfast.playbooks.state import ADDED, STATE, TALLIED, WHO, added, folder_of, last_tick, rows_of, tallied
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

Which = Literal["under way", "waiting", "kept aside", "held", "stopped", "done"]
# Which → the rows of one slot: subject, since (moment), step, turn, wake_at, why. The ledger says the last ones.
_LEDGER = "SELECT subject, moment AS since, step, turn, NULL::TIMESTAMP AS wake_at, why FROM ledger WHERE "
# Which → lines of the ledger, or of its tally.
TOLD: dict[Which, str] = {
    "kept aside": f"slot = {{slot}} AND what = 'assigned' AND arm = '{HELD_OUT}'",
    "held": f"slot = {{slot}} AND what IN ('hold', 'held') AND arm IS DISTINCT FROM '{HELD_OUT}'",
    "stopped": "slot = {slot} AND what = 'stop'",
    "done": "slot = {slot} AND what = 'done'",
}
ROWS: dict[Which, str] = {
    "under way": "SELECT subject, started_at AS since, CAST(step AS VARCHAR) || '/' || version AS step, turn, wake_at,"
    " '' AS why FROM run WHERE slot = {slot}",
    "waiting": "SELECT subject, since, NULL AS step, NULL AS turn, NULL::TIMESTAMP AS wake_at, why"
    " FROM hold WHERE slot = {slot}",
    **{which: _LEDGER + lines for which, lines in TOLD.items()},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose rows may be told: shops and accounts by key; None for all of them."""

    shops: frozenset[int] | None = None
    accounts: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of one playbook, of those that may be seen."""

    under_way: int = 0
    waiting: int = 0
    treated: int = 0
    held_out: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """So many are where they are because of it."""

    which: Which
    why: str
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One of them. name: the shop's own number of a customer; empty for an account, whose name the book has."""

    subject: int
    name: str
    since: datetime
    step: str
    wake_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Arms:
    """Of one day, how many were assigned to which arm."""

    day: date
    treated: int
    held_out: int


def counts(home: Home, seen: Seen, snapshot: Snapshot | None) -> Mapping[str, Counts]:
    """By playbook that was ever switched on."""
    found: dict[str, Counts] = {}
    for who in WHO:
        live = [one for one in lives(home) if one.playbook.who == who]
        if not live:
            continue
        with _kept(home, who, seen, snapshot) as connection:
            told = {
                (slot, what): n for slot, what, n in connection.execute(
                    "SELECT slot, 'run', count(*) FROM run WHERE may_see GROUP BY 1 UNION ALL"
                    " SELECT slot, 'hold', count(*) FROM hold WHERE may_see GROUP BY 1 UNION ALL"
                    " SELECT slot, arm, sum(n)::BIGINT FROM tally WHERE what = 'assigned' GROUP BY ALL"
                ).fetchall()
            }  # fmt: skip
        for one in live:
            found[one.playbook.id] = Counts(*(told.get((one.slot, w), 0) for w in ("run", "hold", TREATED, HELD_OUT)))
    return found


def reasons(home: Home, one: Live, seen: Seen, snapshot: Snapshot | None) -> tuple[Reason, ...]:
    """Everything that became of whom, with why and how many; who is under way first."""
    with _kept(home, one.playbook.who, seen, snapshot) as connection:
        return tuple(
            Reason(which, why, n)
            for which in ROWS
            for why, n in connection.execute(
                f"SELECT why, sum(n)::BIGINT FROM ({_counted(which, one)}) GROUP BY 1 ORDER BY 2 DESC, 1"
            ).fetchall()
        )


def _counted(which: Which, one: Live) -> str:
    """why, n: of a state its rows, of what was decided its tally."""
    if which in TOLD:
        return f"SELECT why, n FROM tally WHERE {TOLD[which].format(slot=one.slot)}"
    return f"SELECT coalesce(why, '') AS why, 1 AS n FROM ({_of(ROWS[which], one)})"


def rows(
    home: Home, one: Live, which: Which, why: str | None, seen: Seen, snapshot: Snapshot | None, *,
    limit: int, offset: int = 0,
) -> tuple[Row, ...]:  # fmt: skip
    """Those of one kind, the newest first; why: only those with this reason."""
    of_why = "" if why is None else " WHERE coalesce(why, '') = $why"
    with _kept(home, one.playbook.who, seen, snapshot) as connection:
        told = connection.execute(
            "SELECT subject, since, coalesce(step, ''), wake_at, coalesce(why, '') FROM"
            f" (SELECT * FROM ({_of(ROWS[which], one)}){of_why})"
            f" ORDER BY since DESC, subject LIMIT {int(limit)} OFFSET {int(offset)}",
            {} if why is None else {"why": why},
        ).fetchall()
    names = _numbers(home, snapshot, [row[0] for row in told]) if one.playbook.who == "customers" else {}
    steps = {f"{n}/{version}": step.id for version, it in one.all_versions() for n, step in enumerate(it.steps)}
    return tuple(
        Row(s, names.get(s, ""), since, steps.get(step, step), wake, why) for s, since, step, wake, why in told
    )


def arms(home: Home, one: Live, seen: Seen, snapshot: Snapshot | None) -> tuple[Arms, ...]:
    """By day, the first first."""
    with _kept(home, one.playbook.who, seen, snapshot) as connection:
        return tuple(
            Arms(*row) for row in connection.execute(
                f"SELECT day, coalesce(sum(n) FILTER (arm = '{TREATED}'), 0)::BIGINT,"
                f" coalesce(sum(n) FILTER (arm = '{HELD_OUT}'), 0)::BIGINT FROM tally"
                f" WHERE slot = {one.slot} AND what = 'assigned' GROUP BY day ORDER BY day"
            ).fetchall()
        )  # fmt: skip


def _of(sql: str, one: Live) -> str:
    return sql.format(slot=one.slot) + " AND may_see"


@contextmanager
def _kept(home: Home, who: Who, seen: Seen, snapshot: Snapshot | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Views run, hold and ledger, each with `may_see`, and `tally`, of what may be seen: as it was kept for who sees
    everybody, else counted anew."""
    only = seen.shops if who == "customers" else seen.accounts
    last = last_tick(home)
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        if only is not None:
            connection.register("known", _known(home, snapshot, who, only))
        may = "true" if only is None else "subject IN (SELECT subject FROM known)"
        for name in ("run", "hold"):
            path = last.files.get(f"{name}_{who}")
            select = rows_of([folder_of(home) / path] if path else [], STATE[name])
            connection.execute(f"CREATE TEMP VIEW {name} AS SELECT *, {may} AS may_see FROM ({select})")
        ledger = rows_of(added(home, "ledger", who), ADDED["ledger"])
        connection.execute(f"CREATE TEMP VIEW ledger AS SELECT *, {may} AS may_see FROM ({ledger})")
        anew = TALLIED.format(ledger=f"({ledger}) WHERE {may}")
        connection.execute(f"CREATE TEMP VIEW tally AS {tallied(home, last, who) if only is None else anew}")
        yield connection


def _known(home: Home, snapshot: Snapshot | None, who: Who, only: frozenset[int]) -> pa.Table:
    """subject: the accounts, or everybody of the shops."""
    if who == "accounts" or snapshot is None:
        return pa.table({"subject": pa.array(sorted(only) if who == "accounts" else (), pa.int64())})
    shops = ", ".join(map(str, sorted(only))) or "NULL"
    with closing(open_snapshot(home, snapshot, "customer")) as connection:
        return connection.sql(
            f"SELECT customer_id AS subject FROM customer WHERE shop_id IN ({shops})"
        ).to_arrow_table()


def _numbers(home: Home, snapshot: Snapshot | None, subjects: Sequence[int]) -> Mapping[int, str]:
    """The shop's own number of each."""
    if snapshot is None or not subjects:
        return {}
    wanted = f"({', '.join(map(str, {*subjects}))})"
    with closing(open_snapshot(home, snapshot, "customer")) as connection:
        query = f"SELECT customer_id, coalesce(customer_number, '') FROM customer WHERE customer_id IN {wanted}"
        return dict(connection.execute(query).fetchall())
