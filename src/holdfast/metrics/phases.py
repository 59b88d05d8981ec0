"""Who gets how far: customers of a cohort in each phase of the framework, and how many of them bought in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import ibis

from holdfast.metrics.declare import Facts
from holdfast.metrics.targets import Phase
from holdfast.warehouse.engine import compiled, text
from holdfast.warehouse.marts.month_bucket import as_day

NAME = "phases.parquet"
SUMS = ("over", "reached", "reactivated")  # beside `entered`: how many of those


def phase_rows(facts: Facts, as_of: date, phases: Sequence[Phase]) -> ibis.Table:
    """One row per shop, cohort (a month) and phase: entered, over, reached, reactivated.

    The first phase is that of accounts, from their opening: reached means a first purchase within it. In the others a
    buyer, from the first purchase, reaches a phase by buying on one of its days. reactivated are those of the reached
    whose first purchase in the phase ended a gap longer than nine in ten of the shop's.
    """
    first, *later = phases
    return ibis.union(_of_accounts(facts, as_of, first), *_of_buyers(facts, as_of, later))


def _of_accounts(facts: Facts, as_of: date, phase: Phase) -> ibis.Table:
    opened, h = facts.account_opening(), facts.history(as_of)
    opened = opened.filter(opened.opened_on <= as_of)
    a = opened.left_join(h.select("customer_id", "first_on"), "customer_id").drop("customer_id_right")
    a = a.filter(a.first_on.isnull() | (a.first_on >= a.opened_on))  # who had bought before is not acquired by it
    days = a.first_on.delta(a.opened_on, unit="day")
    over = _passed(as_of, a.opened_on, phase.until_day)
    bought = (days >= phase.from_day) & (ibis.literal(True) if phase.until_day is None else days < phase.until_day)
    told = a.select(
        "shop_id", cohort=as_day(a.opened_on.truncate("M")), over=over, reached=over & bought.fill_null(False),
        reactivated=ibis.literal(False),
    )  # fmt: skip
    return _summed(told, phase)


def _of_buyers(facts: Facts, as_of: date, phases: Sequence[Phase]) -> list[ibis.Table]:
    """Every phase from one pass over the purchases that followed another."""
    p, h = facts.purchase(as_of), facts.history(as_of)
    back = p.filter(p.next_on.notnull()).select("customer_id", "day", "next_on")
    back = back.join(h.select("shop_id", "customer_id", "first_on"), "customer_id")
    back = back.join(facts.usual_gap(as_of), "shop_id", how="left")
    day = back.next_on.delta(back.first_on, unit="day")
    lapsed = (back.next_on.delta(back.day, unit="day") > back.long_gap).fill_null(False)
    told = day * 2 + lapsed.cast("int64")  # in one number, of which the least is of the first day
    columns = {}
    for place, phase in enumerate(phases):
        within = day >= phase.from_day
        if phase.until_day is not None:
            within &= day < phase.until_day
        columns[f"first_{place}"] = told.min(where=within)
    each = back.group_by("customer_id").agg(**columns)
    everybody = h.select("shop_id", "customer_id", "first_on").left_join(each, "customer_id")
    found = []
    for place, phase in enumerate(phases):
        there = everybody.filter(_passed(as_of, everybody.first_on, phase.from_day))
        over = _passed(as_of, there.first_on, phase.until_day)
        first = there[f"first_{place}"]
        told = there.select(
            "shop_id", cohort=as_day(there.first_on.truncate("M")), over=over, reached=over & first.notnull(),
            reactivated=over & (first % 2 == 1).fill_null(False),
        )  # fmt: skip
        found.append(_summed(told, phase))
    return found


def _passed(as_of: date, anchor: ibis.Value, days: int | None) -> ibis.Value:
    """Whether so many days lie between an anchor and as_of; a phase without an end counts as it stands."""
    return ibis.literal(True) if days is None else ibis.date(as_of).delta(anchor, unit="day") >= days


def _summed(told: ibis.Table, phase: Phase) -> ibis.Table:
    sums = {name: told[name].cast("int64").sum().cast("int64") for name in SUMS}
    grouped = told.group_by("shop_id", "cohort").agg(entered=told.count().cast("int64"), **sums)
    until = ibis.null("int64") if phase.until_day is None else ibis.literal(phase.until_day).cast("int64")
    return grouped.mutate(
        phase=ibis.literal(phase.name), from_day=ibis.literal(phase.from_day).cast("int64"), until_day=until
    )


def write_phases(
    connection: duckdb.DuckDBPyConnection, facts: Facts, as_of: date, phases: Sequence[Phase], folder: Path,
    carried: str = "",
) -> None:  # fmt: skip
    """Into a snapshot being built; nothing where the framework has fewer than two phases.

    carried: the table that holds them already.
    """
    if len(phases) > 1:
        path = text(str(folder / NAME))
        rows = carried or f"({compiled(phase_rows(facts, as_of, phases))})"
        told = ", ".join(f"CAST({name} AS BIGINT) AS {name}" for name in ("from_day", "until_day", "entered", *SUMS))
        connection.execute(f"COPY (SELECT shop_id, cohort, phase, {told} FROM {rows}) TO {path} (FORMAT parquet)")
