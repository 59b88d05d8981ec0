"""What a cell says: days, numbers, amounts, choices. Each raises ValueError with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from holdfast.commerce.currency import UnknownCurrency
from holdfast.commerce.money import Money
from holdfast.sources.files.dialect import folded

EMPTIED = frozenset({"-", "–", "—"})
YES = frozenset({"yes", "y", "true", "1", "x"})
NO = frozenset({"no", "n", "false", "0"})
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?Z?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AMOUNT = re.compile(r"-?\d+(?:[.,]\d+)*")


def whole(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise ValueError("write a whole number")
    return int(said)


def one_of(said: str, choices: Iterable[tuple[str, Any]]) -> str:
    """The key of a choice that is named by its key or its words."""
    pairs = [(key, str(words)) for key, words in choices]
    found = next((key for key, words in pairs if folded(said) in (folded(key), folded(words))), None)
    if found is None:
        raise ValueError(f"it is one of {', '.join(words for _, words in pairs)}")
    return found


def yes_or_no(said: str) -> bool:
    if folded(said) not in YES | NO:
        raise ValueError("write yes or no")
    return folded(said) in YES


def day_first(said: Sequence[str]) -> bool | None:
    """Whether 03/04/2026 is in April, by the other cells of its column; None where none of them tells."""
    pairs = [(int(found[1]), int(found[2])) for one in said if (found := _SLASHED.fullmatch(one))]
    first, second = any(one > 12 for one, _ in pairs), any(other > 12 for _, other in pairs)
    return None if first == second else first


def day(said: str, first: bool | None) -> date:
    """first: of a day written with strokes, that the day comes before the month."""
    try:
        if found := _ISO.fullmatch(said):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTTED.fullmatch(said):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _SLASHED.fullmatch(said):
            one, other = int(found[1]), int(found[2])
            if first is not None or one == other:
                return date(int(found[3]), other, one) if first else date(int(found[3]), one, other)
            raise ValueError("which number is the month cannot be told: write it like 2026-01-31")
    except ValueError as problem:
        raise ValueError(str(problem) if "told" in str(problem) else "there is no such day") from None
    raise ValueError("write the day like 2026-01-31")


def minor(said: str, currency: str) -> int:
    """ "1 200.50" and "1.200,50" → 120050."""
    bare = re.sub(r"[\s\u00a0\u202f']", "", said)
    if not _AMOUNT.fullmatch(bare):
        raise ValueError("write the amount like 12000.00, without the currency")
    last = max(bare.rfind("."), bare.rfind(","))
    both, once = "." in bare and "," in bare, bare.count(bare[last]) == 1 if last >= 0 else False
    if last >= 0 and not both and once and len(bare) - last == 4 and bare[last] == ".":
        raise ValueError("a point before three digits can be read two ways: write it like 12000.00")
    cents = last >= 0 and once and (both or len(bare) - last != 4)
    plain = re.sub(r"[.,]", "", bare[:last]) + "." + bare[last + 1 :] if cents else re.sub(r"[.,]", "", bare)
    try:
        return Money.from_decimal(Decimal(plain), currency).minor
    except UnknownCurrency:
        raise ValueError("the currency beside it is not known") from None
    except (InvalidOperation, ValueError):
        raise ValueError("the amount is too large") from None


def tags(said: str) -> list[str]:
    return sorted({one.strip() for one in re.split(r"[,;|]", said) if one.strip()})


def told(value: Any, words: Mapping[Any, str] | None = None) -> str:
    """A value as a preview shows it; empty for none."""
    if value is None or value == "":
        return ""
    if words is not None:
        return words.get(value, str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
