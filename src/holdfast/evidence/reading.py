"""What a lot shows as of a day: primary effect, guardrails, segments, checks, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.arms import Asked, arms_sql, by_arm, moments_of
from holdfast.evidence.checks import Check, balance_check, conflicts_check, counts_check, lost_check
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.registration import Guardrail, Outcome, Registration
from holdfast.evidence.verdict import Verdict, verdict
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guardrail as it stands. held: surely no worse than its tolerance; None where that cannot be told."""

    guardrail: Guardrail
    effect: Effect | Unknown
    held: bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """The effect among one member of a declared segment."""

    by: str
    member: str
    effect: Effect | Unknown


@dataclass(frozen=True, slots=True)
class Reading:
    """now: by an interval that holds at every look. final: by one for the planned day, once; None before it."""

    registration: Registration
    as_of: date
    grade: Grade
    now: Effect | Unknown
    final: Effect | Unknown | None
    due: date  # the planned day: the horizon of the last one assigned is over
    assigned: Mapping[str, int]
    matured: Mapping[str, int]
    smallest: float
    variation: float
    guarded: tuple[Guarded, ...]
    members: tuple[Member, ...]
    checks: tuple[Check, ...]
    verdict: Verdict

    @property
    def shown(self) -> Effect | Unknown:
        """The effect a sentence speaks of."""
        return self.now if self.final is None else self.final


def read(home: Home, snapshot: Snapshot, lot: Lot) -> Reading:
    """Raises LotProblem where nothing was drawn yet."""
    it, due = lot.registration, lot.drawn_on + timedelta(days=lot.registration.days)
    with closing(open_snapshot(home, snapshot, beside={"lot": lot.assigned})) as connection:
        seen = Seen(connection, it, snapshot)
        over = snapshot.as_of >= due
        arms = seen.arms(it.outcome)
        now = effect_of(arms, it.planned)
        final = effect_of(arms, None) if over else None
        guarded = tuple(
            _guarded(one, effect_of(seen.arms(one.outcome), None if over else it.planned)) for one in it.guardrails
        )
        members = tuple(
            Member(by, member, effect_of(found, None if over else it.planned))
            for by in it.segments
            for member, found in seen.members(by).items()
        )
        assigned, lost, conflicts = seen.counts()
    checks = (
        counts_check(assigned, it.held_out), balance_check(arms), conflicts_check(conflicts, sum(assigned.values())),
        lost_check(lost, assigned),
    )  # fmt: skip
    variation = _variation(arms.get(HELD_OUT))
    matured = {arm: arms[arm].n if arm in arms else 0 for arm in (TREATED, HELD_OUT)}
    shown, broken = (now if final is None else final), next((c.found for c in checks if c.stops and not c.passed), "")
    smallest = smallest_effect(
        assigned.get(TREATED, 0), assigned.get(HELD_OUT, 0), variation,
        0.0 if isinstance(shown, Unknown) else shown.narrowed,
    )  # fmt: skip
    said = verdict(shown, better=it.outcome.better, over=over, smallest=smallest, broken=broken)
    return Reading(
        it, snapshot.as_of, Grade.BY_LOT, now, final, due, assigned, matured, smallest, variation, guarded, members,
        checks, said,
    )  # fmt: skip


class Seen:
    """The lot joined to the persons of a snapshot, and questions to both."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, registration: Registration, snapshot: Snapshot) -> None:
        self._connection, self._it, self._snapshot = connection, registration, snapshot
        self._marts = Marts(snapshot.as_of)

    def arms(self, outcome: Outcome, days: int | None = None) -> Mapping[str, Moments]:
        """Both arms in the horizon, or in the first `days` of it, of those for whom they are over."""
        return by_arm(self._rows(outcome, "", days))

    def members(self, by: str) -> Mapping[str, Mapping[str, Moments]]:
        found: dict[str, dict[str, Moments]] = {}
        for arm, member, *rest in self._rows(self._it.outcome, by):
            found.setdefault(str(member), {})[str(arm)] = moments_of(tuple(rest))
        return found

    def counts(self) -> tuple[dict[str, int], dict[str, int], int]:
        """By arm: assigned, and not to be found any more; and persons who were assigned to both."""
        rows = self._connection.execute(
            f"WITH {self._assigned()} SELECT arm, count(*), count(*) FILTER (c.customer_id IS NULL),"
            " count(*) FILTER (conflict) FROM assigned LEFT JOIN customer AS c USING (customer_id) GROUP BY 1"
        ).fetchall()
        return {r[0]: r[1] for r in rows}, {r[0]: r[2] for r in rows}, sum(r[3] for r in rows)

    def _rows(self, outcome: Outcome, by: str, days: int | None = None) -> list[tuple[object, ...]]:
        it = self._it
        asked = Asked(outcome, days or it.days, it.covariate_days, self._snapshot.as_of, it.winsorized, by)
        select = arms_sql(asked, self._marts)
        return self._connection.execute(f"WITH {self._assigned()}, {select.removeprefix('WITH ')}").fetchall()

    def _assigned(self) -> str:
        """A person of several profiles stays in the arm of the earliest assignment."""
        person, joined = "l.customer_id", ""
        if self._snapshot.merged:
            person = "coalesce(m.shop_key, l.customer_id)"
            joined = " LEFT JOIN merged_profile AS m USING (customer_id)"
        return (
            f"assigned AS (SELECT {person} AS customer_id, arg_min(arm, (assigned_on, l.customer_id)) AS arm,"
            " min(assigned_on) AS assigned_on, count(DISTINCT arm) > 1 AS conflict"
            f" FROM lot AS l{joined} GROUP BY 1)"
        )


def effect_of(arms: Mapping[str, Moments], planned: int | None) -> Effect | Unknown:
    """planned: as `effect` takes it; None for the planned day."""
    if TREATED not in arms or HELD_OUT not in arms:
        return Unknown("nobody's horizon is over yet")
    return effect(arms[TREATED], arms[HELD_OUT], planned=planned)


def _guarded(guardrail: Guardrail, found: Effect | Unknown) -> Guarded:
    if isinstance(found, Unknown) or isinstance(found.relative, Unknown):
        return Guarded(guardrail, found, None)
    low, high = found.relative.low, found.relative.high
    worst = high if guardrail.outcome.better == "down" else None if low is None else -low
    return Guarded(guardrail, found, None if worst is None else worst <= guardrail.tolerance)


def _variation(held: Moments | None) -> float:
    """Standard deviation ÷ mean of a customer held out; of a ratio, of its linear form's."""
    if held is None or held.n < 2 or not held.means[1] or not held.means[0]:
        return float("nan")
    ratio, spread = held.means[0] / held.means[1], held.covariance
    of = spread[0, 0] - 2 * ratio * spread[0, 1] + ratio**2 * spread[1, 1]
    return float(max(of, 0.0) ** 0.5 / abs(held.means[0]))


__all__ = ["Guarded", "LotProblem", "Member", "Reading", "read"]
