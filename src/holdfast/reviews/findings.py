"""What the published numbers say of one account, picked for a review. Reads; says nothing yet."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from holdfast.commerce.unknown import Unknown
from holdfast.evidence.ledger import Claim
from holdfast.metrics.declare import Metric
from holdfast.metrics.published import Published
from holdfast.metrics.recurringmonths import NAMES, LedgerMonth, waterfall
from holdfast.metrics.registry import METRICS
from holdfast.metrics.scorecard import Line, Scorecard
from holdfast.metrics.values import Change, CohortCell, Scope, Value

# Levels that a customer asks after, in this order. A level is not an effect: metrics.md 3.1.
LEVELS = (
    "net_revenue", "monthly_recurring_revenue", "active_customers", "average_order_value", "repeat_purchase_rate",
    "net_revenue_retention", "contribution_per_customer", "customer_satisfaction",
)  # fmt: skip
PREDICTED = ("predicted_lifetime_value",)
SERIES = ("net_revenue", "monthly_recurring_revenue", "active_customers", "repeat_purchase_rate")
MONTHS = 12
SUCCESS = ("met", "stretch")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one account: a snapshot, whose, its targets, and what comparisons have shown.

    chosen: somebody said which segment it is of.
    """

    source: Published
    scope: Scope
    card: Scorecard
    chosen: bool = False
    claims: tuple[Claim, ...] = ()  # of comparisons in the account's shops

    def value(self, metric_id: str) -> Value:
        return self.source.value(metric_id, self.scope)

    @property
    def targets(self) -> tuple[Line, ...]:
        return tuple(line for line in self.card.lines if line.criterion is not None)

    def judged(self, *verdicts: str) -> tuple[Line, ...]:
        return tuple(line for line in self.targets if line.verdict in verdicts)

    def beside(self, line: Line) -> tuple[tuple[Metric, Value], ...]:
        """The guardrails of a target: what its metric, or the target itself, must be shown with (G10)."""
        found = {} if line.metric is None else dict(self.guardrails(line.metric))
        ids = [m.metric for m in line.criterion.beside if m.metric] if line.criterion is not None else []
        found |= {METRICS[one]: self.value(one) for one in ids if one in METRICS}
        return tuple(found.items())

    def guardrails(self, metric: Metric) -> tuple[tuple[Metric, Value], ...]:
        """What a metric must be shown with wherever it is shown."""
        return tuple((one, self.value(one.id)) for one in METRICS.values() if one.number in metric.beside)

    def levels(self, ids: Sequence[str] = LEVELS) -> tuple[tuple[Metric, Value, Change | Unknown], ...]:
        """Those that are known, each with what it was a year before."""
        found = [(METRICS[one], self.value(one)) for one in ids if one in METRICS]
        return tuple(
            (metric, value, self.source.previous(metric.id, self.scope))
            for metric, value in found
            if not isinstance(value.reading, Unknown)
        )

    def months(self, metric_id: str) -> tuple[Value, ...]:
        """The newest months that are over (a part looks like a fall); none where fewer than three are known."""
        over = [v for v in self.source.series(metric_id, self.scope) if _is_over(v, self.source.as_of)]
        newest = tuple(over[-MONTHS:])
        return newest if known_in(newest) >= 3 else ()

    def year_of_recurring(self) -> Year | None:
        """The movements of the newest twelve months that are over, added up; None without subscriptions."""
        found = waterfall(self.source, self.scope)
        if isinstance(found, Unknown):
            return None
        over = [month for month in found if month.complete][-MONTHS:]
        return _year(over) if over and any(month.opening or month.closing for month in over) else None

    def cohorts(self) -> tuple[tuple[date, tuple[CohortCell, ...]], ...]:
        """The newest twelve months of first purchase, each with its months since."""
        rows: dict[date, list[CohortCell]] = {}
        for cell in self.source.cohorts(self.scope):
            rows.setdefault(cell.cohort, []).append(cell)
        newest = sorted(rows)[-MONTHS:]
        return tuple((cohort, tuple(rows[cohort][:MONTHS])) for cohort in newest)


@dataclass(frozen=True, slots=True)
class Year:
    """Recurring revenue over some whole months, in major units: opening + moves = closing."""

    since: date
    until: date
    opening: float
    moves: tuple[tuple[str, float], ...]  # by name, those that are not zero
    closing: float
    currency: str


def _is_over(value: Value, as_of: date) -> bool:
    """Whether the month of a value of a series has ended."""
    day = date.fromisoformat(value.member) if value.member else value.since or value.as_of
    return day.replace(day=monthrange(day.year, day.month)[1]) <= as_of


def known_in(values: Sequence[Value]) -> int:
    return sum(not isinstance(value.reading, Unknown) for value in values)


def _year(months: Sequence[LedgerMonth]) -> Year:
    first, last = months[0], months[-1]
    end = last.month.replace(day=monthrange(last.month.year, last.month.month)[1])
    sums = {kind: _sum(m.amount for month in months for m in month.movements if m.kind == kind) for kind in NAMES}
    moves = tuple((NAMES[kind], amount) for kind, amount in sums.items() if round(amount, 2))
    return Year(first.month, end, first.opening, moves, last.closing, last.currency)


def _sum(amounts: Iterable[float]) -> float:
    return round(sum(amounts), 2)
