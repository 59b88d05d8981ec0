"""Words on a slide: runs in the theme's colours, figures with their number raised, questions in italics."""

from __future__ import annotations

from typing import Any

from lxml import etree
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from holdfast.reviews import look
from holdfast.reviews.figure import Figure
from holdfast.reviews.reckoning import Room
from holdfast.reviews.story import Part

Lines = list[list[tuple[Part, bool]]]  # True: a question that waits for an answer


def write(
    slide: Any, room: Room, lines: Lines, size: float, colour: Any, *, bold: bool = False,
    align: Any = PP_ALIGN.LEFT, bullets: bool = False, middle: bool = False,
) -> None:  # fmt: skip
    box = frame(slide, room)
    if middle:
        box.vertical_anchor = MSO_ANCHOR.MIDDLE
    fill_in(box, lines, size, colour, bold=bold, align=align, bullets=bullets)


def frame(slide: Any, room: Room) -> Any:
    box = slide.shapes.add_textbox(*room.box()).text_frame
    box.word_wrap = True
    box.margin_left = box.margin_right = box.margin_top = box.margin_bottom = 0
    return box


def fill_in(
    frame: Any, lines: Lines, size: float, colour: Any, *, bold: bool = False,
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
                run(paragraph, str(part), size, look.MUTED if asks else colour, bold=bold).font.italic = asks or None
                continue
            if part.text:
                run(paragraph, part.text, size, colour, bold=True)
            if part.note:
                run(paragraph, f" {part.note}", size, look.MUTED)._r.get_or_add_rPr().set("baseline", "30000")


def run(paragraph: Any, text: str, size: float, colour: Any, *, bold: bool = False) -> Any:
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
