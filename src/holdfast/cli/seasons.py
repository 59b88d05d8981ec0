"""`holdfast peaks`: when each market buys unlike the rest of the year, and in which market a shop sells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.speech import Speech
from holdfast.cli.targets import today

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.warehouse.home import Home


def market_ids(incomplete: str) -> list[str]:
    from holdfast.metrics.markets import shipped_peaks

    return [m.id for m in shipped_peaks().markets if m.id.startswith(incomplete.upper())]


def peaks(
    market: Annotated[
        str | None,
        typer.Option(help="One market, or with --shop the shop's.", metavar="ID", autocompletion=market_ids),
    ] = None,
    year: Annotated[int | None, typer.Option(min=1, max=9998, help="Which year (default this one).")] = None,
    shop: asked.ShopOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Peaks of the year by market, with their dates in any year. With --shop and --market: keep where a shop sells.

    A shop whose market nobody chose sells in that of its time zone. Own peaks: `peaks.toml` in the home.

    Example: holdfast peaks --shop uk --market GB
    """
    from holdfast.metrics.comparison import calendar_of, market_of
    from holdfast.metrics.markets import occurrences
    from holdfast.metrics.merchant import read_merchant

    place = asked.need_home(home)
    calendar, wanted = calendar_of(place), year or today().year
    if market is not None and calendar.market(market) is None:
        known = [m.id for m in calendar.markets]
        raise CannotBeDone(f"no market is called {market!r}; {did_you_mean(market, known)}")
    if shop is not None and market is not None:
        _keep(place, shop, market)
    merchant = read_merchant(place.path)
    shops = {s.name: market_of(calendar, merchant, s) for s in place.shops()}
    shown = (
        [m for m in calendar.markets if m.id == market]
        if market
        else list({m.id: m for m in shops.values() if m}.values())
    )
    document: dict[str, Any] = {
        "year": wanted,
        "shops": {name: found.id if found else None for name, found in shops.items()},
        "markets": [
            {
                "id": m.id, "name": m.name,
                "peaks": [
                    {"id": p.id, "name": p.name, "since": a, "until": b, "source": p.source}
                    for p, a, b in occurrences(m, wanted)
                ],
            }
            for m in shown or calendar.markets
        ],
    }  # fmt: skip

    def show(out: Console) -> None:
        for name, found in shops.items():
            out.print(f"{name}: {found.name if found else 'no market; say holdfast peaks --shop NAME --market ID'}")
        for one in document["markets"]:
            out.print(f"\n{one['name']} ({one['id']}), {wanted}", style="bold", markup=False)
            for peak in one["peaks"]:
                out.print(f"  {figures.span(peak['since'], peak['until'])}  {peak['name']}", markup=False)

    Speech(json).answer(document, show)


def weeks(
    metric: asked.MetricArgument,
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """The newest whole weeks of a metric, each against the week of the year before that holds the same peaks.

    That is 52 weeks back, or 53 or 51 where a peak such as Black Friday has moved. Open one with
    `holdfast rows METRIC --by week=2025-11-24`.

    Example: holdfast weeks average_order_value
    """
    from holdfast.commerce.unknown import Unknown
    from holdfast.metrics.values import Change
    from holdfast.metrics.weeks import weeks as told

    found, wanted = asked.published(home), asked.metric_of(metric)
    scope = asked.scope_of(found, shop, account)
    rows = told(found, wanted.id, scope)
    if not rows:
        raise CannotBeDone(
            f"{wanted.id} is not told by weeks, or nothing was counted in the newest; try holdfast series"
        )
    document = {
        "metric": wanted.id, "scope": scope, "as_of": found.as_of, "snapshot": found.snapshot,
        "simulated": found.simulated_in(scope),
        "weeks": [
            {
                "week": row.week.name, "since": row.week.monday, "until": row.week.sunday,
                "reading": row.now.reading if row.now else None, "n": row.now.n if row.now else 0,
                "against": row.aligned if isinstance(row.aligned, Unknown) else {
                    "week": row.aligned.before.name, "since": row.aligned.before.monday,
                    "until": row.aligned.before.sunday, "weeks_back": row.aligned.weeks_back,
                    "peaks": row.aligned.peaks, "why": row.aligned.why,
                },
                "change": row.change,
            }
            for row in rows
        ],
    }  # fmt: skip

    def show(out: Console) -> None:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        out.print(f"{wanted.name} by week · {scope.label}", style="bold", markup=False)
        table = Table(box=box.SIMPLE_HEAD)
        for head in ("week", "value", "against", "then", "change", "peaks and notes"):
            table.add_column(head, justify="right" if head in ("value", "then", "change") else "left")
        for row in rows:
            against = row.aligned
            change = row.change if isinstance(row.change, Change) else None
            notes = [] if isinstance(against, Unknown) else [*against.peaks, *([against.why] if against.why else [])]
            between = figures.change_interval(change, wanted.scale) if change else ""
            table.add_row(
                f"{row.week.name}\n{figures.day(row.week.monday)}",
                figures.point(row.now, wanted.scale),
                "none"
                if isinstance(against, Unknown)
                else f"{against.before.name}\n{figures.day(against.before.monday)}",
                figures.point(change.before, wanted.scale) if change else figures.DASH,
                f"{figures.signed(change.point, wanted.scale, change.before.currency)}\n{between}" if change else "",
                Text("; ".join(notes) if change else str(getattr(row.change, "why", "")), "dim"),
            )
        out.print(table)

    Speech(json).answer(document, show)


def phases(
    shop: asked.ShopOption = None,
    account: asked.AccountOption = None,
    out: asked.OutOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Customers by cohort and phase: who entered it, who bought in it, and who came back after lapsing.

    Example: holdfast phases --out phases.csv
    """
    found = asked.published(home)
    scope = asked.scope_of(found, shop, account)
    cells = found.phases(scope)
    if not cells:
        raise CannotBeDone("this snapshot knows no phases: run `holdfast build`")
    document = {"scope": scope, "as_of": found.as_of, "simulated": found.simulated_in(scope), "phases": cells}
    if out is not None:
        from holdfast.metrics.export import table_of, write

        names = ("cohort", "phase", "from_day", "until_day", "entered", "over", "reached", "reactivated")
        rows = [tuple(getattr(cell, name) for name in names) for cell in cells]
        write(table_of(names, rows), out, asked.format_of(out))
        said = f"{figures.plural(len(rows), 'rows')} written to {out}"
        Speech(json).answer(document, lambda o: o.print(said, markup=False))
        return

    def show(o: Console) -> None:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, title=f"Phases of all cohorts · {scope.label}", title_justify="left")
        for head in ("phase", "days", "entered", "over", "bought in it", "share", "reactivated"):
            table.add_column(head, justify="left" if head in ("phase", "days") else "right")
        for name, since, until in dict.fromkeys((c.phase, c.from_day, c.until_day) for c in cells):
            mine = [c for c in cells if c.from_day == since]
            entered, over, reached, back = (
                sum(getattr(c, n) for c in mine) for n in ("entered", "over", "reached", "reactivated")
            )
            share = figures.measured(reached / over, "share") if over else figures.DASH
            days = f"{since} on" if until is None else f"{since} to {until - 1}"
            table.add_row(
                name, days, *(figures.number(x) for x in (entered, over, reached)), share, figures.number(back)
            )
        o.print(table)

    Speech(json).answer(document, show)


def _keep(place: Home, shop: str, market: str) -> None:
    from holdfast.metrics.merchant import keep_market

    place.shop(shop)  # raises HomeProblem for one that is not declared
    keep_market(place.path, shop, market)
