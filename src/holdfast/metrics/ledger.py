"""The movements of monthly recurring revenue, month by month, and the bridge of a year: written once per snapshot.

Waterfall: opening + movements = closing, for every month and scope. Bridge: what the customers of twelve months ago
paid then, every movement of theirs since, and what they pay now. Both to the cent.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import ibis

from holdfast.commerce.calendar import last_closed_month
from holdfast.metrics.closedmonths import month_number
from holdfast.metrics.declare import Facts
from holdfast.metrics.months import POINTS
from holdfast.warehouse.engine import compiled, quoted, text
from holdfast.warehouse.marts.movements import COLUMNS, MOVES

YEAR = 12
BITS = 62  # months back of which a customer's mask knows whether they paid
WATERFALL, BRIDGE = "recurring_months.parquet", "recurring_bridge.parquet"


def waterfall_rows(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop and month in which something moved: each movement's minor units, and how many payers it moved.

    The month of as_of holds what happened up to it. month counts months of the calendar.
    """
    led = facts.mart("mrr_ledger")
    led = led.filter(led.day <= as_of)
    one = led.group_by("shop_id", "payer_id", "month").agg(**{c: led[c].sum().cast("int64") for c in COLUMNS})
    payers = {f"{move}_payers": (one[c] != 0).sum().cast("int64") for move, c in zip(MOVES, COLUMNS, strict=True)}
    return one.group_by("shop_id", "month").agg(**{c: one[c].sum().cast("int64") for c in COLUMNS}, **payers)


def bridge_rows(facts: Facts, as_of: date) -> ibis.Table:
    """One row per shop and closed month: of the payers of twelve months before, then, every movement since, and now.

    kept_minor is the smaller of then and now, payer by payer.
    """
    newest = month_number(last_closed_month(as_of))
    ends, moves = _ends(facts, newest), _moves(facts, newest)
    both = ends.left_join(moves, ["shop_id", "month"])
    return both.select(
        "shop_id", "month", "payers", "then_minor", "now_minor", "kept_minor",
        **{c: both[c].fill_null(0).cast("int64") for c in COLUMNS},
    )  # fmt: skip


def _ends(facts: Facts, newest: int) -> ibis.Table:
    """Then, now and kept; runs of the same months are added up before they are told month by month."""
    oldest = newest - POINTS + 1
    r = facts.mart("mrr_month")
    r = r.filter(r.year_ago_minor > 0, r.from_month <= newest, r.until_month.isnull() | (r.until_month > oldest))
    begins, ends = ibis.greatest(r.from_month, oldest), ibis.least(r.until_month.fill_null(newest + 1), newest + 1)
    runs = r.group_by("shop_id", begins=begins, ends=ends).agg(
        payers=r.count().cast("int64"), then_minor=r.year_ago_minor.sum().cast("int64"),
        now_minor=r.closing_minor.sum().cast("int64"),
        kept_minor=ibis.least(r.closing_minor, r.year_ago_minor).sum().cast("int64"),
    )  # fmt: skip
    months = runs.mutate(month=ibis.range(runs.begins, runs.ends).unnest())
    sums = {name: months[name].sum().cast("int64") for name in ("payers", "then_minor", "now_minor", "kept_minor")}
    return months.group_by("shop_id", "month").agg(**sums)


def _moves(facts: Facts, newest: int) -> ibis.Table:
    """Movements of each of the twelve months before a month, of payers who paid twelve months before it.

    A payer's paying months are bits of a word (bit j: j months before the newest), so that a movement knows from
    twelve bits which months' bridges it belongs to, and rows with the same bits are added up before they multiply.
    """
    led = facts.mart("mrr_ledger")
    led = led.filter(led.month <= newest, led.month > newest - POINTS - YEAR + 1)
    led = led.join(_paying(facts, newest), "payer_id")
    bits = (led.paid >> (newest - led.month + 1)) & ((1 << YEAR) - 1)
    same = led.group_by("shop_id", "month", bits=bits).agg(**{c: led[c].sum().cast("int64") for c in COLUMNS})
    each = same.mutate(bit=ibis.range(0, YEAR).unnest())
    each = each.filter(((each.bits >> each.bit) & 1) == 1).mutate(at=each.month + YEAR - 1 - each.bit)
    each = each.filter(each["at"] <= newest, each["at"] > newest - POINTS)
    return each.group_by("shop_id", month=each["at"]).agg(**{c: each[c].sum().cast("int64") for c in COLUMNS})


def _paying(facts: Facts, newest: int) -> ibis.Table:
    r = facts.mart("mrr_month")
    r = r.filter(
        r.closing_minor > 0, r.from_month <= newest, r.until_month.isnull() | (r.until_month > newest - BITS + 1)
    )
    first = newest - ibis.least(r.until_month.fill_null(newest + 1), newest + 1) + 1
    last = ibis.least(newest - r.from_month, BITS - 1)
    run = ((ibis.literal(1).cast("int64") << (last - first + 1)) - 1) << first
    return r.group_by("payer_id").agg(paid=run.bit_or())


def write_ledger(connection: duckdb.DuckDBPyConnection, facts: Facts, as_of: date, folder: Path) -> None:
    """Both files, into a snapshot being built; none where there are no subscriptions."""
    if connection.execute("SELECT 1 FROM mrr_ledger LIMIT 1").fetchone() is None:
        return
    for name, rows in ((WATERFALL, waterfall_rows(facts, as_of)), (BRIDGE, bridge_rows(facts, as_of))):
        whole = ", ".join(f"CAST({quoted(c)} AS BIGINT) AS {quoted(c)}" for c in rows.columns)
        path = text(str(folder / name))
        connection.execute(f"COPY (SELECT {whole} FROM ({compiled(rows)})) TO {path} (FORMAT parquet)")
