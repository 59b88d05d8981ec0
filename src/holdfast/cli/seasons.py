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


def _keep(place: Home, shop: str, market: str) -> None:
    from holdfast.metrics.merchant import keep_market

    place.shop(shop)  # raises HomeProblem for one that is not declared
    keep_market(place.path, shop, market)
