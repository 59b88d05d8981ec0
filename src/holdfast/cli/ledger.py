"""`holdfast ledger`: the movements of recurring revenue, or the bridge from a year before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from holdfast.commerce.unknown import Unknown
    from holdfast.metrics.published import Published
    from holdfast.metrics.recurringmonths import Bridge, LedgerMonth
    from holdfast.metrics.values import Scope


Month = TypeVar("Month")


def ledger(
    last: Annotated[int, typer.Option(min=1, help="How many of the newest months.", metavar="N")] = 12,
    bridge: Annotated[
        bool, typer.Option("--bridge", help="The customers of a year before: then, what moved, now.")
    ] = False,
    out: asked.OutOption = None,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Monthly recurring revenue: opening, every movement, closing, month by month.

    With --bridge, the customers of twelve months before: what they paid then, what moved since, what they pay now.

    Example: holdfast ledger --last 6
    """
    from holdfast.metrics import recurringmonths as told

    speech, found = Speech(json, quiet), asked.published(home)
    scope = asked.scope_of(found, shop, account)
    document: dict[str, Any] = {
        "scope": scope, "as_of": found.as_of, "snapshot": found.snapshot, "simulated": found.simulated,
    }  # fmt: skip
    if bridge:
        bridges = _known(told.bridges(found, scope))
        if out is not None:
            return _write(speech, told.bridge_table(bridges), BRIDGE_FILE, out)
        retained = [(b, {"net_retention": b.net_retention, "gross_retention": b.gross_retention}) for b in bridges]
        document["bridges"] = [plain(b) | more for b, more in retained[-last:]]
        return speech.answer(document, lambda o: _show_bridges(o, bridges[-last:], found, scope))
    months = _known(told.waterfall(found, scope))
    if out is not None:
        return _write(speech, told.ledger_table(months), LEDGER_FILE, out)
    document["months"] = months[-last:]
    return speech.answer(document, lambda o: _show(o, months[-last:], found, scope))


def _known(found: tuple[Month, ...] | Unknown) -> tuple[Month, ...]:
    if isinstance(found, tuple):
        return found
    raise CannotBeDone(f"{found.why}: {found.would_need}" if found.would_need else found.why)


LEDGER_FILE = ("month", "movement", "amount", "payers", "currency", "complete")
BRIDGE_FILE = ("month", "payers", "part", "amount", "currency")


def _write(speech: Speech, rows: Sequence[tuple[Any, ...]], columns: tuple[str, ...], out: Path) -> None:
    import duckdb
    import pyarrow as pa

    from holdfast.metrics.export import write

    format = asked.format_of(out)
    with duckdb.connect() as connection:
        connection.from_arrow(pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])).create_view(
            "told"
        )
        write(connection.sql("SELECT * FROM told"), out.absolute(), format)  # type: ignore[arg-type]
    said = f"{figures.plural(len(rows), 'rows')} written to {out}"
    speech.answer({"file": out.absolute(), "rows": len(rows)}, lambda o: o.print(said, markup=False))


def _show(out: Console, months: Sequence[LedgerMonth], found: Published, scope: Scope) -> None:
    """Movements that none of the months has are left out of the table, to leave room."""
    from holdfast.metrics.recurringmonths import NAMES

    kinds = [kind for kind in NAMES if any(m.amount for month in months for m in month.movements if m.kind == kind)]
    table = _table(
        out, "Monthly recurring revenue", found, scope, ("month", "opening", *(NAMES[k] for k in kinds), "closing")
    )
    for month in months:
        amounts = {m.kind: m.amount for m in month.movements}
        cells = [_money(month.opening, month.currency), *(_moved(amounts[k], month.currency) for k in kinds)]
        name = figures.month(month.month.isoformat()) + ("" if month.complete else " (not over)")
        table.add_row(name, *cells, _money(month.closing, month.currency))
    out.print(table)


def _show_bridges(out: Console, bridges: Sequence[Bridge], found: Published, scope: Scope) -> None:
    from holdfast.metrics.recurringmonths import NAMES

    kinds = [kind for kind in NAMES if any(m.amount for b in bridges for m in b.movements if m.kind == kind)]
    heads = ("to", "a year before", *(NAMES[k] for k in kinds), "now", "net", "gross")
    table = _table(out, "The customers of a year before", found, scope, heads)
    for b in bridges:
        amounts = {m.kind: m.amount for m in b.movements}
        table.add_row(
            figures.month(b.month.isoformat()), _money(b.then, b.currency),
            *(_moved(amounts[k], b.currency) for k in kinds), _money(b.now, b.currency),
            figures.measured(b.net_retention, "share"), figures.measured(b.gross_retention, "share"),
        )  # fmt: skip
    out.print(table)


def _table(out: Console, title: str, found: Published, scope: Scope, heads: Sequence[str]) -> Any:
    from rich import box
    from rich.table import Table

    out.print(f"{title} · {scope.label} · as of {figures.day(found.as_of)}", style="bold", markup=False)
    if found.simulated:
        out.print(" SIMULATED: these data are invented ", style="bold white on magenta")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(heads[0], no_wrap=True)
    for head in heads[1:]:
        table.add_column(head, justify="right")
    return table


def _money(value: float, currency: str) -> str:
    return figures.money(value, currency)


def _moved(value: float, currency: str) -> str:
    return figures.signed(value, "money", currency) if value else figures.DASH
