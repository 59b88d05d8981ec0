"""Playbooks as TOML, read strictly: a key nobody asked for is an error that names it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast, get_args

from holdfast.metrics.section import FrameworkProblem, Section
from holdfast.playbooks.conditions import Condition, ConditionProblem, conditions
from holdfast.playbooks.declare import (
    ASKED,
    WHOLE,
    Again,
    Audience,
    Class,
    Deed,
    Holdout,
    Measured,
    On,
    Peaks,
    Playbook,
    PlaybookProblem,
    Season,
    Step,
    Stop,
    Trigger,
    Watched,
)
from holdfast.playbooks.facts import Who


def read(path: Path) -> Playbook:
    """Raises PlaybookProblem, which names the file, the key and what is wrong."""
    return read_version(path, path.stem)


def read_version(path: Path, id: str) -> Playbook:
    """The same of a file that is not called as its playbook is."""
    try:
        file = Section.read(path)
        found = _playbook(file)
    except FrameworkProblem as problem:
        raise PlaybookProblem(str(problem)) from problem
    except PlaybookProblem as problem:
        raise PlaybookProblem(f"{path}: {problem}") from problem
    if found.id != id:
        raise PlaybookProblem(f"{path}: id: is {found.id!r}; a playbook's file is called as it is")
    return found


def read_text(text: str, called: str) -> Playbook:
    """What a file would hold that nobody wrote. called: its name in what is said. Raises PlaybookProblem."""
    try:
        return _playbook(Section.read_text(Path(called), text))
    except FrameworkProblem as problem:
        raise PlaybookProblem(str(problem)) from problem
    except PlaybookProblem as problem:
        raise PlaybookProblem(f"{called}: {problem}") from problem


def _playbook(file: Section) -> Playbook:
    who = cast(Who, file.one_of("who", get_args(Who)))
    said: dict[str, Any] = {key: file.text(key) for key in ("id", "name", "aim", "owner")}
    if "priority" in file:
        said["priority"] = file.whole("priority")
    with file.table("audience") as section:
        said["audience"] = Audience(_conditions(section, who, "when"), section.text_or_none("segment") or "")
    with file.table("trigger") as section:
        said["trigger"] = _trigger(section)
    for key, reader in (("stop", _stop), ("again", _again), ("peaks", _peaks), ("holdout", _holdout),
                        ("measured", _measured)):  # fmt: skip
        if key in file:
            with file.table(key) as section:
                said[key] = reader(section, who)
    said["steps"] = tuple(_step(section, who) for section in file.tables("step"))
    file.finish()
    return Playbook(who=who, **said)


def _conditions(section: Section, who: Who, key: str) -> tuple[Condition, ...]:
    try:
        return conditions(who, *section.texts(key))
    except ConditionProblem as problem:
        raise section.problem(key, str(problem)) from problem


def _trigger(section: Section) -> Trigger:
    on = cast(On, section.one_of("on", get_args(On)))
    event = section.text_or_none("event") if on == "event" else None
    fact = f"event:{event}" if event else (section.text_or_none("fact") if on == "date" else None)
    within = section.whole("within_days") if "within_days" in section else Trigger().within_days
    return Trigger(on, fact or "", _days(section, "days"), within, section.yes("those_inside"))


def _days(section: Section, key: str) -> int:
    """So many days, before (below 0) or after."""
    days = section.number_or_none(key) or 0.0
    if days != int(days):
        raise section.problem(key, "is a whole number of days")
    return int(days)


def _stop(section: Section, who: Who) -> Stop:
    return Stop(
        section.yes("bought"), section.yes("unsubscribed"), section.yes("left"), _conditions(section, who, "when")
    )


def _again(section: Section, who: Who) -> Again:
    rest = section.whole("rest_days") if "rest_days" in section else 0
    most = section.whole("most") if "most" in section else 0
    return Again(section.yes("once"), rest, most)


def _peaks(section: Section, who: Who) -> Peaks:
    def season(key: str) -> Season:
        return cast(Season, section.one_of(key, get_args(Season))) if key in section else "as usual"

    return Peaks(season("starts"), season("messages"))


def _holdout(section: Section, who: Who) -> Holdout:
    because = section.text_or_none("none_because") or ""
    share = section.number("share") if not because else Holdout().share
    return Holdout(share, section.text_or_none("cluster") or "", section.text_or_none("stratum") or "", because)


def _measured(section: Section, who: Who) -> Measured:
    return Measured(
        metric=section.text("metric"),
        hypothesis=section.text("hypothesis"),
        days=section.whole("days"),
        planned=section.whole("planned"),
        per=section.text_or_none("per") or "assigned",
        guardrails=tuple(
            Watched(one.text("metric"), one.number("tolerance"), one.text_or_none("per") or "assigned")
            for one in section.tables("guardrails")
        ),
        segments=section.texts("segments"),
        claims=section.text_or_none("claims") or "",
        stop=section.text_or_none("stop") or "at the horizon",
        lot=section.text_or_none("lot") or "",
        currency=section.text_or_none("currency") or "",
    )


def _step(section: Section, who: Who) -> Step:
    do = cast(Deed, section.one_of("do", get_args(Deed)))
    needed, may = ASKED[do]
    says = {key: section.whole(key) if key in WHOLE else section.text(key) for key in (*needed, *may) if key in section}
    branch = do == "branch"
    return Step(
        id=section.text("id"),
        do=do,
        says=says,
        after=_wait(section, "after"),
        only_if=_conditions(section, who, "if" if branch else "only_if"),
        turns=section.whole("turns") if "turns" in section else 1,
        every=_wait(section, "every") or timedelta(days=1),
        then=(section.text_or_none("then") or "") if branch else "",
        otherwise=(section.text_or_none("otherwise") or "") if branch else "",
        of_class=cast(Class, section.one_of("class", get_args(Class))) if "class" in section else "marketing",
        cost=section.number_or_none("cost") or 0.0,
    )


def _wait(section: Section, key: str) -> timedelta:
    """`after_days` and `after_hours`, together."""
    days = section.number_or_none(f"{key}_days") or 0.0
    return timedelta(days=days, hours=section.number_or_none(f"{key}_hours") or 0.0)
