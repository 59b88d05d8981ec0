"""What customers did, period by period or in the days around a day: one number each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from holdfast.evidence.registration import Outcome
from holdfast.metrics.measure import units_sql
from holdfast.warehouse.engine import compiled
from holdfast.warehouse.facts import Marts
from holdfast.warehouse.marts import customer_period


@dataclass(frozen=True, slots=True)
class Periods:
    """`count` periods of `days` each, the first of which begins on `first`."""

    first: date
    days: int
    count: int

    @property
    def last(self) -> date:
        """The last day of the last one."""
        return self.first + timedelta(days=self.days * self.count - 1)


def told_sql(outcome: Outcome, marts: Marts, as_of: date, periods: Periods) -> str:
    """customer_id, period (0 …), counted, out_of: rows for those who did anything."""
    place = f"CAST((u.anchor - DATE '{periods.first}') // {periods.days} AS INTEGER)"
    metric = outcome.declared
    if metric.each is None:
        rows = units_sql(metric, marts, as_of)
    else:
        window = customer_period(marts.order_value(), marts.refund_value(), periods.first, periods.days, periods.count)
        rows = compiled(metric.each(window))
    return (
        f"SELECT customer_id, {place} AS period, CAST(sum(counted) AS DOUBLE) AS counted,"
        f" CAST(sum(out_of) AS DOUBLE) AS out_of FROM ({rows}) AS u WHERE customer_id IS NOT NULL"
        f" AND u.matures_on <= DATE '{as_of}' AND u.anchor BETWEEN DATE '{periods.first}' AND DATE '{periods.last}'"
        " GROUP BY ALL"
    )
