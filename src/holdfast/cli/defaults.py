"""The home's defaults for new shops: the `[defaults]` table of holdfast.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.warehouse.home import Home


@dataclass(frozen=True, slots=True)
class Defaults:
    """Empty: nothing was said."""

    currency: str = ""
    zone: str = ""


def read(home: Home) -> Defaults:
    from holdfast.warehouse.home import HomeProblem

    path = home.path / "holdfast.toml"
    try:
        said = tomllib.loads(path.read_text()).get("defaults", {})
        return Defaults(str(said.get("currency", "")), str(said.get("zone", "")))
    except FileNotFoundError:
        return Defaults()
    except (tomllib.TOMLDecodeError, AttributeError) as problem:
        raise HomeProblem(f"{path} cannot be read: {problem}. Mend it or move it away.") from problem


def keep(home: Home, currency: str | None, zone: str | None) -> None:
    """Write what was said; the rest of the file stays as it is."""
    import tomlkit

    from holdfast.warehouse.home import write_whole

    if not (currency or zone):
        return
    path = home.path / "holdfast.toml"
    document = tomlkit.parse(path.read_text())
    table = document.setdefault("defaults", tomlkit.table())
    for name, value in (("currency", currency), ("zone", zone)):
        if value:
            table[name] = value
    write_whole(path, tomlkit.dumps(document))


def checked_currency(said: str | None) -> str | None:
    """The code in capitals. Raises UnknownCurrency."""
    from holdfast.commerce.currency import minor_digits

    if said is None:
        return None
    minor_digits(said.upper())
    return said.upper()


def checked_zone(said: str | None) -> str | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from holdfast.cli.failure import CannotBeDone

    if said is None:
        return None
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CannotBeDone(f"{said!r} is not an IANA time zone; write one such as Europe/London") from None
    return said
