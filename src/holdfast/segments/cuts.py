"""The merchant's own cuts of recency, frequency and money, where fixed rules are wanted beside those by rank.

home/rfm.toml:

    [cuts]
    recency_days = [365, 180, 90, 30]   # class 5 within 30 days, 4 within 90 …
    frequency = [2, 3, 5, 10]           # class 2 from two days of buying on …
    money = [50, 100, 250, 1000]        # in whole units of the shop's currency

    [shop.Outlet]                       # another shop's own, in place of those
    money = [20, 40, 80, 160]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.metrics.section import Section
from holdfast.warehouse.home import Home, Shop

FILE, CUTS = "rfm.toml", 4


@dataclass(frozen=True, slots=True)
class Cuts:
    """Four cuts each, from the lowest class to the highest; days fall, the others rise."""

    recency_days: tuple[float, ...]
    frequency: tuple[float, ...]
    money: tuple[float, ...]

    def of(self, fact: str) -> tuple[float, ...]:
        return {"recency": self.recency_days, "frequency": self.frequency, "money": self.money}[fact]


def cuts(home: Home, shops: Sequence[Shop]) -> Mapping[int, Cuts]:
    """By shop; empty where the home has no file of them. Raises FrameworkProblem."""
    path = home.path / FILE
    if not path.is_file():
        return {}
    file = Section.read(path)
    with file.table("cuts") as section:
        usual = _cuts(section, None)
    own = {name: _cuts(section, usual) for name, section in file.named_tables("shop")} if "shop" in file else {}
    file.finish()
    return {shop.shop_id: own.get(shop.name, usual) for shop in shops}


def _cuts(section: Section, usual: Cuts | None) -> Cuts:
    told = {}
    for name in ("recency_days", "frequency", "money"):
        if usual is not None and name not in section:
            told[name] = getattr(usual, name)
            continue
        told[name] = found = section.numbers(name)
        wanted = sorted(found, reverse=name == "recency_days")
        if len(found) != CUTS or list(found) != wanted or len(set(found)) != CUTS:
            way = "falling" if name == "recency_days" else "rising"
            raise section.problem(name, f"must be {CUTS} {way} numbers, from the lowest class to the highest")
    return Cuts(**told)
