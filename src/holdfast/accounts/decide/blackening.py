"""What is blackened in a copy that leaves the house, by its profile: nothing, names, money, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from holdfast.accounts.kinds.fields import Field

NAME, AMOUNT = "(name withheld)", "(amount withheld)"


def hides_names(profile: str) -> bool:
    return profile in ("names", "both")


def hides_money(profile: str) -> bool:
    return profile in ("money", "both")


def blackened_text(text: str, names: Iterable[str], profile: str) -> str:
    """Free text without the names of people we know of. An amount within words cannot be told and stays."""
    if not hides_names(profile):
        return text
    for name in sorted({name for name in names if name.strip()}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=re.IGNORECASE)
    return text


def blackened(field: Field, value: Any, names: Iterable[str], profile: str) -> Any:
    """A field's value as a copy shows it; keys of people and amounts of money become words."""
    known = list(names)
    match field.type:
        case "money" if hides_money(profile):
            return AMOUNT
        case "contact" | "person" if hides_names(profile):
            return NAME
        case "text" | "prose":
            return blackened_text(value, known, profile)
        case "texts":
            return [blackened_text(one, known, profile) for one in value]
        case "rows":
            columns = {column.name: column for column in field.columns}
            return [{name: blackened(columns[name], one, known, profile) for name, one in row.items()} for row in value]
    return value
