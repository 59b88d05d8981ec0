"""`holdfast rows`: the units behind a number, and the source rows behind one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.cells import Cell, show_cell
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.pages import as_records, cell_text, say_written, show_page, table_of
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.metrics.declare import Metric
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope


class Status(Enum):
    """Which units."""

    counted = "counted"
    open = "open"
    all = "all"


def _members(ctx: typer.Context, incomplete: str) -> list[str]:
    from holdfast.metrics.measure import DIMENSIONS

    return [f"{name}=" for name in DIMENSIONS if name.startswith(incomplete)]


def rows(
    metric: Annotated[
        str | None,
        typer.Argument(
            help="Id or number: repeat_purchase_rate or M18.", metavar="METRIC", autocompletion=asked.metric_ids
        ),
    ] = None,
    status: Annotated[
        Status | None, typer.Option(help="Units that count, that are still open, or all (which is the default).")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="One point of the series: 2011-03, or its day.", metavar="MONTH")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="One member: country=France.", metavar="DIMENSION=MEMBER", autocompletion=_members),
    ] = None,
    cohort: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m", "%Y-%m-%d"], help="Without METRIC: who first bought in this month.", metavar="MONTH"
        ),
    ] = None,
    after: Annotated[
        int,
        typer.Option(min=0, help="With --cohort: who bought so many months later; --status all: all of the cohort."),
    ] = 0,
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
    """The rows a number was counted from, newest first: a headline's, a month's, a member's or a cohort's.

    Each row is one unit: its day, when it matures, what it counts and out of what. --unit opens one to its source: by
    its id in this list, or by the shop's own customer number (customer:12942 where it could be either).

    Example: holdfast rows repeat_purchase_rate --month 2011-03 --status counted
    """
    speech, found = Speech(json, quiet), asked.published(home)
    scope, day = asked.scope_of(found, shop, account), asked.day_of(found, as_of)
    if cohort is not None:
        if metric or month or by or unit or day:
            raise typer.BadParameter("--cohort opens a cell of the cohorts: leave METRIC, --month, --by, --as-of out")
        cell = Cell(found, scope, cohort.date().replace(day=1), after, bought=status is not Status.all)
        show_cell(speech, cell, limit, offset, out)
        return
    if metric is None:
        raise typer.BadParameter("say which METRIC, or --cohort; `holdfast metrics` lists the metrics there are")
    asked_for = asked.metric_of(metric)
    if unit is not None:
        _source(speech, found, asked_for, unit, scope)
        return
    wanted = _Wanted(
        found,
        asked_for,
        scope,
        day,
        (status or Status.all).value,
        _point(found, asked_for, scope, day, month),
        _member(by, asked_for),
    )
    if out is not None:
        _export(speech, wanted, out)
    else:
        _units(speech, wanted, limit, offset)


@dataclass(frozen=True)
class _Wanted:
    """Which units: of what number, and in which state."""

    found: Published
    metric: Metric
    scope: Scope
    day: date | None
    status: Any
    month: str | None
    member: tuple[str, str] | None

    @property
    def part(self) -> dict[str, Any]:
        """As `drill` takes them."""
        return {"status": self.status, "as_of": self.day, "month": self.month, "member": self.member}

    @property
    def words(self) -> str:
        """ ", Mar 2011" or ", country France"; empty for the headline."""
        said = ""
        if self.month:
            said += f", {figures.day(self.month) if self.metric.span == 'state' else figures.month(self.month)}"
        return said + (f", {' '.join(self.member)}" if self.member else "")


def _point(found: Published, metric: Metric, scope: Scope, day: date | None, said: str | None) -> str | None:
    """The member of the series that was meant: a day of it, or the only one of a month."""
    from holdfast.metrics.drill import measured

    if said is None:
        return None
    if day is not None:
        found = measured(found.home, [metric], scope, day)
    known = [str(v.member) for v in found.series(metric.id, scope)]
    meant = [m for m in known if m == said] or [m for m in known if m[:7] == said or m[:7] + "-01" == said]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise CannotBeDone(f"--month {said}: {metric.id} has {len(meant)} points in it; say its day, as {meant[-1]}")
    told = f"it has {known[0]} to {known[-1]}" if known else "it has none"
    raise CannotBeDone(f"--month {said}: no point of the series of {metric.id}; {told}")


def _member(said: str | None, metric: Metric) -> tuple[str, str] | None:
    from holdfast.metrics.measure import dimensions_of

    if said is None:
        return None
    dimension, sign, member = said.partition("=")
    if not sign or not member:
        raise typer.BadParameter(f"--by {said}: write a dimension and its member, as --by country=France")
    if dimension not in (*dimensions_of(metric), "week"):
        raise typer.BadParameter(f"--by {said}: not a dimension; there are {', '.join(dimensions_of(metric))}")
    return dimension, member


def _units(speech: Speech, wanted: _Wanted, limit: int, offset: int) -> None:
    from holdfast.metrics import drill
    from holdfast.metrics.counted import units_in_words

    found, metric, day = wanted.found, wanted.metric, wanted.day or wanted.found.as_of
    try:
        page = drill.units(found.home, metric.id, wanted.scope, limit=limit, offset=offset, **wanted.part)
    except ValueError as problem:
        raise CannotBeDone(str(problem)) from None
    if wanted.member and not page.total:
        raise CannotBeDone(f"no {metric.unit} of {metric.id} with {' '.join(wanted.member)}; see holdfast breakdown")
    document = {
        "metric": metric.id, "version": metric.version, "scope": wanted.scope, "as_of": day, "month": wanted.month,
        "by": dict([wanted.member]) if wanted.member else None, "status": wanted.status, "total": page.total,
        "unknown_buyers": page.strangers, "offset": offset, "amounts": "minor units" if metric.basis else None,
        "rows": as_records(page),
    }  # fmt: skip

    def show(out: Console) -> None:
        title = f"{metric.name}{wanted.words}: {units_in_words(metric.unit, page.total, page.strangers)}"
        said = f"counted: {metric.counted} · out of: {metric.out_of} · as of {figures.day(day)}"
        show_page(out, found, page, offset, title, said, _written(metric, found))
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


def _source(speech: Speech, found: Published, metric: Metric, said: str, scope: Scope) -> None:
    from holdfast.metrics import drill
    from holdfast.metrics.called import CUSTOMER, NoSuchUnit, unit_called

    try:
        unit = unit_called(found.home, said, scope, metric)
    except NoSuchUnit as problem:
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
            other = f"--unit {CUSTOMER}{said}"
            out.print(f"{said} was taken as the unit's id; for the customer of that number: {other}", style="yellow")
        out.print("Amounts in minor units, as they stand in the tables.", style="dim")
        for name, page in pages.items():
            out.print(Text(f"\n{name}: {page.total}", "bold"))
            if page.total:
                out.print(table_of(page))

    speech.answer(document, show)


def _export(speech: Speech, wanted: _Wanted, path: Path) -> None:
    from holdfast.metrics import drill

    found, metric, format = wanted.found, wanted.metric, asked.format_of(path)
    with speech.progress("writing") as told:
        told(str(path), 0.2)
        written = drill.export_units(found.home, metric.id, wanted.scope, path.absolute(), format, **wanted.part)
    document = {
        "metric": metric.id, "as_of": wanted.day or found.as_of, "rows": written, "file": path.absolute(),
    }  # fmt: skip
    say_written(speech, document, written, path)
