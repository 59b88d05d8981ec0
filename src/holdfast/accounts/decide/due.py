"""Which touchpoint an account is due, by when and why; or why none is. The table is data, the rule is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from holdfast.metrics.section import Section

SHIPPED = Path(__file__).with_name("touchpoints.toml")
FILE = "touchpoints.toml"  # in the home, in place of what ships
STRANDS = ("onboarding", "steady", "review", "red")
KINDS = ("check_in", "review", "onboarding", "renewal", "update")
TALKS = ("check_in", "review", "onboarding", "renewal")  # two ways: a written update is no talk
WORDS = {"check_in": "check-in", "review": "review", "onboarding": "onboarding call", "renewal": "renewal talk",
         "update": "written update"}  # fmt: skip
RED = "red"
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Rule:
    """One strand of a tier. Either every so many days, or so many times within so many days, or not, and why."""

    kind: str
    every_days: int = 0
    times: int = 0
    within_days: int = 0
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    tiers: Mapping[str, Mapping[str, Rule]]  # tier → strand → rule
    plan_ahead_days: int


@dataclass(frozen=True, slots=True)
class Looked:
    """An account as the rule sees it. status: of its health; empty where it is not known."""

    account_id: int
    tier: str
    stage: str
    since: date | None = None
    status: str = ""
    held: Mapping[str, date] = field(default_factory=dict)  # kind → when one was last held
    times: Mapping[str, int] = field(default_factory=dict)  # kind → how many were held
    called_off: Mapping[str, date] = field(default_factory=dict)  # kind → the last due day that was called off
    planned: Mapping[str, date] = field(default_factory=dict)  # kind → the next due day that is open


@dataclass(frozen=True, slots=True)
class Due:
    account_id: int
    kind: str
    on: date
    because: str


@dataclass(frozen=True, slots=True)
class Hold:
    account_id: int
    kind: str
    because: str


def shipped() -> Rules:
    return _read(SHIPPED)


def rules(home: Path) -> Rules:
    """Raises FrameworkProblem, which names the file, the key and what is wrong."""
    own = home / FILE
    return _read(own) if own.is_file() else shipped()


def due(account: Looked, known: Rules, today: date) -> tuple[Due | Hold, ...]:
    """One answer for each strand that concerns the account now."""
    strands = known.tiers.get(account.tier, {})
    if account.stage == "left":
        return (Hold(account.account_id, "check_in", "the account left"),)
    found = [_strand(account, name, strands[name], today) for name in _concerned(account) if name in strands]
    if not account.status and RED in strands:
        found.append(Hold(account.account_id, strands[RED].kind, "nobody knows whether its health is red"))
    return tuple(found)


def _concerned(account: Looked) -> tuple[str, ...]:
    usual = ("onboarding",) if account.stage == "onboarding" else ("steady", "review")
    return (*usual, RED) if account.status == RED else usual


def _strand(account: Looked, name: str, rule: Rule, today: date) -> Due | Hold:
    if rule.hold:
        return Hold(account.account_id, rule.kind, rule.hold)
    if rule.kind in account.planned:
        return Hold(account.account_id, rule.kind, f"one is planned for {account.planned[rule.kind]}")
    if rule.times:
        return _counted(account, rule, today)
    return _again(account, name, rule, today)


def _counted(account: Looked, rule: Rule, today: date) -> Due | Hold:
    had = account.times.get(rule.kind, 0)
    if had >= rule.times:
        return Hold(account.account_id, rule.kind, f"all {rule.times} were held")
    which = f"{had + 1} of {rule.times} within {rule.within_days} days"
    if account.since is None:
        return Due(account.account_id, rule.kind, today, f"{which}; nobody knows since when this is an account")
    on = account.since + timedelta(days=rule.within_days * (had + 1) // rule.times)
    return Due(account.account_id, rule.kind, max(on, today), f"{which} of {account.since}")


def _again(account: Looked, name: str, rule: Rule, today: date) -> Due:
    """From the last one held or called off: what was called off is not asked for again the next day."""
    kinds = TALKS if name == "steady" else (rule.kind,)
    last = max((account.held[kind] for kind in kinds if kind in account.held), default=None)
    off = account.called_off.get(rule.kind)
    wait, every = timedelta(days=rule.every_days), f"{WORDS[rule.kind]} every {rule.every_days} days"
    if off is not None and (last is None or off > last):
        return Due(account.account_id, rule.kind, off + wait, f"{every}; the one of {off} was called off")
    if last is not None:
        return Due(account.account_id, rule.kind, last + wait, f"{every}; the last was on {last}")
    # Of an account that was ours before Holdfast was, nobody is late by years on the first day.
    first = today if account.since is None else max(account.since + wait, today)
    return Due(account.account_id, rule.kind, first, f"{every}; none was held yet")


def _read(path: Path) -> Rules:
    file = Section.read(path)
    tiers = {name: _tier(section) for name, section in file.named_tables("tier")}
    read = Rules(tiers, file.whole("plan_ahead_days"))
    file.finish()
    return read


def _tier(section: Section) -> dict[str, Rule]:
    found = {}
    for name in STRANDS:
        if name in section:
            with section.table(name) as strand:
                found[name] = _rule(strand)
    return found


def _rule(section: Section) -> Rule:
    kind = section.one_of("kind", KINDS)
    if "hold" in section:
        return Rule(kind, hold=section.text("hold"))
    if "per_year" in section:
        return Rule(kind, every_days=YEAR_DAYS // _some(section, "per_year"))
    if "times" in section:
        return Rule(kind, times=_some(section, "times"), within_days=_some(section, "within_days"))
    return Rule(kind, every_days=_some(section, "every_days"))


def _some(section: Section, key: str) -> int:
    found = section.whole(key)
    if not 0 < found <= YEAR_DAYS:
        raise section.problem(key, f"must be from 1 to {YEAR_DAYS}, not {found}")
    return found
