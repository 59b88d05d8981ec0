"""Taking in a file of accounts, people or contracts: choose it, look at what each row would do, take it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from holdfast.accounts import access
from holdfast.accounts.actions.filed import NEEDS, OtherwiseNow
from holdfast.accounts.filed.columns import COLUMNS, Kind, options, settled
from holdfast.accounts.filed.proposal import OUTCOMES, Proposal, Proposed, rejects_of
from holdfast.accounts.filed.sheet import MOST_ROWS, Sheet
from holdfast.accounts.models import Audit
from holdfast.sources.files.problem import FileProblem
from holdfast.web import filing
from holdfast.web.jobs import sentence
from holdfast.web.models import BookFile
from holdfast.web.sent import key_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import PAGE_SIZE, choice, file_format, page_number
from holdfast.web.views.deeds import by

WORDS = {"": "All", "new": "New", "changed": "Changed", "unchanged": "As they are", "rejected": "Rejected"}
PREVIEW = ("line", "name", "outcome", "field", "before", "after", "column", "reason")


def page(request: HttpRequest) -> HttpResponseBase:
    """Raises MayNot for who may take in no file."""
    may, problem = _kinds(request), ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            problem = "Choose a file first."
        else:
            try:
                return redirect("file", filing.keep(request.user.pk or 0, upload, request.POST.get("kind", ""), may).pk)
            except (FileProblem, OSError) as found:
                problem = sentence(found)
    context = {
        "title": "Take in a file",
        "problem": problem,
        "kinds": [(kind, filing.KINDS[kind], [one.label for one in COLUMNS[kind]]) for kind in may],
        "files": BookFile.objects.filter(started_by=request.user.pk)[:8],
        "most": MOST_ROWS,
    }
    return render(request, "files.html", context, status=422 if problem else 200)


def _kinds(request: HttpRequest) -> list[Kind]:
    access.must(request.user, "note")
    return [kind for kind in filing.KINDS if access.may(request.user, NEEDS[kind])]


def one(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """What the file would do; once it was taken in, what it did."""
    file = get_object_or_404(BookFile, pk=file_id, started_by=request.user.pk)
    if file.taken_at is not None:
        return _done(request, file)
    may = _kinds(request)
    if request.method == "POST":
        return _decide(request, file, may)
    try:
        sheet = filing.sheet_of(file)
        columns = filing.columns_of(file, sheet, request.user)
        found = filing.proposed(file, sheet, columns, by(request))
    except FileProblem as problem:
        filing.drop(file)
        messages.error(request, sentence(problem))
        return redirect("files")
    return _shown(request, file, found, columns, may)


def _shown(
    request: HttpRequest, file: BookFile, found: Proposal, columns: dict[str, str], may: list[Kind]
) -> HttpResponseBase:
    status, number, taken = choice(request, "status", WORDS, ""), page_number(request), file_format(request)
    rows = found.of(next(o for o in OUTCOMES if o == status)) if status else list(found.rows)
    if taken:
        return download(_rejects(rejects_of(found)) if status == "rejected" else _preview(rows), taken)
    context = {
        "title": f"What {file.name} would do",
        "file": file,
        "kind": filing.KINDS[found.kind],
        "kinds": [(kind, filing.KINDS[kind]) for kind in may],
        "sheet": found.sheet,
        "heads": _heads(found.sheet, columns, found.kind),
        "used": sum(map(bool, columns.values())),
        "counts": found.counts,
        "tabs": [(key, words, found.counts[key] if key else len(found.rows)) for key, words in WORDS.items()],  # type: ignore[index]
        "status": status,
        "query": {"status": status},
        "rows": rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        "labels": {one.name.removesuffix("_id"): one.label for one in COLUMNS[found.kind]},
        "words": WORDS,
        "stamp": found.stamp,
        "books": access.books_of(request.user) if found.kind == "accounts" else (),
        "number": number,
        "last": max(1, -(-len(rows) // PAGE_SIZE)),
    }
    return render(request, "file.html", context)


def _heads(sheet: Sheet, columns: dict[str, str], kind: Kind) -> list[tuple[int, str, str, list[tuple[str, str]], str]]:
    """Each column of the file: its place, header, what it is, what it could be, and what it says for example."""
    examples = [next((line.cells[at] for line in sheet.lines if line.cells[at]), "") for at in range(len(sheet.header))]
    found = []
    for at, head in enumerate(sheet.header):
        could = options(head, kind)
        if columns[head] not in dict(could):
            could.append((columns[head], columns[head]))
        found.append((at, head, columns[head], could, examples[at]))
    return found


def _preview(rows: Sequence[Proposed]) -> Table:
    """One row for each field that moves, and for each cell that is wrong."""
    told: list[tuple[Any, ...]] = []
    for row in rows:
        about = (row.line, row.name, row.outcome)
        told += [(*about, one.field, one.before, one.after, "", "") for one in row.differences if row.fields]
        told += [(*about, "", "", one.value, one.column, one.reason) for one in row.wrong]
        if not row.fields and not row.wrong:
            told.append((*about, "", "", "", "", ""))
    return Table("preview", PREVIEW, told)


def _rejects(found: tuple[tuple[str, ...], list[tuple[str, ...]]]) -> Table:
    return Table("rejected", *found)


def _decide(request: HttpRequest, file: BookFile, may: list[Kind]) -> HttpResponseBase:
    sent = request.POST.dict()
    try:
        match sent.get("do"):
            case "read":
                _read_so(request, file, may)
            case "drop":
                filing.drop(file)
                return redirect("files")
            case "take in":
                filing.take_in(file, by(request), sent.get("stamp", ""))
            case _:
                raise Http404("There is nothing like this to do here.")
    except OtherwiseNow:
        messages.error(request, "The book of work has changed since you looked: look again, then take it in.")
    except filing.TakenAlready:
        messages.error(request, "This file is being taken in already.")
    except FileProblem as problem:
        messages.error(request, sentence(problem))
        return redirect("files")
    return redirect("file", file.pk)


def _read_so(request: HttpRequest, file: BookFile, may: list[Kind]) -> None:
    """Which kind and sheet, and what the columns are; of another kind or sheet as guessed. Raises FileProblem."""
    sent = request.POST.dict()
    kind, sheet = next((one for one in may if one == sent.get("kind")), file.kind), sent.get("sheet", file.sheet)
    fresh = (kind, sheet) != (file.kind, file.sheet)
    file.kind, file.sheet, file.columns = kind, sheet[:80], None if fresh else file.columns
    book_id = key_of(sent, "book") if "book" in sent else None
    if book_id is not None:
        access.access_book(request.user, book_id, "assign")
    file.book_id = book_id
    if not fresh:
        header = filing.sheet_of(file).header
        said = {head: sent.get(f"is_{at}", "") for at, head in enumerate(header)}
        try:
            file.columns = settled(header, filing.kind_as(file), said)
        except ValueError as problem:
            messages.error(request, sentence(problem))
    file.save()


def _done(request: HttpRequest, file: BookFile) -> HttpResponseBase:
    rejects, taken = file.rejects, file_format(request)
    if taken:
        header, rows = (tuple(rejects[0]), [tuple(row) for row in rejects[1:]]) if rejects else ((), [])
        return download(_rejects((header, rows)), taken)
    entry = Audit.objects.filter(pk=file.entry_id).select_related("undone_by").first() if file.entry_id else None
    number = page_number(request)
    context = {
        "title": f"{file.name} was taken in",
        "file": file,
        "kind": filing.KINDS[filing.kind_as(file)],
        "entry": entry,
        "undone": entry is not None and hasattr(entry, "undone_by"),
        "may_undo": entry is not None and access.may_undo(request.user, entry),
        "words": WORDS,
        "header": rejects[0] if rejects else [],
        "rows": rejects[1:][(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        "total": max(0, len(rejects) - 1),
        "number": number,
        "last": max(1, -(-(len(rejects) - 1) // PAGE_SIZE)),
    }
    return render(request, "file_done.html", context)
