"""What deeds changed, in words: fields and choices as pages call them, people, books and accounts by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist

from holdfast.accounts.access import accounts_of
from holdfast.accounts.models import Account, Audit, Book, Contact, Team

if TYPE_CHECKING:
    from django.db.models import Field, Model

    from holdfast.accounts.access import Anybody

# Of no interest beside the deed itself, or told in full on the page of the plan.
QUIET = frozenset({"changed_at", "fields", "assents", "digest"})
TOLD = 4  # things of one deed; the rest stands in its entry
LOOKED_AT = 50  # changes of one deed: of thousands no more are read than could be told
Names = Mapping[tuple[str, int], str]  # by the label of a model and a key


def told(user: Anybody, deeds: Iterable[Audit]) -> list[str]:
    """ "Change account: tier Named → Pooled", for each. Names of accounts that the person does not see are not told."""
    every = list(deeds)
    names = _names(user, every)
    return [_told(deed, names) for deed in every]


def _told(deed: Audit, names: Names) -> str:
    changes = deed.changes[:LOOKED_AT]
    made = (
        str(next((change["after"][name] for name in ("what", "name", "text") if change["after"].get(name)), ""))
        for change in changes
        if change["before"] is None and change["after"] is not None
    )
    moved = (
        f"{_called(field, name)} {_word(field, before, names)} → {_word(field, after, names)}"
        for _, name, field, before, after in _moves(changes)
    )
    said = list(islice(dict.fromkeys(filter(None, chain(made, moved))), TOLD))
    return deed.verb[:1].upper() + deed.verb[1:] + (f": {', '.join(said)}" if said else "")


def _moves(changes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, Field[Any, Any] | None, Any, Any]]:
    """Model, name of the field, the field, and what it was and is."""
    for change in changes:
        if change["before"] is None or change["after"] is None:
            continue
        for name, value in change["after"].items():
            if name not in QUIET:
                yield change["model"], name, _field(change["model"], name), change["before"].get(name), value


def _field(label: str, name: str) -> Field[Any, Any] | None:
    """None where an old entry names what is not there any more."""
    try:
        found: Any = apps.get_model(label)._meta.get_field(name.removesuffix("_id"))
    except (LookupError, FieldDoesNotExist):
        return None
    return found if found.concrete else None


def _names(user: Anybody, deeds: Iterable[Audit]) -> Names:
    """Of the rows that the deeds point to, one question a model."""
    wanted: dict[type[Model], set[int]] = {}
    for deed in deeds:
        for _, _, field, before, after in _moves(deed.changes[:LOOKED_AT]):
            if field is not None and field.related_model in _NAMED:
                keys = {key for key in (before, after) if isinstance(key, int)}
                wanted.setdefault(field.related_model, set()).update(keys)  # type: ignore[arg-type]
    found: dict[tuple[str, int], str] = {}
    for model, keys in wanted.items():
        rows = accounts_of(user, merged=True) if model is Account else model._default_manager.all()
        called = rows.filter(pk__in=keys).values_list("pk", _NAMED[model]) if keys else ()
        found |= {(model._meta.label, key): name for key, name in called}
    return found


_NAMED: dict[Any, str] = {Account: "name", Book: "name", Team: "name", Contact: "name", get_user_model(): "username"}


def _called(field: Field[Any, Any] | None, name: str) -> str:
    return name.removesuffix("_id").replace("_", " ") if field is None else str(field.verbose_name)


def _word(field: Field[Any, Any] | None, value: Any, names: Names) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    if field is not None and field.related_model in _NAMED:
        return names.get((field.related_model._meta.label, value), f"number {value}")  # type: ignore[union-attr]
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
