"""Whose key a number is: all keys that a customer of a shop has had, so that merges hide nothing that was said."""

from __future__ import annotations

from dataclasses import dataclass, field

from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

QUERY = """
WITH one AS (
  SELECT coalesce(m.shop_key, p.customer_id) AS shop_key FROM customer_profile AS p
  LEFT JOIN merged_profile AS m ON m.customer_id = p.customer_id
  WHERE p.shop_id = $shop AND {which}
)
SELECT p.customer_id, p.customer_number, p.email_hash, p.phone_hash, coalesce(m.shop_key, p.customer_id) AS shop_key,
  t.email, t.phone
FROM customer_profile AS p LEFT JOIN merged_profile AS m ON m.customer_id = p.customer_id
LEFT JOIN customer_contact AS t ON t.customer_id = p.customer_id
WHERE coalesce(m.shop_key, p.customer_id) IN (SELECT shop_key FROM one) ORDER BY p.customer_id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of a shop with every profile of theirs. key: of today. emails: as typed."""

    shop_id: int
    key: int
    keys: tuple[int, ...]
    hashes: tuple[str, ...]
    emails: tuple[str, ...] = field(default=(), repr=False)


def person(home: Home, shop_id: int, asked_for: str) -> Person | None:
    """By the number that the shop gives them, or by ours ("#12"). None where nobody is known by it."""
    snapshot = current_snapshot(home)
    if snapshot is None:
        return None
    ours = asked_for.removeprefix("#")
    which, given = "p.customer_number = $asked", {"asked": asked_for, "shop": shop_id}
    if asked_for.startswith("#") and ours.isdigit():
        which, given["asked"] = "p.customer_id = $asked::BIGINT", ours
    query = QUERY.format(which=which)
    reader = open_snapshot(home, snapshot, query)
    try:
        rows = reader.execute(query, given).fetchall()
    finally:
        reader.close()
    if not rows:
        return None
    hashes = dict.fromkeys(hashed for row in rows for hashed in row[2:4] if hashed)
    emails = dict.fromkeys(row[5] for row in rows if row[5])
    return Person(shop_id, rows[0][4], tuple(row[0] for row in rows), tuple(hashes), tuple(emails))
