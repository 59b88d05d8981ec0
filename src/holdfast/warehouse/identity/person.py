"""The table of persons, as metrics read it."""

from __future__ import annotations

import ibis

# A row per key that ever was; the person is its oldest profile, whose row has merged_into null.
PERSON = ibis.table(
    {
        "customer_key": "int64", "shop_id": "int64", "merged_into": "int64", "confidence": "string",
        "reversible_batch_id": "string", "first_seen_at": "timestamp", "many_emails": "boolean",
    },
    name="person",
)  # fmt: skip
