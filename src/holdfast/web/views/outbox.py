"""The outbox: what waits, what went, what nobody knows of; and a person's word on the last."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from holdfast.accounts.access import NotThere, may
from holdfast.playbooks.channels import listing
from holdfast.playbooks.channels.outbox import decide as decided
from holdfast.playbooks.models import Outbox
from holdfast.web import reading
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by, telling

COLUMNS = ("id", "playbook", "version", "step", "channel", "class", "shop_id", "customer_id", "state", "at",
           "not_before", "attempts", "problem", "came_back")  # fmt: skip
MOST = 100_000  # messages in a file
WORDS = {"went": "It went.", "again": "It goes out again.", "never": "It is not sent."}


def page(request: HttpRequest) -> HttpResponseBase:
    shops = {shop.shop_id: shop.name for shop in reading.shops()}
    known = listing.playbooks(shops)
    state, playbook = choice(request, "state", listing.STATES, ""), choice(request, "playbook", known, "")
    number, taken = page_number(request), file_format(request)
    if taken:
        rows = listing.listed(shops, state=state, playbook=playbook, limit=MOST)
        return download(Table("outbox", COLUMNS, [_cells(row) for row in rows]), taken)
    counts = listing.counts(shops)
    rows = listing.listed(shops, state=state, playbook=playbook, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    if number > 1 and not rows:
        raise Http404("There are not so many messages.")
    context = {
        "title": "Outbox", "rows": rows[:PAGE_SIZE], "counts": counts, "states": listing.STATES,
        "playbooks": [(name, name) for name in known],
        "asked": {"state": state, "playbook": playbook}, "query": {"state": state, "playbook": playbook},
        "number": number, "last": number + (len(rows) > PAGE_SIZE), "shops": shops,
        "may_decide": may(request.user, "assign"),
    }  # fmt: skip
    return render(request, "outbox.html", context)


@require_POST
def decide(request: HttpRequest, message_id: int) -> HttpResponseBase:
    """Raises NotThere for a message of a shop that may not be seen, and MayNot."""
    shops = [shop.shop_id for shop in reading.shops()]
    if not Outbox.objects.filter(pk=message_id, shop_id__in=shops).exists():
        raise NotThere(f"there is no message {message_id}")
    with telling(request):
        word = request.POST["word"]
        said = WORDS[word]
        decided(message_id, went=word == "went", again=word == "again", by=by(request))
        messages.success(request, said)
    return redirect("outbox")


def _cells(row: listing.Listed) -> tuple[object, ...]:
    return (
        row.key, row.playbook, row.version, row.step, row.channel, "service" if row.service else "marketing",
        row.shop_id, row.customer_id, row.state, row.at, row.not_before, row.attempts, row.problem, "; ".join(row.came),
    )  # fmt: skip
