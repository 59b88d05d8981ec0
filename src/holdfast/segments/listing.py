"""The members of a segment one by one, what they are worth together, and who came and went between two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from holdfast.metrics.export import Format, write
from holdfast.segments.asking import facts_of
from holdfast.segments.condition import shown
from holdfast.segments.facts.declare import Fact
from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import Ground, asked
from holdfast.segments.segment import Segment
from holdfast.warehouse.engine import quoted
from holdfast.warehouse.home import Home, Shop

Way = Literal["entered", "left"]
# What every list says of a member, beside what its segment asks.
TOLD = ("state", "last_purchase", "frequency", "money", "risk", "predicted_value")
_NUMBER = "(SELECT min(c.customer_number) FROM customer AS c WHERE c.customer_id = m.customer_id) AS customer"


@dataclass(frozen=True, slots=True)
class Members:
    """table: shop_id, customer_id, customer (the shop's own number of them), TOLD, and what else the segment asks; by
    money, the most first. total: members there are, before limit and offset."""

    table: pa.Table
    total: int
    as_of: date


def listed(
    home: Home, segment: Segment, *, shops: Sequence[Shop] | None = None, as_of: date | None = None,
    limit: int | None = 50, offset: int = 0,
) -> Members:  # fmt: skip
    """Raises as `members`."""
    with asked(home, [segment], [as_of] if as_of else None, shops=shops) as ground:
        table, total = _paged(ground, *_of_members(ground, segment), limit, offset)
        return Members(table, total, ground.asking.days[0])


def export(
    home: Home, segment: Segment, path: Path, format: Format, *, shops: Sequence[Shop] | None = None,
    as_of: date | None = None,
) -> int:  # fmt: skip
    """All members to a file; how many. The file appears whole or not at all."""
    return write(listed(home, segment, shops=shops, as_of=as_of, limit=None).table, path, format)


def _paged(
    ground: Ground, query: str, given: dict[str, object], limit: int | None, offset: int
) -> tuple[pa.Table, int]:
    """Rows of a page, by money, the most first, with the shop's number of each; and how many there are in all: told in
    the same pass, since working out who belongs costs more than all else."""
    order = "ORDER BY money DESC NULLS LAST, shop_id, customer_id"
    page = f"SELECT *, count(*) OVER () AS of_all FROM ({query}) {order}"
    if limit is not None:
        page += f" LIMIT {int(limit)} OFFSET {int(offset)}"
    named = f"SELECT m.shop_id, m.customer_id, {_NUMBER}, m.* EXCLUDE (shop_id, customer_id) FROM ({page}) AS m {order}"
    table = ground.connection.sql(named, params=given).to_arrow_table()
    if len(table):
        return table.drop_columns(["of_all"]), int(table["of_all"][0].as_py())
    (total,) = ground.connection.execute(f"SELECT count(*) FROM ({query})", given).fetchone() or (0,)
    return table.drop_columns(["of_all"]), int(total)


def _of_members(ground: Ground, segment: Segment) -> tuple[str, dict[str, object]]:
    facts = list(dict.fromkeys([*(FACTS[id] for id in TOLD), *facts_of([segment.when])]))
    columns = {"shop_id": "u.shop_id", "customer_id": "u.customer_id"}
    columns |= {fact.id: ground.asking.value(fact) for fact in facts}
    rows = ground.asking.rows(facts, columns | {"belongs": ground.asking.belongs(segment)})
    return f"SELECT * EXCLUDE (belongs) FROM ({rows}) WHERE belongs", ground.asking.given


def told(segment: Segment, row: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """What a segment asks of somebody, with what is known of them: the fact's name and its value, in words."""
    return tuple((fact.name, shown(fact, row.get(fact.id))) for fact in facts_of([segment.when]))


@dataclass(frozen=True, slots=True)
class Together:
    """All members of one shop: money in whole units of its currency. of_money: the share of all buyers' money.

    leaving, stake, brings: of those of whom models spoke; None where none did. risk_word, value_word: what those may be
    called.
    """

    shop: Shop
    members: int
    universe: int
    money: float
    of_money: float | None
    leaving: float | None
    stake: float | None
    brings: float | None
    states: Mapping[str, int]
    risk_word: str = ""
    value_word: str = ""


def together(
    home: Home, segment: Segment, *, shops: Sequence[Shop] | None = None, as_of: date | None = None
) -> tuple[Together, ...]:
    """What the members are worth together and how they stand, by shop. Raises as `members`."""
    facts = [FACTS[id] for id in ("state", "money", "risk", "stake", "predicted_value", "risk_word", "value_word")]
    with asked(home, [segment], [as_of] if as_of else None, shops=shops) as ground:
        columns = {"shop_id": "u.shop_id", "belongs": ground.asking.belongs(segment)}
        columns |= {fact.id: ground.asking.value(fact) for fact in facts}
        rows = ground.asking.rows([*facts, *facts_of([segment.when])], columns)
        found = ground.connection.execute(
            "SELECT shop_id, count(*) FILTER (belongs), count(*), coalesce(sum(money) FILTER (belongs), 0), sum(money),"
            " sum(risk) FILTER (belongs), sum(stake) FILTER (belongs), sum(predicted_value) FILTER (belongs),"
            " map_entries(histogram(state) FILTER (belongs)), coalesce(max(risk_word), ''),"
            f" coalesce(max(value_word), '') FROM ({rows}) GROUP BY shop_id ORDER BY shop_id",
            ground.asking.given,
        ).fetchall()
        by_id = {shop.shop_id: shop for shop in ground.shops}
        return tuple(
            Together(
                by_id[id], members, universe, money, money / whole if whole else None, leaving, stake, brings,
                {one["key"]: one["value"] for one in states or ()}, *words,
            )
            for id, members, universe, money, whole, leaving, stake, brings, states, *words in found
        )  # fmt: skip


def moved(
    home: Home, segment: Segment, since: date, until: date, way: Way, *, shops: Sequence[Shop] | None = None,
    limit: int | None = 50, offset: int = 0,
) -> Members:  # fmt: skip
    """Who is a member on the later day and was none on the earlier one, or the other way round; as known now, by the
    rules of the later day. Columns: shop_id, customer_id, customer, and state and money on the later day.

    Raises ValueError for days in the wrong order, and as `members`.
    """
    if since >= until:
        raise ValueError(f"{since} is not before {until}")
    facts: list[Fact] = [FACTS["state"], FACTS["money"]]
    with asked(home, [segment], (since, until), shops=shops) as ground:
        columns = {name: f"u.{name}" for name in ("as_of", "shop_id", "customer_id")}
        columns |= {fact.id: ground.asking.value(fact) for fact in facts}
        columns["belongs"] = ground.asking.belongs(segment)
        rows = ground.asking.rows([*facts, *facts_of([segment.when])], columns)
        first, last = f"DATE '{since}'", f"DATE '{until}'"
        is_, was = (f"coalesce(bool_or(belongs) FILTER (as_of = {day}), false)" for day in (last, first))
        then = ", ".join(f"max({quoted(f.id)}) FILTER (as_of = {last}) AS {f.id}" for f in facts)
        both = (
            f"SELECT shop_id, customer_id, {then} FROM ({rows}) GROUP BY shop_id, customer_id"
            f" HAVING {is_ if way == 'entered' else was} AND NOT {was if way == 'entered' else is_}"
        )
        table, total = _paged(ground, both, ground.asking.given, limit, offset)
        return Members(table, total, until)
