"""`holdfast ledger`: the movements of recurring revenue, or the bridge from a year before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
Groups = Mapping[str, tuple[str, ...]]  # a column's name → the movements it adds up


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
        write(connection.sql("SELECT * FROM told"), out.absolute(), format)
    said = f"{figures.plural(len(rows), 'rows')} written to {out}"
    speech.answer({"file": out.absolute(), "rows": len(rows)}, lambda o: o.print(said, markup=False))


def _show(out: Console, months: Sequence[LedgerMonth], found: Published, scope: Scope) -> None:
    rows = []
    for m in months:
        name = figures.month(m.month.isoformat()) + ("" if m.complete else " (not over)")
        rows.append(Row(name, m.opening, {x.kind: x.amount for x in m.movements}, m.closing, m.currency))
    _print(out, f"Monthly recurring revenue · {scope.label}", ("month", "opening", "closing"), rows, found)


def _show_bridges(out: Console, bridges: Sequence[Bridge], found: Published, scope: Scope) -> None:
    rows = []
    for b in bridges:
        retained = (figures.measured(b.net_retention, "share"), figures.measured(b.gross_retention, "share"))
        moved = {x.kind: x.amount for x in b.movements}
        rows.append(Row(figures.month(b.month.isoformat()), b.then, moved, b.now, b.currency, retained))
    heads = ("to", "year before", "now", "net", "gross")
    _print(out, f"The customers of a year before · {scope.label}", heads, rows, found)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of either table: from one sum over movements (kind → amount) to another, and what follows."""

    name: str
    begins: float
    moved: dict[str, float]
    ends: float
    currency: str
    more: tuple[str, ...] = ()

    def cells(self, groups: Groups) -> list[str]:
        sums = [sum(self.moved[kind] for kind in kinds) for kinds in groups.values()]
        moved = [figures.signed(total, "money", self.currency) if total else figures.DASH for total in sums]
        begins, ends = (figures.money(value, self.currency) for value in (self.begins, self.ends))
        return [self.name, begins, *moved, ends, *self.more]


# What a narrow terminal shows instead of every movement.
GROUPS: Groups = {
    "new and back": ("new", "reactivation", "resume"), "grown": ("expansion",), "price and rate": ("price", "fx"),
    "shrunk and paused": ("contraction", "pause"), "left": ("churn_voluntary", "churn_involuntary"),
}  # fmt: skip


def _print(out: Console, title: str, heads: tuple[str, ...], rows: Sequence[Row], found: Published) -> None:
    """Movements that no row has are left out; where the rest does not fit, movements of a kind share a column."""
    from rich import box
    from rich.table import Table

    from holdfast.metrics.recurringmonths import NAMES

    groups: Groups = {name: (kind,) for kind, name in NAMES.items() if any(row.moved[kind] for row in rows)}
    if whole := sum(_widths(heads, groups, rows)) > out.width:
        groups = GROUPS
    out.print(f"{title} · as of {figures.day(found.as_of)}", style="bold", markup=False)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(heads[0], no_wrap=True)
    for head in (heads[1], *groups, *heads[2:]):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row.cells(groups))
    out.print(table)
    if whole:
        out.print(" – a wider terminal shows each movement; --out FILE.csv has them all", style="dim", markup=False)


def _widths(heads: tuple[str, ...], groups: Groups, rows: Sequence[Row]) -> list[int]:
    """How wide each column must be: its longest cell, and the longest word of its head."""
    named = (heads[0], heads[1], *groups, *heads[2:])
    columns = zip(named, *(row.cells(groups) for row in rows), strict=True)
    return [max(*(len(word) for word in head.split()), *map(len, cells)) + 3 for head, *cells in columns]
