"""The scorecard: every criterion of the framework with its value, target, gap, change and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.values import Change, Value
from holdfast.web import charts, formatting, reading
from holdfast.web.status import STATUSES, Gap, Status, acceptable, gap_of, notes_of, status_of
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import asked, choice, file_format
from holdfast.web.views.weeks import week_rows, weeks_file

if TYPE_CHECKING:
    from holdfast.metrics.scorecard import Line, Scorecard

TABS = {"": "Targets and numbers", "off": "Off target", "unmeasured": "Not measurable", "all": "All"}
COLUMNS = (
    "phase", "criterion", "metric", "version", "now", "low", "high", "unit", "target", "change", "change_low",
    "change_high", "status", "counted", "still_open", "as_of", "snapshot", "why_unknown", "target_source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line as the table shows it."""

    line: Line
    label: str  # a short name: the target stands in a column of its own
    told: str  # in the framework's own words
    scale: str
    status: Status
    gap: Gap | None
    gap_chart: Markup
    trend_chart: Markup

    @property
    def why(self) -> Unknown | None:
        """Why there is no number."""
        if self.line.value is not None:
            return self.line.value.reading if isinstance(self.line.value.reading, Unknown) else None
        criterion = self.line.criterion
        if criterion is not None and criterion.needs_holdout:
            return Unknown("an effect counts only against customers kept aside", criterion.connect)
        return Unknown("not measured", criterion.connect if criterion is not None else "")

    @property
    def key(self) -> str:
        """Tells the row from the others of the page."""
        if self.line.criterion is not None:
            return self.line.criterion.id
        return self.line.metric.id if self.line.metric is not None else self.label

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about the target, why it is not judged though there is a number, and where it comes from."""
        said = list(notes_of(self.line.criterion))
        if (
            self.measurable
            and self.status.key in ("unknown", "no target")
            and self.line.sentence != "No target is set."
        ):
            said.append(self.line.sentence)
        if self.line.criterion is not None:
            said.append(f"Target: {self.line.criterion.source}.")
        return tuple(said)

    @property
    def measurable(self) -> bool:
        return self.why is None

    @property
    def change(self) -> Change | None:
        return self.line.change if isinstance(self.line.change, Change) else None

    @property
    def why_no_change(self) -> str:
        return self.line.change.why if isinstance(self.line.change, Unknown) else ""

    @property
    def direction(self) -> str:
        """Better, worse or flat: coloured only when the interval excludes zero."""
        if self.change is None or not self.change.surely or self.status.key == "needs a holdout":
            return "fl"
        down = formatting.lower_is_better(self.line.criterion, self.line.metric)
        return "up" if (self.change.point > 0) != down else "dn"


def page(request: HttpRequest) -> HttpResponseBase:
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    card = reading.scorecard(source, wanted.scope, wanted.segment)
    weeks = week_rows(source, wanted.scope)
    taken = file_format(request)
    if taken:
        return download(weeks_file(weeks) if request.GET.get("of") == "weeks" else _table(card), taken)
    tab = choice(request, "tab", TABS, "")
    groups = [(group, [row_of(line) for line in group.lines]) for group in card.groups]
    rows = [row for _, of_group in groups for row in of_group]
    counts = {key: sum(_belongs(row, key) for row in rows) for key in TABS}
    return render(
        request,
        "scorecard.html",
        {
            "title": "Scorecard",
            "source": source,
            "asked": wanted,
            "scopes": reading.scopes(source),
            "segments": reading.segments(),
            "tab": tab,
            "tabs": TABS,
            "counts": counts,
            "waiting": sum(row.line.has_nothing for row in rows),
            "groups": [(g, [r for r in of_group if _belongs(r, tab)]) for g, of_group in groups],
            "summary": _summary(rows),
            "statuses": STATUSES.values(),
            "card": card,
            "weeks": [row for row in weeks if row.newest and row.told.now is not None],
            "accounts": reading.accounts_of(source, wanted.scope),
        },
    )


def row_of(line: Line) -> Row:
    scale = line.metric.scale if line.metric is not None else line.criterion.scale if line.criterion else "count"
    told = line.metric.name if line.metric is not None else ""
    label, told = (line.criterion.measure.name, line.criterion.label) if line.criterion is not None else (told, told)
    status, gap = status_of(line), gap_of(line.criterion, line.value, scale)
    if status.key == "unknown":
        gap = None  # what is not judged has no distance either
    return Row(
        line=line,
        label=label,
        told=told,
        scale=scale,
        status=status,
        gap=gap,
        gap_chart=_gap_chart(label, status, gap),
        trend_chart=trend(label, line.trend, scale, line),
    )


def _gap_chart(label: str, status: Status, gap: Gap | None) -> Markup:
    if gap is None:
        return Markup("")
    words = f"{label}: {gap.written} from target, {status.word.lower()}"
    return charts.gap(
        gap.relative, gap.low, gap.high, status=status.shape, title=f"Gap to target, {label}", description=words
    )


def trend(label: str, values: tuple[Value, ...], scale: str, line: Line | None = None) -> Markup:
    """The months of a line as a spark, the target behind it."""
    points = [None if isinstance(v.reading, Unknown) else v.reading.point for v in values]
    open_from = next((i for i, v in enumerate(values) if v.still_open), None)
    known = [(v, p) for v, p in zip(values, points, strict=True) if p is not None]
    if len(known) < 2:
        return Markup("")
    ends = [f"{formatting.month_of(v)} {formatting.reading(v, scale)}" for v, _ in (known[0], known[-1])]
    wanted = acceptable(line.criterion, scale) if line is not None else None
    down = line is not None and formatting.lower_is_better(line.criterion)
    return charts.spark(
        points,
        title=f"Trend, {label}",
        description=f"{len(known)} months, from {ends[0]} to {ends[1]}",
        target=(None, wanted) if down else (wanted, None),
        open_from=open_from,
    )


def _belongs(row: Row, tab: str) -> bool:
    match tab:
        case "off":
            return row.status.key == "missed"
        case "unmeasured":
            return not row.measurable
        case "all":
            return True
        case _:
            return not row.line.has_nothing


def _summary(rows: list[Row]) -> str:
    """ "2 of 5 judged targets met, 2 missed, 1 undecided; 14 cannot be measured yet." """
    n = {key: sum(row.status.key == key for row in rows) for key in STATUSES}
    met = n["met"] + n["stretch"]
    judged = met + n["missed"] + n["undecided"]
    parts = [f"{met} of {judged} judged targets met", f"{n['missed']} missed", f"{n['undecided']} undecided"]
    unmeasured = sum(not row.measurable for row in rows)
    return ", ".join(parts) + (f"; {unmeasured} cannot be measured yet." if unmeasured else ".")


def _table(card: Scorecard) -> Table:
    rows = []
    for group in card.groups:
        for line in group.lines:
            rows.append(_cells(group.title, row_of(line)))
    return Table("scorecard", COLUMNS, rows)


def _cells(phase: str, row: Row) -> tuple[object, ...]:
    line, value, why = row.line, row.line.value, row.why
    found = value.reading if value is not None and not isinstance(value.reading, Unknown) else None
    change = row.change
    return (
        phase,
        row.told,
        line.metric.id if line.metric else None,
        line.metric.version if line.metric else None,
        found.point if found else None,
        found.low if found else None,
        found.high if found else None,
        value.currency if value is not None and value.currency else row.scale,
        formatting.target(line.criterion).replace("\u00a0", " "),
        change.point if change else None,
        change.low if change else None,
        change.high if change else None,
        row.status.word,
        value.n if value is not None else None,
        value.still_open if value is not None else None,
        value.as_of if value is not None else None,
        value.snapshot if value is not None else None,
        why.why if why is not None else None,
        line.criterion.source if line.criterion is not None else None,
    )
