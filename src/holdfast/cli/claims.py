"""`holdfast experiments ledger`: what the work was worth, and how surely that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.cli import accounts_tried, asked, figures
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.evidence.ledger import Claim, Total
    from holdfast.evidence.lot import Lot
    from holdfast.warehouse.home import Home


def ledger(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Every claim of value: grade, verdict, effect with its interval, cost and net value; kinds are never added up.

    Example: holdfast experiments ledger
    """
    from holdfast.evidence.ledger import claim_of, totals
    from holdfast.evidence.look import look
    from holdfast.evidence.lot import lots
    from holdfast.metrics.published import need_published

    place = asked.need_home(home)
    snapshot = need_published(place).manifest
    currencies = {shop.name: shop.currency for shop in snapshot.shops}
    found = [
        claim_of(look(place, snapshot, one), currencies[one.registration.shop], writer_of(place, one))
        for one in lots(place)
        if one.entered and one.registration.shop in currencies
    ]
    found += [
        claim_of(one, one.registration.currency, writer_in(one.registration.currency))
        for one in accounts_tried.all_read(place)
    ]
    told = totals(found)
    Speech(json).answer({"claims": found, "totals": told}, lambda out: _show_ledger(out, found, told))


def _show_ledger(out: Console, claims: list[Claim], told: tuple[Total, ...]) -> None:
    from holdfast.commerce.unknown import Unknown

    if not claims:
        out.print("Nothing is claimed yet. Begin with `holdfast experiments declare FILE`.", markup=False)
    for one in claims:
        out.print(f"{one.id}  {one.grade} {one.verdict.word}: {one.sentence}", markup=False, soft_wrap=True)
        value = one.value.why if isinstance(one.value, Unknown) else _amount(one.value, one.currency) + _basis(one)
        cost = f"; cost {_major(one.cost_minor, one.currency)}" if one.currency else ""
        out.print(f"    {one.whose}: net value {value}{cost}", style="dim", markup=False)
    for total in told:
        amount = _amount(total.value, total.currency) + _basis(total)
        said = f"{total.kind}, {figures.plural(total.claims, 'claims')}: {amount}"
        out.print(f"{said}; {total.left_out} left out", style="bold", markup=False)


def _basis(of: Claim | Total) -> str:
    from holdfast.evidence.ledger import BASES, RECEIVED

    return "" if of.basis in ("", RECEIVED) else f", {BASES[of.basis]}"


def _amount(value: Any, currency: str) -> str:
    ends = "" if value.low is None else f" ({_major(value.low, currency)} to {_major(value.high, currency)})"
    return _major(value.point, currency) + ends


def _major(minor: float, currency: str) -> str:
    from holdfast.commerce.currency import minor_digits

    return f"{figures.number(minor / 10 ** minor_digits(currency), 0)} {currency}"


def writer_of(place: Home, found: Lot) -> Any:
    it = found.registration
    return writer_for(place, it.shop) if it.shop else writer_in(it.currency)


def writer_for(place: Home, name: str) -> Any:
    """Numbers as this door writes them; money in the currency of the shop of that name."""
    return writer_in(next(shop.currency for shop in place.shops() if shop.name == name))


def writer_in(currency: str) -> Any:
    from holdfast.commerce.currency import minor_digits

    def write(number: float, scale: str) -> str:
        if scale == "money":
            return f"{figures.number(number / 10 ** minor_digits(currency), minor_digits(currency))} {currency}"
        if scale == "change":
            return change(number)
        return (
            figures.measured(number, "share")
            if scale == "share"
            else figures.number(number, 0 if scale == "count" else 2)
        )

    return write


def change(of: float) -> str:
    """+22.8 %: of the level of those held out."""
    return ("+" if of > 0 else "") + figures.measured(of, "share")


def between(estimate: Any) -> str:
    """A relative effect with its ends, or why there is none."""
    from holdfast.commerce.unknown import Unknown

    if isinstance(estimate, Unknown):
        return estimate.why
    return f"{change(estimate.point)} ({change(estimate.low)} to {change(estimate.high)})"
