"""A criterion of success in a form and in words: its ends are numbers of its metric, written in the metric's unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from holdfast.accounts.kinds.fields import CRITERION
from holdfast.web import formatting, reading
from holdfast.web.sent import Sent

ENDS = {"baseline": "from", "target": "to"}
THOUSANDS = re.compile(r"-?[1-9]\d{0,2},\d{3}%?")  # a comma that stands for thousands here and for decimals there
WRITE = "A share with its sign, such as 79.9 %; anything else as a number in the metric's unit"


def read(held: Sent) -> dict[str, Any] | None:
    """What the inputs of a criterion held, shares as parts of one. Raises ValidationError for what says two things."""
    told: dict[str, Any] = {part: one for part in CRITERION if (one := held.get(f".{part}", "").strip())}
    scale = _scale(told.get("metric", ""))
    return told | {part: _end(told[part], scale) for part in ENDS if part in told} or None


def _end(said: str, scale: str) -> str | float:
    """ "79.9 %" → 0.799. What is no number goes on as it was sent: the action says what is wrong with it."""
    plain = "".join(said.split()).replace(formatting.MINUS, "-")
    if THOUSANDS.fullmatch(plain):
        many, few = plain.replace(",", ""), plain.replace(",", ".")
        raise ValidationError(f"with its comma it may be {many} or {few}: write one of these")
    plain = plain.replace(",", ".")
    try:
        number = float(plain.removesuffix("%"))
    except ValueError:
        return said
    if not plain.endswith("%"):
        if scale == "share" and 0 < abs(number) <= 1:
            raise ValidationError(f"“{said}” may be {said} % or {number * 100:g} %: write it with its sign")
        return round(number / 100, 8) if scale == "share" else plain
    if scale not in ("share", ""):
        raise ValidationError(f"“{said}”: this metric is no share, so write it without the sign, in the metric's unit")
    return round(number / 100, 8)


def typed(value: Mapping[str, Any] | None, part: str) -> str:
    """A part of a criterion as its input holds it."""
    told = (value or {}).get(part)
    if told is None or part not in ENDS or _scale((value or {}).get("metric", "")) != "share":
        return "" if told is None else str(told)
    return f"{told * 100:.8g} %"


def words(value: Mapping[str, Any], currency: str | None = None) -> str:
    """ "Refund rate from 8.0 % to 5.0 % by 1 Jun 2026", with what is not there left out.

    currency: of the account, where amounts are meant.
    """
    metric = value.get("metric", "")
    said = [metric_name(metric) if metric else "no metric yet:"]
    said += [f"{word} {_told(value[part], metric, currency)}" for part, word in ENDS.items() if part in value]
    return " ".join([*said, *([f"by {formatting.day(date.fromisoformat(value['by']))}"] if "by" in value else [])])


def metric_name(metric_id: str) -> str:
    found = reading.metrics().get(metric_id)
    return found.name if found else metric_id


def _told(value: float | str, metric_id: str, currency: str | None) -> str:
    """An end; words stand where an amount is withheld."""
    if isinstance(value, str):
        return value
    scale = _scale(metric_id)
    return formatting.measured(value, scale, currency) if scale else formatting.plain_number(value)


def _scale(metric_id: str) -> str:
    found = reading.metrics().get(metric_id)
    return found.scale if found else ""
