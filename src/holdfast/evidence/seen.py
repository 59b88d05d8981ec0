"""A lot joined to the persons of a snapshot, and questions to both: arms, counts, what may be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect, effect
from holdfast.estimates.moments import Moments
from holdfast.evidence.arms import Asked, arms_sql, by_arm, moments_of
from holdfast.evidence.checks import (
    Check,
    answered_check,
    balance_check,
    broken,
    conflicts_check,
    counts_check,
    lost_check,
    parts_check,
    reached_check,
)
from holdfast.evidence.lot import Lot, LotProblem
from holdfast.evidence.registration import ANSWERS, Outcome
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.warehouse.engine import text
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Counts:
    """Of all ever assigned, by arm. units: what was drawn, customers or clusters. lost: not in the data any more.
    conflicts: persons who were assigned to both arms. parts: units by part and arm."""

    assigned: Mapping[str, int]
    units: Mapping[str, int]
    lost: Mapping[str, int]
    conflicts: int
    parts: Mapping[str, Mapping[str, int]]


Parts = dict[tuple[str, str], dict[str, Moments]]


class Seen:
    """The lot joined to the persons of a snapshot, and questions to both."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, lot: Lot, snapshot: Snapshot, every: int = 1
    ) -> None:  # fmt: skip
        """every: one in so many customers is read; more than one for charts, and for nothing that is judged."""
        self._every = every
        self._connection, self._lot, self._it, self._snapshot = connection, lot, lot.registration, snapshot
        self._marts = Marts(snapshot.as_of)
        columns = connection.execute(f"SELECT column_name FROM (DESCRIBE {lot.rows})").fetchall()
        self._clustered = bool(lot.registration.cluster) and ("cluster",) in columns
        self.last_assigned, self.all_entered = self._entered()

    def arms(
        self, outcome: Outcome, days: int | None = None, *, planned: bool = False, apart: bool = False
    ) -> Mapping[str, Moments]:
        """Both arms in the horizon, or in the first `days` of it, of those for whom they are over. planned: of an open
        lot only those with whom it was full, so that the last word is said once and of them. apart: without those who
        were assigned to both arms."""
        (rows,) = self._rows([(outcome, ())], days, planned, apart)
        return by_arm(rows)

    def parted(
        self, segments: tuple[str, ...], beside: Sequence[Outcome] = (), *, planned: bool = False
    ) -> tuple[Mapping[str, Moments], Parts, list[Mapping[str, Moments]]]:
        """Both arms of the primary outcome, whole and by (segment, member), and of others beside it: one query, but
        for segments of people in clusters."""
        together = () if self._clustered else segments
        primary, *others = self._rows([(self._it.outcome, together), *((one, ()) for one in beside)], planned=planned)
        parts = _parts(primary, together)
        for by in segments if self._clustered else ():
            (rows,) = self._rows([(self._it.outcome, (by,))], planned=planned)
            parts |= _parts(rows, (by,))
        return by_arm(primary), parts, [by_arm(rows) for rows in others]

    def began(self) -> date:
        """When the first was assigned."""
        found = self._connection.execute(f"SELECT min(assigned_on) FROM ({self._lot.rows})").fetchone()
        return (found and found[0]) or self._snapshot.as_of

    @cached_property
    def counts(self) -> Counts:
        named = {"known": "CASE WHEN h.first_on <= a.assigned_on THEN 'known before' ELSE 'new' END"}
        named |= {by: f"{text(by + ' ')} || coalesce(CAST(h.{by} AS VARCHAR), 'not known')" for by in self._it.segments}
        sets = ", ".join(f"(arm, m{place})" for place in range(len(named)))
        rows = self._connection.execute(
            f"WITH {self._assigned()}, told AS (SELECT a.*, c.customer_id IS NULL AS gone,"
            f" {', '.join(f'{said} AS m{place}' for place, said in enumerate(named.values()))}"
            " FROM assigned AS a LEFT JOIN customer AS c USING (customer_id)"
            " LEFT JOIN history AS h USING (customer_id))"
            f" SELECT arm, coalesce({', '.join(f'm{place}' for place in range(len(named)))}) AS part, count(*),"
            f" {'count(DISTINCT cluster)' if self._clustered else 'count(*)'}, count(*) FILTER (gone),"
            f" count(*) FILTER (conflict) FROM told GROUP BY GROUPING SETS ((arm), {sets})"
        ).fetchall()
        parts: dict[str, dict[str, int]] = {}
        for arm, part, _, units, *_ in rows:
            if part is not None and not self._clustered:  # a cluster may lie in several parts
                parts.setdefault(part, {})[arm] = units
        whole = [row for row in rows if row[1] is None]
        assigned, units, lost = ({row[0]: row[place] for row in whole} for place in (2, 3, 4))
        return Counts(assigned, units, lost, sum(row[5] for row in whole), parts)

    def checks(self, arms: Mapping[str, Moments]) -> tuple[Check, ...]:
        """arms: of the primary outcome."""
        counts, listed = self.counts, int((self._lot.drawn or {}).get("in_both", 0))
        n = sum(counts.assigned.values())
        count, part, *rest = self._stopping
        return (
            count, part, balance_check(arms), conflicts_check(counts.conflicts, n, listed),
            lost_check(counts.lost, counts.assigned), *rest, *self._reached(),
        )  # fmt: skip

    def _reached(self) -> tuple[Check, ...]:
        """Of the lot of a playbook, where facts know messages of it: told by flow, as channels/told.py writes it."""
        playbook = (self._lot.drawn or {}).get("playbook", "")
        if not playbook:
            return ()
        rows = self._connection.execute(
            f"WITH {self._assigned()} SELECT arm, count(DISTINCT customer_id) FROM assigned"
            " JOIN message_told AS m USING (customer_id) WHERE m.sent_on >= assigned_on"
            f" AND starts_with(m.flow, {text(playbook + ' ')}) GROUP BY 1"
        ).fetchall()
        return (reached_check(dict(rows), self.counts.assigned),) if rows else ()

    def spoilt(self) -> str:
        """What withholds every number; empty where nothing does."""
        return broken(self._stopping)

    @cached_property
    def _stopping(self) -> tuple[Check, ...]:
        """Those that may withhold; the last only where people answer."""
        counts, it, outcome = self.counts, self._it, self._it.outcome
        found = counts_check(counts.units, it.held_out), parts_check(counts.parts, it.held_out)
        if outcome.declared.opens not in ANSWERS or outcome.per != "own":
            return found
        # who answers chooses to: where one arm answers more often, those who answered are not alike any more
        return *found, answered_check(effect_of(self.arms(replace(outcome, per="any")), None))

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
        self, wanted: Sequence[tuple[Outcome, tuple[str, ...]]], days: int | None = None, planned: bool = False,
        apart: bool = False,
    ) -> list[list[tuple[object, ...]]]:  # fmt: skip
        """For each outcome and the segments that it is read by, the rows of `arms_sql`."""
        it, as_of = self._it, self._snapshot.as_of
        asked = [Asked(one, days or it.days, it.covariate_days, as_of, it.winsorized, by) for one, by in wanted]
        select = arms_sql(asked, self._marts).removeprefix("WITH ")
        rows = self._connection.execute(f"WITH {self._assigned(planned, apart)}, {select}").fetchall()
        return [[row for row in rows if row[0] == number] for number in range(len(asked))]

    def _assigned(self, planned: bool = False, apart: bool = False) -> str:
        """A person of several profiles stays in the arm of the earliest assignment; apart: or is in none."""
        told = [f"assigned_on <= DATE '{self.last_assigned}'"] if planned else []
        told += [f"customer_id % {self._every} = 0"] if self._every > 1 else []
        until = f" WHERE {' AND '.join(told)}" if told else ""
        person, joined = "l.customer_id", ""
        together = "l.cluster" if self._clustered else "l.customer_id"
        if not self._snapshot.merged and not self._lot.is_open:  # nobody is in it twice: see lot._judged
            return (
                f"assigned AS (SELECT customer_id, arm, {together} AS cluster, assigned_on, false AS conflict"
                f" FROM ({self._lot.rows}) AS l{until})"
            )
        if self._snapshot.merged:
            person = "coalesce(m.shop_key, l.customer_id)"
            joined = " LEFT JOIN merged_profile AS m USING (customer_id)"
        return (
            f"assigned AS (SELECT {person} AS customer_id, arg_min(arm, (assigned_on, l.customer_id)) AS arm,"
            f" arg_min({together}, (assigned_on, l.customer_id)) AS cluster,"
            " min(assigned_on) AS assigned_on, count(DISTINCT arm) > 1 AS conflict"
            f" FROM (SELECT * FROM ({self._lot.rows}){until}) AS l{joined} GROUP BY 1"
            f"{' HAVING NOT conflict' if apart else ''})"
        )


def _parts(rows: Iterable[tuple[object, ...]], by: tuple[str, ...]) -> Parts:
    found: Parts = {}
    for _, arm, place, member, *rest in rows if by else ():
        found.setdefault((by[int(str(place))], str(member)), {})[str(arm)] = moments_of(tuple(rest))
    return found


def effect_of(arms: Mapping[str, Moments], planned: int | None) -> Effect | Unknown:
    """planned: as `effect` takes it; None for the planned day."""
    if TREATED not in arms or HELD_OUT not in arms:
        return Unknown("nobody's horizon is over yet")
    return effect(arms[TREATED], arms[HELD_OUT], planned=planned)
