"""Findings → story: the customer's goals first, then what came of them, what was missed, and what is to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from holdfast.accounts.decide.reviewing import Action, Narrative, Outcome, Quote, Told
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.estimate import Estimate
from holdfast.evidence.ledger import Claim
from holdfast.metrics.declare import Metric
from holdfast.metrics.registry import METRICS
from holdfast.metrics.scorecard import Line
from holdfast.metrics.values import Change, Value
from holdfast.reviews import written
from holdfast.reviews.figure import Figure, Notes
from holdfast.reviews.findings import PREDICTED, SERIES, SUCCESS, Numbers, known_in
from holdfast.reviews.story import (
    MOST_PAGES,
    Against,
    Block,
    Cohorts,
    Grid,
    Intervals,
    Months,
    Own,
    Page,
    Points,
    Said,
    Step,
    Story,
    Waterfall,
    Words,
    slots_of,
)
from holdfast.warehouse.simulated import label_of

PURPOSE = "What you wanted, what came of it, what we missed, and what there is to decide."
COHORT_TABLE = 1  # the version of its definition (metrics/cohorts.py), which is no metric
MOST_CLAIMS = 4
ROWS = 7  # of a table; what does not fit is counted
GRADED = {
    "E0": "unverified",
    "E1": "described",
    "E2": "before and after",
    "E3": "compared with similar customers",
    "E4": "against a holdout",
    "E5": "against a holdout, repeated",
}
ASIDE = {  # what a grade's sentence may not leave out: metrics.md 3.1
    "E0": "Unverified: ",
    "E2": "Part of this is expected without any action: ",
    "E3": "If trends would have been parallel: ",
}


@dataclass(frozen=True, slots=True)
class Given:
    """All that a review is drawn from. numbers: None where the data know nothing of the account."""

    told: Told
    numbers: Numbers | None
    made_on: date
    base: str = ""  # of addresses


def tell(given: Given) -> Story:
    """The draft. What a person has to say is a slot with a question in it."""
    told, numbers = given.told, given.numbers
    notes = Notes(numbers.scope, given.base) if numbers else None
    pages = [_opening(given, notes), _goals(told), _outcomes(told, numbers, notes)]
    if numbers and notes:
        pages += [*_targets(numbers, notes), _value(told, numbers, notes), *_courses(numbers, notes)]
        pages += [*_cohorts(numbers, notes), _misses(told, numbers, notes)]
    pages.append(_ending(told))
    if len(pages) > MOST_PAGES:
        raise AssertionError(f"a review of {len(pages)} pages")
    shops = numbers.source.shops_of(numbers.scope) if numbers else ()
    return Story(
        told.account, f"Review with {told.account}", numbers.source.as_of if numbers else None,
        numbers.source.snapshot if numbers else "", label_of(shops), given.made_on, tuple(pages),
        tuple(notes.taken) if notes else (),
        told.people, tuple(sorted({told.account, *(name for s in shops for name in (s.name, s.account))})),
    )  # fmt: skip


def lacking(story: Story) -> tuple[str, ...]:
    """What keeps a review from being issued, as sentences: one that asks for no decision is a show (A12)."""
    asked = any(own.slot == "decisions" and not own.asks for own in slots_of(story))
    return () if asked else ("It asks for no decision: write down at least one under “Decisions we ask for”.",)


NOTHING_ASKED = "Write here what is to be decided, by whom and until when."


# --- pages ---


def _opening(given: Given, notes: Notes | None) -> Page:
    told, numbers = given.told, given.numbers
    lines: list[Block] = [Words((Own("purpose", "Purpose, in one line", told.purpose or PURPOSE),), "lead")]
    if numbers and notes:
        lines.append(Words(_standing(numbers, notes)))
        if not numbers.chosen and numbers.card.chosen == "nobody":
            said = (
                f"Nobody has chosen a segment for this account: the targets are those of {numbers.card.segment.name}."
            )
            lines.append(Words((said,), "quiet"))
        lines.append(Words((f"Numbers as of {written.day(numbers.source.as_of)}, of {numbers.scope.label}.",), "quiet"))
    else:
        lines.append(Words(("The data hold no numbers of this account yet, so this review has none.",), "quiet"))
    return Page("opening", f"Review with {told.account}", (tuple(lines),))


def _standing(numbers: Numbers, notes: Notes) -> Said:
    """How many targets stand how. Counts of a card are figures too."""
    targets, source = numbers.targets, numbers.source
    note = notes.add(
        "scorecard", f"Targets of {numbers.card.segment.name or 'the framework'}", numbers.card.framework.version,
        source.as_of, source.as_of, source.as_of, len(targets), "targets", 0, "a full count", source.snapshot, "/",
    )  # fmt: skip

    def many(*verdicts: str) -> Figure:
        found = float(len(numbers.judged(*verdicts)))
        return Figure(written.count(found), note, "count", found)

    return (
        "Of ", Figure(written.count(len(targets)), note, "count", float(len(targets))), " targets ", many(*SUCCESS),
        " are met, ", many("missed"), " missed and ", many("undecided"), " undecided; ",
        many("unknown", "no target"), " cannot be judged yet.",
    )  # fmt: skip


def _goals(told: Told) -> Page:
    first: list[Block] = []
    if told.strategy:
        first.append(Words((f"“{told.strategy}”",), "lead"))
    goals = [(one.what + (f", by {written.day(one.due)}" if one.due else "") + f" ({one.state.lower()})",)
             for one in told.objectives]  # fmt: skip
    first += [Words(("What you want to reach",), "head"), Points(tuple(goals[:ROWS]))] if goals else []
    said = [
        *told.their_goals,
        *(f"{a.answer} ({a.by + ', ' if a.by else ''}{written.day(a.on)})" for a in told.answers),
    ]
    if said:
        first += [Words(("What you told us",), "head"), Points(tuple((one,) for one in said[:5]))]
    if not goals and not said:
        first.append(Words(("No goal of yours is written down yet. Which result in twelve months makes this the right"
                            " decision?",), "lead"))  # fmt: skip
    second: list[Block] = []
    if told.highlights:
        second += [Words(("What went well for you",), "head"), Points(tuple((one,) for one in told.highlights[:5]))]
    second += [
        Words(("What has changed",), "head"),
        Words((Own("changed", "What changed for the customer, in their words",
                   "You speak first: what is different since we last met?", asks=True),)),
    ]  # fmt: skip
    return Page("goals", "Your goals, and what has changed", (tuple(first), tuple(second)), (0.6, 0.4))


def _outcomes(told: Told, numbers: Numbers | None, notes: Notes | None) -> Page:
    found = told.outcomes
    verified = sum(one.verified for one in found)
    if not found:
        return Page("outcomes", "No outcome is agreed yet", ((Words((
            "An outcome is agreed before the work on it begins: what is measured, where it stands, where it has to get"
            " to, and by when. The first ones are for this talk.",), "lead"),),))  # fmt: skip
    rows = [_outcome(one, numbers, notes) for one in found[:ROWS]]
    title = f"{written.count(verified)} of {written.plural(len(found), 'outcome')} verified by you"
    blocks: list[Block] = [Grid(("Outcome", "Measured by", "From", "To", "By", "Now", "Stands at"),
                                (0.29, 0.18, 0.09, 0.09, 0.1, 0.12, 0.13), tuple(rows))]  # fmt: skip
    blocks += _rest(len(found), ROWS, "outcomes")
    blocks.append(Words(("Verified is what you have confirmed; delivered is only what we say. What a number is now does"
                         " not say why it is so.",), "quiet"))  # fmt: skip
    return Page("outcomes", title, (tuple(blocks),))


def _outcome(one: Outcome, numbers: Numbers | None, notes: Notes | None) -> tuple[Said, ...]:
    metric = METRICS.get(one.metric)
    now: Said = ("not measured",)
    currency = None
    if metric and numbers and notes:
        value = numbers.value(metric.id)
        now, currency = (notes.figure(metric, value),), value.currency
    by = written.day(one.by) if one.by else "no day"

    def end(value: float | None) -> Said:
        if value is None or metric is None:
            return ("not set" if value is None else written.number(value, 2),)
        # Agreed, not measured: its source is the plan. A figure with note 0 has no footnote but is blackened as money.
        return (Figure(written.measured(value, metric.scale, currency), 0, metric.scale, value, currency=currency),)

    name = metric.name if metric else "nothing yet"
    return ((one.what,), (name,), end(one.baseline), end(one.target), (by,), now, (one.state,))


def _targets(numbers: Numbers, notes: Notes) -> list[Page]:
    """The targets on one scale with their intervals; and what is met, with what has to be seen beside it."""
    shares = [line for line in numbers.targets if _on_the_chart(line)]
    pages = []
    met, missed = numbers.judged(*SUCCESS), numbers.judged("missed")
    if shares:
        title = f"{written.plural(len(met), 'target')} met, {written.count(len(missed))} missed; the interval decides"
        pages.append(Page("targets", title, ((Intervals(tuple(_against(line, notes) for line in shares[:8])),),)))
    if met:
        rows = [_success(line, numbers, notes) for line in met[:ROWS]]
        grid = Grid(("Target met", "Value", "Target", "Seen beside it"), (0.34, 0.14, 0.14, 0.38), tuple(rows))
        title = f"What holds: {written.plural(len(met), 'target')}, with what must not get worse"
        quiet = Words(("A level is not an effect: that a target is met does not say what brought it about.",), "quiet")
        pages.append(Page("successes", title, ((grid, *_rest(len(met), ROWS, "targets"), quiet),)))
    return pages


def _on_the_chart(line: Line) -> bool:
    known = line.value is not None and not isinstance(line.value.reading, Unknown)
    return bool(known and line.criterion and line.criterion.scale == "share" and not line.criterion.needs_holdout)


def _against(line: Line, notes: Notes) -> Against:
    criterion, metric, value = line.criterion, line.metric, line.value
    if criterion is None or metric is None or value is None:
        raise AssertionError("only a line with a target and a number is drawn")
    return Against(
        criterion.label, notes.figure(metric, value), criterion.acceptable, criterion.stretch,
        written.target(criterion), line.verdict,
    )  # fmt: skip


def _success(line: Line, numbers: Numbers, notes: Notes) -> tuple[Said, ...]:
    beside: list[str | Figure | Own] = []
    for metric, value in numbers.beside(line)[:3]:
        beside += [*(["; "] if beside else []), f"{metric.name} ", notes.figure(metric, value)]
    label, target = _called(line), written.target(line.criterion) if line.criterion else ""
    return ((label,), _now(line, notes), (target,), tuple(beside) or ("No guardrail is declared for it.",))


def _called(line: Line) -> str:
    return line.criterion.label if line.criterion else line.metric.name if line.metric else ""


def _now(line: Line, notes: Notes) -> Said:
    return (notes.figure(line.metric, line.value),) if line.metric and line.value else ("not measured",)


def _value(told: Told, numbers: Numbers, notes: Notes) -> Page:
    """Measured, projected and told, one below the other and never added (G3)."""
    measured: list[tuple[Said, ...]] = [_claimed(claim, numbers, notes) for claim in _shown(numbers.claims)]
    measured += [
        (("Measured",), (*_level(metric, value, change, notes), *_guarded(metric, numbers, notes)), ("E1 described",))
        for metric, value, change in numbers.levels()[:5]
    ]
    stories = sorted(told.narratives, key=lambda one: one.grade, reverse=True)
    measured += [_narrated(one) for one in stories if one.grade not in ("E0", "")][:2]
    projected: list[tuple[Said, ...]] = [
        (("Projected",), (f"{metric.name} is predicted at ", notes.figure(metric, value), "."), ("E2 from a model",))
        for metric, value, _ in numbers.levels(PREDICTED)
    ]
    anecdotes = [_narrated(one) for one in stories if one.grade in ("E0", "")][:1]
    anecdotes += [(("Told",), (f"“{q.text}”" + _who(q),), ("E0 unverified",)) for q in told.quotes[:2]]
    claims = [_called(line) for line in numbers.targets if _needs_holdout(line)]
    blocks: list[Block] = [
        Grid(("Kind", "What is known", "How surely"), (0.11, 0.7, 0.19), (*measured, *projected, *anecdotes))
    ]
    if claims:
        blocks.append(Words((f"Not known, since nobody was kept aside to compare with: {'; '.join(claims)}.",)))
    blocks.append(Words(("What is measured, projected and told is of three kinds: it is not added up.",), "quiet"))
    return Page("value", "What there is to show, and how surely it is known", (tuple(blocks),))


def _shown(claims: tuple[Claim, ...]) -> list[Claim]:
    """Those that a review may say something of, the surest first; what hurt stands there as what worked does."""
    told = [one for one in claims if one.verdict.word in ("worked", "hurt", "did not show", "indicated")]
    return sorted(told, key=lambda one: (-one.grade, one.id))[:MOST_CLAIMS]


def _claimed(claim: Claim, numbers: Numbers, notes: Notes) -> tuple[Said, ...]:
    """Its relative effect, or what is no money: a copy without money keeps it."""
    grade, relative, (before, after) = str(claim.grade), claim.relative, claim.around
    kind = "Measured" if claim.kind == "measured" else "Compared"
    if isinstance(relative, Unknown) and not isinstance(claim.absolute, Unknown) and claim.scale != "money":
        effect = _own_unit(claim, claim.absolute, numbers, notes)
        return ((kind,), (f"{before} ", effect, f" {after}"), (f"{grade} {GRADED[grade]}",))
    if isinstance(relative, Unknown):
        return ((kind,), (f"{before} nothing that could be told in per cent, {after}",), (grade,))
    note = _note(claim, written.between(relative), numbers, notes)
    effect = Figure(written.change(relative.point), note, "share", relative.point, relative.low, relative.high)
    return ((kind,), (f"{before} ", effect, f" {after}"), (f"{grade} {GRADED[grade]}",))


def _own_unit(claim: Claim, of: Estimate, numbers: Numbers, notes: Notes) -> Figure:
    """Where nothing can be told in per cent of those held out: of shares in points."""
    times, unit = (100, " points") if claim.scale == "share" else (1, "")
    ends = [written.number(one * times, 1) for one in (of.low, of.high) if one is not None]
    interval = f"95{written.HARD}%: {' to '.join(ends)}{unit}" if len(ends) == 2 else "no interval"
    text = f"{'+' if of.point > 0 else ''}{written.number(of.point * times, 1)}{unit}"
    return Figure(text, _note(claim, interval, numbers, notes), "count", of.point * times)


def _note(claim: Claim, interval: str, numbers: Numbers, notes: Notes) -> int:
    return notes.add(
        claim.metric, claim.outcome, claim.version, claim.as_of, claim.began, claim.as_of, claim.treated,
        f"{claim.unit} treated" if claim.shop else f"{claim.unit} treated, of every book", 0, interval,
        numbers.source.snapshot, f"/experiments/{claim.id}/", whose="" if claim.shop else f"{claim.unit} of every book",
    )  # fmt: skip


def _needs_holdout(line: Line) -> bool:
    settled = line.value is not None and not isinstance(line.value.reading, Unknown)
    return bool(line.criterion and line.criterion.needs_holdout and not settled)


def _level(metric: Metric, value: Value, change: Change | Unknown, notes: Notes) -> Said:
    """Two levels side by side, never "rose by" (E1)."""
    now = notes.figure(metric, value)
    if isinstance(change, Unknown) or isinstance(change.before.reading, Unknown):
        return (f"{metric.name}: ", now)
    return (f"{metric.name}: ", notes.figure(metric, change.before), " a year before, ", now, " now")


def _guarded(metric: Metric, numbers: Numbers, notes: Notes) -> Said:
    """What a level must be seen with (G10)."""
    said: list[str | Figure | Own] = []
    for other, value in numbers.guardrails(metric):
        said += ["; beside it " if not said else ", ", f"{other.name} ", notes.figure(other, value)]
    return tuple(said)


def _narrated(one: Narrative) -> tuple[Said, ...]:
    grade = one.grade or "E0"
    guarded = f"Guardrail: {one.guardrail}" if one.guardrail else "No guardrail was named"
    otherwise = f"It could also be: {'; '.join(one.otherwise)}" if one.otherwise else ""
    kind = "Told" if grade == "E0" else "Measured"
    told = (f"{ASIDE.get(grade, '')}{one.title}: {one.outcome}", guarded, otherwise)
    return ((kind,), (" ".join(part.rstrip(". ") + "." for part in told if part),),
            (f"{grade} {GRADED.get(grade, '')}",))  # fmt: skip


def _who(quote: Quote) -> str:
    told = [one for one in (quote.by, written.day(quote.on) if quote.on else "") if one]
    return f" ({', '.join(told)})" if told else ""


def _courses(numbers: Numbers, notes: Notes) -> list[Page]:
    """Two months' charts side by side, or one and the movements of recurring revenue."""
    year = numbers.year_of_recurring()
    series = [(METRICS[one], numbers.months(one)) for one in SERIES if one in METRICS]
    fullest = sorted((one for one in series if one[1]), key=lambda one: -known_in(one[1]))
    blocks: list[Block] = [_months(metric, values, notes) for metric, values in fullest[: 1 if year else 2]]
    if year:
        value, metric = numbers.value("monthly_recurring_revenue"), METRICS["monthly_recurring_revenue"]
        note = notes.add(
            metric.id, f"Movements of {metric.name.lower()}", metric.version, numbers.source.as_of, year.since,
            year.until, value.n, metric.unit, 0, "a full count", numbers.source.snapshot, "/recurring/",
        )  # fmt: skip

        def step(label: str, amount: float, *, total: bool = False) -> Step:
            text = written.money(amount, year.currency) if year else ""
            return Step(label, Figure(text, note, "money", amount, currency=year.currency if year else None), total)

        steps = [step(written.month(year.since), year.opening, total=True)]
        steps += [step(name, amount) for name, amount in year.moves]
        steps.append(step(written.month(year.until), year.closing, total=True))
        blocks.append(Waterfall(f"Movements of {metric.name.lower()}", tuple(steps)))
    if not blocks:
        return []
    widths = (1.0,) if len(blocks) == 1 else (0.34, 0.66) if year else (0.5, 0.5)
    return [Page("months", "How the months went", tuple((block,) for block in blocks), widths)]


def _months(metric: Metric, values: Sequence[Value], notes: Notes) -> Months:
    """One footnote for the whole row of months: their days, and what they count together."""
    known = [place for place, value in enumerate(values) if not isinstance(value.reading, Unknown)]
    values = values[known[0] :]  # the series begins where there is something
    first, last, n = values[0], values[-1], [value.n for value in values]
    note = notes.add(
        metric.id, f"{metric.name}, by month", first.version, last.as_of, _begins(first), _ends(last), last.n,
        f"{metric.unit} in the newest month, {written.count(min(n))} to {written.count(max(n))} a month",
        sum(value.still_open for value in values), f"{written.count(len(known))} of {len(values)} months known",
        first.snapshot, f"/metrics/{metric.id}/",
    )  # fmt: skip
    labels = tuple(written.month(_begins(value) or value.as_of) for value in values)
    points = tuple(
        Figure("not known", note, metric.scale) if isinstance(value.reading, Unknown)
        else Figure(written.measured(value.reading.point, metric.scale, value.currency), note, metric.scale,
                    value.reading.point, currency=value.currency)
        for value in values
    )  # fmt: skip
    return Months(metric.name, labels, points)


def _begins(value: Value) -> date | None:
    return date.fromisoformat(value.member) if value.member else value.since


def _ends(value: Value) -> date | None:
    return value.until or _begins(value)


def _cohorts(numbers: Numbers, notes: Notes) -> list[Page]:
    found = numbers.cohorts()
    if len(found) < 2:
        return []
    source = numbers.source
    customers = sum(cells[0].customers for _, cells in found)
    note = notes.add(
        "cohorts", "Customers who bought again, by month of first purchase", COHORT_TABLE,
        source.as_of, found[0][0], source.as_of, customers, "first-time buyers",
        sum(not cell.complete for _, cells in found for cell in cells), "a full count", source.snapshot, "/cohorts/",
    )  # fmt: skip
    rows = tuple(
        (written.month(cohort), cells[0].customers,
         tuple(cell.active / cell.customers if cell.complete and cell.customers else None for cell in cells))
        for cohort, cells in found
    )  # fmt: skip
    quiet = Words(("Per cent of those who first bought in a month, by months since. Months that are not over stay"
                   " empty.",), "quiet")  # fmt: skip
    return [Page("cohorts", "Who came back, month by month", ((Cohorts(rows, note), quiet),))]


def _misses(told: Told, numbers: Numbers, notes: Notes) -> Page:
    missed = numbers.judged("missed")
    blocks: list[Block] = []
    if missed:
        rows = tuple(_miss(line, notes) for line in missed[:ROWS])
        blocks.append(
            Grid(
                ("Target missed", "Value", "Target", "Gap", "What may explain it"), (0.26, 0.11, 0.13, 0.12, 0.38), rows
            )
        )
        blocks += _rest(len(missed), ROWS, "targets")
    blocks += [Points(tuple((one,) for one in told.misses[:4]))] if told.misses else []
    if not missed:
        blocks.append(Words(("No target is missed beyond doubt. What did we promise and not do?",), "lead"))
    blocks.append(Words((Own("misses", "What we missed besides, and why",
                             "What else did we miss, and what would we do otherwise?", asks=True),)))  # fmt: skip
    title = f"{written.plural(len(missed), 'target')} missed" if missed else "What we missed"
    return Page("misses", title, (tuple(blocks),))


def _miss(line: Line, notes: Notes) -> tuple[Said, ...]:
    criterion, value, metric = line.criterion, line.value, line.metric
    apart: Said = ("not known",)
    now = _now(line, notes)
    if criterion and value and metric and not isinstance(value.reading, Unknown):
        figure = now[0]
        note = figure.note if isinstance(figure, Figure) else 0
        gap = abs(value.reading.point - criterion.acceptable)
        apart = (Figure(written.gap(value.reading.point, criterion, metric.scale), note, metric.scale, gap),)
    slot = f"cause.{criterion.id}" if criterion else "cause"
    cause = Own(slot, f"What may explain: {_called(line)}", "To be written by somebody who knows.", asks=True)
    return ((_called(line),), now, (written.target(criterion) if criterion else "",), apart, (cause,))


def _ending(told: Told) -> Page:
    asked = [
        one.what
        + (f" (decides: {one.decider})" if one.decider else "")
        + (f", by {written.day(one.on)}" if one.on else "")
        for one in told.decisions
    ]
    ahead = [*told.next_objectives, *(one.what for one in told.objectives if one.open)]
    first: list[Block] = [
        Words(("Decisions we ask for",), "head"),
        Points(((Own("decisions", "Decisions we ask for, one a line", "\n".join(asked[:5]) or NOTHING_ASKED,
                     asks=not asked),),)),
        Words(("Next objectives",), "head"),
        Points(((Own("next", "Next objectives, one a line", "\n".join(dict.fromkeys(ahead[:5]))
                     or "To be agreed in this talk.", asks=not ahead),),)),
    ]  # fmt: skip
    rows = tuple(_action(one) for one in told.actions[:ROWS])
    second: list[Block] = [Words(("Who does what",), "head")]
    second.append(
        Grid(("Action", "Owner", "Due"), (0.55, 0.25, 0.2), rows) if rows
        else Words(("No action is agreed yet. Each one gets one person and one day.",))
    )  # fmt: skip
    second += _rest(len(told.actions), ROWS, "actions")
    return Page(
        "ending", "What there is to decide, and who does what next", (tuple(first), tuple(second)), (0.48, 0.52)
    )


def _action(one: Action) -> tuple[Said, ...]:
    owner = f"{one.owner} ({'you' if one.theirs else 'we'})" if one.owner else "nobody yet"
    return ((one.what,), (owner,), (written.day(one.due) if one.due else "no day yet",))


def _rest(many: int, shown: int, noun: str) -> Iterable[Block]:
    return [Words((f"{written.count(many - shown)} more {noun} are not shown here.",), "quiet")] if many > shown else []
