"""Peaks of the year per market, read strictly: those that ship, or the home's own `peaks.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

from holdfast.commerce.peak import AfterEaster, FixedDay, NthWeekday, Peak, Rule, UnlessPentecost
from holdfast.metrics.section import Section

OWN_PEAKS = "peaks.toml"  # in the home
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Market:
    """Where a shop sells: the peaks its customers keep."""

    id: str
    name: str
    zones: tuple[str, ...]  # time zones of shops that are in it when nobody chose
    peaks: tuple[Peak, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    peaks: tuple[Peak, ...]
    markets: tuple[Market, ...]

    def market(self, id: str) -> Market | None:
        return next((m for m in self.markets if m.id == id), None)

    def market_of_zone(self, zone: str) -> Market | None:
        return next((m for m in self.markets if zone in m.zones), None)


def shipped_peaks() -> Calendar:
    with as_file(files("holdfast.metrics") / "calendars" / "peaks.toml") as built_in:
        return read_peaks(built_in)


def peaks_for(home: Path) -> Calendar:
    """The home's own calendar where there is one, else the one that ships. Raises FrameworkProblem."""
    own = home / OWN_PEAKS
    return read_peaks(own) if own.is_file() else shipped_peaks()


def read_peaks(path: Path) -> Calendar:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    file = Section.read(path)
    peaks: dict[str, Peak] = {}
    for section in file.tables("peak"):
        peak = _peak(section)
        if peak.id in peaks:
            raise section.problem("id", f"the id {peak.id!r} is used twice")
        peaks[peak.id] = peak
    markets = tuple(_market(section, peaks) for section in file.tables("market"))
    file.finish()
    return Calendar(tuple(peaks.values()), markets)


def _peak(section: Section) -> Peak:
    peak = Peak(
        section.text("id"),
        section.text("name"),
        _rule(section),
        section.whole("days"),
        section.whole("since") if "since" in section else 1,
        section.text_or_none("source") or "",
    )
    if not 1 <= peak.days <= 200:
        raise section.problem("days", f"must be 1 to 200, not {peak.days}")
    return peak


def _rule(section: Section) -> Rule:
    with section.table("starts") as said:
        if "easter" in said:
            return AfterEaster(_signed(said, "easter"))
        if "last_sunday_unless_pentecost" in said:
            return UnlessPentecost(said.whole("last_sunday_unless_pentecost"), _signed(said, "plus"))
        month = said.whole("month")
        rule: Rule
        if "weekday" in said:
            weekday = WEEKDAYS.index(said.one_of("weekday", WEEKDAYS))
            latest = said.whole("latest") if "latest" in said else 31
            rule = NthWeekday(month, weekday, _signed(said, "nth"), _signed(said, "plus"), latest)
        else:
            rule = FixedDay(month, said.whole("day"))
        try:  # a rule that has no day in some year (31 February, a fifth Monday) is none
            for year in range(2000, 2028):
                rule.on(year)
        except ValueError as problem:
            raise said.problem("month", f"names no day in every year ({problem})") from problem
        return rule


def _signed(section: Section, key: str) -> int:
    """A whole number that may lie below zero; 0 when it is not there."""
    found = section.number_or_none(key) or 0.0
    if not found.is_integer() or abs(found) > 366:
        raise section.problem(key, f"must be a whole number of days, not {found:g}")
    return int(found)


def _market(section: Section, peaks: dict[str, Peak]) -> Market:
    for name in (named := section.texts("peaks")):
        if name not in peaks:
            raise section.problem("peaks", f"names {name}, and there is no [[peak]] with this id")
    return Market(
        section.text("id"), section.text("name"), section.texts("zones"), tuple(peaks[name] for name in named)
    )


def occurrences(market: Market, year: int) -> list[tuple[Peak, date, date]]:
    """Each peak of a market in a year, by its first day: peak, first and last day."""
    found = [(peak, first) for peak in market.peaks if (first := peak.starts(year)) is not None]
    ordered = sorted(found, key=lambda one: one[1])
    return [(peak, first, date.fromordinal(first.toordinal() + peak.days - 1)) for peak, first in ordered]
