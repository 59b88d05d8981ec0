"""Who just reached the threshold of a score against who just did not."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.discontinuity import jump
from holdfast.evidence.arms import read_sql
from holdfast.evidence.checks import Check
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.periods import Periods, told_sql
from holdfast.evidence.registration import Registration
from holdfast.playbooks.aside import TREATED
from holdfast.warehouse.facts import Marts

STEERED = 0.01  # chance of counts as uneven next to the threshold, below which somebody steered the score
CONDITION = "if nothing else changes at the threshold, and for customers next to it only"


def read_threshold(connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date) -> Compared:
    """Over the view `lot` (customer_id, arm, assigned_on, score)."""
    day: date = (connection.execute("SELECT min(assigned_on) FROM lot").fetchone() or (None,))[0]
    if as_of < day + timedelta(days=it.days):
        return Compared(it, as_of, day, Unknown("nobody's horizon is over yet"), 0.0, 0, 0, (), CONDITION)
    told = told_sql(it.outcome, Marts(as_of), as_of, Periods(day + timedelta(days=1), it.days, 1))
    counted, _ = read_sql(it.outcome, "t")
    rows = connection.execute(
        f"WITH told AS ({told}) SELECT l.score, l.arm = '{TREATED}' AS treated, {counted} AS value"
        " FROM lot AS l LEFT JOIN told AS t USING (customer_id) ORDER BY l.customer_id"
    ).fetchnumpy()
    score, value = (np.asarray(rows[name], dtype=float) for name in ("score", "value"))
    found = jump(score, value, it.threshold)
    if isinstance(found, Unknown):
        return Compared(it, as_of, day, found, 0.0, 0, 0, (), CONDITION)
    near = (score < it.threshold) & (score > it.threshold - found.bandwidth)
    crowded = Check(
        "nobody steered the score", found.crowding >= STEERED,
        f"counts as uneven as those next to the threshold have a chance of {found.crowding:.2f}", stops=True,
    )  # fmt: skip
    return Compared(
        it, as_of, day, found.effect, float(value[near].mean()), found.above, found.below, (crowded,), CONDITION
    )
