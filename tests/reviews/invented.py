"""An account whose numbers are known by heart: a stand-in for what a build published, and what its work tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from holdfast.accounts.decide.reviewing import Action, Answer, Decision, Narrative, Objective, Outcome, Quote, Told
from holdfast.commerce.unknown import Unknown
from holdfast.metrics.framework import load
from holdfast.metrics.recurringmonths import LedgerMonth, Movement
from holdfast.metrics.registry import METRICS
from holdfast.metrics.scorecard import Group, Line, Scorecard
from holdfast.metrics.values import Change, CohortCell, Reading, Scope, Value
from holdfast.metrics.verdict import verdict
from holdfast.reviews.findings import Numbers
from holdfast.reviews.telling import Given
from holdfast.warehouse.home import Shop

AS_OF, MADE_ON, SNAPSHOT = date(2026, 6, 30), date(2026, 7, 3), "000007-20260701T040000Z"
SCOPE = Scope("account", "Kelp & Co")
#          point, low, high, n, still open
KNOWN: dict[str, tuple[float, float | None, float | None, int, int]] = {
    "account_completion": (0.953, 0.931, 0.968, 812, 9),
    "first_purchase_within_72h": (0.712, 0.679, 0.743, 790, 4),
    "second_purchase_within_30_days": (0.141, 0.118, 0.167, 801, 67),
    "annual_retention": (0.439, 0.401, 0.478, 655, 0),
    "net_revenue": (1_284_310.55, None, None, 9_120, 0),
    "contribution_per_customer": (41.27, 38.9, 43.64, 4_250, 0),
    "average_order_value": (68.4, 66.1, 70.7, 9_120, 0),
    "active_customers": (4_250.0, None, None, 4_250, 0),
    "monthly_recurring_revenue": (48_120.0, None, None, 611, 0),
}


@dataclass
class Source:
    """Calls of `Published` that a review makes. points: metric → (point, low, high, n, still open)."""

    points: dict[str, tuple[float, float | None, float | None, int, int]] = field(default_factory=lambda: dict(KNOWN))
    snapshot: str = SNAPSHOT
    as_of: date = AS_OF
    simulated: bool = True
    manifest: Any = None

    def shops_of(self, scope: Scope) -> tuple[Shop, ...]:
        return (Shop(1, "kelp-shop", "Kelp & Co", "Europe/Berlin", "EUR", self.simulated),)

    def value(self, metric_id: str, scope: Scope = SCOPE, **more: Any) -> Value:
        metric = METRICS[metric_id]
        known = self.points.get(metric_id)
        reading = Reading(*known[:3], "Wilson") if known else Unknown("no tickets connected", "import tickets")
        facts = {
            "since": date(2025, 7, 1), "until": AS_OF, "n": known[3] if known else 0, "counted": 0.0, "out_of": 0.0,
            "still_open": known[4] if known else 0, "reading": reading, "snapshot": self.snapshot,
            "currency": "EUR" if metric.scale == "money" else None,
        }  # fmt: skip
        return Value(metric_id, metric.version, scope, self.as_of, **{**facts, **more})

    def previous(self, metric_id: str, scope: Scope = SCOPE) -> Change | Unknown:
        if metric_id != "average_order_value":
            return Unknown("no year before")
        before = self.value(
            metric_id, reading=Reading(61.2, 59.0, 63.4, "delta"), since=date(2024, 7, 1), until=date(2025, 6, 30)
        )
        return Change(7.2, 4.1, 10.3, before)

    def series(self, metric_id: str, scope: Scope = SCOPE) -> tuple[Value, ...]:
        if metric_id not in self.points:
            return ()
        point = self.points[metric_id][0]
        months = [date(2025 + (6 + m) // 12, (6 + m) % 12 + 1, 1) for m in range(12)]
        readings = [
            Unknown("too early") if m == 11 else Reading(point / 12 + m, None, None, "full count") for m in range(12)
        ]
        return tuple(
            self.value(metric_id, member=day.isoformat(), since=day, until=day, n=100 + place, reading=reading)
            for place, (day, reading) in enumerate(zip(months, readings, strict=True))
        )

    def cohorts(self, scope: Scope = SCOPE) -> tuple[CohortCell, ...]:
        return tuple(
            CohortCell(date(2026, month, 1), since, 40 + month, 40 + month if not since else 10 + since, month + since < 6)
            for month in range(1, 7) for since in range(7 - month)
        )  # fmt: skip


def card(source: Source) -> Scorecard:
    """The targets of the framework's phases, judged as they are by the real rule."""
    framework = load()
    lines = []
    for criterion in [c for phase in framework.phases for c in phase.criteria]:
        metric = METRICS.get(criterion.metric or "")
        value = source.value(metric.id) if metric else None
        judged = verdict(value.reading if value else Unknown("none"), criterion, value.n if value else 0)
        lines.append(Line(criterion, metric, value, judged.verdict, judged.sentence, Unknown("none"), ()))
    return Scorecard(framework, framework.segments[0], SCOPE, (Group("Phases", "", tuple(lines)),))


def ledger() -> tuple[LedgerMonth, ...]:
    moves = (("new", 900.0), ("expansion", 250.5), ("churn_voluntary", -410.25))
    months, opening = [], 40_000.0
    for place in range(12):
        closing = opening + sum(amount for _, amount in moves)
        movements = tuple(Movement(kind, amount, 3) for kind, amount in moves)
        months.append(
            LedgerMonth(
                date(2025 + (6 + place) // 12, (6 + place) % 12 + 1, 1), True, opening, movements, closing, "EUR"
            )
        )
        opening = closing
    return tuple(months)


TOLD = Told(
    "Kelp & Co",
    their_goals=("Ann Berg wants fewer returns",), strategy="People come back without being reminded.",
    objectives=(Objective("More second orders", "On track", True, date(2026, 12, 31), ("Ann Berg", "cas")),),
    outcomes=(
        Outcome(1, "Second orders within a month", "More second orders", "Accepted by the customer", False,
                "second_purchase_within_30_days", 0.14, 0.2, date(2026, 12, 31)),
        Outcome(2, "Larger orders", "More second orders", "Verified by the customer", True, "average_order_value", 61.2,
                68.0, date(2026, 6, 30)),
    ),
    answers=(Answer("Which number do you report?", "Repeat share; it was worth €1,250,000 to us, wrote ann.berg@kelp.example",
                    date(2026, 5, 4), "Ann Berg"),),
    narratives=(Narrative("Reminder", "subscriber_churn", "3.1 % lost after, 3.9 % before", "E2", "complaints did not rise", ("the season",)),),
    quotes=(Quote("It saved us 40k EUR a year, says Berg", "Ann Berg", date(2026, 5, 4)),),
    decisions=(Decision("Keep a tenth aside", "Ann Berg", date(2026, 8, 1)),),
    actions=(Action("Send the list", "Ann Berg", True, date(2026, 7, 20)), Action("Draft it", "cas", False, None)),
    people=("Ann Berg", "cas"),
)  # fmt: skip


def given(source: Source | None = None, **more: Any) -> Given:
    source = source or Source()
    source.manifest = SimpleNamespace(path=Path("/nowhere"))
    numbers = Numbers(source, SCOPE, card(source))  # type: ignore[arg-type]
    return Given(**{"told": TOLD, "numbers": numbers, "made_on": MADE_ON, "base": "https://cs.example.com", **more})
