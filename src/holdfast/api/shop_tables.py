"""One shop of a home, and a table for every question about its customers (decision 0151).

Every table is an Arrow table; `.to_pandas()` or `polars.from_arrow` make others of it, where those are installed. Money
is in minor units where a column ends in `_minor`, and in whole units of the shop's currency elsewhere; shares and
chances are 0 to 1. Nothing here writes, but for the sizes of segments, which are kept once they were counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions import customers as told
from holdfast.predictions.customer import customer as customer_of
from holdfast.predictions.customer import happened
from holdfast.predictions.model import Model, Refused
from holdfast.predictions.objections import objected
from holdfast.predictions.publish import published
from holdfast.predictions.record import kept_scores
from holdfast.predictions.rounds import models_of
from holdfast.predictions.spread import NOT_PUBLISHED, Band, Group, spread
from holdfast.predictions.timeline import event_table
from holdfast.segments import affinity, grid, knowable, listing, migration, sizes, store
from holdfast.segments.members import members
from holdfast.segments.segment import Segment
from holdfast.warehouse.home import Home, HomeProblem, Shop

Found = TypeVar("Found")
By = Literal["cohort", "channel", "country", "tenth", "band"]


class NotKnown(Exception):
    """Nothing can be said; the message says why and what would settle it."""


@dataclass(frozen=True, slots=True)
class ShopTables:
    """Raises NotKnown where nothing can be said, NothingBuilt before the first build, and what each question names."""

    home: Home
    shop: Shop

    def customers(self, by: told.Order = "stake", limit: int | None = None) -> pa.Table:
        """Whom models spoke of, with chances, what is at stake, expected value with its ends, and reasons."""
        return _known(told.customers(self.home, self.shop, by=by, limit=limit)).table

    def timeline(self, customer: int | str) -> pa.Table:
        """What happened with one customer, the newest first; by our customer_id, or by the shop's number as a text.
        Raises NoSuchCustomer."""
        number = f"#{customer}" if isinstance(customer, int) else customer
        return event_table(happened(self.home, customer_of(self.home, number, self.shop)))

    def values(self) -> pa.Table:
        """What each customer will bring within a year, with the ends between which it lies 95 times in 100."""
        said = published(self.home, "value", self.shop.shop_id)
        if not said:
            return _known(NOT_PUBLISHED)
        return self._without_objectors(said[-1].table())

    def spread(self, by: By) -> pa.Table:
        """Customers and expected value by when or through what they first bought, by tenth of them, or by amount."""
        found = _known(spread(self.home, self.shop))
        if by == "band":
            bands = found.bands
            columns: dict[str, list[Any]] = {"low_minor": [b.low for b in bands], "high_minor": [b.high for b in bands]}
            return pa.table(columns | _together(bands))
        groups = found.tenths if by == "tenth" else found.by[by]
        return pa.table({by: [group.name for group in groups]} | _together(groups))

    def said(self, kind: Literal["risk", "value", "staying"] = "risk") -> pa.Table:
        """Everything that was ever published of the shop's customers, with the day it was said of, the oldest first."""
        parts = [
            one.table().add_column(0, "as_of", pa.array([one.as_of] * one.table(["customer_id"]).num_rows, pa.date32()))
            for one in published(self.home, kind, self.shop.shop_id) if not one.of_companies
        ]  # fmt: skip
        if not parts:
            return _known(told.NOT_PUBLISHED)
        return self._without_objectors(pa.concat_tables(parts, promote_options="permissive"))

    def models(self) -> pa.Table:
        """The models of the shop, what each may be called, and why there is none."""
        rows = [_in_short(one) for one in models_of(self.home, self.shop)]
        kinds = {"model": pa.string(), "as_of": pa.date32(), "word": pa.string(), "auc": pa.float64(),
                 "auc_low": pa.float64(), "auc_high": pa.float64(), "over_baseline": pa.string(),
                 "unknown": pa.string()}  # fmt: skip
        return pa.Table.from_pylist(rows, pa.schema(kinds))

    def record(self, model: str = "leaves") -> pa.Table:
        """What a model said and what happened, a row a snapshot that has come due. model: a label's id."""
        names = ("as_of", "n", "said", "rate", "brier", "word", "why")
        rows = [{name: one.get(name) for name in names} for one in kept_scores(self.home, self.shop.shop_id, model)]
        kinds = dict.fromkeys(names, pa.string()) | {"n": pa.int64()} | dict.fromkeys(names[2:5], pa.float64())
        return pa.Table.from_pylist(rows, pa.schema(kinds))

    def segments(self) -> pa.Table:
        """Every segment with its size on the snapshot's day, and who came and went since the month end before.
        unknown: why nobody can be in it, so that its size is not known."""
        every = store.all_segments(self.home)
        counted, missing = sizes.sizes(self.home, list(every.values())), knowable.not_known(self.home, self.shop)
        rows = []
        for id, one in every.items():
            table = counted[id].filter(pc.equal(counted[id]["shop_id"], self.shop.shop_id))
            now, why = table.to_pylist()[-1] if len(table) else {}, knowable.nobody_can(one, missing)
            size = {} if why is not None else {name: now.get(name) for name in ("members", "entered", "left")}
            rows.append({"segment": id, "name": one.name, "asks": one.sentence, "of": now.get("universe"),
                         "unknown": None if why is None else why.why} | size)  # fmt: skip
        kinds = {"segment": pa.string(), "name": pa.string(), "asks": pa.string(), "members": pa.int64(),
                 "of": pa.int64(), "entered": pa.int64(), "left": pa.int64(), "unknown": pa.string()}  # fmt: skip
        return pa.Table.from_pylist(rows, pa.schema(kinds))

    def members(self, *segments: str, as_of: date | None = None) -> pa.Table:
        """Everybody who is in one of the segments or more, with a boolean column a segment. Raises NoSuchSegment,
        and NotKnown where nobody can be in one of them for want of what it asks."""
        self._asked(*segments)
        return members(self.home, segments, as_of, shops=(self.shop,))

    def listed(self, segment: str, as_of: date | None = None) -> pa.Table:
        """The members of one segment, with their number, state, money and what it asks. Raises as `members`."""
        (one,) = self._asked(segment)
        return listing.listed(self.home, one, shops=(self.shop,), as_of=as_of, limit=None).table

    def sizes(self, segment: str) -> pa.Table:
        """How large a segment was at every month end, as known now, and who came and went; null where nobody can be in
        it. Raises NoSuchSegment."""
        one = store.find(self.home, segment)
        why = knowable.nobody_can(one, knowable.not_known(self.home, self.shop))
        table = knowable.unless_unknown(sizes.sizes(self.home, [one])[segment], {self.shop.shop_id: why})
        return table.drop_columns(["segment", "shop_id"])

    def moves(self, since: date, until: date, fact: str = "state", of: str | None = None) -> pa.Table:
        """Who moved from where to where between two days. of: only members of that segment on the first day. Raises
        ValueError for days in the wrong order or a fact that cannot be followed."""
        segment = None if of is None else store.find(self.home, of)
        return migration.migration(self.home, since, until, fact=fact, shops=(self.shop,), of=segment).table()

    def rfm(self, by: grid.By = "rank") -> pa.Table:
        """Buyers by recency and frequency: by place among the others, or by the merchant's own cuts."""
        return _known(grid.grid(self.home, self.shop, by)).table()

    def goods(self, of: str | None = None) -> pa.Table:
        """Kinds of goods by how many prefer them, of all buyers and of a segment beside them."""
        segment = None if of is None else store.find(self.home, of)
        return _known(affinity.affinity(self.home, self.shop, segment)).table()

    def _asked(self, *segments: str) -> list[Segment]:
        """Segments in which somebody can be."""
        found, missing = [store.find(self.home, id) for id in segments], knowable.not_known(self.home, self.shop)
        for one in found:
            if (why := knowable.nobody_can(one, missing)) is not None:
                raise NotKnown(f"{one.id}: {why.why}: {why.would_need}")
        return found

    def _without_objectors(self, table: pa.Table) -> pa.Table:
        """Nothing of who objected to being profiled since (decision 0118)."""
        with opened(self.home) as (connection, _):
            left_out = pa.array(objected(self.home, connection), pa.int64())
        return table.filter(pc.invert(pc.is_in(table["customer_id"], left_out)))


def shops(home: str | Path | None = None) -> list[str]:
    """Names of the shops of a home. Raises HomeProblem where there is none."""
    return [one.name for one in Home.find(None if home is None else Path(home)).shops()]


def shop(name: str | None = None, home: str | Path | None = None) -> ShopTables:
    """One shop by its name; None: the only one. Raises HomeProblem where there is no home, or no shop of that name, and
    where there are several and none is named."""
    place = Home.find(None if home is None else Path(home))
    if name is not None:
        return ShopTables(place, place.shop(name))
    found = place.shops()
    if len(found) != 1:
        raise HomeProblem(f"say which shop: {', '.join(one.name for one in found) or 'there is none yet'}")
    return ShopTables(place, found[0])


def _known(found: Found | Unknown) -> Found:
    if isinstance(found, Unknown):
        raise NotKnown(f"{found.why}: {found.would_need}" if found.would_need else found.why)
    return found


def _together(groups: Sequence[Group] | Sequence[Band]) -> dict[str, list[Any]]:
    return {"customers": [one.customers for one in groups], "value_minor": [one.value for one in groups]}


def _in_short(one: Model | Refused) -> dict[str, Any]:
    label = one.label if isinstance(one.label, str) else one.label.id
    said: dict[str, Any] = {"model": label, "as_of": one.as_of}
    if isinstance(one, Refused):
        return said | {"unknown": one.unknown.why}
    results = one.card["results"]
    auc = results["rivals"][0]["auc"] or {}
    return said | {
        "word": results["word"], "over_baseline": results["gate"]["verdict"],
        "auc": auc.get("point"), "auc_low": auc.get("low"), "auc_high": auc.get("high"),
    }  # fmt: skip
