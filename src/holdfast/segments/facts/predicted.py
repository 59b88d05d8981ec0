"""What models said of a customer, as it was published; each with the word that its gate allows (0112, 0116)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import ibis

from holdfast.predictions.publish import Published, published
from holdfast.segments.facts.declare import Fact, Source
from holdfast.warehouse.home import Home, Shop

KEPT_DAYS = 31  # so long what was said stands for a later day
# As a connection that reads what was published has them: one row a day asked about and customer spoken of.
RISK = ibis.table(
    {"as_of": "date", "shop_id": "int64", "customer_id": "int64", "risk": "float64", "stake_minor": "float64",
     "soon": "float64", "risk_word": "string"}, name="said_risk",
)  # fmt: skip
VALUE = ibis.table(
    {"as_of": "date", "shop_id": "int64", "customer_id": "int64", "alive": "float64", "value_minor": "float64",
     "value_word": "string"}, name="said_value",
)  # fmt: skip
_COLUMNS = {
    "said_risk": "leaves::DOUBLE AS risk, leaves::DOUBLE * coalesce(spent_minor, 0) AS stake_minor,"
    " orders_30::DOUBLE AS soon, {word} AS risk_word",
    "said_value": "alive, value_minor, {word} AS value_word",
}
SAID_BY = {"risks": "risk", "values": "value"}  # source → what was published that it reads
_EMPTY = {name: table.schema() for name, table in (("said_risk", RISK), ("said_value", VALUE))}
_SQL = {"date": "DATE", "int64": "BIGINT", "float64": "DOUBLE", "string": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class Beside:
    """files: name → Parquet file to be read beside a snapshot; tables: name → SELECT over them, for a WITH."""

    files: Mapping[str, Path]
    tables: Mapping[str, str]

    def without(self, left_out: Sequence[int]) -> Beside:
        """Nothing of these customers."""
        if not left_out:
            return self
        gone = ", ".join(map(str, left_out))
        cut = {name: f"SELECT * FROM ({told}) WHERE customer_id NOT IN ({gone})" for name, told in self.tables.items()}
        return replace(self, tables=cut)


def beside(home: Home, shops: Sequence[Shop], days: Sequence[date]) -> Beside:
    """What was said last before each day, not longer than KEPT_DAYS before it."""
    files: dict[str, Path] = {}
    tables: dict[str, str] = {}
    for kind, name in (("risk", "said_risk"), ("value", "said_value")):
        parts = [_nothing(name)]
        for shop in shops:
            said = {one.snapshot: one for one in published(home, kind, shop.shop_id) if not one.of_companies}
            for day, one in _for_days(tuple(said.values()), days):
                view = f"{name}_{len(files)}" if one.rows not in files.values() else _named(files, one.rows)
                files[view] = one.rows
                word = _word(kind, one)
                parts.append(
                    f"SELECT DATE '{day}' AS as_of, {shop.shop_id}::BIGINT AS shop_id, customer_id,"
                    f" {_COLUMNS[name].format(word=word)} FROM {view}"
                )
        tables[name] = " UNION ALL ".join(parts)
    return Beside(files, tables)


def _named(files: Mapping[str, Path], path: Path) -> str:
    return next(name for name, one in files.items() if one == path)


def _for_days(said: Sequence[Published], days: Sequence[date]) -> list[tuple[date, Published]]:
    told = sorted(((one.as_of, one.snapshot, one) for one in said), key=lambda one: one[:2])
    found = []
    for day in days:
        upto = [one for as_of, _, one in told if day - timedelta(days=KEPT_DAYS) <= as_of <= day]
        found += [(day, upto[-1])] if upto else []
    return found


def _word(kind: str, one: Published) -> str:
    """`predictive` or `descriptive`, as SQL text."""
    card = one.card
    word = card["models"]["leaves"]["word"] if kind == "risk" else card["word"]
    return "'predictive'" if word == "predictive" else "'descriptive'"


def word_of(home: Home, kind: str, shop: Shop, day: date) -> str | None:
    """What may be called what was said of a shop's customers that stands for a day; None where nothing was said."""
    said = [one for one in published(home, kind, shop.shop_id) if not one.of_companies]
    told = _for_days(said, (day,))
    return _word(kind, told[-1][1]).strip("'") if told else None


def _nothing(name: str) -> str:
    columns = ", ".join(f"NULL::{_SQL[str(kind)]} AS {column}" for column, kind in _EMPTY[name].items())
    return f"SELECT {columns} WHERE false"


def risk(several: bool) -> ibis.Table:
    return RISK


def value(several: bool) -> ibis.Table:
    """With the tenth by what each is expected to bring, who ties sharing one."""
    spoken = VALUE.filter(VALUE.value_minor.notnull())
    everybody = ibis.window(group_by=["as_of", "shop_id"])
    lower = ibis.rank().over(ibis.window(group_by=["as_of", "shop_id"], order_by=spoken.value_minor))
    return spoken.mutate(predicted_decile=(10 * lower // spoken.count().over(everybody) + 1).cast("int64"))


RISKS = Source(
    "risks", risk, "order.customer_id",
    (
        Fact("risk", "chance of leaving", "number", "share", gated="risk_word"),
        Fact("stake", "a year's money times that chance", "number", "money", "stake_minor", gated="risk_word"),
        Fact("soon", "chance of an order within 30 days", "number", "share", gated="risk_word"),
        Fact("risk_word", "what the chance of leaving may be called", "word", choices=("predictive", "descriptive")),
    ),
    beside=True,
)  # fmt: skip
VALUES = Source(
    "values", value, "order.customer_id",
    (
        Fact("predicted_value", "what they will bring in a year", "number", "money", "value_minor", gated="value_word"),
        Fact("predicted_decile", "tenth by what they will bring, 10 the most", "number", "score", gated="value_word"),
        Fact("alive", "chance of buying ever again", "number", "share", gated="value_word"),
        Fact("value_word", "what the expected value may be called", "word", choices=("predictive", "descriptive")),
    ),
    beside=True,
)  # fmt: skip
