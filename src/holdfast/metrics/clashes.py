"""Targets on one card that do not fit each other, with the arithmetic done on the numbers as they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.metrics.targets import Contradiction, Criterion, Framework
from holdfast.metrics.yearly import kept_in_a_year, monthly_for, yearly_factor


@dataclass(frozen=True, slots=True)
class Clash:
    """A contradiction between targets that one merchant has."""

    contradiction: Contradiction
    between: tuple[Criterion, ...]  # those on the card
    arithmetic: str  # one sentence


def clashes(framework: Framework, applied: Sequence[Criterion]) -> tuple[Clash, ...]:
    """Those of which at least two targets (or the only one) are among the applied, unless the numbers now agree."""
    by_id = {criterion.id: criterion for criterion in applied}
    found = []
    for contradiction in framework.contradictions:
        there = tuple(by_id[id] for id in contradiction.between if id in by_id)
        if len(there) < min(2, len(contradiction.between)):
            continue
        said = _worked_out(contradiction, there)
        if said is not None:
            found.append(Clash(contradiction, there, said))
    return tuple(found)


def _worked_out(contradiction: Contradiction, there: tuple[Criterion, ...]) -> str | None:
    """The arithmetic in words; None where the targets as they stand do not clash."""
    work = _WORK.get(contradiction.works_out)
    return contradiction.arithmetic if work is None else work(*there)


def _percent(share: float, places: int = 1) -> str:
    return f"{share * 100:.{places}f}".removesuffix(".0").removesuffix(".00") + " %"


def _kept(monthly: Criterion, yearly: Criterion) -> str | None:
    """A monthly churn against a share that is to stay over a year."""
    if kept_in_a_year(monthly.acceptable) >= yearly.acceptable:
        return None
    ends = sorted({monthly.acceptable, *(() if monthly.stretch is None else (monthly.stretch,))})
    keeps = [f"{kept_in_a_year(end) * 100:.1f} %" for end in ends]
    lost = [f"{_percent(end)} a month keeps {kept} over a year" for end, kept in zip(ends, keeps, strict=True)]
    needs = f"{_percent(yearly.acceptable)} a year needs {monthly_for(yearly.acceptable) * 100:.2f} % a month or less"
    return f"{' and '.join(lost)}; {needs}"


def _factor(monthly: Criterion) -> str:
    ends = sorted({monthly.acceptable, *(() if monthly.stretch is None else (monthly.stretch,))})
    return " and ".join(f"{_percent(end)} a month is × {yearly_factor(end):.2f} a year" for end in ends)


def _expansion(expansion: Criterion, churn: Criterion) -> str | None:
    """What is left of a year's revenue, by adding: the worst of both ranges, and the best."""
    worst = expansion.acceptable - (1 - kept_in_a_year(churn.acceptable))
    best = max(expansion.range) - (1 - kept_in_a_year(min(churn.range)))
    if worst >= 0:
        return None
    return (
        f"expansion of {_range(expansion)} with churn of {_range(churn)} a month leaves net revenue retention between"
        f" {1 + worst:.0%} and {1 + best:.0%}, by adding".replace("%", " %").replace("  ", " ")
    )


def _range(criterion: Criterion) -> str:
    low, high = sorted(criterion.range)
    return _percent(low) if low == high else f"{_percent(low)[:-2]}–{_percent(high)}"


_WORK: dict[str, Callable[..., str | None]] = {
    "kept_in_a_year": _kept, "yearly_factor": _factor, "expansion_less_churn": _expansion,
}  # fmt: skip
