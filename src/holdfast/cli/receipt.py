"""What an import did, or would do, for a person to read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from holdfast.cli import figures

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.files.load import Preview
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.receipts import Receipt

_HASH, _SHOWN_OF_A_HASH = re.compile("[0-9a-f]{64}"), 8
_BETWEEN = 3  # columns between two cells


def show_receipt(out: Console, home: Home, receipt: Receipt, notes: list[str]) -> None:
    names = ", ".join(receipt.files[:3]) + (f" and {len(receipt.files) - 3} more" if len(receipt.files) > 3 else "")
    if not receipt.changed_anything:
        out.print(f"Nothing changed: all of {names} was known already.", style="bold", markup=False)
    else:
        out.print(f"Imported {names} into {receipt.shop}, load {receipt.load_id}", style="bold", markup=False)
    out.print(f"  {figures.plural(receipt.rows_read, 'rows')} read", markup=False)
    _tables(out, receipt)
    _adding_up(out, receipt)
    for what, rows in receipt.empty.items():
        out.print(f"  {_some(rows, what)}: kept as handed in, and in no score", markup=False)
    _rejected(out, home, receipt)
    for currency, totals in sorted(receipt.totals.items()):
        said = ", ".join(f"{figures.minor(amount, currency)} {what}" for what, amount in totals.items())
        out.print(f"  total: {said}", markup=False)
    if receipt.simulated:
        out.print("  simulated: these data are invented, and every page says so", style="magenta")
    for note in notes:
        out.print(f"  note: {note}", style="yellow", markup=False, soft_wrap=True)
    out.print(f"  mapping: {receipt.mapping}", style="dim", markup=False, soft_wrap=True)
    if receipt.changed_anything:
        out.print("Next: holdfast build", style="bold")


def _tables(out: Console, receipt: Receipt) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, show_edge=False)
    table.add_column("table")
    for column in ("new", "changed", "unchanged"):
        table.add_column(column, justify="right")
    for name, landed in receipt.tables.items():
        table.add_row(name, *(figures.number(n) for n in (landed.new, landed.changed, landed.unchanged)))
    out.print(table)


def _adding_up(out: Console, receipt: Receipt) -> None:
    """Rows read against what became of them, so that nobody has to wonder where the others went."""
    if receipt.told_twice:
        out.print(f"  {_told_twice(receipt)}", markup=False)
    if receipt.added_up:
        rows = figures.plural(receipt.added_up, "rows")
        out.print(f"  {rows} with the day, platform and campaign of another row: added to it", markup=False)
    if receipt.adding_up:
        said = " + ".join(
            figures.plural(rows, what) if what.endswith("lines") else f"{figures.number(rows)} {what}"
            for what, rows in receipt.adding_up.items()
        )
        out.print(f"  {figures.plural(receipt.rows_read, 'rows')} read = {said}", markup=False, soft_wrap=True)


def _some(rows: int, what: str) -> str:
    """ "1 survey answer without a score" of "survey answers without a score"."""
    things, without, lacking = what.partition(" without ")
    return f"{figures.plural(rows, things)}{without}{lacking}"


def _told_twice(receipt: Receipt) -> str:
    from holdfast.warehouse.staging import LINE_TABLES

    if any(name in LINE_TABLES for name in receipt.tables):
        return f"{figures.plural(receipt.told_twice, 'lines')} told twice, as where two files overlap: counted once"
    rows = figures.plural(receipt.told_twice, "rows")
    return f"{rows} told of a thing that another row had told: the later counts"


def _rejected(out: Console, home: Home, receipt: Receipt) -> None:
    if not receipt.rows_rejected:
        out.print("  no row was rejected")
        return
    kept = home.path / "landed" / f"{receipt.load_id:06d}" / "reject.parquet"
    where = f" and {kept}" if receipt.load_id else ""
    said = f"  {figures.plural(receipt.rows_rejected, 'rows')} rejected; see why: holdfast rejects{where}"
    out.print(said, style="red", markup=False, soft_wrap=True)


def show_preview(out: Console, seen: Preview) -> None:
    """The first rows of each table as they would land."""
    new = " (new)" if seen.shop_is_new else ""
    where = f"{seen.shop.name}{new}, in {seen.shop.currency}, days in {seen.shop.zone}"
    said = f"Would import into {where}; nothing was written."
    out.print(said, style="bold", markup=False)
    read, rejected = seen.staged.rows_read, seen.staged.rows_rejected
    out.print(f"  {figures.plural(read, 'rows')} read, {figures.number(rejected)} would be rejected")
    for name, rows in seen.counts.items():
        _first_rows(out, seen, name, rows)
    for file, line, column, value, reason, _ in seen.rejects:
        out.print(f"  {file} line {line}, {column} = {value!r}: {reason}", style="red", markup=False)


def _first_rows(out: Console, seen: Preview, name: str, rows: int) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    columns = seen.columns[name]
    records = [dict(zip(columns, row, strict=True)) for row in seen.first[name]]
    written = {c: [_cell(seen, record, c) for record in records] for c in columns}
    filled = {c: cells for c, cells in written.items() if any(cells)}
    widths = {c: max(len(_head(c)), *map(len, cells)) + _BETWEEN for c, cells in filled.items()}
    shown = _that_fit(widths, out.width)
    table = Table(box=box.SIMPLE_HEAD, title=f"{name.replace('_', ' ')}: {figures.plural(rows, 'rows')}")
    table.title_justify = "left"
    for c in shown:
        right = isinstance(records[0][c], (int, float, Decimal)) and not isinstance(records[0][c], bool)
        table.add_column(_head(c), justify="right" if right else "left", overflow="fold")
    for place in range(len(records)):
        table.add_row(*(Text(filled[c][place]) for c in shown))
    out.print(table)
    if rest := [_head(c) for c in filled if c not in shown]:
        out.print(f"  also: {', '.join(rest)} (--json shows all)", style="dim", markup=False)


def _that_fit(widths: dict[str, int], total: int) -> list[str]:
    """Columns in their order: what a row is called, its moment and its money before the rest."""
    first = next(iter(widths))
    told = [c for c in widths if c == "currency" or c.endswith(("_at", "_minor"))]
    kept: list[str] = []
    for c in dict.fromkeys((first, *told, *widths)):
        if c == first or sum(widths[k] for k in kept) + widths[c] + 1 <= total:
            kept.append(c)
    return [c for c in widths if c in kept]


def _head(column: str) -> str:
    """A column in words: order_source → order, gross_minor → gross."""
    return column.removesuffix("_source").removesuffix("_minor").replace("_", " ")


def _cell(seen: Preview, record: dict[str, object], column: str) -> str:
    """Moments by the shop's clock, money in major units, hashes by their beginning."""
    from zoneinfo import ZoneInfo

    value = record[column]
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=value.tzinfo or UTC).astimezone(ZoneInfo(seen.shop.zone)):%Y-%m-%d %H:%M}"
    if isinstance(value, int) and column.endswith("_minor"):
        return figures.minor(value, str(record.get("currency") or seen.shop.currency)).partition(" ")[2]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    return _HASH.sub(lambda found: found[0][:_SHOWN_OF_A_HASH] + "…", str(value))
