"""The write path: one action, one transaction, one audit entry.

Nothing else in the book of work writes rows; `tests/accounts/test_act.py` finds whatever would.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from holdfast.accounts.models import Account, Audit, NeverRewritten, Word
from holdfast.accounts.undoing import GONE_FOR_GOOD, why_not
from holdfast.accounts.words import SEARCHED, index_of

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

M = TypeVar("M", bound=models.Model)
TOGETHER = 500  # rows taken back in one question to the database
SECRET = frozenset({"password", "token_hash", "data"})  # never in an audit entry; data: of a second factor


class Meanwhile(ValidationError):
    """Somebody else did the same at the same moment, and what there may be one of is there."""


class CannotUndo(Exception):
    """Something was changed again since; the message says what."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and through which door: web, cli, api, guest, or schedule (its user is nobody)."""

    user: Anybody
    via: str
    name: str = ""

    @property
    def called(self) -> str:
        return self.name or self.user.get_username() or self.via

    @property
    def key(self) -> int | None:
        """Of the user; None for nobody."""
        return self.user.pk


@dataclass
class Act:
    """One action under way: what it writes, it writes through here."""

    verb: str
    by: By
    account: Account | None = None
    note: str = ""
    about: models.Model | None = None  # the row whose history this belongs to
    changes: list[dict[str, Any]] = field(default_factory=list)
    apart: list[Act] = field(default_factory=list)  # told in entries of their own
    entry: Audit | None = None  # once it is over, where it changed something

    def create(self, model: type[M], **fields: Any) -> M:
        row = model(**fields)
        _must_be_text(fields)
        row.full_clean(validate_unique=True)
        row.save(force_insert=True)
        self._noted(row, None, _told(row))
        return row

    def create_all(self, model: type[M], rows: Sequence[Mapping[str, Any]]) -> list[M]:
        """Many at once: each field is checked; that what they name exists, and none twice, is the database's to say."""
        made = _made(model, rows)
        for row in made:
            self._noted(row, None, _told(row))
        return made

    def create_each(self, model: type[M], rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> list[M]:
        """As create_all, for rows of many accounts: each stands in an entry of its account, with the note beside it."""
        made = _made(model, rows)
        for row, note in zip(made, notes, strict=True):
            alone = Act(self.verb, self.by, row.account, note)  # type: ignore[attr-defined]
            alone._noted(row, None, _told(row))
            self.apart.append(alone)
        return made

    def change(self, row: models.Model, **fields: Any) -> bool:
        """Set these fields; False when the row already was so."""
        before = _told(row, fields)
        for name, value in fields.items():
            setattr(row, name, value)
        after = _told(row, fields)
        moved = [name for name in after if after[name] != before[name]]
        if not moved:
            return False
        _must_be_text(fields)
        row.full_clean(exclude=[f.name for f in row._meta.fields if f.name not in fields])
        row.save(update_fields=list(fields))
        self._noted(row, {n: before[n] for n in moved}, {n: after[n] for n in moved})
        return True

    def change_all(self, changes: Sequence[tuple[models.Model, Mapping[str, Any]]]) -> None:
        """Many at once: fields are checked as in create_all, each row of which something moves is written."""
        for row, fields in changes:
            before = _told(row, fields)
            for name, value in fields.items():
                setattr(row, name, value)
            after = _told(row, fields)
            moved = [name for name in after if after[name] != before[name]]
            if moved:
                row.clean_fields(exclude=[f.name for f in row._meta.fields if f.is_relation or f.attname not in moved])
                row.save(update_fields=moved)
                self._noted(row, {n: before[n] for n in moved}, {n: after[n] for n in moved})

    def remove(self, row: models.Model) -> None:
        """The row, which nothing may hang on any more."""
        before, row_id = _told(row), row.pk
        row.delete()
        self.changes.append({"model": row._meta.label, "id": row_id, "before": before, "after": None})

    def remove_all(self, rows: Sequence[models.Model]) -> None:
        """Rows of one kind, none twice."""
        told = [(row.pk, _told(row)) for row in rows]
        type(rows[0])._default_manager.filter(pk__in=[key for key, _ in told]).delete()
        label = rows[0]._meta.label
        self.changes += [{"model": label, "id": key, "before": before, "after": None} for key, before in told]

    def _noted(self, row: models.Model, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.changes.append({"model": row._meta.label, "id": row.pk, "before": before, "after": after})


@contextmanager
def act(
    verb: str,
    *,
    by: By,
    account: Account | None = None,
    note: str = "",
    undoes: Audit | None = None,
    about: models.Model | None = None,
) -> Iterator[Act]:
    """All of it is kept, with one audit entry, or nothing is; an action that changed nothing leaves no entry.

    Raises Meanwhile where another action was first: SQLite lets one write at a time, so that the check before a row is
    made sees it; elsewhere only the database does.
    """
    try:
        with transaction.atomic():
            doing = Act(verb, by, account, note, about)
            yield doing
            if doing.changes:
                doing.entry = _entry(doing, undoes)
                doing.entry.save()
            if doing.apart:
                Audit.objects.bulk_create(_entry(one) for one in doing.apart)
            _index([*doing.changes, *(change for one in doing.apart for change in one.changes)])
    except IntegrityError as problem:
        if not _is_there_already(problem):
            raise
        raise Meanwhile("somebody did this at the same moment: look at how it stands now") from problem


def _entry(doing: Act, undoes: Audit | None = None) -> Audit:
    """An account made by an action is its entry's account; one removed by it cannot be."""
    by = doing.by
    return Audit(
        by_id=by.key, by_name=by.called[:80], via=by.via, verb=doing.verb,
        account=doing.account, note=doing.note, changes=doing.changes, undoes=undoes,
        about=name_of(doing.about) if doing.about else undoes.about if undoes else "",
    )  # fmt: skip


def _is_there_already(problem: IntegrityError) -> bool:
    """As SQLite and PostgreSQL say that a row is there already of which there may be one."""
    cause = problem.__cause__
    told = (getattr(cause, "sqlite_errorname", ""), getattr(cause, "sqlstate", ""))
    return bool({"SQLITE_CONSTRAINT_UNIQUE", "23505"} & {*told})


def _must_be_text(value: Any) -> None:
    """Raises ValidationError for a text with a zero character, which PostgreSQL holds in no text."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValidationError("a text holds a character of no text, which cannot be kept")
    elif isinstance(value, Mapping):
        _must_be_text(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            _must_be_text(one)


def _made(model: type[M], rows: Sequence[Mapping[str, Any]]) -> list[M]:
    made = [model(**fields) for fields in rows]
    named = [f.name for f in model._meta.fields if f.is_relation]  # each would be looked up by a query of its own
    for row, fields in zip(made, rows, strict=True):
        _must_be_text(fields)
        row.clean_fields(exclude=named)
        row.clean()
    return model._default_manager.bulk_create(made)


def only(fields: Mapping[str, Any], known: frozenset[str], *, of: str) -> dict[str, Any]:
    """The fields, where each may be set by whoever asks. of: a row, in words. Raises ValueError."""
    strange = sorted(fields.keys() - known)
    if strange:
        raise ValueError(f"{of} has no {', '.join(strange)} that can be set here")
    return dict(fields)


def name_of(row: models.Model) -> str:
    """How audit entries call the row they are about."""
    return f"{row._meta.object_name}:{row.pk}"


def locked(rows: models.QuerySet[M]) -> models.QuerySet[M]:
    """Rows that nobody else changes until the action is over; SQLite's transactions do that by themselves.

    Only they: what is read beside them may be missing, and PostgreSQL locks no row that may not be there.
    """
    features = transaction.get_connection().features
    if not features.has_select_for_update:
        return rows
    return rows.select_for_update(of=("self",) if features.has_select_for_update_of else ())


def mark(rows: models.QuerySet[M], **fields: Any) -> int:
    """Marks of the machinery itself (a job began): no deed of anybody's, so no entry. Says how many rows took them."""
    _of_the_machine(rows.model)
    return rows.update(**fields)


def keep_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], **same: Any) -> None:
    """As keep_marks for very many rows, without making objects of them. columns: of each row, in order; same: of all.

    What neither names stands as a new object of the model has it.
    """
    _of_the_machine(model)
    connection = transaction.get_connection()
    blank, fields = model(**same), [model._meta.get_field(name) for name in columns]
    others = [f for f in model._meta.concrete_fields if not f.primary_key and f.name not in columns]
    alike = tuple(f.get_db_prep_save(f.pre_save(blank, add=True), connection) for f in others)
    prepare = [f.get_db_prep_save for f in fields]  # type: ignore[union-attr]
    name = connection.ops.quote_name
    listed = ", ".join(name(f.column) for f in [*fields, *others])  # type: ignore[union-attr]
    places = ", ".join(["%s"] * (len(fields) + len(others)))
    table = name(model._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({listed}) VALUES ({places}) ON CONFLICT DO NOTHING",
            [(*(to(value, connection) for to, value in zip(prepare, row, strict=True)), *alike) for row in rows],
        )


def forget(rows: models.QuerySet[M]) -> int:
    """Erase rows of the machinery for good: an entry that said what they held would keep it. Says how many."""
    _of_the_machine(rows.model)
    return models.QuerySet.delete(rows)[0]


def keep_marks(rows: Sequence[M]) -> None:
    """Rows of the machinery itself; one that is there already stays as it is."""
    if rows:
        _of_the_machine(type(rows[0]))
        type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=True)


def index_rows(label: str, keys: Sequence[int]) -> None:
    """Make the words by which rows of a model are found again from the rows; of rows that are gone there are none."""
    model, kind = apps.get_model(label), SEARCHED[label].kind
    for at in range(0, len(keys), TOGETHER):
        some = keys[at : at + TOGETHER]
        Word.objects.filter(kind=kind, row_id__in=some).delete()
        rows = list(model._default_manager.filter(pk__in=some))
        Word.objects.bulk_create(Word(**fields) for fields in index_of(label, rows))


def _index(changes: Sequence[Mapping[str, Any]]) -> None:
    """The search finds what an action wrote as soon as it is done."""
    touched: dict[str, dict[int, None]] = {}
    for change in changes:
        searched = SEARCHED.get(change["model"])
        if searched is not None and searched.heeds(change):
            touched.setdefault(change["model"], {})[change["id"]] = None
    for label, keys in touched.items():
        index_rows(label, list(keys))


def _of_the_machine(model: type[models.Model]) -> None:
    if not getattr(model, "of_the_machine", False):
        raise TypeError(f"a {model._meta.verbose_name} is changed by an action")


def undo(entry: Audit, *, by: By) -> None:
    """Take one action back, whole. Raises CannotUndo where a row is no longer as the action left it."""
    if Audit.objects.filter(undoes=entry).exists():
        raise CannotUndo("this was undone already")
    try:
        with act(f"undo {entry.verb}"[:60], by=by, account=entry.account, undoes=entry) as doing:
            for (label, how), alike in groupby(reversed(entry.changes), key=_alike):
                model, some = apps.get_model(label), list(alike)
                for at in range(0, len(some), TOGETHER):
                    TAKE_BACK[how](doing, model, some[at : at + TOGETHER])
    except NeverRewritten as kept:
        raise CannotUndo(str(kept)) from kept
    except models.ProtectedError as kept:
        raise CannotUndo("something hangs on it") from kept
    except Meanwhile as problem:
        raise CannotUndo("somebody did so at the same moment") from problem


def _alike(change: Mapping[str, Any]) -> tuple[str, str]:
    how = "made" if change["before"] is None else "removed" if change["after"] is None else "changed"
    return change["model"], how


def _make_again(doing: Act, model: type[models.Model], changes: Sequence[dict[str, Any]]) -> None:
    if why := GONE_FOR_GOOD.get(model._meta.label):
        raise CannotUndo(why)
    for change in changes:
        doing.create(model, pk=change["id"], **_values(model, change["before"]))


def _change_back(doing: Act, model: type[models.Model], changes: Sequence[dict[str, Any]]) -> None:
    rows = _as_left(model, changes)
    for change in changes:
        row = rows[change["id"]]
        _still(row, change)
        doing.change(row, **_values(model, change["before"]))


def _unmake(doing: Act, model: type[models.Model], changes: Sequence[dict[str, Any]]) -> None:
    rows = _as_left(model, changes)
    for change in changes:
        _still(rows[change["id"]], change)
    doing.remove_all([rows[change["id"]] for change in changes])


TAKE_BACK = {"made": _unmake, "removed": _make_again, "changed": _change_back}


def _as_left(model: type[models.Model], changes: Sequence[dict[str, Any]]) -> dict[Any, models.Model]:
    """The rows by key. Raises CannotUndo where one is gone."""
    keys = {change["id"] for change in changes}
    rows = {row.pk: row for row in locked(model._default_manager.filter(pk__in=keys))}
    if gone := keys - rows.keys():
        raise CannotUndo(f"{model._meta.verbose_name} {min(gone)} is gone")
    return rows


def _still(row: models.Model, change: Mapping[str, Any]) -> None:
    """Raises CannotUndo where the row is not as the action left it, or not ours to put back."""
    if _told(row, change["after"]) != change["after"]:
        raise CannotUndo(f"{row._meta.verbose_name} {row.pk} was changed again since: undo that first")
    if why := why_not(row, change["before"]):
        raise CannotUndo(why)


def _told(row: models.Model, names: Any = None) -> dict[str, Any]:
    """A row's fields as JSON holds them; all but its key where no names are given. A foreign key is the other's key."""
    told = [f for f in row._meta.concrete_fields if not f.primary_key and f.attname not in SECRET]
    wanted = [f for f in told if names is None or {f.name, f.attname} & {*names}]
    return {f.attname: _plain(f.value_from_object(row)) for f in wanted}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    return value


def _values(model: type[models.Model], told: dict[str, Any]) -> dict[str, Any]:
    by_name = {f.attname: f for f in model._meta.concrete_fields}
    return {name: by_name[name].to_python(value) for name, value in told.items()}
