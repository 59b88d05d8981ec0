"""Rows of a longer list as a terminal shows them, as documents, and what is said of a file of them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.cli import figures

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.cli.speech import Speech
    from holdfast.metrics.published import Published
    from holdfast.warehouse.receipts import Page


def show_page(
    out: Console, found: Published, page: Page, offset: int, title: str, said: str, written: Any = None
) -> None:
    """A part of a longer list, with how much more there is."""
    out.print(title, style="bold", markup=False)
    out.print(said, style="dim", markup=False)
    hidden = ("shop",) if len(found.shops) == 1 else ()
    out.print(table_of(page, written, hidden=hidden))
    if offset + len(page.rows) < page.total:
        shown = f"{figures.number(offset + 1)} to {figures.number(offset + len(page.rows))}"
        out.print(f"{shown} of {figures.number(page.total)}; --limit for more, --out FILE.csv for all", style="dim")


def cell_text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() | Decimal():
            return f"{cell:.4f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{cell:%Y-%m-%d}" if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M}"
    return str(cell)


def table_of(page: Page, written: Any = None, *, hidden: tuple[str, ...] = ()) -> Any:
    """The rows; columns that are empty throughout are left out."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table, shown = Table(box=box.SIMPLE_HEAD, pad_edge=False), []
    for place, name in enumerate(page.columns):
        cells = [row[place] for row in page.rows if row[place] is not None]
        if not cells or name in hidden:
            continue
        shown.append(name)
        right = isinstance(cells[0], (int, float, Decimal)) and not isinstance(cells[0], bool)
        short = right or isinstance(cells[0], date | bool)
        table.add_column(name.replace("_", " "), justify="right" if right else "left", no_wrap=short, overflow="fold")
    for row in page.rows:
        record = dict(zip(page.columns, row, strict=True))
        table.add_row(*(Text(written(n, record) if written else cell_text(record[n])) for n in shown))
    return table


def as_records(page: Page) -> list[dict[str, Any]]:
    return [dict(zip(page.columns, row, strict=True)) for row in page.rows]


def say_written(speech: Speech, document: dict[str, Any], written: int, path: Path) -> None:
    speech.answer(document, lambda o: o.print(f"{figures.plural(written, 'rows')} written to {path}", markup=False))
