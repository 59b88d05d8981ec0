"""`holdfast rejects`, `holdfast loads` and `holdfast metrics`: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.warehouse.receipts import Receipt

_ROOM_FOR_LOADS = 130  # columns


def rejects(
    load: Annotated[int | None, typer.Option(help="Of one load (see `holdfast loads`).", metavar="NUMBER")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Rows to pass over.")] = 0,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Rows that could not be used, with file, line, column and reason; newest load first.

    Mend the file and import it again: what was known stays, and the mended rows land.

    Example: holdfast rejects --limit 5
    """
    from holdfast.cli.pages import as_records
    from holdfast.warehouse.receipts import receipts
    from holdfast.warehouse.receipts import rejects as rejected

    place = asked.need_home(home)
    if load is not None and load not in (known := [r.load_id for r in receipts(place)]):
        raise CannotBeDone(f"there is no load {load}; there are {', '.join(map(str, known)) or 'none yet'}")
    page = rejected(place, limit=limit, offset=offset, load_id=load)
    document = {"total": page.total, "offset": offset, "rejects": as_records(page)}

    def show(out: Console) -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        if not page.total:
            out.print("No row was rejected.")
            return
        table = Table(box=box.SIMPLE_HEAD)
        for head in ("load", "file", "line", "column", "value", "reason"):
            table.add_column(
                head,
                justify="right" if head in ("load", "line") else "left",
                overflow="fold",
                no_wrap=head in ("load", "line"),
            )
        for load_id, file, line, column, value, reason, _ in page.rows:
            table.add_row(
                *(Text("" if cell is None else str(cell)) for cell in (load_id, file, line, column, value, reason))
            )
        out.print(table)
        said = f"{figures.number(len(page.rows))} of {figures.plural(page.total, 'cells')}; --json shows the whole rows"
        out.print(said, style="dim", markup=False)

    Speech(json).answer(document, show)


def loads(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Every import that changed something, oldest first.

    Example: holdfast loads
    """
    from holdfast.warehouse.receipts import receipts

    found = receipts(asked.need_home(home))
    document = {"loads": [r.to_json() for r in found]}

    def show(out: Console) -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        if not found:
            out.print("Nothing has been imported yet: holdfast import FILE")
            return
        if out.width < _ROOM_FOR_LOADS:
            for r in found:
                _stacked(out, r)
            return
        table = Table(box=box.SIMPLE_HEAD)
        for head in ("load", "when", "shop", "files", "rows", "rejected", "told twice", "new", "changed"):
            word = head in ("shop", "files")
            left = word or head == "when"
            table.add_column(head, justify="left" if left else "right", overflow="fold", no_wrap=not word)
        for r in found:
            new, changed = (sum(getattr(t, what) for t in r.tables.values()) for what in ("new", "changed"))
            numbers = (figures.number(n) for n in (r.rows_read, r.rows_rejected, r.told_twice, new, changed))
            cells = (str(r.load_id), figures.moment(r.recorded_at), r.shop, _files(r), *numbers)
            table.add_row(*(Text(cell) for cell in cells))
        out.print(table)

    Speech(json).answer(document, show)


def _files(receipt: Receipt) -> str:
    return ", ".join(receipt.files[:2]) + (f" +{len(receipt.files) - 2}" if len(receipt.files) > 2 else "")


def _stacked(out: Console, r: Receipt) -> None:
    """One load where a table of them would have to break its numbers."""
    new, changed = (sum(getattr(t, what) for t in r.tables.values()) for what in ("new", "changed"))
    out.print(f"load {r.load_id}, {r.shop}, {figures.moment(r.recorded_at)}", style="bold", markup=False)
    out.print(f"  {_files(r)}", markup=False)
    read, rejected, twice = figures.plural(r.rows_read, "rows"), r.rows_rejected, r.told_twice
    out.print(f"  {read} read, {figures.number(rejected)} rejected, {figures.number(twice)} told twice")
    out.print(f"  landed: {figures.number(new)} new, {figures.number(changed)} changed")


def metrics(json: asked.JsonOption = False) -> None:
    """Every metric, with the question it answers.

    Example: holdfast metrics
    """
    from holdfast.cli.explain import declared
    from holdfast.metrics.registry import METRICS

    document = {"metrics": [declared(m) for m in METRICS.values()]}

    def show(out: Console) -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("number", no_wrap=True)
        table.add_column("id", no_wrap=True, style="bold")
        table.add_column("question")
        for metric in METRICS.values():
            table.add_row(metric.number, metric.id, Text(metric.question))
        out.print(table)
        out.print("Open one: holdfast explain ID", style="dim")

    Speech(json).answer(document, show)
