"""Charts of a deck: native, with the workbook they are edited in. Traps that were found by looking: no error bars of
their own (an interval is a line of two points), no line of an XY chart without colour, no marker filled white."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE, XL_TICK_MARK
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from holdfast.reviews import look, written
from holdfast.reviews.figure import Figure
from holdfast.reviews.look import Look
from holdfast.reviews.story import Against, Intervals, Months, Waterfall

Box = tuple[Emu, Emu, Emu, Emu]  # left, top, width, height
PLOT = (0.01, 0.01, 0.98, 0.87)  # of the intervals within their chart, so that labels stand where their rows are


def intervals(slide: Any, block: Intervals, box: Box, style: Look) -> None:
    """Each target on a common scale of 0 to 100 %: its range pale, its end a tick, the interval a line."""
    rows, data = block.rows, XyChartData(number_format="0.0%")
    places = {id(row): len(rows) - place for place, row in enumerate(rows)}
    painted: list[tuple[Any, ...]] = []

    def series(name: str, points: list[tuple[float, float]], *paint: Any) -> None:
        one = data.add_series(name)
        for x, y in points:
            one.add_data_point(x, y)
        painted.append(paint)

    for row in rows:
        if row.stretch is not None:
            y = places[id(row)]
            series(f"{row.label}: range of the target", [(row.acceptable, y), (row.stretch, y)], look.LINE, 11.0, None)
    for row in rows:
        y = places[id(row)]
        if row.figure.low is not None and row.figure.high is not None:
            ends = [(row.figure.low, float(y)), (row.figure.high, float(y))]
            series(f"{row.label}: 95 % interval", ends, mark_of(row, style)[1], 2.5, None)
        tick = [(row.acceptable, y - 0.32), (row.acceptable, y + 0.32)]
        series(f"{row.label}: target", tick, look.INK, 2.0, None)
    for row in rows:
        if row.figure.point is not None:
            mark, colour = mark_of(row, style)
            series(row.label, [(row.figure.point, places[id(row)])], colour, 1.0, mark)
    chart = _added(slide, XL_CHART_TYPE.XY_SCATTER_LINES, box, data, _told(rows))
    for one, (colour, width, mark) in zip(chart.plots[0].series, painted, strict=True):
        one.smooth = False
        one.format.line.width = Pt(width)
        one.format.line.color.theme_color = colour
        one.marker.style = XL_MARKER_STYLE.NONE if mark is None else mark
        if mark is not None:
            one.marker.size = 11
            one.marker.format.fill.solid()
            one.marker.format.fill.fore_color.theme_color = colour
            one.marker.format.line.color.theme_color = colour
    up, across = chart.value_axis, chart.category_axis
    up.minimum_scale, up.maximum_scale, up.visible, up.has_major_gridlines = 0.5, len(rows) + 0.5, False, False
    across.minimum_scale, across.maximum_scale = scale_of(rows)
    across.major_unit = 0.2
    _quiet(across, "0%", grid=True)
    _placed(chart, PLOT)


def scale_of(rows: tuple[Against, ...]) -> tuple[float, float]:
    """0 to 100 %, and further where a value or its interval is."""
    ends = [end for row in rows for end in (row.figure.point, row.figure.low, row.figure.high, *range_of(row))]
    known = [end for end in ends if end is not None]
    return min(0.0, floor(min(known) * 5 - 1e-9) / 5), max(1.0, ceil(max(known) * 5 - 1e-9) / 5)


def range_of(row: Against) -> tuple[float, float]:
    return row.acceptable, row.acceptable if row.stretch is None else row.stretch


def mark_of(row: Against, style: Look) -> tuple[Any, Any]:
    """The verdict is told by the shape; the colour only repeats it."""
    if row.verdict in ("met", "stretch"):
        return XL_MARKER_STYLE.SQUARE, style.good
    return (XL_MARKER_STYLE.TRIANGLE, style.risk) if row.verdict == "missed" else (XL_MARKER_STYLE.DIAMOND, look.MUTED)


def _told(rows: tuple[Against, ...]) -> str:
    return "Targets and values with their intervals: " + "; ".join(
        f"{row.label}: {row.figure.text}, target {row.target}, {row.verdict}" for row in rows
    )


def months(slide: Any, block: Months, box: Box) -> None:
    """A line from 0; a month that is not known is a gap."""
    data = CategoryChartData(number_format=_format(block.points))
    data.categories = [label.replace(" ", "\n") for label in block.labels]
    data.add_series(block.name, [one.point for one in block.points])
    chart = _added(slide, XL_CHART_TYPE.LINE_MARKERS, box, data, f"{block.name} by month: " + "; ".join(
        f"{label} {one.text}" for label, one in zip(block.labels, block.points, strict=True)))  # fmt: skip
    (line,) = chart.plots[0].series
    line.smooth = False
    line.format.line.width = Pt(2.5)
    line.format.line.color.theme_color = look.ACCENT
    line.marker.style, line.marker.size = XL_MARKER_STYLE.CIRCLE, 6
    line.marker.format.fill.solid()
    line.marker.format.fill.fore_color.theme_color = look.ACCENT
    line.marker.format.line.color.theme_color = look.ACCENT
    known = [place for place, one in enumerate(block.points) if one.point is not None]
    if known:
        label = line.points[known[-1]].data_label
        label.has_text_frame = False
        label.position = XL_LABEL_POSITION.ABOVE
        _show_value(label, _format(block.points))
    lowest = min((one.point for one in block.points if one.point is not None), default=0)
    if lowest >= 0:
        chart.value_axis.minimum_scale = 0
    _quiet(chart.value_axis, _format(block.points), grid=True)
    _quiet(chart.category_axis)
    chart.category_axis.tick_labels.font.size = Pt(8)
    _upright(chart.category_axis)


def waterfall(slide: Any, block: Waterfall, box: Box, style: Look) -> None:
    """Stacked columns on an invisible base; the amounts stand with their names, since thin bars hold no label."""
    data, (begins, _) = CategoryChartData(number_format="#,##0.00"), span_of(block)
    data.categories = [f"{step.label}\n{signed(step.figure, total=step.total)}" for step in block.steps]
    base, total, up, down = _stacks(block)
    for name, values in (("Base", base), ("Level", total), ("More", up), ("Less", down)):
        data.add_series(name, values)
    told = "; ".join(f"{step.label} {signed(step.figure, total=step.total)}" for step in block.steps)
    chart = _added(slide, XL_CHART_TYPE.COLUMN_STACKED, box, data, f"{block.name}: {told}")
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 45, 100
    plot.series[0].format.fill.background()
    for one, colour in zip(
        list(plot.series)[1:], (look.MUTED if style.own else look.ACCENT, style.good, style.risk), strict=True
    ):
        one.format.fill.solid()
        one.format.fill.fore_color.theme_color = colour
    chart.value_axis.minimum_scale = begins
    _quiet(chart.value_axis, "#,##0", grid=True)
    _quiet(chart.category_axis)
    chart.category_axis.tick_labels.font.size = Pt(8)
    _upright(chart.category_axis)


def _stacks(block: Waterfall) -> tuple[list[float | None], ...]:
    """What each bar stands on, and its height among levels, among what came and among what went."""
    moved = [(step.total, step.figure.point or 0.0) for step in block.steps]
    return (
        [round(lower, 2) for lower, _ in levels_of(block)],
        [amount if total else None for total, amount in moved],
        [amount if not total and amount > 0 else None for total, amount in moved],
        [-amount if not total and amount < 0 else None for total, amount in moved],
    )


def levels_of(block: Waterfall) -> list[tuple[float, float]]:
    """The lower and the upper end of each bar."""
    found, level = [], 0.0
    for step in block.steps:
        amount = step.figure.point or 0.0
        after = amount if step.total else level + amount
        found.append((0.0, amount) if step.total else (min(level, after), max(level, after)))
        level = after
    return found


def span_of(block: Waterfall) -> tuple[float, float]:
    """Where its axis begins, and the highest level. It does not begin at 0 where the movements would be slivers; the
    slide then says so."""
    ends = levels_of(block)
    low = min((end for step, pair in zip(block.steps, ends, strict=True) for end in (pair[1:] if step.total else pair)))
    high = max(upper for _, upper in ends)
    if low <= high / 2:
        return min(0.0, low), high
    room = low - (high - low) / 2
    step = 10.0 ** max(len(str(int(high - low))) - 1, 0)
    return max(0.0, room // step * step), high


def signed(figure: Figure, *, total: bool) -> str:
    return figure.text if total or (figure.point or 0) < 0 else f"+{figure.text}"


def _format(points: tuple[Figure, ...]) -> str:
    scale = points[0].scale if points else "count"
    return {"share": "0.0%", "money": "#,##0", "mean_1_5": "0.00"}.get(scale, "#,##0")


def unit_of(points: tuple[Figure, ...]) -> str:
    """The currency of an axis without one in its numbers."""
    return next((one.currency for one in points if one.currency), "")


def axis_said(block: Waterfall) -> str:
    begins, _ = span_of(block)
    currency = unit_of(tuple(step.figure for step in block.steps))
    return f"The axis begins at {written.money(begins, currency)}, not at 0." if begins > 0 else ""


def _added(slide: Any, kind: Any, box: Box, data: Any, told: str) -> Any:
    frame = slide.shapes.add_chart(kind, *box, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", told)
    chart = frame.chart
    chart.has_legend = chart.has_title = False
    chart.font.size = Pt(11)
    chart.font.color.theme_color = look.MUTED
    return chart


def _quiet(axis: Any, number_format: str = "", *, grid: bool = False) -> None:
    axis.has_major_gridlines = grid
    axis.format.line.color.theme_color = look.LINE
    axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
    if grid:
        axis.major_gridlines.format.line.color.theme_color = look.LINE
    if number_format:
        axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = number_format, False


def _upright(axis: Any) -> None:
    """Names of an axis that are not turned when room is short."""
    turned = axis._element.find(f"{qn('c:txPr')}/{qn('a:bodyPr')}")
    turned.set("rot", "0")
    turned.set("vert", "horz")


def _show_value(label: Any, number_format: str) -> None:
    """python-pptx shows a single point's value only through its own text, which would not follow the workbook."""
    element = label._get_or_add_dLbl()
    shown = element.find(qn("c:showVal"))
    if shown is not None:
        shown.set("val", "1")
    for name in ("c:showLegendKey", "c:showCatName", "c:showSerName", "c:showPercent", "c:showBubbleSize"):
        other = element.find(qn(name))
        if other is not None:
            other.set("val", "0")
    if element.find(qn("c:numFmt")) is None:
        told = etree.Element(qn("c:numFmt"))
        told.set("formatCode", number_format)
        told.set("sourceLinked", "0")
        before = element.find(qn("c:idx"))
        if before is not None:
            before.addnext(told)


def _placed(chart: Any, plot: tuple[float, float, float, float]) -> None:
    """The inner plot at a known place of the chart."""
    area = chart._chartSpace.chart.plotArea
    old = area.find(qn("c:layout"))
    if old is not None:
        area.remove(old)
    made = etree.SubElement(area, qn("c:layout"))
    area.remove(made)
    area.insert(0, made)
    manual = etree.SubElement(made, qn("c:manualLayout"))
    told = [("layoutTarget", "inner"), ("xMode", "edge"), ("yMode", "edge"), *zip("xywh", map(str, plot), strict=True)]
    for name, value in told:
        etree.SubElement(manual, qn(f"c:{name}")).set("val", value)
