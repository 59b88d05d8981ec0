"""What a lot shows as of a day: primary effect, guardrails, segments, checks, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import nan

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.false_discovery import adjusted
from holdfast.estimates.moments import Moments
from holdfast.estimates.planning import smallest_effect
from holdfast.evidence.arms import Asked, arms_sql, by_arm, moments_of
from holdfast.evidence.checks import (
    Check,
    answered_check,
    balance_check,
    broken,
    conflicts_check,
    counts_check,
    lost_check,
    withheld,
)
from holdfast.evidence.grade import Grade
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.registration import ANSWERS, Guardrail, Outcome, Registration
from holdfast.evidence.verdict import EXPLORED, Verdict, verdict
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.home import Home
from holdfast.warehouse.snapshot import Snapshot, open_snapshot

LASTING = timedelta(
    days=182
)  # two quarters (metrics.md 3.1): from then on a programme kept aside from says what it yields as a whole


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guardrail as it stands. held: surely no worse than its tolerance, or surely worse; None: nobody can tell."""

    guardrail: Guardrail
    effect: Effect | Unknown
    held: bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """The effect among one member of a segment, and what may be said of it beside all others looked at.

    chance: of the effect, raised to the false discovery rate among them (Benjamini and Hochberg).
    """

    by: str
    member: str
    effect: Effect | Unknown
    chance: float = 1.0
    verdict: Verdict = EXPLORED


@dataclass(frozen=True, slots=True)
class Reading:
    """now: by an interval that holds at every look. final: by one for the planned day, once; None before it."""

    registration: Registration
    as_of: date
    grade: Grade
    now: Effect | Unknown
    final: Effect | Unknown | None
    began: date  # when the first was assigned
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

    @property
    def absolute(self) -> Estimate | Unknown:
        return self.shown if isinstance(self.shown, Unknown) else self.shown.absolute

    @property
    def relative(self) -> Estimate | Unknown:
        return self.shown if isinstance(self.shown, Unknown) else self.shown.relative


def read(home: Home, snapshot: Snapshot, lot: Lot) -> Reading:
    """Raises LotProblem where nothing was drawn yet."""
    it = lot.registration
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        seen = Seen(connection, lot, snapshot)
        due = seen.last_assigned + timedelta(days=it.days)
        over = snapshot.as_of >= due and seen.all_entered
        arms, parts = seen.parted(it.segments, planned=over)
        final = effect_of(arms, None) if over else None
        arms = seen.arms(it.outcome) if over and lot.is_open else arms  # who entered after it was full as well
        now = effect_of(arms, it.planned)
        guarded = tuple(
            _guarded(one, effect_of(seen.arms(one.outcome, planned=over), None if over else it.planned))
            for one in it.guardrails
        )
        members = _members(parts, None if over else it.planned)
        assigned, lost, conflicts = seen.counts()
        began, answered = seen.began(), _answered(seen, it.outcome)
    checks = (
        counts_check(assigned, it.held_out), balance_check(arms), conflicts_check(conflicts, sum(assigned.values())),
        lost_check(lost, assigned), *answered,
    )  # fmt: skip
    variation = _variation(arms.get(HELD_OUT))
    matured = {arm: arms[arm].n if arm in arms else 0 for arm in (TREATED, HELD_OUT)}
    shown, spoilt = (now if final is None else final), broken(checks)
    smallest = smallest_effect(
        assigned.get(TREATED, 0), assigned.get(HELD_OUT, 0), variation,
        0.0 if isinstance(shown, Unknown) else shown.narrowed,
    )  # fmt: skip
    judge = partial(verdict, better=it.outcome.better, over=over, broken=spoilt)
    members = tuple(replace(m, verdict=judge(m.effect, smallest=nan, chance=m.chance)) for m in members)
    said = judge(shown, smallest=smallest)
    grade = Grade.REPLICATED if it.programme and snapshot.as_of - began >= LASTING else Grade.BY_LOT
    found = Reading(
        it, snapshot.as_of, grade, now, final, began, due, assigned, matured, smallest, variation, guarded, members,
        checks, said,
    )  # fmt: skip
    return _hidden(found, spoilt) if spoilt else found


def _hidden(found: Reading, spoilt: str) -> Reading:
    """Here and not at the doors, so that none of them can show a number of a broken lot."""
    none = withheld(spoilt)
    return replace(
        found, now=none, final=None if found.final is None else none, smallest=nan, variation=nan,
        guarded=tuple(replace(one, effect=none, held=None) for one in found.guarded),
        members=tuple(replace(one, effect=none, chance=1.0) for one in found.members),
    )  # fmt: skip


def _answered(seen: Seen, outcome: Outcome) -> tuple[Check, ...]:
    """Who answers chooses to: where one arm answers more often, those who answered are not alike any more."""
    if outcome.declared.opens not in ANSWERS or outcome.per != "own":
        return ()
    return (answered_check(effect_of(seen.arms(replace(outcome, per="any")), None)),)


class Seen:
    """The lot joined to the persons of a snapshot, and questions to both."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lot: Lot, snapshot: Snapshot) -> None:
        self._connection, self._lot, self._it, self._snapshot = connection, lot, lot.registration, snapshot
        self._marts = Marts(snapshot.as_of)
        columns = connection.execute(f"SELECT column_name FROM (DESCRIBE {lot.rows})").fetchall()
        self._clustered = bool(lot.registration.cluster) and ("cluster",) in columns
        self.last_assigned, self.all_entered = self._entered()

    def arms(self, outcome: Outcome, days: int | None = None, *, planned: bool = False) -> Mapping[str, Moments]:
        """Both arms in the horizon, or in the first `days` of it, of those for whom they are over. planned: of an open
        lot only those with whom it was full, so that the last word is said once and of them."""
        return by_arm(self._rows(outcome, (), days, planned))

    def parted(
        self, segments: tuple[str, ...], *, planned: bool = False
    ) -> tuple[Mapping[str, Moments], dict[tuple[str, str], dict[str, Moments]]]:
        """Both arms of the primary outcome, whole and by (segment, member): one query where nobody is in a cluster."""
        found: dict[tuple[str, str], dict[str, Moments]] = {}
        together = [segments] if segments and not self._clustered else [(by,) for by in segments]
        whole: Mapping[str, Moments] = {}
        for asked in together:
            rows = self._rows(self._it.outcome, asked, planned=planned)
            whole = by_arm(rows)
            for arm, place, member, *rest in rows:
                key = asked[int(str(place))], str(member)
                found.setdefault(key, {})[str(arm)] = moments_of(tuple(rest))
        alone = not segments or self._clustered
        return (self.arms(self._it.outcome, planned=planned) if alone else whole), found

    def began(self) -> date:
        """When the first was assigned."""
        found = self._connection.execute(f"SELECT min(assigned_on) FROM ({self._lot.rows})").fetchone()
        return (found and found[0]) or self._snapshot.as_of

    def counts(self) -> tuple[dict[str, int], dict[str, int], int]:
        """By arm: assigned, and not to be found any more; and persons who were assigned to both."""
        rows = self._connection.execute(
            f"WITH {self._assigned()} SELECT arm, count(*), count(*) FILTER (c.customer_id IS NULL),"
            " count(*) FILTER (conflict) FROM assigned LEFT JOIN customer AS c USING (customer_id) GROUP BY 1"
        ).fetchall()
        return {r[0]: r[1] for r in rows}, {r[0]: r[2] for r in rows}, sum(r[3] for r in rows)

    def spoilt(self) -> str:
        """What withholds every number; empty where nothing does."""
        return broken((counts_check(self.counts()[0], self._it.held_out), *_answered(self, self._it.outcome)))

    def _entered(self) -> tuple[date, bool]:
        """The day with which the planned number was assigned, of an open lot; else the last day there was, and whether
        those planned are all in it."""
        if not self._lot.is_open:
            return self._lot.drawn_on, True
        days = self._connection.execute(
            f"SELECT assigned_on, sum(count(*)) OVER (ORDER BY assigned_on) FROM ({self._lot.rows})"
            " GROUP BY 1 ORDER BY 1"
        ).fetchall()
        if not days:
            raise LotProblem(f"nobody has entered {self._it.id} yet: a tick of its playbook assigns them")
        full = [day for day, entered in days if entered >= self._it.planned]
        return (full[0], True) if full else (days[-1][0], False)

    def _rows(
        self, outcome: Outcome, by: tuple[str, ...], days: int | None = None, planned: bool = False
    ) -> list[tuple[object, ...]]:  # fmt: skip
        it = self._it
        asked = Asked(outcome, days or it.days, it.covariate_days, self._snapshot.as_of, it.winsorized, by)
        select = arms_sql(asked, self._marts)
        return self._connection.execute(f"WITH {self._assigned(planned)}, {select.removeprefix('WITH ')}").fetchall()

    def _assigned(self, planned: bool = False) -> str:
        """A person of several profiles stays in the arm of the earliest assignment."""
        until = f" WHERE assigned_on <= DATE '{self.last_assigned}'" if planned else ""
        person, joined = "l.customer_id", ""
        together = "l.cluster" if self._clustered else "l.customer_id"
        if self._snapshot.merged:
            person = "coalesce(m.shop_key, l.customer_id)"
            joined = " LEFT JOIN merged_profile AS m USING (customer_id)"
        return (
            f"assigned AS (SELECT {person} AS customer_id, arg_min(arm, (assigned_on, l.customer_id)) AS arm,"
            f" arg_min({together}, (assigned_on, l.customer_id)) AS cluster,"
            " min(assigned_on) AS assigned_on, count(DISTINCT arm) > 1 AS conflict"
            f" FROM (SELECT * FROM ({self._lot.rows}){until}) AS l{joined} GROUP BY 1)"
        )


def spoilt(home: Home, snapshot: Snapshot, lot: Lot) -> str:
    """What withholds every number of a lot; empty where nothing does. Reads no effect."""
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        return Seen(connection, lot, snapshot).spoilt()


def explore(home: Home, snapshot: Snapshot, lot: Lot, by: str) -> tuple[Member, ...]:
    """The effect by a segment nobody declared: looked at, without a verdict, adjusted for how many are. Nothing of a
    lot that is broken."""
    it = lot.registration
    with closing(open_snapshot(home, snapshot, beside=lot.beside)) as connection:
        seen = Seen(connection, lot, snapshot)
        if seen.spoilt():
            return ()
        over = seen.all_entered and snapshot.as_of >= seen.last_assigned + timedelta(days=it.days)
        return _members(seen.parted((by,), planned=over)[1], None if over else it.planned)


def _members(parts: Mapping[tuple[str, str], Mapping[str, Moments]], planned: int | None) -> tuple[Member, ...]:
    found = [(by, member, effect_of(arms, planned)) for (by, member), arms in parts.items()]
    told = [effect.chance for *_, effect in found if not isinstance(effect, Unknown)]
    raised = iter(adjusted(told).tolist())
    return tuple(
        Member(by, member, effect, 1.0 if isinstance(effect, Unknown) else next(raised)) for by, member, effect in found
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
    if low is None or high is None:
        return Guarded(guardrail, found, None)
    best, worst = (low, high) if guardrail.outcome.better == "down" else (-high, -low)
    held = True if worst <= guardrail.tolerance else False if best > guardrail.tolerance else None
    return Guarded(guardrail, found, held)


def _variation(held: Moments | None) -> float:
    """Standard deviation ÷ mean of a customer held out; of a ratio, of its linear form's."""
    if held is None or held.n < 2 or not held.means[1] or not held.means[0]:
        return float("nan")
    ratio, spread = held.means[0] / held.means[1], held.covariance
    of = spread[0, 0] - 2 * ratio * spread[0, 1] + ratio**2 * spread[1, 1]
    return float(max(of, 0.0) ** 0.5 / abs(held.means[0]))


__all__ = ["Guarded", "LotProblem", "Member", "Reading", "read"]
