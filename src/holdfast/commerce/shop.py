"""A store of one platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    shop_id: int
    name: str  # short name used on the command line
    account: str  # the account it belongs to
    iana_timezone: str  # "Europe/London": its days begin and end there
    currency: str  # ISO 4217, the money it reports in
    simulated: bool = False  # invented data, labelled wherever it shows
