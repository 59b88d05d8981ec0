"""What customers will still bring: how it is spread, over how few it lies, and how sure it is."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.currency import minor_digits
from holdfast.commerce.unknown import Unknown
from holdfast.web import charts, formatting, predicted, reading
from holdfast.web.charts.bars import Bar
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import choice, file_format
from holdfast.web.views.customers import in_money, shop_of

if TYPE_CHECKING:
    from holdfast.predictions.spread import Band, Spread
    from holdfast.warehouse.home import Shop

HALF = 560  # width of a chart that stands beside another
TOPS = (0.01, 0.05, 0.1, 0.2)  # of the customers: how much of the value they bring is said in words
VALUE_FILES = {
    "value": ("by", "group", "customers", "value_minor", "each_minor", "share"),
    "record": ("said_on", "due_on", "by", "name", "n", "said_orders", "orders", "said_minor", "minor"),
}


def page(request: HttpRequest) -> HttpResponseBase:
    """What customers will still bring: how it is spread, and how sure it is."""
    from holdfast.predictions.spread import BY, NOT_KNOWN

    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    told = predicted.spread(shop)
    found = None if isinstance(told, Unknown) else told
    record = predicted.value_record(shop)
    taken = file_format(request)
    if taken and choice(request, "of", VALUE_FILES, "value") == "record":
        return download(Table("customer-value-record", VALUE_FILES["record"], _record_file(record)), taken)
    if taken and found is not None:
        return download(Table("customer-value", VALUE_FILES["value"], _value_file(found, shop)), taken)
    context = {
        "title": "Customer value", "shop": shop, "shops": reading.shops(), "query": {"shop": shop.shop_id},
        "found": found, "missing": told if found is None else None, "money": lambda minor: in_money(minor, shop),
        "as_of": None if found is None else date.fromisoformat(found.card["as_of"]), "record": record[::-1],
        "day_of": lambda told: formatting.day(date.fromisoformat(told)),
        "bands": [] if found is None else [(*_ends(band, shop), band) for band in found.bands],
        "distribution": Markup("") if found is None else _distribution(found, shop),
        "concentration": None if found is None or isinstance(found.concentration, Unknown) else found.concentration,
        "curve": Markup("") if found is None else _curve(found), "tops": TOPS, "not_known": NOT_KNOWN,
        "cohorts": Markup("") if found is None else _cohorts(found, shop),
        "groups": [] if found is None else [(by, words, found.by[by]) for by, words in BY.items()],
    }  # fmt: skip
    return render(request, "value.html", context)


def _record_file(record: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """A row for everybody, and for each cohort and tenth, of everything that has come due."""
    rows = []
    for one in record:
        if "all" in one:
            groups = [
                ("all", one["all"]),
                *(("cohort", g) for g in one["cohorts"]),
                *(("tenth", g) for g in one["tenths"]),
            ]
            rows += [
                (one["as_of"], one["decided_on"], by, *(g[name] for name in VALUE_FILES["record"][3:]))
                for by, g in groups
            ]
    return rows


def _value_file(found: Spread, shop: Shop) -> list[tuple[object, ...]]:
    groups = [("tenth", group) for group in found.tenths]
    groups += [(by, group) for by, several in found.by.items() for group in several]
    rows: list[tuple[object, ...]] = [(by, g.name, g.customers, g.value, g.each, g.share) for by, g in groups]
    for band in found.bands:
        each, share = (band.value / whole if whole else 0.0 for whole in (band.customers, found.value))
        rows.append(("band", _ends(band, shop)[1], band.customers, band.value, each, share))
    return rows


def _ends(band: Band, shop: Shop) -> tuple[str, str]:
    """A band of value, as the label of a column and in words."""
    minors = 10 ** minor_digits(shop.currency)
    low, from_ = band.low / minors, in_money(band.low, shop)
    if band.high is None:
        return f"{_short(low)}+", f"{from_} or more"
    high, to = band.high / minors, in_money(band.high, shop)
    return (f"{_short(low)}–{_short(high)}", f"{from_} to {to}") if low else (f"< {_short(high)}", f"less than {to}")


def _short(amount: float) -> str:
    """5, 20k, 1M: round amounts where there is little room."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if amount >= unit:
            return f"{amount / unit:g}{letter}"
    return f"{amount:g}"


def _mark(minor: float, shop: Shop) -> str:
    """Money beside an axis, whose marks are round."""
    amount = minor / 10 ** minor_digits(shop.currency)
    return formatting.money(amount, shop.currency, 0 if amount.is_integer() else None)


def _distribution(found: Spread, shop: Shop) -> Markup:
    bars = []
    for band in found.bands:
        label, words = _ends(band, shop)
        part = formatting.share(band.value / found.value if found.value else 0.0, 0)
        tip = f"{words}: {formatting.plural(band.customers, 'customers')}, {part} of all value"
        bars.append(Bar(label, band.customers, tip))
    return charts.bars(
        bars, title="Customers by what is expected of each", description="; ".join(bar.tip for bar in bars),
        write=formatting.number, width=HALF, height=300,
    )  # fmt: skip


def _curve(found: Spread) -> Markup:
    told = found.concentration
    if isinstance(told, Unknown):
        return Markup("")
    marked = [
        (top, told.held_by(top), f"the top {formatting.share(top, 0)} bring {formatting.share(told.held_by(top), 0)}")
        for top in TOPS
    ]
    return charts.concentration(
        told.curve, marked, title="Over how few customers the value lies",
        description="; ".join(tip for *_, tip in marked), holders="of the customers, the most valuable first",
        whole="of all value", write=lambda share: formatting.share(share, 0),
    )  # fmt: skip


def _cohorts(found: Spread, shop: Shop) -> Markup:
    """What is expected of each, by when they first bought; the oldest first, as time runs."""
    from holdfast.predictions.spread import BY_TIME, NOT_KNOWN

    bars = [
        Bar(g.name, g.each, f"first bought in {g.name}: {in_money(g.each, shop)} each, {formatting.count(g.customers)}")
        for g in reversed(found.by[BY_TIME]) if g.name != NOT_KNOWN
    ]  # fmt: skip
    return charts.bars(
        bars, title="Expected of each customer, by the quarter of the first purchase",
        description="; ".join(bar.tip for bar in bars), write=lambda minor: _mark(minor, shop),
    )  # fmt: skip
