"""The ledger of consent, read for one person and taken in from a file of another tool."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from holdfast.accounts.act import By
from holdfast.playbooks.models import Consent, Suppression
from holdfast.playbooks.restraint.people import Person
from holdfast.playbooks.restraint.words import MARKETING, Word, address_hash, say
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

COLUMNS = ("word", "channel", "purpose", "basis", "source", "wording", "at", "by_name")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """rejected: line of the file, and what is wrong with it."""

    taken: int
    there: int
    rejected: tuple[tuple[int, str], ...]


def of_person(who: Person) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Their words, the newest first, and why their addresses are suppressed."""
    theirs = Q(customer_id__in=who.keys) | Q(address_hash__in=who.hashes)
    words = Consent.objects.filter(theirs).order_by("-at", "-id")
    stopped = Suppression.objects.filter(address_hash__in=who.hashes, lifted_at=None).order_by("-at")
    reasons = [{"why": one.why, "at": one.at, "source": one.source, "by_name": one.by_name} for one in stopped]
    return list(words.values(*COLUMNS)), reasons


def take_in(home: Home, path: Path, shop_id: int, *, by: By) -> TakenIn:
    """A CSV with a header: customer or address, word, at; and channel, purpose, basis, source, wording where known."""
    known = _numbers(home, shop_id)
    taken = there = 0
    rejected: list[tuple[int, str]] = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                word, at = _read(home, row, shop_id, known, path.name)
                if _is_there(word, at):
                    there += 1
                else:
                    say([word], by=by, at=at)
                    taken += 1
            except (ValidationError, ValueError) as problem:
                why = problem.messages[0] if isinstance(problem, ValidationError) else str(problem)
                rejected.append((rows.line_num, why))
    return TakenIn(taken, there, tuple(rejected))


def _read(
    home: Home, row: Mapping[str, str | None], shop_id: int, known: Mapping[str, int], file: str
) -> tuple[Word, datetime]:
    """Raises ValueError and ValidationError."""
    told = {name: (row.get(name) or "").strip() for name in ("customer", "address", *COLUMNS)}
    if told["customer"] and told["customer"] not in known:
        raise ValueError(f"no customer has the number {told['customer']!r}")
    at = datetime.fromisoformat(told["at"])
    word = Word(
        told["word"].lower(), told["channel"].lower(), told["purpose"].lower() or MARKETING,
        customer_id=known.get(told["customer"]), shop_id=shop_id,
        address_hash=address_hash(home, told["address"]) if told["address"] else "",
        basis=told["basis"].lower(), source=told["source"] or f"file {file}", wording=told["wording"],
    )  # fmt: skip
    return word, at if at.tzinfo else at.replace(tzinfo=UTC)


def _is_there(word: Word, at: datetime) -> bool:
    return Consent.objects.filter(
        customer_id=word.customer_id, address_hash=word.address_hash, purpose=word.purpose, channel=word.channel,
        word=word.word, at=at,
    ).exists()  # fmt: skip


def _numbers(home: Home, shop_id: int) -> dict[str, int]:
    """The numbers that the shop gives its customers → ours."""
    numbered = "shop_id = $shop AND customer_number IS NOT NULL"
    query = f"SELECT customer_number, customer_id FROM customer_profile WHERE {numbered}"
    snapshot = current_snapshot(home)
    if snapshot is None:
        return {}
    reader = open_snapshot(home, snapshot, query)
    try:
        return dict(reader.execute(query, {"shop": shop_id}).fetchall())
    finally:
        reader.close()
