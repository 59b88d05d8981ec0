"""Each input's answer for one subject: a published metric for an account, else rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from holdfast.commerce.counting import some
from holdfast.commerce.unknown import Unknown
from holdfast.commerce.writing import day
from holdfast.health.answer import Answer, Evidence, Found
from holdfast.health.catalogue import INPUTS, Input
from holdfast.health.facts import Facts, Sum
from holdfast.health.rows.registry import ROWS, Rows
from holdfast.health.scorecard import Scorecard
from holdfast.health.subject import Kind, Subject
from holdfast.health.words import value
from holdfast.health.work import Work
from holdfast.metrics.published import Published
from holdfast.metrics.registry import METRICS
from holdfast.metrics.values import Change, Scope, Value

MONTHS_BACK = 3  # recurring revenue is held against the month so long before
BY_BOOK = Unknown("the book of work says nothing of it", "write it down where the account is kept")


def answers(
    scorecard: Scorecard, subject: Subject, facts: Facts, as_of: date, published: Published | None = None,
    work: Work | None = None,
) -> Mapping[str, Answer]:  # fmt: skip
    """By input of the scorecard. published: values as of that day, for accounts."""
    told: dict[str, Answer] = {}
    for _, line in scorecard.lines_for(subject.kind):
        if subject.kind in line.input.of:
            told[line.input.id] = answer(line.input, subject, facts, as_of, published)
    return told | (work.answers(as_of) if work else {})


def answer(
    input: Input, subject: Subject, facts: Facts, as_of: date, published: Published | None = None
) -> Answer:  # fmt: skip
    """A metric's value first; where it has none, rows, and where they have none, why the metric has none."""
    by_metric: Answer | None = None
    if subject.kind == "account" and input.metric and published is not None:
        by_metric = _by_metric(input, Scope("account", subject.key), published)
        if isinstance(by_metric, Found):
            return by_metric
    if input.id not in ROWS or (subject.kind == "account" and input.of == ("account", "company")):
        return BY_BOOK if by_metric is None else by_metric
    by_rows = _by_rows(input, ROWS[input.id], subject, facts, as_of)
    return by_rows if isinstance(by_rows, Found) or by_metric is None else by_metric


def _by_rows(input: Input, rows: Rows, subject: Subject, facts: Facts, as_of: date) -> Answer:
    missing = facts.missing(rows)
    if missing is not None:
        return missing
    if subject.kind == "account":
        told = facts.summed(rows, as_of)
    else:
        told = facts.of_party(rows, subject.kind, int(subject.key), as_of)
    return found(input, rows, subject.kind, told, as_of, facts.newest(rows, as_of))


def found(
    input: Input, rows: Rows, kind: Kind, told: Sum | None, as_of: date, alive: date | None
) -> Answer:  # fmt: skip
    """The answer that sums of rows give. alive: the newest day of what keeps coming; before the first of it nothing
    happening says nothing."""
    if rows.alive is not None and alive is None:
        return Unknown(f"nothing had been told of it by {day(as_of)}", "")
    since = day(as_of - timedelta(days=rows.days - 1))
    if told is None and not rows.quiet:
        return Unknown(f"nothing to tell it by since {since}", "")
    if told is None:
        return Found(0.0, alive, rows.quiet, Evidence("rows", input.id, input.version, as_of, 0))
    number = told.counted if input.scale_for(kind) == "count" else told.counted / told.out_of
    said = _template(rows, kind, number).format(
        counted=told.counted, out_of=told.out_of, value=number, n=told.n, since=since,
        customers=some(told.n, "customers"), contacts=some(told.n, "contacts"),
    ).replace("%", " %").replace(" -", " −")  # fmt: skip
    n = told.parties if kind == "account" else told.n
    return Found(number, alive or told.told_on, said, Evidence("rows", input.id, input.version, as_of, n))


def _template(rows: Rows, kind: Kind, number: float) -> str:
    if kind == "account" and rows.says_of_accounts:
        return rows.says_of_accounts
    return rows.says_of_nothing if not number and rows.says_of_nothing else rows.says


def _by_metric(input: Input, scope: Scope, published: Published) -> Answer:
    told = published.value(input.metric, scope)
    if isinstance(told.reading, Unknown):
        return told.reading
    name = METRICS[input.metric].name
    if input.id == "frequency_trend":
        return _against_year(input, published.previous(input.metric, scope), told, name)
    if input.id == "mrr_trend":
        return _against_months(input, published.series(input.metric, scope), told, name)
    said = f"{name}: {value(told.reading.point, input.scale_for('account'), told.currency)}, n = {told.n:,}"
    return Found(told.reading.point, told.until or told.as_of, said, _evidence(told))


def _against_year(input: Input, change: Change | Unknown, told: Value, name: str) -> Answer:
    if isinstance(change, Unknown):
        return change
    before = change.before.reading
    if isinstance(before, Unknown) or not before.point or isinstance(told.reading, Unknown):
        return Unknown("nobody bought in the year before", "two years of orders")
    moved = told.reading.point / before.point - 1
    said = f"{name}: {told.reading.point:,.0f}, {value(moved, 'relative_change')} against the year before"
    return Found(moved, told.until or told.as_of, said, _evidence(told))


def _against_months(input: Input, series: tuple[Value, ...], told: Value, name: str) -> Answer:
    known = [(v, v.reading.point) for v in series if not isinstance(v.reading, Unknown)]
    if len(known) <= MONTHS_BACK or not known[-1 - MONTHS_BACK][1]:
        return Unknown("there was no recurring revenue three months before", "more months of subscriptions")
    (then, before), (last, now) = known[-1 - MONTHS_BACK], known[-1]
    moved = now / before - 1
    said = (
        f"{name}: {value(now, 'money', last.currency)}, {value(moved, 'relative_change')} against"
        f" {value(before, 'money', then.currency)} three months before"
    )
    return Found(moved, last.until or last.as_of, said, _evidence(told))


def _evidence(told: Value) -> Evidence:
    return Evidence("metric", told.metric, told.version, told.as_of, told.n)


METRICS_READ = tuple(dict.fromkeys(one.metric for one in INPUTS.values() if one.metric))
