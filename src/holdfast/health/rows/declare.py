"""What an input over rows is: one expression that answers for many days and parties at once.

The days asked about are a table, `asked_day`, so that one text serves a page's one day and a trial's dozen. Only what
had happened by a day is read: an order that was given back later counts until then. What rows cannot tell, because a
source keeps only how things stand now, is said by the trial (trial/known.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from holdfast.health.catalogue import INPUTS
from holdfast.health.subject import Kind
from holdfast.warehouse.marts.party import of_survivors
from holdfast.warehouse.marts.registry import unbound

ASKED = ibis.table({"as_of": "date"}, name="asked_day")
QUARTER, HALF, YEAR = 90, 182, 365  # days that inputs look back
# as_of, shop_id, party, counted, out_of, n, told_on. The value is counted ÷ out_of; for an account, of their sums.
COLUMNS = {
    "as_of": "date", "shop_id": "int64", "party": "int64", "counted": "float64", "out_of": "float64", "n": "int64",
    "told_on": "date",
}  # fmt: skip
Make = Callable[[Kind], ibis.Table]
Alive = Callable[[], ibis.Table]


@dataclass(frozen=True, slots=True)
class Rows:
    """make: rows for the parties of a kind; for accounts those of customers. needs: tables of which a shop must have
    rows. says: the sentence, with {counted}, {out_of}, {value}, {n}, {customers}, {contacts} and {since}. days: how far
    it looks back.

    alive: (shop_id, day) of what keeps coming; where given, its newest day is how old the answer is, since here
    nothing happening says something. quiet: what is said of a party without rows, whose value is then 0; empty: that
    nothing is known of it.
    """

    id: str
    make: Make
    says: str
    days: int
    needs: tuple[str, ...]
    alive: Alive | None = None
    quiet: str = ""
    says_of_accounts: str = ""
    says_of_nothing: str = ""  # the sentence of a party whose value is 0


ROWS: dict[str, Rows] = {}


def rows(
    *, says: str, days: int, needs: tuple[str, ...], alive: Alive | None = None, quiet: str = "",
    says_of_accounts: str = "", says_of_nothing: str = "",
) -> Callable[[Make], Make]:  # fmt: skip
    """Declare how the input of the function's name is read from rows."""

    def declared(make: Make) -> Make:
        name = make.__name__
        if name not in INPUTS or name in ROWS:
            raise ValueError(f"{name} is no input, or is declared twice")
        ROWS[name] = Rows(name, make, says, days, needs, alive, quiet, says_of_accounts, says_of_nothing)
        return make

    return declared


def of_party(table: ibis.Table, kind: Kind) -> ibis.Table:
    """Rows with `party`: the company that theirs became part of, or else the customer."""
    if kind == "company":
        table = of_survivors(table, unbound("account_survivor"))
        return table.mutate(party=table.account_id).filter(lambda t: t.party.notnull())
    return table.mutate(party=table.customer_id).filter(lambda t: t.party.notnull())


def upto(table: ibis.Table, day: str, days: int | None = None) -> ibis.Table:
    """Each row once for every day asked about on which it had happened, and not longer than so many days before."""
    told = ASKED.join(table, table[day] <= ASKED.as_of)
    return told if days is None else told.filter(told[day] > told.as_of - ibis.interval(days=days))


def per_party(
    told: ibis.Table, counted: ibis.Value, out_of: ibis.Value | None = None, told_on: str | None = None
) -> ibis.Table:
    """Sums by day asked about and party; out_of None: of the number of rows."""
    whole = told.count() if out_of is None else out_of.cast("float64").sum()
    summed = told.group_by("as_of", "shop_id", "party").agg(
        counted=counted.cast("float64").sum(), out_of=whole.cast("float64"), n=told.count(),
        told_on=told[told_on].max() if told_on else ibis.null("date"),
    )  # fmt: skip
    return summed.filter(summed.out_of > 0).select(*COLUMNS)


def how_many(told: ibis.Table, told_on: str | None = None) -> ibis.Table:
    """The number of a party's rows, by day asked about."""
    return per_party(told, told.party.notnull(), told_on=told_on).mutate(out_of=ibis.literal(1.0))


def whether_any(told: ibis.Table, counted: ibis.Value, told_on: str | None = None) -> ibis.Table:
    """1 where one of a party's rows counts, else 0, by day asked about."""
    summed = per_party(told, counted, told_on=told_on)
    return summed.mutate(counted=(summed.counted > 0).cast("float64"), out_of=ibis.literal(1.0))


def newest_of_each(told: ibis.Table, *order: str) -> ibis.Table:
    """The newest row of each customer and day asked about."""
    last = ibis.window(
        group_by=["as_of", "shop_id", "party", "customer_id"], order_by=[ibis.desc(name) for name in order]
    )
    return told.mutate(place=ibis.row_number().over(last)).filter(lambda t: t.place == 0).drop("place")
