"""Recurring revenue: what it is, how it moved, and what is left of the customers of a year ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from markupsafe import Markup

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.declare import Metric
from holdfast.metrics.values import Scope, Value
from holdfast.web import charts, formatting, reading
from holdfast.web.charts.updown import Month
from holdfast.web.charts.waterfall import Step
from holdfast.web.tables import Table, download
from holdfast.web.views.asked import asked, file_format

if TYPE_CHECKING:
    from holdfast.metrics.published import Published
    from holdfast.metrics.recurringmonths import Bridge, LedgerMonth

KEY_FIGURES = (
    "monthly_recurring_revenue", "mrr_growth", "subscriber_churn", "revenue_churn", "net_revenue_retention",
    "gross_revenue_retention", "net_arr", "scheduled_cancellations",
)  # fmt: skip
MONTHS_DRAWN = 24
LEDGER_COLUMNS = ("month", "movement", "amount", "payers", "currency", "complete")
BRIDGE_COLUMNS = ("month", "payers", "part", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number of the page, and what it would come to in a year."""

    metric: Metric
    value: Value
    in_a_year: str


def page(request: HttpRequest) -> HttpResponseBase:
    source = reading.published()
    if source is None:
        return redirect("start")
    wanted = asked(request, source)
    months = reading.recurring_months(source, wanted.scope)
    bridges = reading.bridges(source, wanted.scope)
    taken = file_format(request)
    if taken:
        of_bridge = request.GET.get("of") == "bridge"
        return download(_bridge_file(bridges) if of_bridge else _ledger_file(months), taken)
    known = () if isinstance(months, Unknown) else months
    shown = _month_of(known, request.GET.get("month", ""))
    bridge = _bridge_of(() if isinstance(bridges, Unknown) else bridges, request.GET.get("month", ""))
    return render(
        request,
        "recurring.html",
        {
            "title": "Recurring",
            "source": source,
            "asked": wanted,
            "scopes": reading.scopes(source),
            "figures": [_figure(source, m, wanted.scope) for m in KEY_FIGURES if m in reading.metrics()],
            "missing": months if isinstance(months, Unknown) else None,
            "several": reading.kept_apart(months),
            "months": known[::-1],
            "shown": shown,
            "names": reading.movement_names(),
            "waterfall": None if shown is None else _waterfall(shown),
            "updown": _updown(known[-MONTHS_DRAWN:]),
            "bridge": bridge,
            "no_bridge": bridges if isinstance(bridges, Unknown) else None,
            "bridge_chart": None if bridge is None else _bridge_chart(bridge),
        },
    )


def _month_of(months: tuple[LedgerMonth, ...], wanted: str) -> LedgerMonth | None:
    """The month asked for, else the newest that is over."""
    newest = next((m for m in reversed(months) if m.complete), months[-1] if months else None)
    return next((m for m in months if m.month.isoformat() == wanted), newest)


def _bridge_of(bridges: tuple[Bridge, ...], wanted: str) -> Bridge | None:
    newest = bridges[-1] if bridges else None
    return next((b for b in bridges if b.month.isoformat() == wanted), newest)


def _figure(source: Published, metric_id: str, scope: Scope) -> Figure:
    value = reading.value(source, metric_id, scope)
    point = None if isinstance(value.reading, Unknown) else value.reading.point
    return Figure(reading.metrics()[metric_id], value, "" if point is None else _in_a_year(metric_id, point))


def _in_a_year(metric_id: str, point: float) -> str:
    """What a month comes to when all twelve are like it."""
    if metric_id == "mrr_growth":
        return f"×{formatting.HARD}{formatting.number(reading.yearly_factor(point), 2)} in a year of such months"
    if metric_id in ("subscriber_churn", "revenue_churn"):
        return f"keeps {formatting.share(reading.kept_in_a_year(point))} in a year of such months"
    return ""


def _waterfall(month: LedgerMonth) -> Markup:
    def written(value: float, *, signed: bool) -> str:
        return formatting.signed(value, "money", month.currency) if signed else formatting.money(value, month.currency)

    steps = [Step("Opening", month.opening, written(month.opening, signed=False), whole=True)]
    names = reading.movement_names()
    steps += [Step(names[m.kind], m.amount, written(m.amount, signed=True)) for m in month.movements if m.amount]
    steps.append(Step("Closing", month.closing, written(month.closing, signed=False), whole=True))
    return charts.waterfall(
        steps,
        title=f"Movements of monthly recurring revenue in {formatting.month(month.month)}",
        description="; ".join(f"{s.label} {s.written}" for s in steps),
        write=lambda value: formatting.money(value, month.currency, 0),
    )


def _bridge_chart(bridge: Bridge) -> Markup:
    names, currency = reading.movement_names(), bridge.currency
    steps = [Step("Year before", bridge.then, formatting.money(bridge.then, currency), whole=True)]
    steps += [
        Step(names[m.kind], m.amount, formatting.signed(m.amount, "money", currency))
        for m in bridge.movements
        if m.amount
    ]
    steps.append(Step("Now", bridge.now, formatting.money(bridge.now, currency), whole=True))
    then, now = bridge.month.replace(year=bridge.month.year - 1), bridge.month
    return charts.waterfall(
        steps,
        title=f"The customers of {formatting.month(then)}, then and in {formatting.month(now)}",
        description="; ".join(f"{s.label} {s.written}" for s in steps),
        write=lambda value: formatting.money(value, currency, 0),
    )


def _updown(months: tuple[LedgerMonth, ...]) -> Markup:
    def drawn(month: LedgerMonth) -> Month:
        amount = {m.kind: m.amount for m in month.movements}
        changed = [amount[kind] for kind in ("expansion", "price", "fx", "contraction", "pause")]
        return Month(
            formatting.month(month.month),
            new=amount["new"] + amount["reactivation"] + amount["resume"],
            more=sum(a for a in changed if a > 0),
            less=-sum(a for a in changed if a < 0),
            lost=-amount["churn_voluntary"] - amount["churn_involuntary"],
        )

    currency = months[-1].currency if months else None
    return charts.updown(
        [drawn(m) for m in months],
        title="Monthly recurring revenue won and lost, by month",
        description="; ".join(
            f"{formatting.month(m.month)}: {formatting.signed(m.net, 'money', m.currency)} in all" for m in months[-3:]
        ),
        write=lambda value: formatting.money(value, currency, 0),
    )


def _ledger_file(months: tuple[LedgerMonth, ...] | Unknown) -> Table:
    return Table(
        "recurring_revenue", LEDGER_COLUMNS, () if isinstance(months, Unknown) else reading.ledger_table(months)
    )


def _bridge_file(bridges: tuple[Bridge, ...] | Unknown) -> Table:
    return Table(
        "revenue_bridge", BRIDGE_COLUMNS, () if isinstance(bridges, Unknown) else reading.bridge_table(bridges)
    )
