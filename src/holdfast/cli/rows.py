"""`holdfast rows`: the units behind a number, and the source rows behind one unit."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope
    from holdfast.warehouse.receipts import Page


class Status(Enum):
    """Which units."""

    counted = "counted"
    open = "open"
    all = "all"


def rows(
    metric: asked.MetricArgument,
    status: Annotated[Status, typer.Option(help="Units that count, that are still open, or both.")] = Status.all,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Rows to pass over.")] = 0,
    unit: Annotated[
        str | None,
        typer.Option(help="The orders, lines and refunds behind one unit, or customer of that number.", metavar="ID"),
    ] = None,
    out: asked.OutOption = None,
    as_of: asked.AsOfOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """The rows a number was counted from, newest first.

    Each row is one unit: its day, when it matures, what it counts and out of what. --unit opens one to its source: by
    its id in this list, or by the shop's own customer number (customer:12942 where it could be either).

    Example: holdfast rows repeat_purchase_rate --status open --limit 5
    """
    speech, found, asked_for = Speech(json, quiet), asked.published(home), asked.metric_of(metric)
    scope, day = asked.scope_of(found, shop, account), asked.day_of(found, as_of)
    if unit is not None:
        _source(speech, found, asked_for, unit, scope)
    elif out is not None:
        _export(speech, found, asked_for, scope, status, day, out)
    else:
        _units(speech, found, asked_for, scope, status, day, limit, offset)


def _units(
    speech: Speech, found: Published, metric: Metric, scope: Scope, status: Status, day: date | None,
    limit: int, offset: int,
) -> None:  # fmt: skip
    from holdfast.metrics import drill
    from holdfast.metrics.counted import units_in_words

    page = drill.units(found.home, metric.id, scope, limit=limit, offset=offset, status=status.value, as_of=day)
    document = {
        "metric": metric.id, "version": metric.version, "scope": scope, "as_of": day or found.as_of,
        "status": status.value, "total": page.total, "unknown_buyers": page.strangers, "offset": offset,
        "amounts": "minor units" if metric.basis else None,
        "rows": as_records(page),
    }  # fmt: skip

    def show(out: Console) -> None:
        whom = units_in_words(metric.unit, page.total, page.strangers)
        out.print(f"{metric.name}: {whom}", style="bold", markup=False)
        said = f"counted: {metric.counted} · out of: {metric.out_of} · as of {figures.day(day or found.as_of)}"
        out.print(said, style="dim", markup=False)
        hidden = ("shop",) if len(found.shops) == 1 else ()
        out.print(_table(page, _written(metric, found), hidden=hidden))
        if offset + len(page.rows) < page.total:
            shown = f"{figures.number(offset + 1)} to {figures.number(offset + len(page.rows))}"
            out.print(f"{shown} of {figures.number(page.total)}; --limit for more, --out FILE.csv for all", style="dim")
        if page.rows:
            example = f"holdfast rows {metric.id} --unit {page.rows[0][0]}"
            out.print(f"Open one: {example}", style="bold", markup=False)

    speech.answer(document, show)


def _written(metric: Metric, found: Published) -> Any:
    """How a cell of a unit row is written: money in the shop's major units."""
    from holdfast.commerce.money import minor_digits

    currency = {shop.name: shop.currency for shop in found.shops}
    money = {"counted", "out_of"} if metric.scale == "share" else {"counted"}

    def written(name: str, row: dict[str, Any]) -> str:
        cell = row[name]
        if cell is not None and metric.basis and name in money:
            code = currency[str(row["shop"])]
            return figures.money(float(cell) / 10 ** minor_digits(code), code)
        return cell_text(cell)

    return written


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


def _table(page: Page, written: Any = None, *, hidden: tuple[str, ...] = ()) -> Any:
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


def _source(speech: Speech, found: Published, metric: Metric, said: str, scope: Scope) -> None:
    from holdfast.metrics import drill

    try:
        unit = drill.unit_called(found.home, said, scope)
    except drill.NoSuchUnit as problem:
        raise CannotBeDone(f"{problem}; `holdfast rows {metric.id}` lists the units there are") from problem
    pages = drill.source_rows(found.home, metric.id, unit.unit_id)
    if not any(page.total for page in pages.values()):
        raise CannotBeDone(f"nothing stands behind unit {said}; `holdfast rows {metric.id}` lists the units there are")
    document = {
        "metric": metric.id, "unit": unit.unit_id, "customer": unit.customer, "taken_as": unit.taken_as,
        **{name: as_records(page) for name, page in pages.items()},
    }  # fmt: skip

    def show(out: Console) -> None:
        from rich.text import Text

        who = f", customer {unit.customer}" if unit.customer else ""
        out.print(f"Unit {unit.unit_id}{who}, of {metric.name}", style="bold", markup=False)
        if unit.taken_as == "customer":
            out.print(f"{unit.customer} was taken as the shop's own customer number.", style="dim", markup=False)
        elif unit.also is not None:
            other = f"--unit {drill.CUSTOMER}{said}"
            out.print(f"{said} was taken as the unit's id; for the customer of that number: {other}", style="yellow")
        out.print("Amounts in minor units, as they stand in the tables.", style="dim")
        for name, page in pages.items():
            out.print(Text(f"\n{name}: {page.total}", "bold"))
            if page.total:
                out.print(_table(page))

    speech.answer(document, show)


def _export(
    speech: Speech, found: Published, metric: Metric, scope: Scope, status: Status, day: date | None, path: Path
) -> None:
    from holdfast.metrics import drill

    format = asked.format_of(path)
    with speech.progress("writing") as told:
        told(str(path), 0.2)
        written = drill.export_units(
            found.home, metric.id, scope, path.absolute(), format, status=status.value, as_of=day  # type: ignore[arg-type]
        )  # fmt: skip
    document = {"metric": metric.id, "as_of": day or found.as_of, "rows": written, "file": path.absolute()}
    speech.answer(document, lambda o: o.print(f"{figures.plural(written, 'rows')} written to {path}", markup=False))
