"""Restraint for everybody who is due, as one question: `one.py` says the same for one customer.

Reads four relations of the connection, moments with their zone:

  candidate(run BIGINT, playbook, version INT, step, turn INT, shop_id, customer_id, account_id, channel, class,
            priority INT, due_at TIMESTAMPTZ)   class "marketing" or "service"; the smaller priority goes first
  whereabouts(customer_id, zone, known BOOLEAN, objected BOOLEAN)   one row a customer
  reach(customer_id, channel, address, dead, unwanted, consent)     as `one.Reach` has it; no row: no address
  sent_log(customer_id, channel, sent_at TIMESTAMPTZ)               marketing messages that went

and leaves `judged(run, playbook, version, step, turn, channel, verdict, why, not_before TIMESTAMPTZ)`, a row for each
candidate. Caps are filled seat by seat: each round takes the next message of every customer who has one more, so that
a message which one cap refuses takes no seat of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import duckdb

from holdfast.playbooks.restraint import one
from holdfast.playbooks.restraint.clock import clock
from holdfast.playbooks.restraint.settings import Cap, Restraint
from holdfast.warehouse.engine import text

KEY = "run, playbook, version, step, turn, channel"
SCRATCH = ("channel_rule", "clock_there", "gated", "contending", "room", "seated")


def judge_all(
    connection: duckdb.DuckDBPyConnection, rules: Restraint, now: datetime, candidates: str = "candidate"
) -> None:
    """Leave `judged`. now: with its zone. candidates: the relation that is read as `candidate`."""
    _tell_channels(connection, rules)
    _tell_clocks(connection, rules, now)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gated AS {_gated(candidates, now)}")
    _seat(connection, rules, now)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {_judged(rules, now)}")
    for name in SCRATCH:
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def moment(at: datetime) -> str:
    return f"TIMESTAMPTZ {text(at.isoformat())}"


def _tell_channels(connection: duckdb.DuckDBPyConnection, rules: Restraint) -> None:
    """channel_rule: a row a channel, with a flag for each cap that covers it."""
    covers = "".join(f", covers_{place} BOOLEAN" for place in range(len(rules.caps)))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE channel_rule (channel VARCHAR, consent VARCHAR, needs VARCHAR, address VARCHAR,"
        f" quiet BOOLEAN, counted BOOLEAN{covers})"
    )
    rows = [
        (c.name, c.consent, rules.consent.get(c.consent, "opt-in"), c.address, c.quiet,
         any(cap.covers(c) for cap in rules.caps), *(cap.covers(c) for cap in rules.caps))
        for c in rules.channels.values()
    ]  # fmt: skip
    if rows:
        connection.executemany(f"INSERT INTO channel_rule VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _tell_clocks(connection: duckdb.DuckDBPyConnection, rules: Restraint, now: datetime) -> None:
    """clock_there: what `clock` says of each zone that occurs; a few hundred at most."""
    zones = connection.execute("SELECT DISTINCT zone, known FROM whereabouts").fetchall()
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE clock_there (zone VARCHAR, known BOOLEAN, day_began TIMESTAMPTZ,"
        " day_ends TIMESTAMPTZ, quiet_until TIMESTAMPTZ)"
    )
    for zone, known in zones:
        there = clock(zone, rules.quiet if known else rules.quiet_unknown_zone, now)
        until = None if there.quiet_until is None else there.quiet_until.isoformat()
        connection.execute(
            "INSERT INTO clock_there VALUES (?, ?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ)",
            [zone, known, there.day_began.isoformat(), there.day_ends.isoformat(), until],
        )


def _gated(candidates: str, now: datetime) -> str:
    """Every candidate with why it is held, where a gate before the caps holds it."""
    says = "".join(f" WHEN {text(said)} THEN {text(why)}" for said, why in one.CONSENT.items())
    marketing = "c.class = 'marketing'"
    said = "coalesce(r.consent, '')"
    held = (
        f"CASE WHEN h.channel IS NULL THEN {text(one.UNKNOWN_CHANNEL)}"
        f" WHEN c.due_at > {moment(now)} THEN NULL"
        " WHEN coalesce(r.dead, '') <> '' THEN 'the address is dead: ' || r.dead"
        f" WHEN {marketing} AND coalesce(r.unwanted, '') <> '' THEN 'suppressed: ' || r.unwanted"
        f" WHEN {marketing} AND coalesce(w.objected, false) THEN {text(one.OBJECTED)}"
        f" WHEN {marketing} AND h.consent <> '' AND {said} <> 'yes' AND NOT (h.needs = 'no opt-out' AND {said} = '')"
        f" THEN CASE {said}{says} END"
        f" WHEN h.address <> '' AND coalesce(r.address, 'none') = 'none' THEN {text(one.NO_ADDRESS)}"
        f" WHEN h.address <> '' AND r.address <> 'good' THEN {text(one.BAD_ADDRESS)} END"
    )
    return (
        f"SELECT c.run, c.playbook, c.version, c.step, c.turn, c.channel, c.customer_id, c.priority, c.due_at,"
        f" {marketing} AS marketing, h.channel IS NOT NULL AND c.due_at > {moment(now)} AS early, {held} AS held"
        f" FROM {candidates} AS c LEFT JOIN channel_rule AS h USING (channel)"
        " LEFT JOIN whereabouts AS w ON w.customer_id = c.customer_id"
        " LEFT JOIN reach AS r ON r.customer_id = c.customer_id AND r.channel = c.channel"
    )


def _seat(connection: duckdb.DuckDBPyConnection, rules: Restraint, now: datetime) -> None:
    """seated: for each message that a cap covers, which caps are full, and when they have room again."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE contending AS {_contending(rules)}")
    if not rules.caps:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE seated AS SELECT {KEY} FROM contending WHERE false")
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE room AS {_room(rules, now)}")
    (rounds,) = connection.execute("SELECT coalesce(max(turn_of), 0) FROM contending").fetchone() or (0,)
    nobody = ", ".join(f"0 AS taken_{place}" for place in range(len(rules.caps)))
    before = f"SELECT NULL::BIGINT AS customer_id, {nobody} WHERE false"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE seated AS {_round(rules, 1, before)} LIMIT 0")
    for number in range(1, rounds + 1):
        taken = before if number == 1 else f"SELECT * FROM seated WHERE turn_of = {number - 1}"
        connection.execute(f"INSERT INTO seated {_round(rules, number, taken)}")


def _contending(rules: Restraint) -> str:
    covers = "".join(f", h.covers_{place}" for place in range(len(rules.caps)))
    order = "g.priority, g.due_at, g.run, g.step, g.turn, g.channel"
    return (
        f"SELECT g.run, g.playbook, g.version, g.step, g.turn, g.channel, g.customer_id{covers},"
        f" row_number() OVER (PARTITION BY g.customer_id ORDER BY {order}) AS turn_of"
        " FROM gated AS g JOIN channel_rule AS h USING (channel)"
        " WHERE g.held IS NULL AND NOT g.early AND g.marketing AND h.counted"
    )


def _room(rules: Restraint, now: datetime) -> str:
    """Of each customer who contends and each cap, the newest moments that it counts: as many as it lets through."""
    counted = ", ".join(
        f"max(s.sent_at, {cap.most}) FILTER (h.covers_{place} AND {_still(cap, now)}) AS seats_{place}"
        for place, cap in enumerate(rules.caps)
    )
    return (
        f"SELECT s.customer_id, {counted} FROM sent_log AS s JOIN channel_rule AS h USING (channel)"
        " JOIN whereabouts AS w ON w.customer_id = s.customer_id JOIN clock_there AS t"
        " ON t.zone = w.zone AND t.known = w.known"
        f" WHERE h.counted AND s.sent_at >= {moment(_since(rules.caps, now))}"
        " AND s.customer_id IN (SELECT customer_id FROM contending) GROUP BY 1"
    )


def _still(cap: Cap, now: datetime) -> str:
    return "s.sent_at >= t.day_began" if cap.window is None else f"s.sent_at > {moment(now - cap.window)}"


def _since(caps: Iterable[Cap], now: datetime) -> datetime:
    """The oldest moment that any cap can count: a day where somebody is began at most two days ago."""
    return now - max(cap.window or timedelta(days=2) for cap in caps)


def _round(rules: Restraint, number: int, taken: str) -> str:
    places = range(len(rules.caps))
    full = {place: _full(cap, place) for place, cap in enumerate(rules.caps)}
    fits = " AND ".join(f"NOT {one}" for one in full.values())
    fulls = ", ".join(f"{full[place]} AS full_{place}, r.seats_{place}" for place in places)
    before = ", ".join(f"coalesce(t.taken_{place}, 0) AS before_{place}" for place in places)
    after = ", ".join(
        f"coalesce(t.taken_{place}, 0) + (c.covers_{place} AND {fits})::INT AS taken_{place}" for place in places
    )
    return (
        f"SELECT c.run, c.playbook, c.version, c.step, c.turn, c.channel, c.customer_id, c.turn_of, {fulls}, {before},"
        f" {after} FROM contending AS c LEFT JOIN room AS r USING (customer_id) LEFT JOIN ({taken}) AS t"
        f" USING (customer_id) WHERE c.turn_of = {number}"
    )


def _full(cap: Cap, place: int) -> str:
    return f"(c.covers_{place} AND len(coalesce(r.seats_{place}, [])) + coalesce(t.taken_{place}, 0) >= {cap.most})"


def _judged(rules: Restraint, now: datetime) -> str:
    caps = [*enumerate(rules.caps)]
    full = " OR ".join(f"coalesce(s.full_{place}, false)" for place, _ in caps) or "false"
    which = "".join(f" WHEN s.full_{place} THEN {text(cap.said)}" for place, cap in caps) or " WHEN false THEN ''"
    free = ", ".join(f"CASE WHEN s.full_{place} THEN {_free(cap, place, now)} END" for place, cap in caps) or "NULL"
    quiet = "g.marketing AND h.quiet AND t.quiet_until IS NOT NULL"
    return (
        "SELECT g.run, g.playbook, g.version, g.step, g.turn, g.channel,"
        f" CASE WHEN g.held IS NOT NULL THEN 'hold' WHEN g.early OR {full} OR ({quiet}) THEN 'wait' ELSE 'send' END"
        f" AS verdict, CASE WHEN g.held IS NOT NULL THEN g.held WHEN g.early THEN {text(one.NOT_DUE)}"
        f" WHEN {full} THEN CASE{which} END WHEN {quiet} THEN {text(one.QUIET)} ELSE '' END AS why,"
        " CASE WHEN g.held IS NOT NULL THEN NULL::TIMESTAMPTZ WHEN g.early THEN g.due_at"
        f" WHEN {full} THEN greatest({free}) WHEN {quiet} THEN t.quiet_until END AS not_before"
        f" FROM gated AS g LEFT JOIN channel_rule AS h USING (channel) LEFT JOIN seated AS s USING ({KEY})"
        " LEFT JOIN whereabouts AS w ON w.customer_id = g.customer_id LEFT JOIN clock_there AS t"
        " ON t.zone = w.zone AND t.known = w.known"
    )


def _free(cap: Cap, place: int, now: datetime) -> str:
    """As `one._free`: messages of this very question are the newest."""
    if cap.window is None:
        return "t.day_ends"
    window = f"INTERVAL {int(cap.window.total_seconds())} SECOND"
    left = f"s.seats_{place}[{cap.most} - s.before_{place}]"
    return f"(CASE WHEN s.before_{place} >= {cap.most} THEN {moment(now)} ELSE {left} END + {window})"
