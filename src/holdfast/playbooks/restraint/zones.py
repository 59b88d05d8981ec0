"""In which zone a country's people live, where it has only one; elsewhere nobody can say."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib import resources


@cache
def zone_of_country() -> dict[str, str]:
    """Two letters or the English name, in capitals → IANA zone; countries of several zones are not in it."""
    zones, names = defaultdict(list), {}
    for cells in _lines("zone.tab"):
        zones[cells[0]].append(cells[2])
    for cells in _lines("iso3166.tab"):
        names[cells[0]] = cells[1].upper()
    single = {code: found[0] for code, found in zones.items() if len(found) == 1}
    ours = {"UK": single["GB"], "UNITED KINGDOM": single["GB"]}
    return single | {names[code]: zone for code, zone in single.items() if code in names} | ours


def _lines(name: str) -> list[list[str]]:
    told = (resources.files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in told if line and not line.startswith("#")]
