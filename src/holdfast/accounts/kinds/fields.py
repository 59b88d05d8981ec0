"""What can be filled in, and whether what was filled in fits. Values are plain JSON: a day is its ISO text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

FieldType = Literal[
    "text",  # one line
    "prose",
    "texts",  # several lines, each a thing of its own
    "number",
    "whole",
    "share",  # 0 … 1
    "money",  # {"minor": whole minor units, "currency": "EUR"}
    "day",
    "month",  # "2026-03"
    "moment",  # with a zone
    "choice",
    "yes_no",
    "metric",  # a declared metric's id
    "criterion",  # {"metric", "baseline", "target", "by"}: see criterion_gaps
    "contact",  # a person on the account's side, by key
    "person",  # one of us, by key
    "rows",  # of the field's columns
]
CRITERION = ("metric", "baseline", "target", "by")
LONGEST = 20_000  # characters of one answer


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. help says what belongs there, in words anybody knows."""

    name: str
    label: str
    help: str = ""
    type: FieldType = "text"
    choices: tuple[str, ...] = ()
    columns: tuple[Field, ...] = ()  # of rows
    ours: bool = False  # never shown to the customer
    theirs: bool = False  # the customer may change it


@dataclass(frozen=True, slots=True)
class Known:
    """What keys in fields may point to."""

    metrics: frozenset[str] = frozenset()
    contacts: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()


class Misfit(ValueError):
    """Values that do not fit their fields; `why` says what is wrong with each."""

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in why.items()))
        self.why = dict(why)


def fitting(fields: Sequence[Field], values: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The values as they are kept: only what is filled in. Raises Misfit naming every field that is wrong."""
    declared = {field.name: field for field in fields}
    wrong = dict.fromkeys(values.keys() - declared.keys(), "there is no such field")
    kept: dict[str, Any] = {}
    for name in values.keys() & declared.keys():
        if empty(values[name]):
            continue
        try:
            kept[name] = _fit(declared[name], values[name], known)
        except (ValueError, TypeError, AttributeError) as error:
            wrong[name] = str(error)
    if wrong:
        raise Misfit(wrong)
    return {name: kept[name] for name in declared if name in kept}


def empty(value: Any) -> bool:
    """Whether nothing was filled in: 0 and no are answers."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {}, ())


def criterion_gaps(value: Any) -> tuple[str, ...]:
    """What a criterion of success still lacks, in words."""
    words = {"metric": "the metric", "baseline": "the baseline", "target": "the target", "by": "the day"}
    held = value if isinstance(value, Mapping) else {}
    return tuple(words[part] for part in CRITERION if empty(held.get(part)))


def _fit(field: Field, value: Any, known: Known) -> Any:
    match field.type:
        case "text" | "prose":
            return _text(value)
        case "texts":
            lines = value.splitlines() if isinstance(value, str) else list(value)
            return [_text(line) for line in lines if not empty(line)]
        case "number" | "share" | "whole":
            return _number(field.type, value)
        case "money":
            return _money(value)
        case "day":
            return _day(value)
        case "month":
            return _month(value)
        case "moment":
            return _moment(value)
        case "choice":
            return _one_of(value, field.choices)
        case "yes_no":
            return _yes_no(value)
        case "metric":
            return _one_of(value, known.metrics, "there is no metric")
        case "criterion":
            return _criterion(value, known)
        case "contact":
            return _key(value, known.contacts, "nobody of this account has the key")
        case "person":
            return _key(value, known.people, "nobody who may work on this has the key")
        case "rows":
            return [row for row in (_row(field, n, one, known) for n, one in enumerate(value, 1)) if row]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("write words here")
    if len(value) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters: link the document instead")
    return value.strip()


def _number(kind: str, value: Any) -> float | int:
    if isinstance(value, bool):
        raise TypeError("write a number here")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError("write a number here") from None
    if not math.isfinite(number):
        raise ValueError("write a number here")
    if kind == "share" and not 0 <= number <= 1:
        raise ValueError("a share lies between 0 and 1")
    if kind == "whole" and number != int(number):
        raise ValueError("write a whole number here")
    return int(number) if number == int(number) and kind != "share" else number


def _month(value: Any) -> str:
    try:
        return date.fromisoformat(f"{str(value).strip()}-01").isoformat()[:7]
    except ValueError:
        raise ValueError("write a month here, such as 2026-03") from None


def _money(value: Any) -> dict[str, Any]:
    minor, currency = value.get("minor"), value.get("currency")
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise ValueError("money is a whole number of the smallest unit")
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha() and currency.isupper()):
        raise ValueError("name the currency by its three letters, such as EUR")
    return {"minor": minor, "currency": currency}


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        raise TypeError("write a day here, without the hour")
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise ValueError("write a day here, as year-month-day") from None


def _moment(value: Any) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("write a day and an hour here") from None
    if moment.tzinfo is None:
        raise ValueError("say in which time zone the hour is")
    return moment.isoformat()


def _one_of(value: Any, choices: Sequence[str] | frozenset[str], nothing: str = "choose one of the list, not") -> str:
    if value not in choices:
        raise ValueError(f"{nothing} {value}")
    return str(value)


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("answer yes or no")
    return value


def _key(value: Any, known: frozenset[int], nothing: str) -> int:
    if isinstance(value, bool) or int(value) not in known:
        raise ValueError(f"{nothing} {value}")
    return int(value)


def _criterion(value: Any, known: Known) -> dict[str, Any]:
    strange = sorted(value.keys() - set(CRITERION))
    if strange:
        raise ValueError(f"a criterion has no {strange[0]}")
    kept: dict[str, Any] = {}
    for part in (part for part in CRITERION if not empty(value.get(part))):
        told = value[part]
        if part == "metric":
            kept[part] = _one_of(told, known.metrics, "there is no metric")
        else:
            kept[part] = _day(told) if part == "by" else _number("number", told)
    return kept


def _row(field: Field, number: int, row: Any, known: Known) -> dict[str, Any]:
    try:
        return fitting(field.columns, row, known)
    except Misfit as misfit:
        raise ValueError(f"row {number}: {misfit}") from misfit
