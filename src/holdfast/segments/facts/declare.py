"""What a fact is: something that was so of a customer on a day, the kind of answer it is, and the words for it.

Facts of one source answer together, by one expression for many days at once: the days asked about are a table. A past
day is told with what is known now (decision 0013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ibis

# place: 0, 1, … by day.
ASKED = ibis.table({"as_of": "date", "place": "int64"}, name="asked_day")
# The day whose rules hold on all days of one question, such as what a long gap is (decision 0013): the last of them.
RULED = ibis.table({"as_of": "date"}, name="rule_day")
KEY = ("as_of", "shop_id", "customer_id")
# number: measured in `unit`; day: a date; word: one text; words: several at once.
Kind = Literal["number", "day", "word", "words"]
Unit = Literal["", "days", "times", "money", "share", "score", "grade"]
Make = Callable[[bool], ibis.Table]


@dataclass(frozen=True, slots=True)
class Fact:
    """column: of its source's rows, `id` where not said. absent: the value of a customer without rows, where the shop
    has the source at all; None: unknown. choices: all that a word can be, where that is fixed. gated: the column with
    the word that a model's gate allows; the fact is asked of only where that is predictive, unless a condition says
    otherwise. cut: a class by the merchant's own cuts of another fact.
    """

    id: str
    name: str
    kind: Kind
    unit: Unit = ""
    column: str = ""
    absent: float | None = None
    choices: tuple[str, ...] = ()
    gated: str = ""
    cut: str = ""

    @property
    def named(self) -> str:
        return self.column or self.id


@dataclass(frozen=True, slots=True)
class Source:
    """make(several): KEY and the facts' columns, one row a day and customer; several: of more than one day. needs: the
    table, column or need in words (metrics/needs.py) without which a shop says nothing. beside: read from what models
    published, not from the snapshot.
    """

    id: str
    make: Make
    needs: str
    facts: tuple[Fact, ...]
    beside: bool = False


def upto(table: ibis.Table, day: str, days: int | None = None) -> ibis.Table:
    """Each row once for every day asked about on which it had happened, and not longer than so many days before."""
    told = ASKED.join(table, table[day] <= ASKED.as_of)
    return told if days is None else told.filter(told[day] > told.as_of - ibis.interval(days=days))
