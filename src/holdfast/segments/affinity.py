"""Which kinds of goods buyers prefer, of a whole shop and of a segment beside it (0121)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.segments.asking import facts_of
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import Ground, asked
from holdfast.segments.segment import Segment
from holdfast.warehouse.home import Home, Shop

NO_KINDS = Unknown("no order of this shop is of goods whose kind is known", "products with a type")


@dataclass(frozen=True, slots=True)
class Kind:
    """prefer: buyers who prefer it; mainly: who spent most on it. members_…: of them, who are in the segment."""

    name: str
    prefer: int
    mainly: int
    members_prefer: int
    members_mainly: int


@dataclass(frozen=True, slots=True)
class Affinity:
    """buyers, members: who have bought goods of any known kind, of all and of the segment. kinds: those that most
    prefer first."""

    as_of: date
    of: Segment | None
    buyers: int
    members: int
    kinds: tuple[Kind, ...]

    def share(self, kind: Kind) -> float:
        return kind.prefer / self.buyers if self.buyers else 0.0

    def members_share(self, kind: Kind) -> float | None:
        """None where the segment has nobody of whom a kind is known."""
        return kind.members_prefer / self.members if self.members else None

    def times(self, kind: Kind) -> float | None:
        """How many times the share of all that prefer it the segment's share is; None where either is nothing."""
        ours, share = self.members_share(kind), self.share(kind)
        return ours / share if ours is not None and share else None

    def table(self) -> pa.Table:
        """kind, prefer, share, mainly; of a segment also members_prefer, members_share, times and members_mainly."""
        columns: dict[str, list[object]] = {
            "kind": [k.name for k in self.kinds], "prefer": [k.prefer for k in self.kinds],
            "share": [self.share(k) for k in self.kinds], "mainly": [k.mainly for k in self.kinds],
        }  # fmt: skip
        if self.of is not None:
            columns |= {
                "members_prefer": [k.members_prefer for k in self.kinds],
                "members_share": [self.members_share(k) for k in self.kinds],
                "times": [self.times(k) for k in self.kinds],
                "members_mainly": [k.members_mainly for k in self.kinds],
            }
        whole = pa.int64()
        kinds = {"kind": pa.string()} | {
            name: whole if name.endswith(("prefer", "mainly")) else pa.float64() for name in list(columns)[1:]
        }
        return pa.table(columns, pa.schema(kinds))


def affinity(home: Home, shop: Shop, of: Segment | None = None, as_of: date | None = None) -> Affinity | Unknown:
    """Of a shop's buyers, as known now. Raises as `members`."""
    with asked(home, (of,) if of else (), [as_of] if as_of else None, shops=(shop,)) as ground:
        return preferred(ground, of)


def preferred(ground: Ground, of: Segment | None = None) -> Affinity | Unknown:
    told = [FACTS[id] for id in ("prefers", "main_kind")]
    columns = {fact.id: ground.asking.value(fact) for fact in told}
    columns["belongs"] = ground.asking.belongs(of) if of else "true"
    rows = ground.asking.rows([*told, *facts_of([of.when] if of else [])], columns)
    found = ground.connection.execute(
        f"WITH r AS MATERIALIZED (SELECT * FROM ({rows}) WHERE main_kind IS NOT NULL),"
        " whole AS (SELECT count(*) AS buyers, count(*) FILTER (belongs) AS members FROM r)"
        " SELECT buyers, members, kind, sum(prefer)::BIGINT, sum(1 - prefer)::BIGINT,"
        " coalesce(sum(prefer) FILTER (belongs), 0)::BIGINT, coalesce(sum(1 - prefer) FILTER (belongs), 0)::BIGINT"
        " FROM (SELECT unnest(prefers) AS kind, 1 AS prefer, belongs FROM r"
        " UNION ALL SELECT main_kind, 0, belongs FROM r) CROSS JOIN whole GROUP BY ALL ORDER BY 4 DESC, 5 DESC, kind",
        ground.asking.given,
    ).fetchall()
    if not found:  # whoever prefers a kind has one that is most of their money
        return NO_KINDS
    buyers, members = found[0][:2]
    return Affinity(ground.asking.days[0], of, buyers, members, tuple(Kind(*row[2:]) for row in found))
