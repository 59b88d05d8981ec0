"""Files of accounts, people and contracts as the browser door keeps them: an upload, how it is read, what it did."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from holdfast.accounts.act import By
from holdfast.accounts.actions import filed
from holdfast.accounts.filed.columns import Kind, guess, kind_of, settled
from holdfast.accounts.filed.proposal import Given, Proposal, rejects_of
from holdfast.accounts.filed.sheet import Sheet, read_sheet
from holdfast.accounts.reading.listing import own_fields
from holdfast.sources.files.problem import FileProblem
from holdfast.warehouse.home import scratch
from holdfast.web import importing, reading
from holdfast.web.models import BookFile

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

KINDS: Mapping[Kind, str] = {"accounts": "Accounts", "contacts": "People", "contracts": "Contracts"}
GONE = "The upload was deleted: files that are not taken in are kept for an hour. Choose it again."


class TakenAlready(Exception):
    """The file was taken in, or is being taken in by another click."""


def keep(user_id: int, upload: UploadedFile[bytes], kind: str, may: list[Kind]) -> BookFile:
    """An upload, looked at once so that what is no table is said at once. Raises FileProblem."""
    file = BookFile(started_by_id=user_id, name=Path(upload.name or "file").name[:200])
    file.path = importing.keep_uploads(reading.home(), str(file.pk), [upload])[0]
    try:
        guessed = kind_of(sheet_of(file).header)
    except FileProblem:
        drop(file)
        raise
    file.kind = next((one for one in may if one == kind), guessed if guessed in may else may[0])
    file.save(force_insert=True)
    return file


def sheet_of(file: BookFile) -> Sheet:
    """Raises FileProblem."""
    if not Path(file.path).is_file():
        raise FileProblem(GONE)
    with scratch(reading.home(), "book") as folder:
        return read_sheet(Path(file.path), folder, sheet=file.sheet)


def columns_of(file: BookFile, sheet: Sheet, user: Anybody) -> dict[str, str]:
    """As the person said, where that fits the sheet; else as guessed."""
    kind = kind_as(file)
    if file.columns is not None and set(file.columns) == set(sheet.header):
        return settled(sheet.header, kind, file.columns)
    return guess(sheet.header, kind, own_fields(user) if kind == "accounts" else ())


def kind_as(file: BookFile) -> Kind:
    return next(kind for kind in KINDS if kind == file.kind)


def proposed(file: BookFile, sheet: Sheet, columns: Mapping[str, str], by: By) -> Proposal:
    return filed.propose(kind_as(file), sheet, columns, by=by, given=_given(file))


def take_in(file: BookFile, by: By, stamp: str) -> None:
    """Once, also for two clicks. Raises TakenAlready, FileProblem, OtherwiseNow or MayNot."""
    sheet = sheet_of(file)
    if not BookFile.objects.filter(pk=file.pk, taken_at=None).update(taken_at=timezone.now()):
        raise TakenAlready
    try:
        columns = columns_of(file, sheet, by.user)
        done = filed.take_in_file(kind_as(file), sheet, columns, by=by, given=_given(file), stamp=stamp)
    except BaseException:
        BookFile.objects.filter(pk=file.pk).update(taken_at=None)
        raise
    header, refused = rejects_of(done.proposal)
    file.taken_at, file.entry_id, file.counts = timezone.now(), done.entry_id, done.proposal.counts
    file.rejects = [header, *refused] if refused else []
    file.save()
    shutil.rmtree(Path(file.path).parent, ignore_errors=True)


def drop(file: BookFile) -> None:
    shutil.rmtree(Path(file.path).parent, ignore_errors=True)
    if not file._state.adding:
        file.delete()


def _given(file: BookFile) -> Given:
    return Given(reading.segments(), file.book_id)
