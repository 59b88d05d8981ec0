"""The customers of one cohort in one phase: who entered it, who bought in it, who came back after lapsing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from holdfast.commerce.calendar import months_before
from holdfast.metrics.export import Format, write
from holdfast.metrics.published import need_published
from holdfast.metrics.values import PhaseCell, Scope
from holdfast.warehouse.home import Home, Shop
from holdfast.warehouse.kept import kept_reader
from holdfast.warehouse.receipts import Page

Which = Literal["reached", "reactivated", "entered"]
COLUMNS = ("unit_id", "shop", "customer", "entered_on", "bought_on", "reactivated", "phase_over")
ORDER = "ORDER BY entered_on DESC, unit_id"


def phase_units(
    home: Home, scope: Scope, from_day: int, cohort: date, which: Which, *, limit: int | None = None, offset: int = 0
) -> Page:
    """COLUMNS, newest first. Raises LookupError for no such phase or cohort."""
    source = need_published(home)
    cell = _cell(source.phases(scope), from_day, cohort)
    listed = _sql(source.shops_of(scope), cell, source.as_of, which, limit, offset)
    with kept_reader(home, source.manifest) as connection:
        return Page(COLUMNS, connection.execute(listed).fetchall(), getattr(cell, which))


def export_phase(
    home: Home, scope: Scope, from_day: int, cohort: date, which: Which, path: Path, format: Format
) -> int:
    """The same rows to a file; returns how many."""
    source = need_published(home)
    listed = _sql(source.shops_of(scope), _cell(source.phases(scope), from_day, cohort), source.as_of, which)
    with kept_reader(home, source.manifest) as connection:
        return write(connection.sql(listed), path, format)


def _cell(cells: Sequence[PhaseCell], from_day: int, cohort: date) -> PhaseCell:
    for cell in cells:
        if (cell.from_day, cell.cohort) == (from_day, cohort):
            return cell
    raise LookupError(f"nobody of {cohort:%Y-%m} has entered a phase that begins on day {from_day}")


def _sql(
    shops: Sequence[Shop], cell: PhaseCell, as_of: date, which: Which, limit: int | None = None, offset: int = 0
) -> str:
    kept = {"reached": "phase_over AND bought_on IS NOT NULL", "reactivated": "phase_over AND reactivated"}.get(which)
    cut = "" if limit is None else f" ORDER BY entered_on DESC, unit_id LIMIT {limit} OFFSET {offset}"
    return (
        "SELECT unit_id, s.name AS shop, c.customer_number AS customer, entered_on, bought_on, reactivated, phase_over"
        f" FROM (SELECT * FROM ({_members(shops, cell, as_of)}) AS m"
        f"{f' WHERE {kept}' if kept else ''}{cut}) AS listed JOIN shop AS s USING (shop_id)"
        f" LEFT JOIN customer AS c ON c.customer_id = unit_id {ORDER}"
    )


def _members(shops: Sequence[Shop], cell: PhaseCell, as_of: date) -> str:
    """Everybody of the cell, whether or not they bought."""
    over = "true" if cell.until_day is None else f"DATE '{as_of}' - anchor >= {cell.until_day}"
    bought = _within("next_on", cell)
    if cell.from_day == 0:
        told = (
            "SELECT w.unit_id, CASE WHEN h.first_on >= w.anchor AND " + _within("h.first_on", cell)
            + " THEN h.first_on END AS bought_on, false AS reactivated"
            " FROM who AS w LEFT JOIN history AS h ON h.customer_id = w.unit_id"
        )  # fmt: skip
        earlier = "SELECT customer_id FROM history WHERE first_on < opened_on AND customer_id = a.customer_id"
        who = f"{_who('account_opening AS a', 'opened_on', shops, cell, as_of)} AND NOT EXISTS ({earlier})"
    else:
        told = (
            "SELECT w.unit_id, min(p.next_on) AS bought_on, coalesce(arg_min(p.next_on - p.day, p.next_on)"
            " > any_value(g.long_gap), false) AS reactivated FROM who AS w JOIN purchase AS p"
            f" ON p.customer_id = w.unit_id AND p.next_on IS NOT NULL AND {bought}"
            " LEFT JOIN usual_gap AS g ON g.shop_id = w.shop_id GROUP BY 1"
        )
        who = _who("history", "first_on", shops, cell, as_of)
    return (
        f"WITH who AS ({who}), told AS ({told}) SELECT w.unit_id, w.shop_id, w.anchor + {cell.from_day} AS entered_on,"
        f" t.bought_on, coalesce(t.reactivated, false) AS reactivated, {over} AS phase_over"
        " FROM who AS w LEFT JOIN told AS t USING (unit_id)"
    )


def _within(day: str, cell: PhaseCell) -> str:
    until = "" if cell.until_day is None else f" AND {day} - w.anchor < {cell.until_day}"
    return f"{day} - w.anchor >= {cell.from_day}{until}"


def _who(table: str, anchor: str, shops: Sequence[Shop], cell: PhaseCell, as_of: date) -> str:
    numbers = ", ".join(str(shop.shop_id) for shop in shops) or "NULL"
    return (
        f"SELECT customer_id AS unit_id, shop_id, {anchor} AS anchor FROM {table}"
        f" WHERE {anchor} >= DATE '{cell.cohort}' AND {anchor} < DATE '{months_before(cell.cohort, -1)}'"
        f" AND DATE '{as_of}' - {anchor} >= {cell.from_day} AND shop_id IN ({numbers})"
    )
