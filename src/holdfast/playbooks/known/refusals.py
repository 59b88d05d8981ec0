"""Who said no to marketing by e-mail in the book of work, or whose address is suppressed."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pyarrow as pa
from django.db.models import Q

from holdfast.playbooks.models import Consent, Suppression
from holdfast.playbooks.restraint.words import MARKETING
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

OF_HASHES = "SELECT customer_id FROM customer WHERE email_hash IN (SELECT unnest($hashes))"


def tell_refusals(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Set `refused_email` in `fact`: the newest word of the ledger holds, over what the merchant's record says."""
    told: dict[int, bool] = {}
    hashes = dict.fromkeys(Suppression.objects.filter(lifted_at=None).values_list("address_hash", flat=True), True)
    words = Consent.objects.filter(Q(channel="") | Q(channel="email"), purpose=MARKETING)
    for customer, hashed, word in words.order_by("at", "id").values_list("customer_id", "address_hash", "word"):
        if word == Consent.Word.PENDING:
            continue
        if customer is not None:
            told[customer] = word == Consent.Word.NO
        elif hashed:
            hashes[hashed] = word == Consent.Word.NO
    said = [hashed for hashed, no in hashes.items() if no]
    told |= dict.fromkeys(_of_hashes(home, said), True)
    if not told:
        return
    connection.register("told_refusals", pa.table({"customer_id": list(told), "refused": list(told.values())}))
    connection.execute(
        "UPDATE fact SET refused_email = r.refused FROM (SELECT coalesce(s.subject, t.customer_id) AS subject,"
        " bool_or(t.refused) AS refused FROM told_refusals AS t LEFT JOIN same_person AS s"
        " ON s.customer_id = t.customer_id GROUP BY 1) AS r WHERE r.subject = fact.subject"
    )
    connection.unregister("told_refusals")


def _of_hashes(home: Home, hashes: list[str]) -> list[int]:
    snapshot = current_snapshot(home)
    if not hashes or snapshot is None:
        return []
    with closing(open_snapshot(home, snapshot, OF_HASHES)) as reader:
        return [key for (key,) in reader.execute(OF_HASHES, {"hashes": hashes}).fetchall()]
