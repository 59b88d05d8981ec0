"""Customers: who is likely to leave and what is at stake, and one customer whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.playbooks.channels.listing import STATES
from holdfast.web import charts, formatting, playing, predicted, reading, segmenting, steps
from holdfast.web.charts.bars import Bar
from holdfast.web.jinja import url
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.written import written_to

if TYPE_CHECKING:
    from holdfast.predictions.customer import Customer, Elsewhere, Said
    from holdfast.predictions.customers import Listed, Order
    from holdfast.predictions.timeline import Event
    from holdfast.segments.members import Held
    from holdfast.warehouse.home import Shop

ORDERS: dict[Order, str] = {
    "stake": "What is at stake", "risk": "Likely to leave", "value": "Bought in a year", "soon": "Likely to order soon",
}  # fmt: skip
LISTED = (
    "customer", "customer_id", "leaves", "orders_30", "orders_90", "spent_minor", "stake_minor", "value_minor",
    "low_minor", "high_minor", "last_on", "occasions", "toward", "reasons",
)  # fmt: skip
KINDS = {
    "order": "Order",
    "refund": "Given back",
    "ticket": "Ticket",
    "answer": "Answer",
    "subscription": "Subscription",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One customer of the list, as it is written."""

    id: int
    name: str
    leaves: str
    spent: str
    stake: str
    value: str
    last: str
    toward: str
    reasons: tuple[str, ...]


def page(request: HttpRequest) -> HttpResponseBase:
    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    by = choice(request, "by", ORDERS, "stake")
    taken = file_format(request)
    number = page_number(request)
    bounds: dict[str, Any] = {"limit": None, "offset": 0} if taken else {
        "limit": PAGE_SIZE, "offset": (number - 1) * PAGE_SIZE,
    }  # fmt: skip
    found = predicted.customers(shop, by, **bounds)  # type: ignore[arg-type]
    if taken and not isinstance(found, Unknown):
        return download(Table(f"customers-by-{by}", LISTED, _file(found)), taken)
    known = None if isinstance(found, Unknown) else found
    overall = predicted.overall(shop)
    last = 1 if known is None else max(1, -(-known.total // PAGE_SIZE))
    if number > last:
        raise Http404(f"There are {last} pages.")
    context = {
        "title": "Customers", "shop": shop, "shops": reading.shops(), "orders": _orders(known), "asked": {"by": by},
        "query": {"shop": shop.shop_id, "by": by}, "found": known, "missing": found if known is None else None,
        "rows": [] if known is None else _rows(known, shop), "page": number,
        "last": last, "first_row": (number - 1) * PAGE_SIZE + 1,
        "as_of": None if known is None else date.fromisoformat(known.card["as_of"]),
        "valued": known is not None and "value_minor" in known.table.column_names,
        "overall": overall, "risk": Markup("") if overall is None else _risk(overall),
        "money": lambda minor: in_money(minor, shop),
    }  # fmt: skip
    return render(request, "customers.html", context)


def _orders(found: Listed | None) -> dict[Order, str]:
    """What the list may be ordered by; by value it is by what is expected, wherever that is told."""
    valued = found is not None and "value_minor" in found.table.column_names
    return ORDERS | {"value": "Expected in a year"} if valued else ORDERS


def one(request: HttpRequest, customer_id: int) -> HttpResponseBase:
    from holdfast.predictions.timeline import LISTED as MOST_EVENTS

    found = predicted.customer(customer_id)
    if found is None:
        raise Http404(f"There is no customer {customer_id}.")
    if found.customer_id != customer_id:  # a profile that became part of this person
        return redirect("customer", found.customer_id)
    taken = file_format(request)
    if taken:
        rows = [(e.day, e.kind, e.said, e.minor) for e in predicted.happened(found)]
        return download(Table(f"customer-{customer_id}", ("day", "kind", "said", "minor"), rows), taken)
    said = None if isinstance(found.said, Unknown) else found.said
    context = {
        "title": found.number or f"Customer {customer_id}", "it": found, "said": said,
        "missing": found.said if said is None else None, "money": lambda minor: in_money(minor, found.shop),
        "chance": _chance, "kinds": KINDS, "events": [_event(e, found.shop) for e in found.events],
        "history": _history((*found.before[::-1], said)) if said is not None and found.before else Markup(""),
        "crumbs": [("Customers", url("customers", shop=found.shop.shop_id))],
        "written": written_to(found.shop.shop_id, customer_id), "states": STATES, "decided": steps.DECIDED,
        "elsewhere": _elsewhere(found), "segments": segmenting.of_customer(customer_id, found.shop),
        "cut": len(found.events) == MOST_EVENTS,
        "standing": segmenting.standing(customer_id, found.shop),
        "because": _because,
        "being": playing.of_customer(found.shop.shop_id, customer_id),
    }  # fmt: skip
    return render(request, "customer.html", context)


def shop_of(request: HttpRequest) -> Shop | None:
    asked = request.GET.get("shop", "")
    found = predicted.shop(asked)
    if found is None and asked:
        raise Http404(f"There is no shop {asked}.")
    return found


def _rows(found: Listed, shop: Shop) -> list[Row]:
    rows = []
    for told in found.table.to_pylist():
        value = told.get("value_minor")
        rows.append(Row(
            told["customer_id"], told["customer"] or f"#{told['customer_id']}", _chance(told["leaves"]),
            in_money(told["spent_minor"], shop), in_money(told["stake_minor"], shop),
            formatting.DASH if value is None else in_money(value, shop),
            formatting.DASH if told["last_on"] is None else formatting.day(told["last_on"]),
            told["toward"] or "", tuple(told["reasons"]),
        ))  # fmt: skip
    return rows


def _file(found: Listed) -> list[tuple[object, ...]]:
    rows = []
    for told in found.table.to_pylist():
        told["reasons"] = " · ".join(told["reasons"])
        rows.append(tuple(told.get(name) for name in LISTED))
    return rows


def _risk(overall: predicted.Overall) -> Markup:
    bars = [
        Bar(f"{t.low:.0%}–{t.high:.0%}".replace("%–", "–").replace("%", formatting.HARD + "%"), t.customers,
            f"{formatting.share(t.low, 0)} to {formatting.share(t.high, 0)}: {formatting.count(t.customers)} customers")
        for t in overall.tenths
    ]  # fmt: skip
    return charts.bars(
        bars, title="Customers by their chance of leaving", description="; ".join(bar.tip for bar in bars),
        write=formatting.number,
    )  # fmt: skip


def _history(said: tuple[Said, ...]) -> Markup:
    points = [
        charts.Point(formatting.day(one.as_of), one.leaves, tip=f"{formatting.day(one.as_of)}: {_chance(one.leaves)}")
        for one in said
    ]
    return charts.series(
        points, title="What was said before", description="; ".join(point.tip for point in points),
        write=lambda value: formatting.share(value, 0),
    )  # fmt: skip


def _elsewhere(found: Customer) -> list[tuple[Elsewhere, str]]:
    """The person's other shops, and what they are expected to bring there."""
    return [(one, in_money(one.value_minor, one.shop)) for one in found.elsewhere]


def _because(held: Held) -> list[str]:
    """What holds of them, leaf by leaf, with what is known."""
    if not held.parts:
        return [f"{held.said}{f' (it is {held.value})' if held.value else ''}"] if held.holds else []
    if held.said == "not":
        return [
            f"not: {part.said}{f' (it is {part.value})' if part.value else ''}" for part in held.parts if held.holds
        ]
    return [said for part in held.parts for said in _because(part)]


def _event(event: Event, shop: Shop) -> tuple[str, str, str, str]:
    money = "" if event.minor is None else in_money(event.minor, shop)
    return formatting.day(event.day), event.kind, event.said, money


def in_money(minor: float | None, shop: Shop) -> str:
    return formatting.DASH if minor is None else formatting.money(*reading.money_of(round(minor), shop.currency))


def _chance(value: float | None) -> str:
    return formatting.DASH if value is None else formatting.share(value, 0)
