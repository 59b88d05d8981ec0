"""The strongest sentence that a comparison has earned, and none that is stronger."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import Effect
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.reading import Reading

Write = Callable[[float, str], str]  # a number of a scale ("money", "share", "mean" …), as the door writes it


def sentence(reading: Reading, write: Write) -> str:
    """One sentence, with its interval, window and count. No verb of change where no change was shown."""
    it, shown = reading.registration, reading.shown
    if reading.verdict.word == "broken":
        return f"Nothing is said of {it.name}: {reading.verdict.why}."
    if isinstance(shown, Unknown):
        return f"Nothing can be said of {it.name} yet: {shown.why}."
    window = f"in the {it.days} days after assignment"
    whom = f"{shown.n_treated:,} customers treated against {shown.n_held_out:,} held out by lot"
    levels = f"{write(shown.treated, it.outcome.scale)} against {write(shown.held_out, it.outcome.scale)}"
    if reading.verdict.word in ("worked", "hurt"):
        return (
            f"{it.name} changed {it.outcome.said} by {_by(shown, write, it.outcome.scale)} {window}: {levels}; {whom}"
            f"{_how(shown)}."
        )
    return (
        f"Whether {it.name} changed {it.outcome.said} cannot be told from {levels} {window}:"
        f" {_by(shown, write, it.outcome.scale)} holds no effect; {whom}{_how(shown)}."
    )


def _by(shown: Effect, write: Write, scale: str) -> str:
    if isinstance(shown.relative, Unknown):
        return _between(shown.absolute, lambda x: write(x, scale))
    return _between(shown.relative, lambda x: f"{x:+.1%}".replace("-", "−"))


def _between(estimate: Estimate, said: Callable[[float], str]) -> str:
    if estimate.low is None or estimate.high is None:
        return said(estimate.point)
    return f"{said(estimate.point)} ({said(estimate.low)} to {said(estimate.high)})"


def _how(shown: Effect) -> str:
    often = "an interval that holds at every look" if shown.absolute.method == "always valid" else "95 % interval"
    narrowed = f", narrowed by {shown.narrowed:.0%} through the days before" if shown.narrowed >= 0.005 else ""
    return f"; {often}{narrowed}"
