"""Who was treated against customers who looked like them before, paired when the list is taken and never again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import sqrt

import duckdb
import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import quantile_of_student
from holdfast.estimates.matching import BALANCED
from holdfast.estimates.moments import Floats
from holdfast.evidence.arms import Asked, read_sql, windows
from holdfast.evidence.checks import Check
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.pairs import APART, NOT_TREATED, SEEN
from holdfast.evidence.registration import Registration
from holdfast.playbooks.aside import TREATED
from holdfast.warehouse.facts import Marts

FEWEST = 30  # pairs
CONDITION = "if those who looked alike would have moved alike"


def read_matched(
    connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date, drawn: Mapping[str, str]
) -> Compared:
    """Over the view `lot` (customer_id, arm, assigned_on, pair); drawn: what was written when the list was taken."""
    began: date = (connection.execute("SELECT min(assigned_on) FROM lot").fetchone() or (None,))[0]
    before, after = (float(one) for one in drawn.get("apart", "nan nan").split())
    said = f"{before:.2f} standard deviations apart at most, {after:.2f} once paired"
    left = f"{int(drawn.get('left_out', '0')):,} had nobody alike"
    alike = Check("pairs were alike before the start", after <= BALANCED, f"{said}; {left}", stops=True)
    differences, level = _differences(connection, it, as_of, 0)
    if not len(differences):
        return Compared(it, as_of, began, Unknown("nobody's horizon is over yet"), 0.0, 0, 0, (alike,), CONDITION)
    # a stretch that no pair was made by: what differs there differs without the treatment
    earlier, _ = _differences(connection, it, as_of, APART + SEEN + it.days)
    checks, n = (alike, _placebo(_mean(earlier), it.outcome.scale)), len(differences)
    return Compared(it, as_of, began, _mean(differences), level, n, n, checks, CONDITION)


def _placebo(found: Estimate | Unknown, scale: str) -> Check:
    name = "nothing differed where nothing was done"
    if isinstance(found, Unknown) or found.low is None or found.high is None:
        return Check(name, True, "too few pairs to tell")
    error = (found.high - found.low) / 2
    said = f"the pairs lay {abs(found.point) / error if error else 0.0:.2f} of the interval's half apart before"
    return Check(name, found.low <= 0 <= found.high, said, stops=True)


def _differences(
    connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date, shift: int
) -> tuple[Floats, float]:
    """Treated less compared, pair by pair, in the horizon moved `shift` days back, and what those compared show."""
    asked, value = Asked(it.outcome, it.days, 0, as_of), read_sql(it.outcome, "t")[0]
    after, _ = windows(asked, Marts(as_of))
    rows = connection.execute(
        f"WITH assigned AS (SELECT customer_id, CAST(assigned_on - {shift} AS DATE) AS assigned_on FROM lot"
        f" WHERE assigned_on + {it.days} <= DATE '{as_of}'), told AS ({after})"
        f" SELECT sum({value}) FILTER (arm = '{TREATED}') AS treated,"
        f" sum({value}) FILTER (arm = '{NOT_TREATED}') AS compared FROM lot AS l JOIN assigned USING (customer_id)"
        " LEFT JOIN told AS t USING (customer_id) GROUP BY pair ORDER BY pair"
    ).fetchnumpy()
    treated, compared = (np.asarray(rows[name], dtype=float) for name in ("treated", "compared"))
    return treated - compared, float(compared.mean()) if len(compared) else 0.0


def _mean(differences: Floats) -> Estimate | Unknown:
    """Of pairs: Student's t."""
    n = len(differences)
    if n < FEWEST:
        return Unknown(f"fewer than {FEWEST} pairs were found", "more customers, or fewer who were treated")
    point, reach = float(differences.mean()), quantile_of_student(n - 1) * float(differences.std(ddof=1)) / sqrt(n)
    return Estimate(point, point - reach, point + reach, "paired differences")
