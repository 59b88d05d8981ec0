"""`holdfast models staying`: how long subscribers stay, as it was seen and as the contractual model has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from holdfast.warehouse.home import Shop

EVERY = 3  # months of the curve that the terminal shows


def staying(
    shop: asked.ShopOption = None, home: asked.HomeOption = None, json: asked.JsonOption = False
) -> None:  # fmt: skip
    """How long subscribers stay: what was seen, what the model says and how it did on months held out.

    Of what was published last, with what goes with leaving. Every subscriber's own chance and value are in a file that
    `--json` names. What was said a year before stands below, beside what happened.

    Example: holdfast models staying --shop "My shop"
    """
    from holdfast.predictions.publish import newest_published
    from holdfast.predictions.record import kept_scores

    found = asked.published(home)
    shops = found.shops_of(asked.scope_of(found, shop, None))
    said = {one: newest_published(found.home, "staying", one.shop_id) for one in shops}
    told = {one: published for one, published in said.items() if published is not None}
    if not told:
        raise CannotBeDone("nothing has been said of subscribers: import subscriptions, then `holdfast models publish`")
    document = {
        "shops": [
            published.card
            | {"rows": published.rows, "scored": kept_scores(found.home, one.shop_id, "staying", "staying")}
            for one, published in told.items()
        ]
    }

    def show(out: Console) -> None:
        for one, card in zip(told, document["shops"], strict=True):
            _show(out, one, card)

    Speech(json).answer(document, show)


def _show(out: Console, shop: Shop, card: Mapping[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    def line(said: str) -> None:
        out.print(f"  {said}", markup=False, soft_wrap=True)

    out.print(f"{shop.name}, staying: {card['word']}", style="bold", markup=False)
    line(f"{figures.plural(card['customers'], 'subscribers')} on {figures.day(card['as_of'])}; {card['ended']:,} ended")
    line(f"{card['model']}: {card['because']}")
    line(f"renewals still to come of somebody new: {_estimate(card['remaining'])}; of the next"
         f" {card['horizon_months']} months: {_estimate(card['within'])}")  # fmt: skip
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("months", "still there, seen", "95 % interval", "by the model"):
        table.add_column(head, justify="right")
    for one in card["curve"][::EVERY]:
        seen, model = one["seen"], one["model"]["point"]
        known = "point" in seen
        table.add_row(
            str(one["month"]), f"{seen['point']:.0%}" if known else figures.DASH,
            f"{seen['low']:.0%} to {seen['high']:.0%}" if known else figures.DASH, f"{model:.0%}",
        )  # fmt: skip
    out.print(table)
    for name, ratio in card["hazard"].items():
        times = "× " if "point" in ratio else ""
        line(f"odds of leaving, {name}: {times}{_estimate(ratio, 2)}")
    for check in card["gate"]["checks"]:
        line(f"{'✓' if check['passed'] else '✗'} {check['asked']}: {check['found']}")
    for why in card["not_fitted"]:
        line(f"not fitted: {why}")
    for one in card["scored"]:
        line(f"said on {one['as_of']}: {_scored(one)}")


def _scored(one: Mapping[str, Any]) -> str:
    if "why" in one:
        return str(one["why"])
    said = f"{one['said']:,.0f} of {one['n']:,} would stay, {one['came']:,} did"
    return f"{said}; skill {figures.number(one['skill'], 2)}"


def _estimate(told: Mapping[str, Any], places: int = 1) -> str:
    """ "8.2 (7.9 to 8.5)", or why it is not known."""
    if "point" not in told:
        return f"unknown ({told['why']})"
    ends = (told[name] for name in ("point", "low", "high"))
    point, low, high = ("∞" if end is None else figures.number(end, places) for end in ends)
    return f"{point} ({low} to {high})"
