"""Segments: which there are and how large, one whole, composing one, and why somebody belongs to it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.accounts import access
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.section import FrameworkProblem
from holdfast.warehouse.snapshot import current_id
from holdfast.web import charts, composing, formatting, predicted, reading, segmenting
from holdfast.web.jinja import query_with, url
from holdfast.web.segmenting import Size, Sized
from holdfast.web.tables import Table, download, sent
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number

if TYPE_CHECKING:
    from holdfast.segments.listing import Members
    from holdfast.segments.migration import Migration
    from holdfast.segments.segment import Segment
    from holdfast.warehouse.home import Shop

SIZES = ("day", "customers", "of", "entered", "left")
LISTED = ("segment", "name", *SIZES)
MOVED = 200  # who came or went, on the page; all of them are in the export
MONTHS_BACK = 3
WAYS = {"entered": "came", "left": "went"}


def page(request: HttpRequest) -> HttpResponseBase:
    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    every, problem = segmenting.every()
    rows, why = segmenting.sized(list(every.values()), shop), segmenting.unknown_in(shop)
    taken = file_format(request)
    if taken:
        told = [(r.segment.id, r.segment.name, *_size(r.now, why(r.segment))) for r in rows if r.now]
        return download(Table("segments", LISTED, told), taken)
    context = {
        "title": "Segments", "shop": shop, "shops": reading.shops(), "query": {"shop": shop.shop_id},
        "problem": problem,
        "rows": [_line(r, why(r.segment)) for r in rows],
        "counted": all(r.now for r in rows), "may_write": access.may(request.user, "plan"),
    }  # fmt: skip
    return render(request, "segments.html", context)


def _line(sized: Sized, why: Unknown | None) -> tuple[Sized, bool, Markup, Unknown | None]:
    """A segment with whether it is of the merchant's own, its sizes as a line, and why its size is not known."""
    line = Markup("") if why is not None else _spark(sized.points, sized.segment.name)
    return sized, segmenting.own(sized.segment), line, why


def one(request: HttpRequest, segment_id: str) -> HttpResponseBase:
    shop, segment = shop_of(request), _segment(segment_id)
    if shop is None:
        return redirect("start")
    which = choice(request, "of", ("sizes", *WAYS), "")
    taken = file_format(request)
    (sized,) = segmenting.sized([segment], shop)
    days = [point.as_of for point in sized.points]
    if taken:
        return _file(segment, shop, sized.points, which, taken)
    number = page_number(request)
    found = segmenting.listed(segment, shop, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    last = max(1, -(-found.total // PAGE_SIZE))
    if number > last:
        raise Http404(f"There are {last} pages.")
    large = segmenting.large()
    moved = {} if len(days) < 2 or large else {
        way: segmenting.moved(segment, shop, days[-2], days[-1], way, limit=MOVED) for way in ("entered", "left")
    }  # fmt: skip
    context = {
        "title": segment.name, "it": segment, "shop": shop, "shops": reading.shops(), "query": {"shop": shop.shop_id},
        "unknown": segmenting.unknown(segment, shop), "ever": any(point.members for point in sized.points),
        "own": segmenting.own(segment), "versions": segmenting.versions(segment), "points": sized.points,
        "sizes": _sizes(sized.points), "then": segmenting.said_then(segment, shop),
        "together": segmenting.together(segment, shop), "money": lambda amount: money(amount, shop),
        "rows": _rows(found, segment, shop), "found": found, "page": number,
        "last": last, "first_row": (number - 1) * PAGE_SIZE + 1, "moved": moved, "ways": WAYS, "days": days[-2:],
        "since": None if large else _since(segment, shop, days), "large": large,
        "may_write": access.may(request.user, "plan"), "crumbs": [("Segments", url("segments", shop=shop.shop_id))],
    }  # fmt: skip
    return render(request, "segment.html", context)


def _since(segment: Segment, shop: Shop, days: list[date]) -> Migration | None:
    """Where its members of a quarter ago stand now: of the month end before, where the shop is younger."""
    earlier = days[max(0, len(days) - 1 - MONTHS_BACK) : -1]
    return segmenting.migration(shop, earlier[0], days[-1], "state", segment) if earlier else None


def why(request: HttpRequest, segment_id: str, customer_id: int) -> HttpResponseBase:
    """Why a customer belongs to a segment, or does not."""
    segment, customer = _segment(segment_id), predicted.customer(customer_id)
    if customer is None:
        raise Http404(f"There is no customer {customer_id}.")
    if customer.customer_id != customer_id:  # a profile that became part of this person
        return redirect("segment_why", segment_id, customer.customer_id)
    found = segmenting.why(segment, customer_id, customer.shop)
    if found is None:
        raise Http404(f"There is no customer {customer_id}.")
    name = customer.number or f"#{customer_id}"
    crumbs = [("Segments", url("segments")), (segment.name, url("segment", segment.id, shop=customer.shop.shop_id))]
    context = {"title": f"{name} and {segment.name}", "name": name, "it": found, "customer": customer, "crumbs": crumbs}
    return render(request, "segment_why.html", context)


def new(request: HttpRequest) -> HttpResponseBase:
    """Compose a segment and see at once how large it is; what is asked for with htmx gets the form alone."""
    shop = shop_of(request)
    if shop is None:
        return redirect("start")
    if request.method == "POST":
        return _save(request, shop)
    given = request.GET.dict()
    from holdfast.segments.facts.registry import FACTS

    before = segmenting.one(given.get("from", "")) if given.get("from") else None
    if given.get("from") and before is None:
        raise Http404(f"There is no segment {given['from']}.")
    found = _begun(before) if before is not None else composing.composed(given)
    asked = before is not None or any(name.startswith(("fact", "toml")) for name in given)
    own = before is not None and segmenting.own(before)
    context = {
        "title": "New segment", "shop": shop, "shops": reading.shops(), "it": found, "facts": FACTS.values(),
        "words": composing.WORDS, "most": composing.MOST,
        "id": given.get("id") or (before.id if own and before else ""),
        "together": segmenting.together(found.made, shop) if asked and found.made is not None else None, "asked": asked,
        "unknown": segmenting.unknown(found.made, shop) if found.made is not None else None,
        "money": lambda amount: money(amount, shop), "may_write": access.may(request.user, "plan"),
        "typed": _typed(found, given, shop), "crumbs": [("Segments", url("segments", shop=shop.shop_id))],
    }  # fmt: skip
    return render(request, "segment_form.html" if getattr(request, "htmx", False) else "segment_new.html", context)


def _typed(found: composing.Composed, given: dict[str, str], shop: Shop) -> dict[str, object]:
    """What the form that keeps a segment sends again, so that what is kept is what was counted."""
    typed = {"shop": shop.shop_id, "id": given.get("id", ""), "universe": found.universe}
    typed |= {"every": "all" if found.every else "any"}
    for n, row in enumerate(found.rows):
        typed |= {
            f"fact{n}": row.fact,
            f"test{n}": row.test,
            f"value{n}": row.value,
            f"not{n}": "1" if row.negated else "",
        }
    return typed


def _begun(before: Segment) -> composing.Composed:
    from holdfast.segments.store import written

    found = composing.of_segment(before)
    return found if found is not None else composing.composed({"toml": written(before)})


def _save(request: HttpRequest, shop: Shop) -> HttpResponseBase:
    if not access.may(request.user, "plan"):
        raise PermissionDenied
    found = composing.composed(request.POST.dict())
    typed = {key: said for key, said in request.POST.dict().items() if key != "csrfmiddlewaretoken"}
    back = f"{url('segment_new')}?{query_with(typed)}"
    if found.made is None or not (found.name or found.toml):
        messages.error(request, found.problem or "Give the segment a name, and mend what is marked.")
        return redirect(back)
    made = found.made
    existing = segmenting.one(made.id)
    if existing is not None and request.POST.get("id") != made.id and existing.digest != made.digest:
        messages.error(
            request, f"There is a segment called {existing.name} already: change that one, or choose another name."
        )
        return redirect(back)
    try:
        version = segmenting.declare(made, request.user.get_username())
    except FrameworkProblem as problem:
        messages.error(request, formatting.as_sentence(str(problem)))
        return redirect(back)
    messages.success(request, f"{made.name} is kept as version {version.number}.")
    return redirect(url("segment", made.id, shop=shop.shop_id))


def shop_of(request: HttpRequest) -> Shop | None:
    """The one asked for, else the first that may be seen; None where nothing is built. Raises Http404."""
    asked = request.GET.get("shop", "") or request.POST.get("shop", "")
    found = predicted.shop(asked)
    if found is None and asked:
        raise Http404(f"There is no shop {asked}.")
    return found if current_id(reading.home()) else None


def money(amount: float | None, shop: Shop) -> str:
    """Whole units of the shop's currency, as they are written."""
    return formatting.DASH if amount is None else formatting.money(amount, shop.currency)


def _segment(id: str) -> Segment:
    found = segmenting.one(id)
    if found is None:
        raise Http404(f"There is no segment {id}.")
    return found


def _size(point: Size | None, why: Unknown | None = None) -> tuple[object, ...]:
    """A row of SIZES. why: what is asked is not known of anybody, so that nobody found is no number."""
    if point is None:
        return ()
    if why is not None and not point.members:
        return (point.as_of, None, point.universe, None, None)
    return (point.as_of, point.members, point.universe, point.entered, point.left)


def _file(
    segment: Segment, shop: Shop, points: tuple[Size, ...], which: str, taken: reading.Format
) -> HttpResponseBase:  # fmt: skip
    """The members, or how large it was, or who came or went."""
    if which == "sizes":
        why = segmenting.unknown(segment, shop)
        return download(Table(f"sizes-of-{segment.id}", SIZES, [_size(point, why) for point in points]), taken)
    if which and len(points) > 1:
        found = segmenting.moved(segment, shop, points[-2].as_of, points[-1].as_of, which, limit=None)  # type: ignore[arg-type]
    else:
        found = segmenting.listed(segment, shop, limit=None, offset=0)
    name = f"{which}-{segment.id}" if which else segment.id
    return sent(name, taken, lambda path: _written(found, path, taken))


def _written(found: Members, path: object, taken: reading.Format) -> int:
    from holdfast.metrics.export import write

    return write(found.table, path, taken)  # type: ignore[arg-type]


def _rows(found: Members, segment: Segment, shop: Shop) -> list[dict[str, object]]:
    from holdfast.segments.listing import told

    return [
        {"id": row["customer_id"], "name": row["customer"] or f"#{row['customer_id']}", "state": row["state"] or "",
         "last": formatting.day(row["last_purchase"]) if row["last_purchase"] else formatting.DASH,
         "often": formatting.DASH if row["frequency"] is None else formatting.count(row["frequency"]),
         "money": money(row["money"], shop), "risk": _chance(row["risk"]),
         "value": money(row["predicted_value"], shop), "asks": told(segment, row)}
        for row in found.table.to_pylist()
    ]  # fmt: skip


def _chance(value: float | None) -> str:
    return formatting.DASH if value is None else formatting.share(value, 0)


def _spark(points: tuple[Size, ...], name: str) -> Markup:
    if len(points) < 2:
        return Markup("")
    said = f"{name}: {points[0].members} on {formatting.day(points[0].as_of)}, {points[-1].members} now"
    return charts.spark([float(p.members) for p in points], title=f"Size of {name}", description=said)


def _sizes(points: tuple[Size, ...]) -> Markup:
    """By month end; the last point is the day of the data."""
    told = [
        charts.Point(formatting.month(p.as_of), float(p.members), tip=f"{formatting.day(p.as_of)}: {_of(p)}")
        for p in points
    ]
    return charts.series(
        told, title="Size at every month end", description="; ".join(point.tip for point in told),
        write=formatting.number,
    )  # fmt: skip


def _of(point: Size) -> str:
    return f"{formatting.count(point.members)} of {formatting.count(point.universe)}"
