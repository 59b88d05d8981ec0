"""What an import did, or would do, for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli import figures

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.files.load import Preview
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.receipts import Receipt

_FIRST_COLUMNS = 7


def show_receipt(out: Console, home: Home, receipt: Receipt, notes: list[str]) -> None:
    names = ", ".join(receipt.files[:3]) + (f" and {len(receipt.files) - 3} more" if len(receipt.files) > 3 else "")
    if not receipt.changed_anything:
        out.print(f"Nothing changed: all of {names} was known already.", style="bold", markup=False)
    else:
        out.print(f"Imported {names} into {receipt.shop}, load {receipt.load_id}", style="bold", markup=False)
    out.print(f"  {figures.plural(receipt.rows_read, 'rows')} read", markup=False)
    _tables(out, receipt)
    for what, rows in receipt.empty.items():
        out.print(f"  {figures.number(rows)} {what}: kept as handed in, and in no score", markup=False)
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
    from rich import box
    from rich.table import Table
    from rich.text import Text

    new = " (new)" if seen.shop_is_new else ""
    where = f"{seen.shop.name}{new}, in {seen.shop.currency}, days in {seen.shop.zone}"
    said = f"Would import into {where}; nothing was written."
    out.print(said, style="bold", markup=False)
    read, rejected = seen.staged.rows_read, seen.staged.rows_rejected
    out.print(f"  {figures.plural(read, 'rows')} read, {figures.number(rejected)} would be rejected")
    for name, rows in seen.counts.items():
        columns, first = seen.columns[name], seen.first[name]
        filled = [i for i, _ in enumerate(columns) if any(row[i] is not None for row in first)][:_FIRST_COLUMNS]
        table = Table(box=box.SIMPLE_HEAD, title=f"{name}: {figures.plural(rows, 'rows')}", title_justify="left")
        for i in filled:
            table.add_column(columns[i], overflow="ellipsis", no_wrap=True)
        for row in first:
            table.add_row(*(Text("" if row[i] is None else str(row[i])) for i in filled))
        out.print(table)
    for file, line, column, value, reason, _ in seen.rejects:
        out.print(f"  {file} line {line}, {column} = {value!r}: {reason}", style="red", markup=False)
