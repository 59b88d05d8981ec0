"""Who objected to being profiled (GDPR, article 21): nothing is worked out of them, and nothing that was is shown.

home/predictions/objections.json: every word on it as the ledger of consent has it, handed up by whoever keeps that
ledger; models know nothing of it but this file. Words are told under the keys of their time, or of an address; here
they are read under those of the snapshot, of all profiles of a person in all shops together (decision 0118).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.warehouse.home import Home, write_whole

FOLDER, FILE = "predictions", "objections.json"
OBJECTED = Unknown("they objected to being profiled, so nothing is foretold of them", "their own word that they agree")
EVERYWHERE = ("email", "sms")  # a word to no channel is one to each


@dataclass(frozen=True, slots=True)
class Word:
    """One word on being profiled, of a customer's key or of an address as the warehouse hashes it."""

    customer_id: int | None
    address_hash: str
    channel: str
    no: bool
    at: datetime


def hand_over(home: Home, words: Iterable[Word]) -> bool:
    """Put down all there are, in place of those before; False where nothing changed."""
    told = json.dumps([asdict(word) | {"at": word.at.astimezone(UTC).isoformat()} for word in words])
    path = _place(home)
    if (path.read_text(encoding="utf-8") if path.is_file() else "[]") == told:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, told)
    return True


def objected(home: Home, connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    """Keys, in every shop, of the persons whose latest word is a no; rising. connection: over the snapshot."""
    words = _words(home)
    if not words:
        return ()
    said: dict[tuple[int, str], tuple[datetime, bool]] = {}
    persons: dict[int, set[int]] = {}
    for person, key, which in _people(connection, words):
        persons.setdefault(person, set()).add(key)
        for word in which:
            for channel in (word.channel,) if word.channel else EVERYWHERE:
                newest = (word.at, word.no)  # at the same moment the no holds
                said[person, channel] = max(said.get((person, channel), newest), newest)
    objecting = {person for (person, _), (_, no) in said.items() if no}
    return tuple(sorted(key for person in objecting for key in persons[person]))


def stamp(home: Home) -> str:
    """A digest of all words there are."""
    path = _place(home)
    return sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""


def _words(home: Home) -> list[Word]:
    path = _place(home)
    if not path.is_file():
        return []
    told = json.loads(path.read_text(encoding="utf-8"))
    return [Word(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in told]


def _people(connection: duckdb.DuckDBPyConnection, words: list[Word]) -> list[tuple[int, int, list[Word]]]:
    """Every profile of whoever said a word: the person, the key of their shop, and the profile's own words."""
    by_key: dict[int, list[Word]] = {}
    by_hash: dict[str, list[Word]] = {}
    for word in words:
        if word.customer_id is not None:
            by_key.setdefault(word.customer_id, []).append(word)
        elif word.address_hash:
            by_hash.setdefault(word.address_hash, []).append(word)
    rows = connection.execute(
        "WITH profile AS (SELECT p.customer_id, p.email_hash, p.phone_hash, coalesce(m.customer_key, p.customer_id)"
        " AS person, coalesce(m.shop_key, p.customer_id) AS shop_key FROM customer_profile AS p LEFT JOIN"
        " merged_profile AS m ON m.customer_id = p.customer_id), spoke AS (SELECT DISTINCT person FROM profile WHERE"
        " customer_id IN (SELECT unnest($keys::BIGINT[])) OR email_hash IN (SELECT unnest($hashes::VARCHAR[]))"
        " OR phone_hash IN (SELECT unnest($hashes::VARCHAR[])))"
        " SELECT person, shop_key, customer_id, email_hash, phone_hash FROM profile SEMI JOIN spoke USING (person)",
        {"keys": list(by_key), "hashes": list(by_hash)},
    ).fetchall()  # fmt: skip
    return [
        (person, key, [*by_key.get(profile, []), *(w for hashed in hashes for w in by_hash.get(hashed, []))])
        for person, key, profile, *hashes in rows
    ]


def _place(home: Home) -> Path:
    return home.path / FOLDER / FILE
