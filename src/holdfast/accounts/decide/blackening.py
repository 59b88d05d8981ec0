"""What is blackened in a copy that leaves the house, by its profile: nothing, names, money, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.accounts.kinds.fields import Field
from holdfast.commerce.writing import SYMBOLS

NAME, AMOUNT = "(name withheld)", "(amount withheld)"
_CODES = "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF INR JPY KRW MXN NOK NZD PLN RON SEK SGD TRY USD ZAR"
_WORDS = "euros? dollars? pounds? yen rupees?"
_UNIT = "(?:{}|\\b(?:{})\\b)".format(
    "|".join(re.escape(sign) for sign in SYMBOLS.values()), "|".join((*_CODES.split(), *_WORDS.split()))
)
_NUMBER = r"[−-]?\d(?:[\d.,'\u00a0\u202f ]*\d)?(?:\s?(?:k|m|bn|thousand|million|billion)\b)?"
_RANGE = rf"{_NUMBER}(?:\s?(?:to|and|–|-)\s?{_UNIT}?\s?{_NUMBER})?"
AMOUNTS = re.compile(rf"[−-]?{_UNIT}\s?{_RANGE}|{_RANGE}\s?{_UNIT}", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def hides_names(profile: str) -> bool:
    return profile in ("names", "both")


def hides_money(profile: str) -> bool:
    return profile in ("money", "both")


def blackened_text(text: str, names: Iterable[str], profile: str) -> str:
    """Free text without the names of people we know of and mail addresses, and without what looks like an amount of
    money. An amount without a currency beside it cannot be told from another number and stays."""
    if hides_names(profile):
        text = MAIL.sub(NAME, text)  # before a name is taken out of the middle of one
        for name in sorted({name for name in names if name.strip()}, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=re.IGNORECASE)
    return AMOUNTS.sub(AMOUNT, text) if hides_money(profile) else text


def blackened(field: Field, value: Any, names: Iterable[str], profile: str) -> Any:
    """A field's value as a copy shows it; keys of people and amounts of money become words."""
    known = list(names)
    match field.type:
        case "money" if hides_money(profile):
            return AMOUNT
        case "criterion" if hides_money(profile):
            return _without_amounts(value)
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


def _without_amounts(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """Its ends are amounts where its metric is money."""
    from holdfast.metrics.registry import METRICS  # a second to load, which few copies pay

    metric = METRICS.get(criterion.get("metric", ""))
    if metric is None or metric.scale != "money":
        return dict(criterion)
    return {part: AMOUNT if part in ("baseline", "target") else said for part, said in criterion.items()}
