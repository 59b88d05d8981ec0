"""Who began when: each group held against those who had not begun yet (Callaway and Sant'Anna)."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.moments import Floats
from holdfast.estimates.staggered import Staggered, staggered
from holdfast.evidence.arms import read_sql
from holdfast.evidence.checks import Check
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.periods import Periods, told_sql
from holdfast.evidence.registration import Registration
from holdfast.warehouse.facts import Marts

PERIOD_DAYS, BEFORE = 28, 6  # whole weeks; periods before the first start, four of which are the least to look at
MOST = 200_000  # customers, beyond whom those with the first places of their keys are taken
LIKELY = 0.05  # joint chance of the differences before the start, below which they speak against the comparison
CONDITION = "if both would have moved in parallel"


def read_staggered(connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date) -> Compared:
    """Over the view `lot` (customer_id, assigned_on: null for who never begins)."""
    began: date = (connection.execute("SELECT min(assigned_on) FROM lot").fetchone() or (None,))[0]
    last: date = (connection.execute("SELECT max(assigned_on) FROM lot").fetchone() or (None,))[0]
    first = began - timedelta(days=PERIOD_DAYS * BEFORE)
    until = min(as_of, last + timedelta(days=it.days))
    periods = Periods(first, PERIOD_DAYS, ((until - first).days + 1) // PERIOD_DAYS)
    outcome, begins = _panel(connection, it, as_of, periods)
    found = staggered(outcome, begins) if periods.count > BEFORE else Unknown("no period since the start is over yet")
    if isinstance(found, Unknown):
        return Compared(it, as_of, began, found, 0.0, 0, 0, (), CONDITION)
    treated = begins >= 0
    before = float(np.mean([outcome[row, : begins[row]].mean() for row in np.flatnonzero(treated & (begins > 0))]))
    return Compared(
        it, as_of, began, found.overall, before, int(treated.sum()), int((~treated).sum()), (_before(found),),
        CONDITION, found.since,
    )  # fmt: skip


def _panel(
    connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date, periods: Periods
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Outcome, shape (customers, periods), and each one's first treated period; −1 for never."""
    told = told_sql(it.outcome, Marts(as_of), as_of, periods)
    everybody = (
        "SELECT l.customer_id, l.assigned_on FROM lot AS l JOIN history AS h USING (customer_id)"
        f" WHERE h.first_on <= DATE '{periods.first}' + {PERIOD_DAYS * BEFORE}"
        f" ORDER BY sha256(CAST(l.customer_id AS VARCHAR)) LIMIT {MOST}"
    )
    counted, _ = read_sql(it.outcome, "t")
    rows = connection.execute(
        f"WITH told AS ({told}), who AS ({everybody}), place AS (SELECT *, row_number() OVER (ORDER BY customer_id) - 1"
        " AS row FROM who), panel AS (SELECT row, assigned_on, range AS period FROM place,"
        f" range({periods.count})) SELECT row, period, {counted} AS value,"
        f" coalesce((assigned_on - DATE '{periods.first}') // {PERIOD_DAYS}, -1) AS begins"
        " FROM panel AS p LEFT JOIN (SELECT place.row, told.* FROM told JOIN place USING (customer_id)) AS t"
        " USING (row, period) ORDER BY row, period"
    ).fetchnumpy()
    shape = (len(rows["value"]) // max(1, periods.count), periods.count)
    begins = np.asarray(rows["begins"], dtype=np.int64).reshape(shape)[:, 0]
    return np.asarray(rows["value"], dtype=float).reshape(shape), begins


def _before(found: Staggered) -> Check:
    """That nothing speaks against it is not that it holds."""
    name, steps = "both moved alike before the start", sum(step.periods < 0 for step in found.since)
    if found.before_chance is None:
        return Check(name, False, "there is no period before the start to look at", stops=True)
    said = f"differences over {steps} periods before it have a joint chance of {found.before_chance:.2f}"
    return Check(name, found.before_chance >= LIKELY, said, stops=True)
