"""One plan, whole: its frame, fields, lines, moves, evidence, log and history, as its kind declares them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from holdfast.accounts.access import may_undo, may_work_on
from holdfast.accounts.actions.guests import DAYS, LONGEST
from holdfast.accounts.decide.cadence import Told, promises
from holdfast.accounts.models import Audit, Contact, Line, Participant, WorkObject
from holdfast.accounts.reading.calibration import calibration
from holdfast.accounts.reading.work import LineRow, RemarkRow, WorkPage, work_page
from holdfast.web import deciding, filling, reading, trying
from holdfast.web.filling import Offered
from holdfast.web.tables import Table, download
from holdfast.web.views import work_deeds
from holdfast.web.views.asked import file_format
from holdfast.web.views.deeds import carry_out

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

LINE_COLUMNS = ("part", "under", "what", "our_owner", "customer_owner", "due", "state", "columns")


def page(request: HttpRequest, work_id: int) -> HttpResponseBase:
    found = work_page(request.user, work_id, timezone.now())
    link = ""
    if request.method == "POST":
        told = _decide(request, found)
        if not isinstance(told, str):
            return told
        link, found = told, work_page(request.user, work_id, timezone.now())
    taken = file_format(request)
    if taken:
        return download(Table("lines", LINE_COLUMNS, _cells(found, reading.currency_of(found.facts_name))), taken)
    return render(request, "work.html", _context(request, found, link))


def _context(request: HttpRequest, found: WorkPage, link: str) -> dict[str, Any]:
    work = WorkObject.objects.get(pk=found.id)  # seen already: the reading let them in
    contacts = Contact.objects.filter(account=found.account_id) if found.account_id else Contact.objects.none()
    people = may_work_on(work).values_list("pk", "username")
    offered = Offered(tuple(contacts.values_list("pk", "name")), tuple(people), reading.currency_of(found.facts_name))
    state = found.kind.machine.state(found.state)
    source = reading.published()
    names = {line.id: line.what for rows in found.parts for line in rows.lines}
    return {
        "title": found.title,
        "work": found,
        "state": state,
        "parts": [(found.kind.part(rows.name), rows, _above(found, rows.name)) for rows in found.parts],
        "offered": offered,
        "there": tuple(contacts.filter(left_on=None).values_list("pk", "name")),
        "metrics": [(one.id, one.name) for one in reading.metrics().values()],
        "filling": filling,
        "today": deciding.today(),
        "fares": fares(found.log, timezone.now()),
        "deeds": _deeds(found, names, offered),
        "undoable": _undoable(request.user, found),
        "scopes": reading.scopes(source),
        "has_numbers": source is not None,
        "claims": trying.offered(),
        "withheld": trying.withheld(one.claimed for one in found.evidence if one.claimed),
        "link": link,
        "days": DAYS,
        "longest": LONGEST,
        "names": names,
        "part_takers": Participant.objects.filter(work=work).select_related("user", "contact"),
        "objectives": _objectives(found),
        "redactions": WorkObject.Redaction.choices,
        "scores": calibration(request.user, found.id) if found.kind.id == "A10" else None,
        "finder": Finder(found),
    }


class Finder:
    """Lines and fields by where they stand, for the page."""

    def __init__(self, found: WorkPage) -> None:
        self.late = {
            line.id for rows in found.parts for line in rows.lines
            if line.open and line.due is not None and line.due < deciding.today()
        }  # fmt: skip
        self.filled = any(row.value is not None for row in found.fields)


def _above(found: WorkPage, part_name: str) -> tuple[LineRow, ...]:
    """The lines under which lines of a part stand."""
    under = found.kind.part(part_name).under
    return next((rows.lines for rows in found.parts if rows.name == under), ())


def _objectives(found: WorkPage) -> list[tuple[int, str]]:
    if found.account_id is None or found.kind.id == "A02":
        return []
    of_account = Line.objects.filter(part="objective", work__kind="A02", work__account=found.account_id)
    return list(of_account.values_list("pk", "what"))


def fares(log: tuple[RemarkRow, ...], now: datetime) -> dict[int, str]:
    """By the key of an update that promised the next: "kept", "missed" or "open"."""
    updates = sorted((one for one in log if one.kind == "update"), key=lambda one: one.at)
    told = promises([Told(one.at, one.promised_at) for one in updates], now)
    promising = [one for one in updates if one.promised_at is not None]
    return {one.id: kept.stands for one, kept in zip(promising, told, strict=True)}


def _deeds(
    found: WorkPage, names: dict[int, str], offered: Offered
) -> list[tuple[Any, list[tuple[str, str, str, str]]]]:
    """History with names of fields as people know them."""
    fields = {column.name: column for part in found.kind.parts for column in part.columns}
    fields |= {field.name: field for field in found.kind.fields}
    called: dict[tuple[str, Any], str] = {("row", f"Line {key}"): what for key, what in names.items()}
    called |= {(name, key): what for key, what in names.items() for name in ("under_id", "depends_on_id", "line_id")}
    for key, name in offered.people:
        called |= {("our_owner_id", key): name, ("owner_id", key): name, ("user_id", key): name}
    for key, name in offered.contacts:
        called |= {("customer_owner_id", key): name, ("contact_id", key): name, ("shared_with_id", key): name}
    for machine in (*(part.machine for part in found.kind.parts), found.kind.machine):
        called |= {(name, state.name): state.label for state in machine.states for name in ("state", "assent_to")}
    return [
        (one, [told for change in one.changes for told in filling.changes(change, fields, called, offered.currency)])
        for one in found.history
    ]


def _undoable(user: Anybody, found: WorkPage) -> set[int]:
    """Deeds that this person can take back."""
    entries = Audit.objects.filter(pk__in=[one.id for one in found.history], undone_by=None)
    return {entry.pk for entry in entries if may_undo(user, entry)}


def _cells(found: WorkPage, currency: str | None) -> list[tuple[object, ...]]:
    names = {line.id: line.what for rows in found.parts for line in rows.lines}
    return [
        (
            rows.label, names.get(line.under_id or 0, ""), line.what, line.our_owner, line.customer_owner, line.due,
            line.state_label,
            "; ".join(f"{row.field.label}: {filling.words(row.field, row.value, row.shown, currency)}"
                      for row in line.fields if row.value is not None),
        )
        for rows in found.parts
        for line in rows.lines
    ]  # fmt: skip


def _decide(request: HttpRequest, found: WorkPage) -> HttpResponseBase | str:
    """Where to go next; the address of a new link for a guest, which is shown once and kept nowhere."""
    said, anchor = carry_out(request, work_deeds.DEEDS, found), request.POST.get("at", "")
    if isinstance(said, work_deeds.Link):
        return request.build_absolute_uri(said.path)
    return redirect(f"{request.path}#{anchor}" if anchor.isidentifier() else request.path)
