"""A framework file, read strictly: the built-in one, or a merchant's edited copy in the home."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from typing import cast, get_args

from holdfast.metrics.section import FrameworkProblem, Section
from holdfast.metrics.targets import (
    EFFECT_CLAIMS,
    Contradiction,
    Coverage,
    Criterion,
    Direction,
    Family,
    Flag,
    Framework,
    Measure,
    Operator,
    Option,
    Phase,
    Scale,
    Segment,
    State,
    Strategy,
    System,
)

__all__ = ["OWN_COPY", "Framework", "FrameworkProblem", "load", "load_for"]

OWN_COPY = "framework.toml"  # in the home


def load(path: Path | None = None) -> Framework:
    """The framework in a file; without one the built-in framework. Raises FrameworkProblem."""
    if path is None:
        with as_file(files("holdfast.metrics") / "frameworks" / "ecommerce.toml") as built_in:
            return load(built_in)
    return _framework(Section.read(path))


def load_for(home: Path) -> Framework:
    """The home's own copy, `framework.toml`, where there is one, else the built-in framework."""
    own = home / OWN_COPY
    return load(own if own.is_file() else None)


def _framework(file: Section) -> Framework:
    measures = {number: _measure(number, section) for number, section in file.named_tables("measure")}
    read = Framework(
        id=file.text("id"),
        version=file.whole("version"),
        name=file.text("name"),
        measures=tuple(measures.values()),
        segments=tuple(_segment(section, measures) for section in file.tables("segment")),
        phases=tuple(_phase(section, measures) for section in file.tables("phase")),
        states=tuple(State(s.text("id"), s.text("name"), s.text("meaning")) for s in file.tables("state")),
        strategies=tuple(_strategy(section, measures) for section in file.tables("strategy")),
        families=tuple(_family(section, measures) for section in file.tables("family")),
        contradictions=tuple(_contradiction(section) for section in file.tables("contradiction")),
        systems=tuple(System(s.text("kind"), s.texts("names")) for s in file.tables("system")),
        coverage=_coverage(file),
    )
    file.finish()
    _check_ids(file, read)
    _check_phases(file, read.phases)
    return read


def _measure(number: str, section: Section) -> Measure:
    measure = Measure(
        number,
        section.text("name"),
        section.text("connect"),
        section.text_or_none("metric"),
        section.yes("needs_holdout"),
    )
    if number in EFFECT_CLAIMS and not measure.needs_holdout:
        raise section.problem("needs_holdout", f"{number} claims an effect and must stay true")
    return measure


def _segment(section: Section, measures: dict[str, Measure]) -> Segment:
    return Segment(
        section.text("id"),
        section.text("name"),
        section.text("like"),
        section.texts("decides"),
        tuple(_criterion(criterion, measures) for criterion in section.tables("criterion")),
    )


def _phase(section: Section, measures: dict[str, Measure]) -> Phase:
    return Phase(
        id=section.text("id"),
        name=section.text("name"),
        from_day=section.whole("from_day"),
        until_day=section.whole("until_day") if "until_day" in section else None,
        anchor=section.text("anchor"),
        aim=section.text("aim"),
        activities=section.texts("activities"),
        criteria=tuple(_criterion(criterion, measures) for criterion in section.tables("criterion")),
    )


def _criterion(section: Section, measures: dict[str, Measure]) -> Criterion:
    criterion = Criterion(
        id=section.text("id"),
        label=section.text("label"),
        measure=_named(section, "measure", [section.text("measure")], measures)[0],
        scale=cast(Scale, section.one_of("scale", get_args(Scale))),
        direction=cast(Direction, section.one_of("direction", get_args(Direction))),
        operator=cast(Operator, section.one_of("operator", get_args(Operator))),
        acceptable=section.number("acceptable"),
        stretch=section.number_or_none("stretch"),
        source=section.text("source"),
        beside=_named(section, "beside", section.texts("beside"), measures),
        flags=tuple(Flag(flag.text("id"), flag.text("why")) for flag in section.tables("flags")),
        question=section.text_or_none("question"),
        read_by=section.text_or_none("metric"),
        options=tuple(_option(option) for option in section.tables("answers")),
    )
    _check_criterion(section, criterion)
    return criterion


def _option(section: Section) -> Option:
    scale = section.one_of("scale", get_args(Scale)) if "scale" in section else None
    return Option(
        section.text("id"), section.text("says"), section.text_or_none("metric"), cast("Scale | None", scale),
        section.number_or_none("acceptable"), section.number_or_none("stretch"), section.yes("aside"),
    )  # fmt: skip


def _strategy(section: Section, measures: dict[str, Measure]) -> Strategy:
    return Strategy(
        section.text("id"),
        section.text("name"),
        section.texts("parts"),
        _named(section, "indicators", section.texts("indicators"), measures),
        section.text_or_none("read_as") or "",
    )


def _family(section: Section, measures: dict[str, Measure]) -> Family:
    return Family(
        section.text("id"),
        section.text("name"),
        _named(section, "measures", section.texts("measures"), measures),
        _named(section, "also", section.texts("also"), measures),
    )


def _contradiction(section: Section) -> Contradiction:
    return Contradiction(
        section.text("id"), section.texts("between"), section.text("arithmetic"), section.text("treatment"),
        section.text_or_none("works_out") or "", section.text_or_none("leaves_aside") or "",
        section.text_or_none("in_segment") or "",
    )  # fmt: skip


def _coverage(file: Section) -> Coverage:
    with file.table("coverage") as section:
        return Coverage(section.texts("archetypes"), section.texts("motions"), section.texts("themes"))


def _named(section: Section, key: str, numbers: Iterable[str], measures: dict[str, Measure]) -> tuple[Measure, ...]:
    for number in numbers:
        if number not in measures:
            raise section.problem(key, f"names {number}, and there is no [measure.{number}]")
    return tuple(measures[number] for number in numbers)


def _check_criterion(section: Section, criterion: Criterion) -> None:
    upward = criterion.operator in (">=", ">")
    if upward != (criterion.direction == "up"):
        raise section.problem("operator", f"{criterion.operator} does not fit the direction {criterion.direction}")
    for key, target in (("acceptable", criterion.acceptable), ("stretch", criterion.stretch)):
        lowest, highest = {
            "mean_1_5": (1.0, 5.0),
            "share": (0.0, 1.0),
            "hours": (0.0, 8760.0),
            "points": (-100.0, 100.0),
        }.get(criterion.scale, (-1.0, 100.0))
        if target is not None and not lowest <= target <= highest:
            hint = f"{lowest:g} to {highest:g} on the scale {criterion.scale}"
            raise section.problem(key, f"must be {hint}, not {target:g} (60 % is written 0.6)")
    if criterion.stretch is not None and (criterion.stretch > criterion.acceptable) != upward:
        raise section.problem("stretch", f"must be better than acceptable, which is {criterion.acceptable:g}")
    if any(flag.id == "scale_conflict" for flag in criterion.flags) and criterion.question is None:
        raise section.problem("question", "is missing: a scale conflict must be asked about once")
    if criterion.options and criterion.question is None:
        raise section.problem("question", "is missing: answers need one")
    if len({option.id for option in criterion.options}) < len(criterion.options):
        raise section.problem("answers", "two of them have the same id")


def _check_ids(file: Section, read: Framework) -> None:
    groups: dict[str, list[str]] = {
        "criterion": [criterion.id for criterion in read.criteria],
        "segment": [segment.id for segment in read.segments],
        "phase": [phase.id for phase in read.phases],
    }
    for kind, ids in groups.items():
        for id in ids:
            if ids.count(id) > 1:
                raise file.problem(kind, f"the id {id!r} is used twice")
    for contradiction in read.contradictions:
        for id in (*contradiction.between, *filter(None, [contradiction.leaves_aside])):
            if id not in groups["criterion"]:
                raise file.problem(f"contradiction {contradiction.id!r}.between", f"no criterion is called {id!r}")


def _check_phases(file: Section, phases: tuple[Phase, ...]) -> None:
    """Days 0, 1, 2, … must each fall into one phase."""
    day: int | None = 0
    for phase in phases:
        if phase.from_day != day:
            raise file.problem(f"phase {phase.id!r}.from_day", f"must be {day}, where the phase before it ends")
        if phase.until_day is not None and phase.until_day <= phase.from_day:
            raise file.problem(f"phase {phase.id!r}.until_day", f"must lie after {phase.from_day}")
        day = phase.until_day
    if phases and day is not None:
        raise file.problem(f"phase {phases[-1].id!r}.until_day", "the last phase has no end: remove it")
