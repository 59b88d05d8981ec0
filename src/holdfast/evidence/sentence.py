"""The strongest sentence that a comparison has earned, and none that is stronger."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.effects import ALWAYS_VALID, Effect
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.designs.compared import Compared
from holdfast.evidence.reading import Reading
from holdfast.evidence.together import ALIKE, Together

# A number of a scale as the door writes it: "money" in minor units, "share", "mean", "count", "change" (0.2: 20 % up).
Write = Callable[[float, str], str]


def sentence(reading: Reading | Compared, write: Write) -> str:
    """One sentence, with its interval, window and count. No verb of change where no change was shown."""
    return _compared(reading, write) if isinstance(reading, Compared) else _by_lot(reading, write)


def together(found: Together, write: Write) -> str:
    """Of several lots read as one: which mean it is, and whether they agree."""
    it, r = found.pool, found.relative
    if isinstance(r, Unknown):
        return f"Nothing can be said of {it.name} yet: {r.why}."
    assert not isinstance(found.found, Unknown)  # noqa: S101 (it has a relative effect)
    n = sum(one is not None for one in found.weights)
    mean = {
        "fixed": f"the mean over these {n} lots, weighted by how surely each is known",
        "random": f"the mean of all lots such as these {n}",
    }[it.effect]
    treated, held_out = write(found.found.n_treated, "count"), write(found.found.n_held_out, "count")
    whom = f"{treated} customers treated against {held_out} held out by lot"
    changed = _between(r, lambda x: write(x, "change"))
    often = "95 % interval" if found.over else "an interval that holds at every look"
    window = f"in the {found.days} days after assignment"
    apart = "" if found.found.alike >= ALIKE else "; the lots do not agree, so that no single one need show it"
    if found.verdict.word in ("worked", "hurt"):
        return f"{it.name} changed {found.outcome.said} by {changed} {window}: {mean}; {whom}; {often}{apart}."
    held = "" if (r.low or 0.0) > 0 or (r.high or 0.0) < 0 else ", which holds no effect"
    return (
        f"Whether {it.name} changed {found.outcome.said} cannot be told: {changed} {window}{held}, {mean}; {whom};"
        f" {often}{apart}."
    )


def _compared(found: Compared, write: Write) -> str:
    """E3: never "changed", never without its condition."""
    it, absolute = found.registration, found.absolute
    if found.verdict.word == "broken":
        return f"Nothing is said of {it.name}: {found.verdict.why}."
    if isinstance(absolute, Unknown):
        return f"Nothing can be said of {it.name} yet: {absolute.why}."
    apart = by(found.relative, absolute, it.outcome.scale, write)
    whom = {
        "staggered": "customers who had not begun yet", "matched": "customers who looked alike before",
        "threshold": "customers just below the threshold",
    }[it.design]  # fmt: skip
    n = f"{write(found.n_treated, 'count')} against {write(found.n_compared, 'count')}"
    unsure = "" if found.verdict.word == "indicated" else ", which holds no difference"
    return (
        f"Compared with {whom}, {it.outcome.said} was {apart} apart after {it.name}{unsure}, {found.condition}"
        f" ({n}; 95 % interval)."
    )


def _by_lot(reading: Reading, write: Write) -> str:
    it, shown = reading.registration, reading.shown
    if reading.verdict.word == "broken":
        return f"Nothing is said of {it.name}: {reading.verdict.why}."
    if isinstance(shown, Unknown):
        return f"Nothing can be said of {it.name} yet: {shown.why}."
    window = f"in the {it.days} days after assignment"
    treated, held_out = write(shown.n_treated, "count"), write(shown.n_held_out, "count")
    whom = f"{treated} {it.unit} treated against {held_out} held out by lot"
    levels = f"{write(shown.treated, it.outcome.scale)} against {write(shown.held_out, it.outcome.scale)}"
    if reading.verdict.word in ("worked", "hurt"):
        return (
            f"{it.name} changed {it.outcome.said} by {_by(shown, write, it.outcome.scale)} {window}: {levels}; {whom}"
            f"{_how(reading, shown, write)}."
        )
    return (
        f"Whether {it.name} changed {it.outcome.said} cannot be told from {levels} {window}:"
        f" {_by(shown, write, it.outcome.scale)} holds no effect; {whom}{_how(reading, shown, write)}."
    )


def by(relative: Estimate | Unknown, absolute: Estimate | Unknown, scale: str, write: Write) -> str:
    """An effect with its ends: relative where it can be, else in the outcome's own unit, else why not. A share's is in
    points, so that nobody reads per cent of per cent."""
    if not isinstance(relative, Unknown):
        return _between(relative, lambda x: write(x, "change"))
    if isinstance(absolute, Unknown):
        return absolute.why
    if scale == "share":
        return f"{_between(absolute, lambda x: write(100 * x, 'mean'))} points"
    return _between(absolute, lambda x: write(x, scale))


def _by(shown: Effect, write: Write, scale: str) -> str:
    return by(shown.relative, shown.absolute, scale, write)


def _between(estimate: Estimate, said: Callable[[float], str]) -> str:
    if estimate.low is None or estimate.high is None:
        return said(estimate.point)
    return f"{said(estimate.point)} ({said(estimate.low)} to {said(estimate.high)})"


def _how(reading: Reading, shown: Effect, write: Write) -> str:
    it = reading.registration
    often = "an interval that holds at every look" if shown.absolute.method == ALWAYS_VALID else "95 % interval"
    narrowed = (
        f", narrowed by {write(shown.narrowed, 'share')} through the days before" if shown.narrowed >= 0.005 else ""
    )
    cut = f", outcomes above the {write(it.winsorized, 'share')} quantile taken as it" if it.winsorized < 1 else ""
    return f"; {often}{narrowed}{cut}"
