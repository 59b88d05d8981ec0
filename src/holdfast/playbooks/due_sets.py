"""The rules of `due.py` for everybody and every playbook at once, as SQL over what is kept.

Read: `fact` (subject, shop_id, account_id, a column for each fact), `member` (subject, member, dealt: a bit a
playbook), `run` (runs under way), `past` (slot, subject, what, moment, day, anchor, arm, why, step: decided before).
Made: `stand`, `decided` (slot, subject, what, why, for_good, anchor, arm, stratum), `ending` (run, why), `still` (run,
why: of runs that stand still, since the data are too old), `member_now`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import duckdb

from holdfast.playbooks import due
from holdfast.playbooks.aside import HELD_OUT, TREATED, place_of
from holdfast.playbooks.conditions import Condition, all_hold_sql
from holdfast.playbooks.declare import Playbook
from holdfast.playbooks.live import Live
from holdfast.warehouse.engine import quoted, text

CANDIDATES = """
CREATE OR REPLACE TEMP TABLE begun AS
SELECT c.slot, c.subject, c.anchor, c.because, p.runs, p.ended_on, p.anchor AS dealt_anchor, p.arm,
    r.subject IS NOT NULL AS running
FROM fired AS c
LEFT JOIN before AS p ON p.slot = c.slot AND p.subject = c.subject
LEFT JOIN (SELECT DISTINCT slot, subject FROM run) AS r ON r.slot = c.slot AND r.subject = c.subject
WHERE c.anchor IS NULL OR p.anchor IS NULL OR p.anchor <> c.anchor
"""
BEFORE = """
CREATE OR REPLACE TEMP TABLE before AS
SELECT slot, subject, count(*) FILTER (what = 'start') AS runs,
    max(day) FILTER (what IN ('stop', 'done')) AS ended_on,
    max(anchor) FILTER (what IN ('start', 'hold')) AS anchor,
    arg_min(arm, moment) FILTER (what = 'assigned' AND step = {lot}) AS arm
FROM past AS p SEMI JOIN fired AS c ON c.slot = p.slot AND c.subject = p.subject GROUP BY ALL
"""
DRAWN_BEFORE = """
CREATE OR REPLACE TEMP TABLE drawn_before AS
SELECT slot, why AS stratum, count(*) AS drawn FROM past WHERE what = 'assigned' AND why <> '' AND step = {lot}
GROUP BY ALL
"""
MEMBER_NOW = """
CREATE OR REPLACE TEMP TABLE member_now AS
SELECT s.subject, inside | (member & coalesce(kept, 0)) AS member, (dealt | coalesce(settled, 0)) & inside AS dealt,
    member AS was
FROM stand AS s LEFT JOIN (
    SELECT subject, bit_or(bit) FILTER (for_good OR what = 'start') AS settled,
        bit_or(bit) FILTER (leaving AND NOT for_good AND what = 'hold') AS kept
    FROM decided GROUP BY subject
) AS d ON d.subject = s.subject
WHERE inside <> 0 OR member <> 0
"""


def decide(
    connection: duckdb.DuckDBPyConnection, live: Sequence[Live], today: date, kept_out: str = "false",
    behind: Mapping[int, date] | None = None,
) -> None:  # fmt: skip
    """Decide for everybody. kept_out: SQL over `f`, whether the programme's own lot keeps somebody out. behind: whose
    data are too old, with the day on which they end; by shop, or by account where the playbooks are for accounts."""
    on = [one for one in live if one.on]
    key = "subject" if live and live[0].playbook.who == "accounts" else "shop_id"
    _tell_behind(connection, behind or {}, key)
    inside = " | ".join(f"CASE WHEN {inside_sql(one.playbook, today)} THEN {one.bit} ELSE 0 END" for one in on)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE stand AS SELECT coalesce(f.subject, m.subject) AS subject,"
        " coalesce(f.said, 0)::UBIGINT AS said, coalesce(m.member, 0)::UBIGINT AS member,"
        f" CASE WHEN f.behind THEN (f.said & ~{_stays(on)}) | (coalesce(m.member, 0)::UBIGINT & {_stays(on)})"
        " ELSE coalesce(f.said, 0)::UBIGINT END AS inside,"
        " coalesce(m.dealt, 0)::UBIGINT AS dealt"
        f" FROM (SELECT f.subject, ({inside or '0'})::UBIGINT AS said, o.subject IS NOT NULL AS behind FROM fact AS f"
        " LEFT JOIN behind AS o ON o.subject = f.subject) AS f FULL JOIN member AS m ON m.subject = f.subject"
    )
    fired = " UNION ALL ".join(_fired(one, today) for one in on) or (
        "SELECT 0 AS slot, 0::BIGINT AS subject, NULL::DATE AS anchor, '' AS because WHERE false"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fired AS {fired}")
    lot = lot_sql(live)
    connection.execute(BEFORE.format(lot=lot))
    connection.execute(DRAWN_BEFORE.format(lot=lot))
    connection.execute(CANDIDATES)
    connection.execute(_decided(on, today, kept_out))
    connection.execute(MEMBER_NOW)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE ending AS {_ending(live, today)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE still AS {_still(live)}")
    for table in ("fired", "before", "begun", "drawn_before"):  # millions of rows that nobody reads any more
        connection.execute(f"DROP TABLE {table}")


def _tell_behind(connection: duckdb.DuckDBPyConnection, behind: Mapping[int, date], key: str) -> None:
    """Make `behind` (subject, why), of everybody whose data are too old."""
    connection.execute("CREATE OR REPLACE TEMP TABLE ends (key BIGINT, why VARCHAR)")
    if behind:
        rows = [(whose, due.TOO_OLD.format(day=day)) for whose, day in behind.items()]
        connection.executemany("INSERT INTO ends VALUES (?, ?)", rows)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE behind AS SELECT f.subject, e.why FROM fact AS f"
        f" JOIN ends AS e ON e.key = f.{key}"
    )


def _stays(on: Sequence[Live]) -> str:
    """The bits in which somebody who is behind stays what they were, in SQL: `due.is_member`."""
    return f"{sum(1 << one.slot for one in on if one.playbook.begins_by_data and not _skips_insiders(one))}::UBIGINT"


def lot_sql(live: Sequence[Live]) -> str:
    """The name of a playbook's lot, by slot; an assignment stands in the ledger under it, in place of a step."""
    cases = " ".join(f"WHEN {one.slot} THEN {text(one.playbook.lot)}" for one in live)
    return f"CASE slot {cases} ELSE '' END" if cases else "''"


def inside_sql(it: Playbook, today: date) -> str:
    wanted = all_hold_sql(it.audience.when, today)
    if not it.audience.segment:
        return wanted
    return f"coalesce(f.{quoted('segment:' + it.audience.segment)}, false) AND {wanted}"


def _fired(one: Live, today: date) -> str:
    """Those for whom a playbook would begin, were there no gates."""
    t = one.playbook.trigger
    if t.on in ("enter", "leave"):
        moved = "said & ~dealt" if t.on == "enter" else "member & ~said"
        because = due.ENTERED if t.on == "enter" else due.LEFT
        return (
            f"SELECT {one.slot} AS slot, subject, NULL::DATE AS anchor, {text(because)} AS because"
            f" FROM stand WHERE ({moved}) & {one.bit} <> 0"
        )
    anchor = f"f.{quoted(t.fact)}"
    return (
        f"SELECT {one.slot} AS slot, subject, {anchor} AS anchor, {text(t.fact + ' is ')} || {anchor} AS because"
        f" FROM fact AS f WHERE {anchor} + {t.days} <= DATE '{today}'"
        f" AND {anchor} + {t.days + t.within_days} > DATE '{today}' AND ({inside_sql(one.playbook, today)})"
    )


def _decided(on: Sequence[Live], today: date, kept_out: str) -> str:
    """Gate after gate, the first that does not open says why; then the lot."""
    held = (
        f"CASE WHEN c.slot IN ({_slots(one for one in on if _skips_insiders(one))}) THEN {text(due.INSIDE_BEFORE)}"
        f" WHEN c.slot IN ({_slots(one for one in on if one.playbook.begins_by_data)}) AND o.why IS NOT NULL THEN o.why"
        f" WHEN c.running THEN {text(due.RUNNING)}"
        f" WHEN {kept_out} THEN {text(due.KEPT_OUT)}"
        f" WHEN c.slot IN ({_slots(one for one in on if one.playbook.again.once)}) AND c.runs > 0"
        f" THEN {text(due.ONCE)}"
        f" WHEN q.most > 0 AND c.runs >= q.most THEN 'was in it ' || q.most || ' times, which is the most'"
        f" WHEN c.ended_on + q.rest_days > DATE '{today}' THEN 'rests until ' || CAST(c.ended_on + q.rest_days AS DATE)"
        f" WHEN q.peak AND coalesce(f.in_peak, false) THEN {text(due.PEAK)}"
        f" WHEN q.slot IS NOT NULL THEN {_would_stop(on, today)} END"
    )
    good = ", ".join(text(why) for why in (due.INSIDE_BEFORE, due.KEPT_OUT, due.ONCE))
    return (
        "CREATE OR REPLACE TEMP TABLE decided AS WITH q AS ("
        f"{_table(on)}), gated AS (SELECT c.*, f.shop_id, q.bit, q.leaving, q.share, {_key(on)} AS key,"
        f" {_stratum(on)} AS stratum,"
        f" q.salt, {held} AS held FROM begun AS c JOIN q ON q.slot = c.slot"
        " LEFT JOIN fact AS f ON f.subject = c.subject LEFT JOIN behind AS o ON o.subject = c.subject), "
        "judged AS (SELECT *, held IS NULL AND share > 0 AND arm IS NULL AS draws FROM gated),"
        f" placed AS (SELECT *, CASE WHEN draws THEN {place_of('salt', 'key')} END AS place FROM judged),"
        f" drawn AS ({_drawn(any(one.playbook.holdout.stratum for one in on))}) "
        "SELECT slot, subject, shop_id, bit, leaving, draws, stratum, armed AS arm,"
        f" CASE WHEN held IS NOT NULL OR armed = {text(HELD_OUT)} THEN 'hold' ELSE 'start' END AS what,"
        f" CASE WHEN held IS NOT NULL THEN held WHEN armed = {text(HELD_OUT)} THEN {text(due.ASIDE)}"
        " ELSE because END AS why,"
        f" CASE WHEN held IS NULL THEN coalesce(armed = {text(HELD_OUT)}, false)"
        f" ELSE held IN ({good}) OR held LIKE 'was in it %' END AS for_good,"
        f" anchor FROM drawn"
    )


def _drawn(stratified: bool) -> str:
    """The arm of each. With a stratum so many of those who come together are kept aside that the share is kept in it:
    `aside.aside_of_next`. Only they are put in order, since ordering everybody costs more than drawing."""
    drawn = f"CASE WHEN place < share THEN {text(HELD_OUT)} ELSE {text(TREATED)} END"
    plain = f"SELECT *, {_armed(drawn)} FROM placed"
    if not stratified:
        return plain
    offset = place_of("salt", "stratum")
    turn = "row_number() OVER (PARTITION BY slot, stratum, draws ORDER BY place, key)"
    now = "count(*) OVER (PARTITION BY slot, stratum, draws)"
    less = f"floor(share * drawn + {offset})"
    more = f"floor(share * (drawn + {now}) + {offset})"
    in_turn = f"CASE WHEN {turn} <= {more} - {less} THEN {text(HELD_OUT)} ELSE {text(TREATED)} END"
    return (
        f"{plain} WHERE stratum IS NULL UNION ALL SELECT * EXCLUDE drawn, {_armed(in_turn)} FROM"
        " (SELECT p.*, coalesce(s.drawn, 0) AS drawn FROM placed AS p LEFT JOIN drawn_before AS s"
        " ON s.slot = p.slot AND s.stratum = p.stratum WHERE p.stratum IS NOT NULL)"
    )


def _armed(drawn: str) -> str:
    return f"CASE WHEN held IS NOT NULL OR share = 0 THEN NULL WHEN NOT draws THEN arm ELSE {drawn} END AS armed"


def _table(on: Sequence[Live]) -> str:
    rows = ", ".join(
        f"({one.slot}, {one.bit}, {one.playbook.trigger.on == 'leave'}, {one.playbook.again.most},"
        f" {one.playbook.again.rest_days}, {one.playbook.peaks.starts == 'hold'},"
        f" {one.playbook.holdout.share if one.playbook.lot else 0.0}::DOUBLE, {text(one.salt)})"
        for one in on
    )
    none = "SELECT * FROM (VALUES (0, 0::UBIGINT, false, 0, 0, false, 0.0::DOUBLE, ''))"
    names = "AS t(slot, bit, leaving, most, rest_days, peak, share, salt)"
    return f"SELECT * FROM (VALUES {rows}) {names}" if on else f"{none} {names} WHERE false"


def _slots(of: Iterator[Live]) -> str:
    return ", ".join(str(one.slot) for one in of) or "-1"


def _skips_insiders(one: Live) -> bool:
    return one.first and one.playbook.trigger.on == "enter" and not one.playbook.trigger.those_inside


def _key(on: Sequence[Live]) -> str:
    """What the lot is drawn for: the person or account, or the company whose people stay together."""
    clustered = _slots(one for one in on if one.playbook.holdout.cluster)
    return (
        f"CASE WHEN c.slot IN ({clustered}) AND f.account_id IS NOT NULL THEN 'account ' || f.account_id"
        " ELSE CAST(c.subject AS VARCHAR) END"
    )


def _stratum(on: Sequence[Live]) -> str:
    cases = " ".join(
        f"WHEN {one.slot} THEN coalesce(f.{quoted(one.playbook.holdout.stratum)}, 'not known')"
        for one in on
        if one.playbook.holdout.stratum
    )
    return f"CASE c.slot {cases} END" if cases else "NULL::VARCHAR"


def _would_stop(on: Sequence[Live], today: date) -> str:
    """Why a run would stop at once; null where it would not."""
    cases = " ".join(
        f"WHEN {one.slot} THEN {stop_sql(one.playbook, today, bought='false', inside=_is_inside(one, today))}"
        for one in on
    )
    return f"'would stop at once: ' || (CASE c.slot {cases} END)" if cases else "NULL"


def _is_inside(one: Live, today: date) -> str:
    return f"({inside_sql(one.playbook, today)})"


def stop_sql(it: Playbook, today: date, *, bought: str, inside: str) -> str:
    """The first reason to stop, over `f`; null where there is none."""
    cases = [
        *([f"WHEN {bought} THEN {text(due.BOUGHT)}"] if it.stop.bought else []),
        *([f"WHEN coalesce(f.refused_email, false) THEN {text(due.UNSUBSCRIBED)}"] if it.stop.unsubscribed else []),
        *([f"WHEN NOT {inside} THEN {text(due.LEFT_AUDIENCE)}"] if it.stop.left else []),
        *(_met(one, today) for one in it.stop.when),
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def _met(one: Condition, today: date) -> str:
    return f"WHEN {all_hold_sql((one,), today)} THEN {text(one.said)}"


def _ending(live: Sequence[Live], today: date) -> str:
    """Runs that stop, and why."""
    bought = "coalesce(f.orders, 0) > coalesce(r.orders_then, 0)"
    cases = " ".join(
        f"WHEN r.slot = {one.slot} AND r.version = {version} THEN"
        f" {stop_sql(it, today, bought=bought, inside=f'(coalesce(s.inside, 0) & {one.bit} <> 0)')}"
        for one in live
        for version, it in one.all_versions()
    )
    off = _slots(one for one in live if not one.on)
    return (
        f"SELECT run, why FROM (SELECT r.run, CASE WHEN r.slot IN ({off}) THEN {text(due.SWITCHED_OFF)}"
        f" WHEN f.subject IS NULL THEN {text(due.GONE)} WHEN o.subject IS NOT NULL AND {_by_data(live)} THEN NULL"
        f" {cases} END AS why FROM run AS r LEFT JOIN fact AS f ON f.subject = r.subject"
        " LEFT JOIN stand AS s ON s.subject = r.subject LEFT JOIN behind AS o ON o.subject = r.subject)"
        " WHERE why IS NOT NULL"
    )


def _still(live: Sequence[Live]) -> str:
    """Runs that neither go on nor stop."""
    return (
        f"SELECT r.run, o.why FROM run AS r JOIN behind AS o ON o.subject = r.subject WHERE {_by_data(live)}"
        " AND NOT EXISTS (SELECT 1 FROM ending AS e WHERE e.run = r.run)"
    )


def _by_data(live: Sequence[Live]) -> str:
    """Whether what comes next in a run `r` is decided by what was imported."""
    if all(one.playbook.who == "customers" for one in live):
        return "true"
    some = ", ".join(
        f"({one.slot}, {version}, {n})" for one in live for version, it in one.all_versions()
        for n in range(len(it.steps)) if it.goes_on_by_data(n)
    )  # fmt: skip
    return f"(r.slot, r.version, r.step) IN ({some})" if some else "false"
