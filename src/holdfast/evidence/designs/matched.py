"""Who was treated against customers who looked like them before, paired when the list is taken and never again."""

from __future__ import annotations

from datetime import date, timedelta
from math import sqrt

import duckdb
import numpy as np
import pyarrow as pa

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.estimates.intervals import quantile_of_student
from holdfast.estimates.matching import BALANCED, Matched, match
from holdfast.estimates.moments import Floats
from holdfast.evidence.checks import Check
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.designs.periods import Periods, told_sql, value_sql
from holdfast.evidence.registration import Outcome, Registration
from holdfast.playbooks.aside import TREATED
from holdfast.warehouse.facts import Marts

NOT_TREATED = "compared"
APART = 28  # days before the start that no pair is made by: who is chosen for a bad month gets better by itself
SEEN = 180  # days before those, by which pairs are made
FEWEST = 30  # pairs
CONDITION = "if those who looked alike would have moved alike"


LOOKS = ("spent", "orders", "slope", "gap", "age")


def paired(connection: duckdb.DuckDBPyConnection, treated: pa.Table) -> pa.Table:
    """treated: customer_id, arm, assigned_on (one day for all). With those compared with them, the number of each pair,
    and in the metadata how unlike both were before; who has nobody alike is left out and counted there too."""
    day: date = treated["assigned_on"][0].as_py()
    until = day - timedelta(days=APART)
    seen = connection.execute(_looks(until), {"treated": treated["customer_id"].to_pylist()}).fetchnumpy()
    is_treated, keys = np.asarray(seen["treated"], dtype=bool), np.asarray(seen["customer_id"])
    looks = np.column_stack([np.asarray(seen[name], dtype=float) for name in LOOKS])
    stratum = np.asarray(seen["stratum"])
    found = match(looks[is_treated], looks[~is_treated], stratum[is_treated], stratum[~is_treated])
    first, second = keys[is_treated][found.treated], keys[~is_treated][found.control]
    n = len(first)
    told = pa.table(
        {
            "customer_id": np.concatenate([first, second]), "arm": [TREATED] * n + [NOT_TREATED] * n,
            "assigned_on": pa.array([day] * (2 * n), pa.date32()), "pair": np.concatenate([np.arange(n)] * 2),
        }
    )  # fmt: skip
    return told.replace_schema_metadata({"apart": _written(found), "left_out": str(treated.num_rows - n)})


def _looks(until: date) -> str:
    """What each customer of the treated ones' shops looked like in the days before `until`, and the stratum."""
    since, middle = until - timedelta(days=SEEN), until - timedelta(days=SEEN // 2)
    worth = "greatest(0, sum(placed_minor - returned_minor)"
    return (
        f"WITH bought AS (SELECT customer_id, {worth}) AS net, count(*) AS orders, max(placed_on) AS last,"
        f" {worth} FILTER (placed_on > DATE '{middle}')) AS late,"
        f" {worth} FILTER (placed_on <= DATE '{middle}')) AS early"
        " FROM order_value WHERE counts AND shop_money"
        f" AND placed_on > DATE '{since}' AND placed_on <= DATE '{until}' GROUP BY 1)"
        " SELECT h.customer_id, list_contains($treated::BIGINT[], h.customer_id) AS treated,"
        " dense_rank() OVER (ORDER BY h.shop_id, h.cohort, h.channel) AS stratum,"
        " ln(1 + coalesce(b.net, 0)) AS spent, ln(1 + coalesce(b.orders, 0)) AS orders,"
        " ln(1 + coalesce(b.late, 0)) - ln(1 + coalesce(b.early, 0)) AS slope,"
        f" ln(1 + (DATE '{until}' - coalesce(b.last, DATE '{since}'))) AS gap,"
        f" ln(1 + (DATE '{until}' - h.first_on)) AS age"
        " FROM history AS h LEFT JOIN bought AS b USING (customer_id)"
        f" WHERE h.first_on <= DATE '{until}' AND h.shop_id IN"
        " (SELECT shop_id FROM history WHERE customer_id IN (SELECT unnest($treated::BIGINT[]))) ORDER BY 1"
    )


def _written(found: Matched) -> str:
    return f"{np.abs(found.before).max(initial=0):.3f} {np.abs(found.after).max(initial=0):.3f}"


def read_matched(
    connection: duckdb.DuckDBPyConnection, it: Registration, as_of: date, drawn: dict[str, str]
) -> Compared:
    """Over the view `lot` (customer_id, arm, assigned_on, pair)."""
    day: date = (connection.execute("SELECT min(assigned_on) FROM lot").fetchone() or (None,))[0]
    before, after = (float(one) for one in drawn.get("apart", "nan nan").split())
    left = int(drawn.get("left_out", "0"))
    alike = Check(
        "pairs were alike before the start", after <= BALANCED,
        f"{before:.2f} standard deviations apart at most, and {after:.2f} once paired; {left:,} had nobody alike",
        stops=True,
    )  # fmt: skip
    if as_of < day + timedelta(days=it.days):
        return Compared(it, as_of, day, Unknown("nobody's horizon is over yet"), 0.0, 0, 0, (alike,), CONDITION)
    after_start = _differences(connection, it.outcome, as_of, day + timedelta(days=1), it.days)
    # a stretch that no pair was made by: what differs there differs without the treatment
    earlier = day - timedelta(days=APART + SEEN + it.days - 1)
    placebo = _mean(_differences(connection, it.outcome, as_of, earlier, it.days)[0])
    nothing = isinstance(placebo, Unknown) or placebo.low is None or placebo.low <= 0 <= (placebo.high or 0)
    said = (
        ""
        if isinstance(placebo, Unknown)
        else f"{placebo.point:+.3g} a customer apart ({placebo.low:.3g} to {placebo.high:.3g})"
    )
    checks = (alike, Check("nothing differed where nothing was done", nothing, said or "not to be told", stops=True))
    differences, level = after_start
    return Compared(
        it, as_of, day, _mean(differences), level, len(differences), len(differences), checks, CONDITION
    )  # fmt: skip


def _differences(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, as_of: date, first: date, days: int
) -> tuple[Floats, float]:
    """Treated less compared, pair by pair, and what those compared show."""
    told = told_sql(outcome, Marts(as_of), as_of, Periods(first, days, 1))
    value = value_sql(outcome)
    rows = connection.execute(
        f"WITH told AS ({told}) SELECT sum({value}) FILTER (arm = '{TREATED}') AS treated,"
        f" sum({value}) FILTER (arm = '{NOT_TREATED}') AS compared"
        " FROM lot AS l LEFT JOIN told AS t USING (customer_id) GROUP BY pair ORDER BY pair"
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
