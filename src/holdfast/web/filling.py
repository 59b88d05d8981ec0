"""Declared fields as forms and as words: what a browser sent for them, and how their values are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from holdfast.accounts.kinds.fields import Field
from holdfast.commerce.money import Money
from holdfast.web import criteria, formatting
from holdfast.web.sent import Sent, minor_of, typed

ROWS_FREE = 2  # empty rows that a table offers beside those filled in
BEFORE = "f."  # what the names of inputs of fields begin with


@dataclass(frozen=True, slots=True)
class Offered:
    """What fields can be filled in with: (key, words) of people of the customer, and of us; the account's currency."""

    contacts: tuple[tuple[int, str], ...] = ()
    people: tuple[tuple[int, str], ...] = ()
    currency: str | None = None


def read(fields: Iterable[Field], sent: Sent, before: str = BEFORE) -> dict[str, Any]:
    """The fields that a form held, as the actions take them; what was left empty is None.

    What does not fit goes on as it was sent: the action says what is wrong with it. Raises ValidationError.
    """
    found = {}
    for field in fields:
        held = {name.removeprefix(before + field.name): said for name, said in sent.items()
                if name == before + field.name or name.startswith(f"{before}{field.name}.")}  # fmt: skip
        if held:
            found[field.name] = _value(field, held)
    return found


def _value(field: Field, held: Sent) -> Any:
    said = held.get("", "").strip()
    match field.type:
        case "money":
            return _money(held)
        case "criterion":
            return criteria.read(held)
        case "rows":
            return _rows(field.columns, held) or None
        case _ if not said:
            return None
        case "number" | "whole":
            return said.replace(" ", "").replace("\u202f", "").replace(",", ".")
        case "share":
            return _share(said)
        case "moment":
            return f"{said}+00:00" if re.fullmatch(r"[\d-]+T[\d:]+", said) else said
        case "yes_no":
            return {"yes": True, "no": False}.get(said, said)
    return said


def _share(said: str) -> float | str:
    """ "45" percent → 0.45"""
    try:
        return round(float(said.replace("%", "").replace(",", ".")) / 100, 6)
    except ValueError:
        return said


def _money(held: Sent) -> dict[str, Any] | None:
    currency = held.get(".currency", "").strip().upper()
    minor = minor_of(held.get(".amount", ""), currency)
    return None if minor is None else {"minor": minor, "currency": currency}


def _rows(columns: Sequence[Field], held: Sent) -> list[dict[str, Any]]:
    numbers = sorted({int(found[1]) for name in held if (found := re.match(r"\.(\d{1,3})\.", name))})
    rows = [read(columns, held, f".{number}.") for number in numbers]
    return [row for row in rows if any(one not in (None, "") for one in row.values())]


def plain(field: Field, value: Any) -> str:
    """A value as its input holds it."""
    if value is None:
        return ""
    match field.type:
        case "texts":
            return "\n".join(value)
        case "share":
            return f"{value * 100:.6g}"
        case "moment":
            return str(value)[:16]
        case "yes_no":
            return "yes" if value else "no"
    return str(value)


def amount(value: Mapping[str, Any] | None) -> str:
    """Of money, in major units, as an input holds it."""
    return "" if value is None else typed(value["minor"], value["currency"])


def words(field: Field, value: Any, shown: str = "", currency: str | None = None) -> str:
    """A value in one line. shown: the name behind a key, as readings tell it; currency: the account's."""
    if value is None:
        return ""
    match field.type:
        case "share":
            return formatting.share(value)
        case "number" | "whole":
            return formatting.plain_number(value)
        case "money":
            return formatting.money(float(Money(value["minor"], value["currency"]).to_decimal()), value["currency"])
        case "day":
            return formatting.day(date.fromisoformat(value))
        case "month":
            return _month(value)
        case "moment":
            return formatting.moment(datetime.fromisoformat(value))
        case "yes_no":
            return "yes" if value else "no"
        case "choice":
            return str(value).replace("_", " ").capitalize()
        case "metric":
            return criteria.metric_name(value)
        case "criterion":
            return criteria.words(value, currency)
        case "texts":
            return "; ".join(value)
    return shown or str(value)


def _month(value: str) -> str:
    """ "2026-03" → "Mar 2026"; as it stands where it was written before months were asked for."""
    try:
        return formatting.month(date.fromisoformat(f"{value}-01"))
    except ValueError:
        return value


def row_numbers(value: Any) -> range:
    """Of the rows that a table shows: those filled in and a few to come."""
    return range(len(value or ()) + ROWS_FREE)


def changes(
    change: tuple[str, str, Any, Any],
    fields: Mapping[str, Field],
    called: Mapping[tuple[str, Any], str],
    currency: str | None = None,
) -> list[tuple[str, str, str, str]]:
    """One change of a history as (row, field, before, after) in words; changed fields each by itself.

    fields: those declared, by name. called: what a row ("Line 7"), a person ("our_owner_id", 3) or a state
    ("state", "on_track") is called.
    """
    row, name, before, after = change
    if name in UNTOLD or (before in EMPTY and after in EMPTY):
        return []
    of = called.get(("row", row), "" if row.startswith("WorkObject") else row)
    if name != "fields":
        label = COLUMNS.get(name, name.removesuffix("_id").replace("_", " ").capitalize())
        was, now = (called.get((name, one), _short(one)) for one in (_key(before), _key(after)))
        return [(of, label, was, now)]
    old, new = before or {}, after or {}
    moved = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    declared = {key: fields.get(key) or Field(key, key) for key in moved}
    told = {
        key: [_told(one, values.get(key), called, currency) for values in (old, new)] for key, one in declared.items()
    }
    return [(of, declared[key].label, _short(was), _short(now)) for key, (was, now) in told.items()]


def _told(field: Field, value: Any, called: Mapping[tuple[str, Any], str], currency: str | None) -> str:
    if field.type == "rows":
        return formatting.plural(len(value or ()), "rows")
    names = {"contact": ("contact_id", value), "person": ("user_id", value)}
    return words(field, value, called.get(names[field.type], "") if field.type in names else "", currency)


COLUMNS = {"what": "What", "our_owner_id": "Our owner", "customer_owner_id": "Their owner", "assent_to": "Agreed to"}
# Where a row hangs and what the machinery keeps beside it: the deed says it already.
UNTOLD = frozenset({"kind", "account_id", "book_id", "work_id", "link_id", "made_by_id", "assents", "created_on", "at"})
EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def _key(value: Any) -> Any:
    """As something that can be looked up."""
    return tuple(map(str, value)) if isinstance(value, list | dict) else value


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    said = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}T[\d:.]+(?:[+-]\d{2}:\d{2}|Z)?", said):
        return formatting.moment(datetime.fromisoformat(said))
    return said if len(said) <= 120 else f"{said[:119]}…"


def name_of(field: Field, value: Any, offered: Offered) -> str:
    """Of a person that a cell of a table names by key."""
    known = {"contact": offered.contacts, "person": offered.people}.get(field.type, ())
    return next((name for key, name in known if key == value), "")
