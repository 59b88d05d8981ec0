"""Evidence written by hand on a bare connection, and an oracle that joins it one edge at a time in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import duckdb

from holdfast.warehouse.engine import quoted
from holdfast.warehouse.identity.decisions import Standing
from holdfast.warehouse.identity.hashed import set_salt
from holdfast.warehouse.identity.layers import join_all
from holdfast.warehouse.identity.rules import BY_STRENGTH
from holdfast.warehouse.identity.seen import gather_seen
from holdfast.warehouse.identity.settings import Settings, shipped
from holdfast.warehouse.tables import LANDED
from holdfast.warehouse.versions import none

SALT = "pepper"
START = datetime(2025, 1, 1)


def salted(plain: str, salt: str = SALT) -> str:
    return sha256(f"{salt}{plain}".encode()).hexdigest()


@dataclass(frozen=True)
class Given:
    """Somebody gave an e-mail or a phone."""

    who: int
    what: str
    seen_in: str = "order"
    verified: bool | None = None
    paid: bool | None = None
    day: int = 0

    @property
    def type(self) -> str:
        return "email" if "@" in self.what else "phone"


class Bench:
    """Tables without rows, a shop or several, and what identity makes of what is put in."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for table in LANDED:
            self.con.execute(f"CREATE TABLE {quoted(table.name)} AS {none(table)}")
        self.con.execute("CREATE TABLE shop (shop_id BIGINT, account VARCHAR)")
        set_salt(self.con, SALT)

    def clear(self) -> None:
        for table in LANDED:
            self.con.execute(f"DELETE FROM {quoted(table.name)}")
        self.con.execute("DELETE FROM shop")

    def shops(self, accounts: dict[int, str]) -> None:
        self.con.executemany("INSERT INTO shop VALUES (?, ?)", list(accounts.items()))

    def people(self, people: Iterable[tuple[int, int, bool]]) -> None:
        """(profile, shop, whether the platform numbers it)."""
        for who, shop, numbered in people:
            self.con.execute(
                "INSERT INTO customer (customer_id, shop_id, customer_number) VALUES (?, ?, ?)",
                [who, shop, f"n{who}" if numbered else None],
            )

    def given(self, rows: Iterable[Given], shop_of: dict[int, int] | None = None) -> None:
        for one in rows:
            local, _, domain = one.what.partition("@")
            hashes = [salted(local)[:16], salted(domain)[:16]] if domain else [None, None]
            seen = START + timedelta(days=one.day)
            self.con.execute(
                "INSERT INTO customer_identifier (customer_id, shop_id, type, identifier_hash, seen_in, first_seen,"
                " last_seen, verified, paid, local_hash, domain_hash, load_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                [
                    one.who,
                    (shop_of or {}).get(one.who, 1),
                    one.type,
                    salted(one.what),
                    one.seen_in,
                    seen,
                    seen,
                    one.verified,
                    one.paid,
                    *hashes,
                ],
            )

    def signed_in(self, rows: Iterable[tuple[str, int | None, float]], table: str = "session") -> None:
        """(device, profile or nobody, day)."""
        own, moment = {"session": ("session_id", "started_at"), "event": ("event_id", "happened_at")}[table]
        for n, (device, who, day) in enumerate(rows, start=1):
            self.con.execute(
                f"INSERT INTO {table} ({own}, shop_id, anonymous, customer_id, {moment}, load_id) VALUES (?, 1, ?, ?, ?, 1)",
                [n, device, who, START + timedelta(days=day)],
            )

    def cards(self, rows: Iterable[tuple[str, int]]) -> None:
        for n, (card, who) in enumerate(rows, start=1):
            self.con.execute(
                "INSERT INTO loyalty_event (loyalty_event_id, shop_id, customer_id, type, happened_at, member, load_id)"
                " VALUES (?, 1, ?, 'earn', ?, ?, 1)",
                [n, who, START, card],
            )

    def joined(
        self,
        settings: Settings | None = None,
        *,
        together: Iterable[tuple[int, int]] = (),
        apart: Iterable[tuple[int, int]] = (),
        ignored: Iterable[tuple[str, str]] = (),
    ) -> dict[int, tuple[int, str]]:
        """Profile → the oldest profile of its person, and the weakest link on the way; those who stand alone left out."""
        standing = Standing({}, {}, dict.fromkeys(ignored, 1))
        gather_seen(self.con, settings or shipped(), standing)
        join_all(self.con, settings or shipped(), list(together), list(apart))
        rows = self.con.execute("SELECT node, root, strength FROM identity_root").fetchall()
        assert len(rows) == len({node for node, _, _ in rows}), "a profile has two persons"
        return {node: (root, BY_STRENGTH[strength].name) for node, root, strength in rows}

    def states(self, kind: str) -> set[str | None]:
        return {s for (s,) in self.con.execute("SELECT state FROM identity_seen WHERE type = ?", [kind]).fetchall()}


def limits(**said: int) -> Settings:
    return replace(shipped(), limits=shipped().limits | said)


def components(edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Node → smallest node of its component, by walking: the oracle."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    top: dict[int, int] = {}
    for start in sorted(near):
        if start in top:
            continue
        walk = [start]
        while walk:
            node = walk.pop()
            if node not in top:
                top[node] = start
                walk += near[node]
    return top


def expected(people: dict[int, bool], rows: Iterable[Given], email_numbers: int, phone_persons: int) -> dict[int, int]:
    """What e-mails and phones make of profiles (profile → numbered), each limit counted the plain way."""
    rows = list(rows)
    edges: list[tuple[int, int]] = []
    for kind in ("email", "phone"):
        own = components(edges)
        for what in {row.what for row in rows if row.type == kind}:
            givers = {row.who for row in rows if row.what == what}
            crowd = {who for who in givers if people[who]} if kind == "email" else {own.get(who, who) for who in givers}
            if len(crowd) <= (email_numbers if kind == "email" else phone_persons):
                edges += [(a, b) for a in givers for b in givers if a < b]
    return {node: root for node, root in components(edges).items() if node != root}
