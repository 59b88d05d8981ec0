"""`holdfast health trial`: a scorecard against what happened later, told in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holdfast.cli import figures
from holdfast.cli.speech import plain

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.commerce.unknown import Unknown
    from holdfast.estimates.estimate import Estimate
    from holdfast.health.trial.run import Trial


def trial_document(told: Trial) -> dict[str, Any]:
    """A trial as data. What counts as leaving is its `rule`: `label` says of every answer whether it is invented."""
    document: dict[str, Any] = plain(told)
    return {"word": told.word, "rule": document.pop("label"), **document, "said_of_known": told.known.said}


def show_trial(out: Console, told: Trial) -> None:
    """What it may be called first, then why, then what stands behind it."""
    judged, gate = told.judged, told.judged.gate
    style = "bold green" if gate.passed else "bold yellow"
    out.print(f"{told.scorecard}: {gate.word}; {gate.verdict}", style=style, markup=False)
    for check in gate.checks:
        mark, colour = ("● yes", "green") if check.passed else ("▲ no", "red")
        out.print(f"  {mark:<6} {check.asks}: {check.found}", style=colour, markup=False, soft_wrap=True)
    out.print(
        f"\n{figures.plural(judged.customers, told.label.noun)} on {len(told.days) - len(told.days) // 2} days from"
        f" {figures.day(judged.first_test)} to {figures.day(told.days[-1])}, {figures.number(judged.rows)} rows;"
        f" left: {figures.measured(judged.base_rate, 'share')} ({told.label.said})", markup=False, soft_wrap=True,
    )  # fmt: skip
    _rivals(out, told)
    _beside(out, told)


def _rivals(out: Console, told: Trial) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for head in ("who will leave, by", "AUC", "precision–recall", "lift of the top tenth", "found", "Brier"):
        table.add_column(head, justify="left" if head.startswith("who") else "right")
    for rival in told.judged.rivals:
        table.add_row(
            rival.name, *(_estimate(one) for one in (rival.auc, rival.precision, rival.lift)),
            figures.measured(rival.recall, "share"),
            figures.DASH if rival.brier is None else figures.number(rival.brier, 3),
        )  # fmt: skip
    out.print(table)


def _beside(out: Console, told: Trial) -> None:
    from holdfast.estimates.drift import STABLE

    judged = told.judged
    lead = judged.lead
    days = figures.DASH if lead.days is None else figures.measured(lead.days, "days")
    lines = [
        f"found: of those who left, the share among the {figures.number(told.capacity)} a week with the highest risk",
        f"lead: {lead.flagged} of {lead.left} who left were at risk by their score before, {days} ahead (median)",
        f"left out: {figures.measured(judged.unscored, 'share')} of the rows, for too little that is known",
        "AUC by month: " + ", ".join(f"{m.day:%Y-%m} {m.auc:.2f}" for m in judged.months),
        "moved inputs: " + (", ".join(f"{id} {v:.2f}" for id, v in judged.drift.items() if v >= STABLE) or "none"),
        told.known.said,
    ]
    if told.treated:
        lines.append(f"{figures.plural(told.treated, told.label.noun)} left out since somebody began to keep them.")
    if told.sample < 1:
        lines.append(f"Of a sample of {figures.measured(told.sample, 'share')} of the customers.")
    if not judged.gap:
        lines.append("Some outcomes that were learned from were still open when the tested days began.")
    for line in lines:
        out.print(f"  {line}", style="dim", markup=False, soft_wrap=True)


def _estimate(one: Estimate | Unknown) -> str:
    from holdfast.commerce.unknown import Unknown

    if isinstance(one, Unknown) or one.low is None or one.high is None:
        return figures.DASH
    return f"{one.point:.2f}\n{one.low:.2f} to {one.high:.2f}"
