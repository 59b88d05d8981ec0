"""Who moved from where to where between two days, as known now: a matrix that adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from holdfast.segments.asking import facts_of
from holdfast.segments.facts.purchases import DECILES, SCORES
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import Ground, asked
from holdfast.segments.segment import Segment
from holdfast.warehouse.home import Home, Shop

NOT_YET, NOT_KNOWN = "not yet a buyer", "not known"
# What may be followed: states, and places among others.
FOLLOWED = (
    "state", "value_decile", "recency_score", "frequency_score", "money_score", "recency_class", "frequency_class",
    "money_class", "predicted_decile",
)  # fmt: skip
IN_ORDER = ("new", "active", "reactivated", "slipping", "lapsed")


@dataclass(frozen=True, slots=True)
class Migration:
    """cells: (from, to) → customers, every pair; a buyer is in one of them. Not yet: bought first between the days."""

    fact: str
    since: date
    until: date
    names: tuple[str, ...]
    cells: dict[tuple[str, str], int]

    @property
    def rows(self) -> tuple[str, ...]:
        """Where they may have stood."""
        return (*self.names, NOT_YET)

    @property
    def of_all(self) -> int:
        return sum(self.cells.values())

    def of(self, name: str) -> int:
        """How many stood there on the first day."""
        return sum(self.cells[name, to] for to in self.names if (name, to) in self.cells)

    def came_to(self, name: str) -> int:
        """How many stand there on the last day."""
        return sum(many for (_, to), many in self.cells.items() if to == name)

    def share(self, name: str, to: str) -> float | None:
        whole = self.of(name)
        return self.cells[name, to] / whole if whole else None

    def table(self) -> pa.Table:
        """from, to, customers, share of those who stood there first."""
        rows = [
            {"from": a, "to": b, "customers": many, "share": self.share(a, b)} for (a, b), many in self.cells.items()
        ]
        kinds = {"from": pa.string(), "to": pa.string(), "customers": pa.int64(), "share": pa.float64()}
        return pa.Table.from_pylist(rows, pa.schema(kinds))


def migration(
    home: Home, since: date, until: date, *, fact: str = "state", shops: Sequence[Shop] | None = None,
    of: Segment | None = None,
) -> Migration:  # fmt: skip
    """Of a shop's buyers, from one day to a later one; of: only those who were members on the first day.

    Raises ValueError for days in the wrong order or a fact that cannot be followed, AfterTheData, NothingBuilt and
    DamagedSnapshot.
    """
    if since >= until:
        raise ValueError(f"{since} is not before {until}")
    if fact not in FOLLOWED:
        raise ValueError(f"{fact} cannot be followed; {', '.join(FOLLOWED)} can")
    with asked(home, (of,) if of else (), (since, until), shops=shops) as ground:
        return migrated(ground, fact, of)


def migrated(ground: Ground, fact: str, of: Segment | None = None) -> Migration:
    since, until = ground.asking.days
    told = FACTS[fact]
    columns = {"as_of": "u.as_of", "shop_id": "u.shop_id", "customer_id": "u.customer_id"}
    stands = f"coalesce(({ground.asking.value(told)})::VARCHAR, '{NOT_KNOWN}')"
    columns |= {"stands": stands, "belongs": ground.asking.belongs(of) if of else "true"}
    rows = ground.asking.rows([told, *facts_of([of.when] if of else [])], columns)
    only = f" HAVING coalesce(bool_or(belongs) FILTER (as_of = DATE '{since}'), false)" if of else ""
    query = (
        f"SELECT coalesce(was, '{NOT_YET}'), now, count(*) FROM"
        f" (SELECT max(stands) FILTER (as_of = DATE '{since}') AS was,"
        f" max(stands) FILTER (as_of = DATE '{until}') AS now FROM ({rows}) GROUP BY shop_id, customer_id{only})"
        " GROUP BY 1, 2"
    )
    found = {(a, b): many for a, b, many in ground.connection.execute(query, ground.asking.given).fetchall()}
    names = _names(fact) + ((NOT_KNOWN,) if any(NOT_KNOWN in pair for pair in found) else ())
    return Migration(
        fact, since, until, names, {(a, b): found.get((a, b), 0) for a in (*names, NOT_YET) for b in names}
    )


def _names(fact: str) -> tuple[str, ...]:
    if fact == "state":
        return IN_ORDER
    return tuple(str(n) for n in range(1, (DECILES if "decile" in fact else SCORES) + 1))
