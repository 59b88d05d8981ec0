"""What was tried with some customers kept aside, and what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.designs.compared import Compared
from holdfast.playbooks.aside import HELD_OUT, TREATED
from holdfast.web import charts, formatting, trying
from holdfast.web.charts.breakdown import Slice
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import file_format

if TYPE_CHECKING:
    from datetime import date

    from holdfast.estimates.effects import Effect
    from holdfast.evidence.growth import Grown
    from holdfast.evidence.lot import Lot
    from holdfast.evidence.reading import Reading
    from holdfast.evidence.registration import Outcome

LISTED = ("id", "name", "shop", "owner", "outcome", "drawn", "planned_day", "verdict", "effect", "low", "high", "grade")
NO_PER_CENT = Unknown("told in the outcome's own unit")
SHAPES = {
    "worked": "met",
    "hurt": "missed",
    "broken": "missed",
    "did not show": "unknown",
    "cannot tell yet": "undecided",
    "indicated": "undecided",
    "explored": "none",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment of the list."""

    lot: Lot
    reading: Reading | Compared | None

    @property
    def relative(self) -> str:
        return "" if self.reading is None else trying.effect_said(self.reading)

    @property
    def whose(self) -> str:
        """The shop, or "accounts"."""
        return self.lot.registration.shop or self.lot.registration.unit

    @property
    def due(self) -> date | None:
        """The planned day of a lot; of an open one there is none before the planned number has entered."""
        found = self.reading
        return None if found is None or isinstance(found, Compared) or self.lacking else found.due

    @property
    def lacking(self) -> int:
        """How many have to enter an open lot before its planned day is known."""
        if self.reading is None or not self.lot.is_open:
            return 0
        return max(0, self.lot.registration.planned - sum(self.sizes))

    @property
    def sizes(self) -> tuple[int, int]:
        """Treated, and those they are held against."""
        found = self.reading
        if found is None:
            return 0, 0
        if isinstance(found, Compared):
            return found.n_treated, found.n_compared
        return found.assigned.get(TREATED, 0), found.assigned.get(HELD_OUT, 0)

    @property
    def shape(self) -> str:
        return "unknown" if self.reading is None else SHAPES[self.reading.verdict.word]


def page(request: HttpRequest) -> HttpResponseBase:
    rows = [Row(lot, trying.read(lot)) for lot in trying.lots()]
    taken = file_format(request)
    if taken:
        return download(Table("experiments", LISTED, [_listed(row) for row in rows]), taken)
    several = [(one, trying.together(one)) for one in trying.pools()]
    context = {
        "title": "Experiments", "rows": rows, "spoilt": trying.spoilt(), "pools": several, "shapes": SHAPES,
        "between": between,
    }  # fmt: skip
    return render(request, "experiments.html", context)


def one(request: HttpRequest, experiment_id: str) -> HttpResponseBase:
    lot = trying.find(experiment_id)
    if lot is None:
        raise Http404(f"There is no experiment {experiment_id}.")
    found = trying.read(lot)
    if isinstance(found, Compared):
        return _compared(request, lot, found)
    taken = file_format(request)
    if taken and found is not None:
        return download(Table(f"experiment-{experiment_id}", EFFECTS, _effects(found)), taken)
    told = trying.growth(lot) if found is not None else ()
    context = {
        "title": lot.registration.name,
        "lot": lot,
        "it": lot.registration,
        "reading": found,
        "lacking": Row(lot, found).lacking,
        "mark": "unknown" if found is None else SHAPES[found.verdict.word],
        "sentence": "" if found is None else trying.sentence(found),
        "plan": trying.plan(lot) if found is None else None,
        "forest": Markup("") if found is None or found.verdict.word == "broken" else _forest(found),
        "growth": _growth(told, lot),
        "grown": told,
        "segments": [one for one in trying.segments_of(lot) if one not in lot.registration.segments],
        "by": request.GET.get("by", ""),
        "explored": trying.explore(lot, request.GET.get("by", "")),
        "told": lambda effect, outcome: _told(effect, outcome, currency_of(lot)),
        "written": lambda number: trying.write(number, lot.registration.outcome.scale, currency_of(lot)),
        **(_of_accounts(lot, found) if trying.is_of_accounts(lot) else OF_CUSTOMERS),
    }
    return render(request, "experiment.html", context)


OF_CUSTOMERS = {"of_accounts": None, "could_tell": "", "at_looks": False, "playbook": ""}


def _of_accounts(lot: Lot, found: Reading | None) -> dict[str, object]:
    """What is said of accounts beside: which they are adjusted for, what so few can tell, and by when."""
    from holdfast.evidence.account_lot import could_tell
    from holdfast.playbooks.outcomes import OUTCOMES

    return {
        "of_accounts": OUTCOMES[lot.registration.outcome.metric], "playbook": (lot.drawn or {}).get("playbook"),
        "could_tell": "" if found is None or found.verdict.word == "broken" else could_tell(found),
        "at_looks": found is not None and found.final is None,
    }  # fmt: skip


def _compared(request: HttpRequest, lot: Lot, found: Compared) -> HttpResponseBase:
    """A comparison without a lot: its sentence, its course with the time before the start, its checks."""
    taken = file_format(request)
    if taken:
        rows = [(s.periods, s.effect.point, s.effect.low, s.effect.high) for s in found.course]
        return download(
            Table(f"experiment-{lot.registration.id}", ("periods_since", "effect", "low", "high"), rows), taken
        )
    currency = currency_of(lot)
    points = [
        charts.Point(
            _since(s.periods),
            s.effect.point,
            s.effect.low,
            s.effect.high,
            tip=f"{_since(s.periods)}: {s.effect.point:+.3g}",
        )
        for s in found.course
    ]
    context = {
        "title": lot.registration.name, "lot": lot, "it": lot.registration, "found": found,
        "mark": SHAPES[found.verdict.word], "sentence": trying.sentence(found),
        "course": charts.series(
            points, title="Difference by period since the start", description="; ".join(p.tip for p in points),
            write=lambda x: trying.write(x, lot.registration.outcome.scale, currency),
        ),
        "since": _since,
        "written": lambda x: trying.write(x, lot.registration.outcome.scale, currency),
    }  # fmt: skip
    return render(request, "comparison.html", context)


def _since(periods: int) -> str:
    return f"{-periods} before" if periods < 0 else f"{periods + 1} after"


def currency_of(lot: Lot) -> str:
    return trying.currency_of(lot.registration)


EFFECTS = ("what", "treated", "held_out", "n_treated", "n_held_out", "absolute", "low", "high", "relative",
           "relative_low", "relative_high", "method")  # fmt: skip


def _effects(found: Reading) -> list[tuple[object, ...]]:
    rows = [("primary", found.shown), *((g.guardrail.outcome.said, g.effect) for g in found.guarded)]
    rows += [(f"{m.by} {m.member}", m.effect) for m in found.members]
    return [(what, *_numbers(effect)) for what, effect in rows]


def _numbers(effect: Effect | Unknown) -> tuple[object, ...]:
    if isinstance(effect, Unknown):
        return (None,) * (len(EFFECTS) - 1)
    a = effect.absolute
    return (
        effect.treated, effect.held_out, effect.n_treated, effect.n_held_out, a.point, a.low, a.high,
        *ends(effect.relative), a.method,
    )  # fmt: skip


def _listed(row: Row) -> tuple[object, ...]:
    it, found = row.lot.registration, row.reading
    return (
        it.id, it.name, row.whose, it.owner, it.outcome.said, None if row.lot.drawn is None else row.lot.drawn_on,
        row.due, "" if found is None else found.verdict.word,
        *ends(None if found is None else found.relative), "" if found is None else str(found.grade),
    )  # fmt: skip


def _told(effect: Effect | Unknown, outcome: Outcome, currency: str) -> str:
    """Relative where it can be, else in the outcome's own unit."""
    if isinstance(effect, Unknown):
        return effect.why
    return trying.in_words(effect.relative, effect.absolute, outcome.scale, currency)


def relative(effect: Effect | Unknown) -> str:
    """+22.8 % (15.0 % to 30.6 %)"""
    return effect.why if isinstance(effect, Unknown) else between(effect.relative)


def ends(r: Estimate | Unknown | None) -> tuple[float | None, float | None, float | None]:
    """The point and both ends of an interval, nothing of what is not known."""
    return (None, None, None) if r is None or isinstance(r, Unknown) else (r.point, r.low, r.high)


def between(r: Estimate | Unknown) -> str:
    if isinstance(r, Unknown):
        return r.why
    if r.low is None or r.high is None:
        return per_cent(r.point)
    return f"{per_cent(r.point)} ({per_cent(r.low)} to {per_cent(r.high)})"


def per_cent(change: float) -> str:
    """+22.8 %: of the level of those held out, not points."""
    return trying.write(change, "change", "")


def slice_of(label: str, effect: Effect | Unknown, why: str = "") -> Slice:
    if isinstance(effect, Unknown) or isinstance(effect.relative, Unknown):
        return Slice(label, why, None, written="not known")
    r = effect.relative
    n = f"{formatting.count(effect.n_treated)} against {formatting.count(effect.n_held_out)}"
    return Slice(label, why or n, r.point, r.low, r.high, per_cent(r.point))


def _forest(found: Reading) -> Markup:
    """Relative effects on one scale, no effect in the middle."""
    slices = [slice_of("Primary outcome", found.shown)]
    slices += [slice_of(g.guardrail.outcome.said.capitalize(), g.effect, "guardrail") for g in found.guarded]
    slices += [slice_of(f"{m.by.capitalize()} {m.member}", m.effect) for m in found.members]
    if all(one.point is None for one in slices):
        return Markup("")
    return charts.breakdown(
        slices, title="Effects, relative to those held out",
        description="; ".join(f"{s.label}: {s.written or 'not known'}" for s in slices),
        write=per_cent, whole=0.0,
    )  # fmt: skip


def _growth(grown: tuple[Grown, ...], lot: Lot) -> Markup:
    """Relative, or in the outcome's own unit where a step cannot be told in per cent."""
    outcome, currency = lot.registration.outcome, currency_of(lot)
    effects = [(one.days, one.effect) for one in grown if not isinstance(one.effect, Unknown)]
    in_per_cent = not any(isinstance(effect.relative, Unknown) for _, effect in effects)
    points = []
    for days, effect in effects:
        of = effect.relative if in_per_cent else effect.absolute
        if not isinstance(of, Unknown):
            tip = f"day {days}: {_told(effect, outcome, currency)}"
            points.append(charts.Point(f"day {days}", of.point, of.low, of.high, tip=tip))
    return charts.series(
        points, title="Effect by days since assignment", description="; ".join(point.tip for point in points),
        write=per_cent if in_per_cent else lambda x: trying.in_words(
            NO_PER_CENT, Estimate(x, None, None, ""), outcome.scale, currency
        ),
    )  # fmt: skip
