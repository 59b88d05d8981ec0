"""Why a profile is part of a person: the surest chain of evidence to the person's oldest profile, link by link."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import duckdb

from holdfast.warehouse.engine import parquet
from holdfast.warehouse.home import Home
from holdfast.warehouse.identity.decisions import Decision, decisions, standing
from holdfast.warehouse.identity.named import Profile, members
from holdfast.warehouse.identity.rules import BY_STRENGTH, STRENGTH
from holdfast.warehouse.receipts import receipts


@dataclass(frozen=True, slots=True)
class Seen:
    """A profile gave an identifier: where, when, and in which load the home first heard of it."""

    profile: Profile
    seen_in: str
    first_seen: datetime | None
    last_seen: datetime | None
    rule: str
    strength: int
    load_id: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two profiles are one because both gave the same identifier, or because a person said so."""

    one: Profile
    other: Profile
    rule: str  # of the weaker side
    words: str
    identifier_type: str
    identifier_hash: str
    seen: tuple[Seen, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The profile's key changed at a build."""

    batch: str
    built_at: datetime
    was: int
    became: int
    rule: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """A person as seen from one profile. chain: from it to the oldest; aside: its identifiers that join nobody."""

    profile: Profile
    members: tuple[Profile, ...]
    confidence: str | None  # the weakest rule on the chain; None when the profile is the oldest or stands alone
    batch: str | None
    chain: tuple[Link, ...]
    aside: tuple[tuple[Seen, str, str], ...]  # with the hash, and why it does not count
    changes: tuple[Change, ...]
    apart: tuple[Decision, ...]  # that hold the profile apart from others


def why(con: duckdb.DuckDBPyConnection, home: Home, profile: Profile) -> Why:
    """Read from the snapshot that `con` has open."""
    person = {one.customer_id: one for one in members(con, profile.customer_id)}
    told = con.execute(
        "SELECT identifier_type, identifier_hash, customer_id, seen_in, first_seen, last_seen, rule, strength, load_id,"
        f" state FROM identity_edge WHERE customer_id IN ({', '.join(map(str, person))})"
        " ORDER BY strength DESC, identifier_hash, customer_id, seen_in"
    ).fetchall()
    loads = _first_loads(home, {row[1] for row in told}, person)
    files = {receipt.load_id: receipt.files for receipt in receipts(home)}
    seen: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    aside = []
    for kind, value, who, seen_in, first, last, rule, strength, load_id, state in told:
        load = loads.get((who, value, seen_in), load_id)
        one = Seen(person[who], seen_in, first, last, rule, strength, load, files.get(load, ()))
        if state is None:
            seen[kind, value].append(one)
        elif who == profile.customer_id:
            aside.append((one, value, str(state)))
    chain = _chain(profile, person, seen, _decided(home, person))
    confidence, batch = con.execute(
        f"SELECT rule, reversible_batch_id FROM merged_profile WHERE customer_id = {profile.customer_id}"
    ).fetchone() or (None, None)
    changed = con.execute(
        "SELECT batch, built_at, was, became, rule FROM identity_change"
        f" WHERE customer_id = {profile.customer_id} ORDER BY built_at, batch"
    ).fetchall()
    changes = tuple(Change(*row) for row in changed)
    apart = _held_apart(home, profile)
    return Why(profile, tuple(person.values()), confidence, batch, tuple(chain), tuple(aside), changes, apart)


def _first_loads(home: Home, values: Iterable[str], person: Iterable[int]) -> dict[tuple[int, str, str], int]:
    """(profile, identifier, place) → the load that first told it: the snapshot knows the newest one only."""
    paths = sorted((home.path / "landed").glob("*/customer_identifier.parquet"))
    if not paths or not values:
        return {}
    con = duckdb.connect()
    try:
        rows = con.execute(
            f"SELECT customer_id, identifier_hash, seen_in, min(load_id) FROM ({parquet(paths)})"
            f" WHERE customer_id IN ({', '.join(map(str, person))}) GROUP BY ALL"
        ).fetchall()
    finally:
        con.close()
    return {(who, value, seen_in): load for who, value, seen_in, load in rows}


def _decided(home: Home, person: Iterable[int]) -> list[Decision]:
    said = decisions(home)
    holds = set(standing(said).together.values())
    return [one for one in said if one.number in holds and set(one.customers) <= set(person)]


def _held_apart(home: Home, profile: Profile) -> tuple[Decision, ...]:
    said = decisions(home)
    holds = set(standing(said).apart.values())
    return tuple(one for one in said if one.number in holds and profile.customer_id in one.customers)


def _chain(
    profile: Profile, person: dict[int, Profile], seen: dict[tuple[str, str], list[Seen]], decided: list[Decision]
) -> list[Link]:
    """The path whose weakest link is strongest, and the shortest of those; empty for the oldest profile itself."""
    links: dict[int, list[tuple[int, Link]]] = defaultdict(list)
    for one in decided:
        a, b = (person[who] for who in one.customers)
        words = BY_STRENGTH[STRENGTH["decided"]].words
        for x, y in ((a, b), (b, a)):
            links[x.customer_id].append(
                (STRENGTH["decided"], Link(x, y, "decided", words, "decision", "", decision=one))
            )
    for (kind, value), givers in seen.items():
        surest: dict[int, Seen] = {}
        for giver in givers:
            surest.setdefault(giver.profile.customer_id, giver)
        top = max(surest.values(), key=lambda giver: (giver.strength, -giver.profile.customer_id))
        for giver in surest.values():
            if giver is top:
                continue
            weak = BY_STRENGTH[min(giver.strength, top.strength)]
            for near, far in ((giver, top), (top, giver)):
                link = Link(near.profile, far.profile, weak.name, weak.words, kind, value, (near, far))
                links[near.profile.customer_id].append((weak.strength, link))
    return _widest(profile.customer_id, profile.customer_key, links)


def _widest(start: int, end: int, links: dict[int, list[tuple[int, Link]]]) -> list[Link]:
    turn = count()  # so that equal paths are never compared link by link
    queue: list[tuple[int, int, int, int, list[Link]]] = [(-99, 0, next(turn), start, [])]
    done: set[int] = set()
    while queue:
        weakest, length, _, node, path = heapq.heappop(queue)
        if node == end:
            return path
        if node in done:
            continue
        done.add(node)
        for strength, link in links[node]:
            other = link.other.customer_id
            if other not in done:
                heapq.heappush(queue, (max(weakest, -strength), length + 1, next(turn), other, [*path, link]))
    return []
