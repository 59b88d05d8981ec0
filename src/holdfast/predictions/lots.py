"""The lots by which people are parted: two numbers of everybody that stay theirs, whatever keys they have.

They are drawn from the number that a shop itself gives a customer, else from their address (decisions 0142, 0149).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Who ever ordered what counts, or subscribed; an order that went back whole counted on the days before.
_PEOPLE = (
    "SELECT DISTINCT customer_id AS key FROM (SELECT customer_id, shop_id FROM order_value WHERE counts UNION ALL"
    " SELECT customer_id, shop_id FROM mrr_ledger) WHERE shop_id IN (SELECT unnest($shops::BIGINT[]))"
    " AND customer_id IS NOT NULL"
)
_PEOPLE_NAMED = (
    "SELECT h.key, n.name FROM here AS h LEFT JOIN (SELECT DISTINCT shop_key, customer_key FROM merged_profile) AS k"
    " ON k.shop_key = h.key LEFT JOIN (SELECT coalesce(m.customer_key, p.customer_id) AS person,"
    " coalesce(min(p.customer_number), min(coalesce(p.email_hash, p.phone_hash))) AS name FROM customer_profile AS p"
    " LEFT JOIN merged_profile AS m ON m.customer_id = p.customer_id"
    " WHERE p.shop_id IN (SELECT unnest($shops::BIGINT[])) GROUP BY 1) AS n"
    " ON n.person = coalesce(k.customer_key, h.key)"
)
_COMPANIES = (
    "SELECT DISTINCT coalesce(s.survivor_id, t.account_id) AS key FROM"
    " (SELECT account_id, shop_id FROM order_value UNION ALL SELECT account_id, shop_id FROM contract_term) AS t"
    " LEFT JOIN account_survivor AS s ON s.account_id = t.account_id"
    " WHERE t.shop_id IN (SELECT unnest($shops::BIGINT[])) AND t.account_id IS NOT NULL"
)
_COMPANIES_NAMED = (
    "SELECT h.key, a.account_number AS name FROM here AS h LEFT JOIN account AS a ON a.account_id = h.key"
)


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """keys: rising. lot, place: two numbers from 0 to 1 for each that have nothing to do with one another; a person of
    several shops has the same ones in all of them. All of shape (n,)."""

    keys: Ints
    lot: Floats
    place: Floats

    def of(self, keys: Ints) -> Floats:
        """The lot of each of these, same shape; NaN for whoever is not among ours."""
        if not len(self.keys):
            return np.full(len(keys), np.nan)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.lot[at], np.nan)

    def drawn(self, share: float) -> tuple[int, ...]:
        """The keys of a part, always the same people, and all of those of a smaller part."""
        return tuple(self.keys[self.place < share].tolist())


def lots(connection: duckdb.DuckDBPyConnection, shop_ids: Sequence[int], *, companies: bool = False) -> Lots:
    """Of everybody who ever bought or subscribed in these shops; of companies: who ever bought or had a contract.

    Drawn from the first number of all their profiles; whoever has none keeps the key. Raises duckdb.Error.
    """
    here, named = (_COMPANIES, _COMPANIES_NAMED) if companies else (_PEOPLE, _PEOPLE_NAMED)
    found = connection.execute(
        f"WITH here AS ({here}), named AS ({named}),"
        " told AS (SELECT key, coalesce(name, '#' || key) AS name FROM named)"
        " SELECT key, md5_number_lower(name) AS lot, md5_number_upper(name) AS place FROM told ORDER BY key",
        {"shops": list(shop_ids)},
    ).fetchnumpy()
    keys, lot, place = (np.ma.getdata(found[name]) for name in ("key", "lot", "place"))
    return Lots(keys.astype(np.int64), lot.astype(np.float64) / 2.0**64, place.astype(np.float64) / 2.0**64)
