"""The blocks of a page, drawn on a slide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from holdfast.reviews import charts, look, written
from holdfast.reviews.figure import Figure
from holdfast.reviews.lettering import Lines, fill_in, write
from holdfast.reviews.look import Look
from holdfast.reviews.reckoning import GAP, Room, fit, heads, lines_of, paragraphs, row_height, size_of
from holdfast.reviews.shades import ink_on, shade
from holdfast.reviews.story import Block, Cohorts, Grid, Intervals, Months, Part, Points, Waterfall, Words

TABLE_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid
LEGEND = "■ met   ▲ missed   ◆ undecided or not judged   line: 95 % interval   tick: target, pale band: its range"


def stack(slide: Any, blocks: Sequence[Block], room: Room, style: Look) -> None:
    """One below the other; smaller letters where they would not fit, and what is left over goes to the charts."""
    less, heights, left = fit(blocks, room, style.letter)
    growing = [place for place, block in enumerate(blocks) if isinstance(block, Intervals | Months | Waterfall)]
    top = room.top
    for place, block in enumerate(blocks):
        tall = heights[place] + (max(left, 0) // len(growing) if place in growing else 0)
        draw(slide, block, Room(room.left, top, room.width, tall), less, style)
        top += tall + int(GAP)


def draw(slide: Any, block: Block, room: Room, less: int, style: Look) -> None:
    match block:
        case Words():
            colour = look.MUTED if block.tone in ("quiet", "head") else look.INK
            size = size_of(block.tone, less)
            write(slide, room, paragraphs(block.said), size, colour, bold=block.tone == "head")
        case Points():
            lines = [line for item in block.items for line in paragraphs(item)]
            write(slide, room, lines, size_of("plain", less), look.INK, bullets=True)
        case Grid():
            _grid(slide, block, room, less, style.letter)
        case Cohorts():
            _cohorts(slide, block, room)
        case Intervals():
            _intervals(slide, block, room, style)
        case Months():
            unit = charts.unit_of(block.points)
            note = block.points[-1].note if block.points else 0
            rest = _headed(slide, f"{block.name}, by month{', ' + unit if unit else ''}", note, room)
            charts.months(slide, block, rest.box())
        case Waterfall():
            unit, axis = charts.unit_of(tuple(step.figure for step in block.steps)), charts.axis_said(block)
            said = f"{block.name}, {unit}{'. ' if axis else ''}{axis}"
            rest = _headed(slide, said, block.steps[0].figure.note, room)
            charts.waterfall(slide, block, rest.box(), style)


def _headed(slide: Any, said: str, note: int, room: Room) -> Room:
    tall = lines_of(said, room.width, 12, 0.56) * int(Pt(12) * 1.3)
    figure = Figure("", note)
    write(slide, Room(room.left, room.top, room.width, tall), [[(said, False), (figure, False)]], 12, look.MUTED,
          bold=True)  # fmt: skip
    return Room(room.left, room.top + tall, room.width, room.height - tall)


def _intervals(slide: Any, block: Intervals, room: Room, style: Look) -> None:
    """Names on the left of the chart, values on its right, each at the height of its row."""
    label, right, legend = int(room.width * 0.32), int(room.width * 0.2), int(Pt(10) * 1.5)
    chart = Room(room.left + label, room.top, room.width - label - right, room.height - legend)
    charts.intervals(slide, block, chart.box(), style)
    row = chart.height * charts.PLOT[3] / len(block.rows)
    first = chart.top + chart.height * charts.PLOT[1]
    size = 13 if row > Inches(0.45) else 11
    for place, one in enumerate(block.rows):
        top, tall = int(first + row * place), int(row)
        write(slide, Room(room.left, top, label - int(Inches(0.1)), tall), [[(one.label, False)]], size, look.INK,
              middle=True)  # fmt: skip
        value: list[tuple[Part, bool]] = [(one.figure, False), (f"  {_word(one.verdict)}, target {one.target}", False)]
        at = Room(chart.left + chart.width + int(Inches(0.1)), top, right - int(Inches(0.1)), tall)
        write(slide, at, [value], size - 1, look.INK, middle=True)
    write(slide, Room(chart.left, chart.top + chart.height, chart.width + right, legend), [[(LEGEND, False)]], 9,
          look.MUTED)  # fmt: skip


def _word(verdict: str) -> str:
    return {"stretch": "met, its further end too", "unknown": "not judged", "no target": "left aside"}.get(
        verdict, verdict
    )


def _grid(slide: Any, block: Grid, room: Room, less: int, letter: float) -> None:
    rows = (heads(block), *block.rows)
    table = _table(slide, len(rows), len(block.columns), room)
    for place, share in enumerate(block.widths):
        table.columns[place].width = Emu(int(room.width * share))
    size = size_of("table", less)
    for i, row in enumerate(rows):
        table.rows[i].height = Emu(row_height(block, row, room.width, less, letter))
        for j, said in enumerate(row):
            cell = table.cell(i, j)
            cell.margin_left, cell.margin_right = 0, Inches(0.12)
            cell.margin_top = cell.margin_bottom = Inches(0.05)
            cell.vertical_anchor = MSO_ANCHOR.TOP
            fill_in(cell.text_frame, paragraphs(said), size, look.INK if i else look.MUTED, bold=i == 0)
            _line_below(cell)


def _cohorts(slide: Any, block: Cohorts, room: Room) -> None:
    """Per cent of a cohort, shaded; ink and shade are chosen to be told apart."""
    most = max(len(shares) for _, _, shares in block.rows)
    table = _table(slide, len(block.rows) + 1, most + 2, room)
    names = [Inches(1.2), Inches(0.9)]
    rest = (room.width - sum(int(n) for n in names)) // most
    for place in range(most + 2):
        table.columns[place].width = names[place] if place < 2 else Emu(rest)
    heads: Lines = [[("First bought", False)], [("n", False), (Figure("", block.note), False)]]
    heads += [[(f"+{month}" if month else "0", False)] for month in range(most)]
    for j, head in enumerate(heads):
        _cell(table.cell(0, j), [head], look.MUTED, j, bold=True)
    for i, (label, customers, shares) in enumerate(block.rows, 1):
        _cell(table.cell(i, 0), [[(label, False)]], look.INK, 0)
        _cell(table.cell(i, 1), [[(written.count(customers), False)]], look.MUTED, 1)
        for j in range(most):
            share = shares[j] if j < len(shares) else None
            cell = table.cell(i, j + 2)
            _cell(cell, [[("" if share is None else written.number(share * 100), False)]], look.INK, j + 2)
            if share is not None and j:
                fill = shade(share)
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string(fill)
                for run in cell.text_frame.paragraphs[0].runs:
                    run.font.color.rgb = RGBColor.from_string(ink_on(fill))
    for row in table.rows:
        row.height = Inches(0.31)


def _cell(cell: Any, lines: Lines, colour: Any, place: int, *, bold: bool = False) -> None:
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.margin_left = cell.margin_right = Inches(0.04)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    fill_in(cell.text_frame, lines, 11, colour, bold=bold, align=PP_ALIGN.LEFT if place == 0 else PP_ALIGN.CENTER)


def _table(slide: Any, rows: int, columns: int, room: Room) -> Any:
    frame = slide.shapes.add_table(rows, columns, *room.box())
    told = frame.table._tbl.tblPr
    told.set("bandRow", "0")
    told.set("firstRow", "1")
    told.find(qn("a:tableStyleId")).text = TABLE_STYLE
    return frame.table


def _line_below(cell: Any) -> None:
    line = etree.Element(qn("a:lnB"), w="9525")
    fill = etree.SubElement(etree.SubElement(line, qn("a:solidFill")), qn("a:schemeClr"))
    fill.set("val", "bg2")
    cell._tc.get_or_add_tcPr().insert(0, line)
