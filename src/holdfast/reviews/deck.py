"""A story as a PowerPoint file: real titles, native tables and charts, footnotes on the slide and in its notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from math import ceil
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from holdfast.reviews import charts, look, written
from holdfast.reviews.figure import Figure, Footnote
from holdfast.reviews.look import Look, look_of
from holdfast.reviews.shades import ink_on, shade
from holdfast.reviews.story import (
    Block,
    Cohorts,
    Grid,
    Intervals,
    Months,
    Own,
    Page,
    Part,
    Points,
    Said,
    Story,
    Waterfall,
    Words,
)

SIZES = {"lead": 20, "plain": 14, "quiet": 11, "head": 13}
TABLE_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid
MARGIN, GUTTER = Inches(0.6), Inches(0.4)
NOTE_SIZE = 8
LEGEND = "■ met   ▲ missed   ◆ undecided or not judged   line: 95 % interval   tick: target, pale band: its range"


@dataclass(frozen=True, slots=True)
class Room:
    """A rectangle on a slide, in EMU."""

    left: int
    top: int
    width: int
    height: int

    def box(self) -> tuple[Emu, Emu, Emu, Emu]:
        return Emu(self.left), Emu(self.top), Emu(self.width), Emu(max(self.height, 1))


def deck_of(story: Story, template: bytes | None = None) -> bytes:
    """The .pptx. Raises TemplateProblem."""
    style = look_of(template)
    for number, page in enumerate(story.pages, 1):
        _slide(style, story, page, number)
    told = style.deck.core_properties
    told.title, told.author, told.last_modified_by, told.subject = story.title, "Holdfast", "Holdfast", ""
    told.comments = told.keywords = told.category = ""
    told.created = told.modified = datetime.combine(story.made_on, time())
    file = io.BytesIO()
    style.deck.save(file)
    return file.getvalue()


def _slide(style: Look, story: Story, page: Page, number: int) -> None:
    deck, opening = style.deck, number == 1
    slide = deck.slides.add_slide(style.opening if opening else style.page)
    title = slide.shapes.title
    title.text = page.title
    for shape in list(slide.placeholders):
        if shape.placeholder_format.idx != 0:
            shape._element.getparent().remove(shape._element)
    width, height = int(deck.slide_width), int(deck.slide_height)
    if style.own:
        title.text_frame.auto_size = MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE
    else:
        _own_title(title, width, opening=opening)
    notes = story.notes_of(page)
    foot = _footnotes(slide, notes, width, height, style.letter)
    top = int(title.top + title.height) + Inches(0.15)
    _corners(slide, story, number, (width, height), style)
    rooms = _columns(page, Room(int(MARGIN), top, width - 2 * int(MARGIN), foot - top - int(Inches(0.1))))
    for blocks, room in zip(page.columns, rooms, strict=True):
        _stack(slide, blocks, room, style)
    slide.notes_slide.notes_text_frame.text = "\n".join(_whole(note, story) for note in notes) or "No figures."


def _whole(note: Footnote, story: Story) -> str:
    return f"{note.number}. {note.whole}" + (f"; {story.simulated} data" if story.simulated else "")


def _own_title(title: Any, width: int, *, opening: bool) -> None:
    title.left, title.width = MARGIN, Emu(width - 2 * int(MARGIN))
    title.top, title.height = (Inches(2.0), Inches(1.1)) if opening else (Inches(0.45), Inches(0.8))
    frame = title.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.BOTTOM if opening else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = 0
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.size, run.font.bold = Pt(40 if opening else 26), True
            run.font.color.theme_color = look.INK


def _columns(page: Page, room: Room) -> list[Room]:
    free = room.width - int(GUTTER) * (len(page.columns) - 1)
    found, left = [], room.left
    for share in page.widths:
        wide = int(free * share)
        found.append(Room(left, room.top, wide, room.height))
        left += wide + int(GUTTER)
    return found


# --- what stands around every page ---


def _corners(slide: Any, story: Story, number: int, size: tuple[int, int], style: Look) -> None:
    """Invented data say so on every slide; above the title, or below everything where a template's title may be."""
    width, height = size
    if story.mark:
        said = story.mark.upper()
        top = height - int(Inches(0.36)) if style.own else int(Inches(0.12))
        _text(slide, Room(int(MARGIN), top, int(Inches(5)), int(Inches(0.3))), [[(said, False)]], 11, style.risk,
              bold=True)  # fmt: skip
    room = Room(width - int(MARGIN) - int(Inches(1)), height - int(Inches(0.34)), int(Inches(1)), int(Inches(0.25)))
    _text(slide, room, [[(str(number), False)]], 9, look.MUTED, align=PP_ALIGN.RIGHT)


def _footnotes(slide: Any, notes: Sequence[Footnote], width: int, height: int, letter: float) -> int:
    """Written at the foot of the slide, each opening its figure; gives where they begin."""
    bottom = height - int(Inches(0.36))
    if not notes:
        return bottom
    wide = width - 2 * int(MARGIN)
    columns = 2 if len(notes) > 2 else 1
    each = (wide - int(GUTTER) * (columns - 1)) // columns
    lines = [_lines(f"{n.number} {n.short}", each, NOTE_SIZE, letter) for n in notes]
    half = ceil(len(notes) / columns)
    parts = [range(half), range(half, len(notes))][:columns]
    line = int(Pt(NOTE_SIZE) * 1.22)
    tall = max(sum(lines[i] for i in part) for part in parts) * line
    shared = _lines(_shared(notes), wide - int(Inches(1.2)), NOTE_SIZE, letter) * line
    top = bottom - tall - shared
    for place, part in enumerate(parts):
        room = Room(int(MARGIN) + place * (each + int(GUTTER)), top, each, tall)
        frame = _frame(slide, room)
        for nth, i in enumerate(part):
            paragraph = frame.paragraphs[0] if nth == 0 else frame.add_paragraph()
            number = _run(paragraph, str(notes[i].number), NOTE_SIZE, look.INK, bold=True)
            if notes[i].address.startswith("http"):
                number.hyperlink.address = notes[i].address
            _run(paragraph, f" {notes[i].short}", NOTE_SIZE, look.MUTED)
    room = Room(int(MARGIN), top + tall, wide - int(Inches(1.2)), shared)
    _text(slide, room, [[(_shared(notes), False)]], NOTE_SIZE, look.MUTED)
    return top


def _shared(notes: Sequence[Footnote]) -> str:
    first = notes[0]
    told = f"All: {first.scope}, as of {written.day(first.as_of)}, snapshot {first.snapshot}."
    opens = (
        " Each opens at the address behind its number, which is in the notes of this slide." if first.address else ""
    )
    return told + opens


# --- blocks ---


def _stack(slide: Any, blocks: Sequence[Block], room: Room, style: Look) -> None:
    """One below the other; smaller letters where they would not fit, and what is left over goes to the charts."""
    for less in (-2, -1, 0, 1, 2, 3, 4, 5):
        heights = [_height(block, room.width, less, style.letter) for block in blocks]
        gaps = int(Inches(0.12)) * (len(blocks) - 1)
        left = room.height - gaps - sum(heights)
        if left >= 0:
            break
    growing = [place for place, block in enumerate(blocks) if isinstance(block, Intervals | Months | Waterfall)]
    top = room.top
    for place, block in enumerate(blocks):
        tall = heights[place] + (max(left, 0) // len(growing) if place in growing else 0)
        _draw(slide, block, Room(room.left, top, room.width, tall), less, style)
        top += tall + int(Inches(0.12))


def _height(block: Block, width: int, less: int, letter: float) -> int:
    match block:
        case Words():
            size = _size(block.tone, less)
            return sum(_lines(_plain(line), width, size, letter) for line in _paragraphs(block.said)) * int(
                Pt(size) * 1.25
            )
        case Points():
            size = _size("plain", less)
            lines = [line for item in block.items for line in _paragraphs(item)]
            return sum(_lines(_plain(line), width - int(Inches(0.25)), size, letter) * int(Pt(size) * 1.25) + int(Pt(3))
                       for line in lines)  # fmt: skip
        case Grid():
            return sum(_row_height(block, row, width, less, letter) for row in (_heads(block), *block.rows))
        case Cohorts():
            return int(Inches(0.31)) * (len(block.rows) + 1)
    return int(Inches(1.5))


def _draw(slide: Any, block: Block, room: Room, less: int, style: Look) -> None:
    match block:
        case Words():
            colour = look.MUTED if block.tone in ("quiet", "head") else look.INK
            size = _size(block.tone, less)
            _text(slide, room, _paragraphs(block.said), size, colour, bold=block.tone == "head")
        case Points():
            lines = [line for item in block.items for line in _paragraphs(item)]
            _text(slide, room, lines, _size("plain", less), look.INK, bullets=True)
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
    tall = _lines(said, room.width, 12, 0.56) * int(Pt(12) * 1.3)
    figure = Figure("", note)
    _text(slide, Room(room.left, room.top, room.width, tall), [[(said, False), (figure, False)]], 12, look.MUTED,
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
        _text(slide, Room(room.left, top, label - int(Inches(0.1)), tall), [[(one.label, False)]], size, look.INK,
              middle=True)  # fmt: skip
        value: list[tuple[Part, bool]] = [(one.figure, False), (f"  {_word(one.verdict)}, target {one.target}", False)]
        at = Room(chart.left + chart.width + int(Inches(0.1)), top, right - int(Inches(0.1)), tall)
        _text(slide, at, [value], size - 1, look.INK, middle=True)
    _text(slide, Room(chart.left, chart.top + chart.height, chart.width + right, legend), [[(LEGEND, False)]], 9,
          look.MUTED)  # fmt: skip


def _word(verdict: str) -> str:
    return {"stretch": "met, its further end too", "unknown": "not judged", "no target": "left aside"}.get(
        verdict, verdict
    )


def _heads(block: Grid) -> tuple[Said, ...]:
    return tuple((name,) for name in block.columns)


def _row_height(block: Grid, row: tuple[Said, ...], width: int, less: int, letter: float) -> int:
    size = _size("plain", less) - 2
    lines = [
        sum(_lines(_plain(line), int(width * share) - int(Inches(0.15)), size, letter) for line in _paragraphs(cell))
        for cell, share in zip(row, block.widths, strict=True)
    ]
    return max(lines) * int(Pt(size) * 1.22) + int(Inches(0.12))


def _grid(slide: Any, block: Grid, room: Room, less: int, letter: float) -> None:
    rows = (_heads(block), *block.rows)
    table = _table(slide, len(rows), len(block.columns), room)
    for place, share in enumerate(block.widths):
        table.columns[place].width = Emu(int(room.width * share))
    size = _size("plain", less) - 2
    for i, row in enumerate(rows):
        table.rows[i].height = Emu(_row_height(block, row, room.width, less, letter))
        for j, said in enumerate(row):
            cell = table.cell(i, j)
            cell.margin_left, cell.margin_right = 0, Inches(0.12)
            cell.margin_top = cell.margin_bottom = Inches(0.05)
            cell.vertical_anchor = MSO_ANCHOR.TOP
            _fill_in(cell.text_frame, _paragraphs(said), size, look.INK if i else look.MUTED, bold=i == 0)
            _line_below(cell)


def _cohorts(slide: Any, block: Cohorts, room: Room) -> None:
    """Per cent of a cohort, shaded; ink and shade are chosen to be told apart."""
    most = max(len(shares) for _, _, shares in block.rows)
    table = _table(slide, len(block.rows) + 1, most + 2, room)
    names = [Inches(1.2), Inches(0.9)]
    rest = (room.width - sum(int(n) for n in names)) // most
    for place in range(most + 2):
        table.columns[place].width = names[place] if place < 2 else Emu(rest)
    heads: list[list[tuple[Part, bool]]] = [[("First bought", False)], [("n", False), (Figure("", block.note), False)]]
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


def _cell(cell: Any, lines: list[list[tuple[Part, bool]]], colour: Any, place: int, *, bold: bool = False) -> None:
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.margin_left = cell.margin_right = Inches(0.04)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    _fill_in(cell.text_frame, lines, 11, colour, bold=bold, align=PP_ALIGN.LEFT if place == 0 else PP_ALIGN.CENTER)


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


# --- words ---


def _size(tone: str, less: int) -> int:
    return max(SIZES[tone] - (less if tone in ("plain", "lead") or less > 0 else 0), 9)


def _paragraphs(said: Said) -> list[list[tuple[Part, bool]]]:
    """Lines of parts. True: a question that a person has not answered yet."""
    lines: list[list[tuple[Part, bool]]] = [[]]
    for part in said:
        text, asks = (part.text, part.asks) if isinstance(part, Own) else (part, False)
        if isinstance(text, Figure):
            lines[-1].append((text, False))
            continue
        for place, piece in enumerate(text.split("\n")):
            if place:
                lines.append([])
            if piece.strip():
                lines[-1].append((piece, asks))
    return [line for line in lines if line] or [[("", False)]]


def _plain(line: list[tuple[Part, bool]]) -> str:
    return "".join(f"{part.text}{part.note or ''}" if isinstance(part, Figure) else str(part) for part, _ in line)


def _lines(text: str, width: int, size: float, letter: float) -> int:
    fits = max(width / (Pt(1) * size * letter), 1)
    return max(ceil(len(text) / fits), 1)


def _frame(slide: Any, room: Room) -> Any:
    frame = slide.shapes.add_textbox(*room.box()).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    return frame


def _text(
    slide: Any, room: Room, lines: list[list[tuple[Part, bool]]], size: float, colour: Any, *, bold: bool = False,
    align: Any = PP_ALIGN.LEFT, bullets: bool = False, middle: bool = False,
) -> None:  # fmt: skip
    frame = _frame(slide, room)
    if middle:
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _fill_in(frame, lines, size, colour, bold=bold, align=align, bullets=bullets)


def _fill_in(
    frame: Any, lines: list[list[tuple[Part, bool]]], size: float, colour: Any, *, bold: bool = False,
    align: Any = PP_ALIGN.LEFT, bullets: bool = False,
) -> None:  # fmt: skip
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = align
        if bullets:
            _bullet(paragraph)
        etree.SubElement(paragraph._p, qn("a:endParaRPr")).set("sz", str(int(size * 100)))  # of an empty cell
        for part, asks in line:
            if not part:
                continue
            if not isinstance(part, Figure):
                _run(paragraph, str(part), size, look.MUTED if asks else colour, bold=bold).font.italic = asks or None
                continue
            if part.text:
                _run(paragraph, part.text, size, colour, bold=True)
            if part.note:
                _run(paragraph, f" {part.note}", size, look.MUTED)._r.get_or_add_rPr().set("baseline", "30000")


def _run(paragraph: Any, text: str, size: float, colour: Any, *, bold: bool = False) -> Any:
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.theme_color = colour
    return run


def _bullet(paragraph: Any) -> None:
    told = paragraph._p.get_or_add_pPr()
    told.set("marL", str(int(Inches(0.22))))
    told.set("indent", str(-int(Inches(0.22))))
    etree.SubElement(told, qn("a:buChar")).set("char", "•")
    paragraph.space_after = Pt(3)
