"""How buyers stand among each other: the grid of recency and frequency, and who moved from state to state."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.calendar import months_before
from holdfast.commerce.unknown import Unknown
from holdfast.web import charts, formatting, reading, segmenting
from holdfast.web.charts.matrix import Cell
from holdfast.web.jinja import url
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import choice, file_format
from holdfast.web.views.segments import money, shop_of

if TYPE_CHECKING:
    from holdfast.segments.grid import Grid
    from holdfast.segments.migration import Migration
    from holdfast.warehouse.home import Shop

SCORES = range(5, 0, -1)
RULES = {"rank": "Place among the shop's buyers", "cuts": "Cuts of our own"}
FOLLOWED = {
    "state": "State", "value_decile": "Tenth by money", "recency_score": "Recency score",
    "frequency_score": "Frequency score", "money_score": "Money score",
}  # fmt: skip
GRID = ("recency", "frequency", "customers", "money", "money_score")
MOVES = ("from", "to", "customers", "share")


def rfm(request: HttpRequest) -> HttpResponseBase:
    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    from holdfast.segments.grid import SUFFIX

    by = choice(request, "by", RULES, "rank")
    told = segmenting.grid(shop, by)  # type: ignore[arg-type]
    found = None if isinstance(told, Unknown) else told
    taken = file_format(request)
    if taken and found is not None:
        return download(Table("rfm", GRID, [tuple(getattr(c, name) for name in GRID) for c in found.cells]), taken)
    context = {
        "title": "Recency and frequency", "shop": shop, "shops": reading.shops(), "rules": RULES, "asked": {"by": by},
        "told": SUFFIX[by],
        "query": {"shop": shop.shop_id, "by": by}, "found": found, "missing": told if found is None else None,
        "picture": Markup("") if found is None else _grid(found, shop), "scores": list(SCORES),
        "cells": {} if found is None else {(c.recency, c.frequency): c for c in found.cells},
        "money": lambda amount: money(amount, shop), "crumbs": [("Segments", url("segments", shop=shop.shop_id))],
    }  # fmt: skip
    return render(request, "rfm.html", context)


def goods(request: HttpRequest) -> HttpResponseBase:
    """Which kinds of goods buyers prefer, of all and of a segment beside them."""
    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    every, _ = segmenting.every()
    of = every[choice(request, "of", ("", *every), "")] if request.GET.get("of") else None
    told = segmenting.affinity(shop, of)
    found = None if isinstance(told, Unknown) else told
    taken = file_format(request)
    if taken and found is not None:
        table = found.table()
        rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        return download(Table("kinds-of-goods", tuple(table.column_names), rows), taken)
    context = {
        "title": "Kinds of goods", "shop": shop, "shops": reading.shops(), "every": every.values(), "of": of,
        "query": {"shop": shop.shop_id, "of": of.id if of else ""}, "found": found,
        "missing": told if found is None else None, "crumbs": [("Segments", url("segments", shop=shop.shop_id))],
        "unknown": segmenting.unknown(of, shop) if of else None,
    }  # fmt: skip
    return render(request, "goods.html", context)


def moves(request: HttpRequest) -> HttpResponseBase:
    shop, source = shop_of(request), reading.published()
    if shop is None or source is None:
        return redirect("start")
    fact = choice(request, "by", FOLLOWED, "state")
    until = _day(request, "until", source.as_of)
    since = _day(request, "since", months_before(until, 3))
    newest = formatting.day(source.as_of)
    fits = since < until <= source.as_of
    problem = "" if fits else f"Choose a first day before {formatting.day(until)}, and none after {newest}."
    found = None if problem else segmenting.migration(shop, since, until, fact)
    taken = file_format(request)
    if taken and found is not None:
        rows = [(a, b, many, found.share(a, b)) for (a, b), many in found.cells.items()]
        return download(Table(f"from-{since}-to-{until}", MOVES, rows), taken)
    context = {
        "title": "Moves between states", "shop": shop, "shops": reading.shops(), "followed": FOLLOWED,
        "asked": {"by": fact}, "query": {"shop": shop.shop_id, "by": fact, "since": since, "until": until},
        "since": since, "until": until, "newest": source.as_of, "problem": problem, "found": found,
        "picture": Markup("") if found is None else _matrix(found),
        "crumbs": [("Segments", url("segments", shop=shop.shop_id))],
    }  # fmt: skip
    return render(request, "moves.html", context)


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    said = request.GET.get(name, "")
    try:
        return date.fromisoformat(said) if said else otherwise
    except ValueError as problem:
        raise Http404(f"There is no day {said}.") from problem


def _grid(found: Grid, shop: Shop) -> Markup:
    most = max((cell.customers for cell in found.cells), default=1)
    cells = [
        Cell(5 - cell.recency, cell.frequency - 1, cell.customers / most, formatting.count(cell.customers),
             f"recency {cell.recency}, frequency {cell.frequency}: {formatting.plural(cell.customers, 'customers')},"
             f" {money(cell.money, shop)} so far")
        for cell in found.cells
    ]  # fmt: skip
    return charts.matrix(
        [f"Recency {n}" for n in SCORES], [f"Frequency {n}" for n in range(1, 6)], cells,
        title="Customers by recency and frequency", description="; ".join(cell.tip for cell in cells), left=92,
        width=104,
    )  # fmt: skip


def _matrix(found: Migration) -> Markup:
    rows, cells = found.rows, []
    for (a, b), many in found.cells.items():
        share = found.share(a, b)
        part = "" if share is None else f", {formatting.share(share, 0)} of them"
        tip = f"{a} to {b}: {formatting.plural(many, 'customers')}{part}"
        cells.append(
            Cell(rows.index(a), found.names.index(b), share or 0.0, formatting.count(many) if many else "", tip)
        )
    return charts.matrix(
        [name.capitalize() for name in rows], [name.capitalize() for name in found.names], cells,
        title=f"From {formatting.day(found.since)} to {formatting.day(found.until)}",
        description="; ".join(cell.tip for cell in cells if cell.words), left=132,
        width=96 if len(found.names) < 7 else 62,
    )  # fmt: skip
