"""A story as a PowerPoint file: real titles, native tables and charts, footnotes on the slide and in its notes."""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from holdfast.reviews import look
from holdfast.reviews.blocks import stack
from holdfast.reviews.figure import Footnote
from holdfast.reviews.lettering import frame, run, write
from holdfast.reviews.look import Look, look_of
from holdfast.reviews.reckoning import (
    GUTTER,
    MARGIN,
    NOTE_SIZE,
    OPENING,
    TITLE,
    Feet,
    Room,
    body_of,
    columns_of,
    feet_of,
    shared,
)
from holdfast.reviews.story import Page, Story


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
    feet = feet_of(notes, width, height, style.letter)
    if notes:
        _footnotes(slide, feet, width)
    _corners(slide, story, number, (width, height), style)
    rooms = columns_of(page, body_of(int(title.top + title.height), feet.top, width))
    for blocks, room in zip(page.columns, rooms, strict=True):
        stack(slide, blocks, room, style)
    slide.notes_slide.notes_text_frame.text = "\n".join(_whole(note, story) for note in notes) or "No figures."


def _whole(note: Footnote, story: Story) -> str:
    return f"{note.number}. {note.whole}" + (f"; {story.simulated} data" if story.simulated else "")


def _own_title(title: Any, width: int, *, opening: bool) -> None:
    title.left, title.width = MARGIN, Emu(width - 2 * int(MARGIN))
    title.top, title.height = OPENING if opening else TITLE
    words = title.text_frame
    words.word_wrap, words.vertical_anchor = True, MSO_ANCHOR.BOTTOM if opening else MSO_ANCHOR.TOP
    words.margin_left = words.margin_right = 0
    for paragraph in words.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for one in paragraph.runs:
            one.font.size, one.font.bold = Pt(40 if opening else 26), True
            one.font.color.theme_color = look.INK


def _corners(slide: Any, story: Story, number: int, size: tuple[int, int], style: Look) -> None:
    """Invented data say so on every slide; above the title, or below everything where a template's title may be."""
    width, height = size
    if story.mark:
        said = story.mark.upper()
        top = height - int(Inches(0.36)) if style.own else int(Inches(0.12))
        write(slide, Room(int(MARGIN), top, int(Inches(5)), int(Inches(0.3))), [[(said, False)]], 11, style.risk,
              bold=True)  # fmt: skip
    room = Room(width - int(MARGIN) - int(Inches(1)), height - int(Inches(0.34)), int(Inches(1)), int(Inches(0.25)))
    write(slide, room, [[(str(number), False)]], 9, look.MUTED, align=PP_ALIGN.RIGHT)


def _footnotes(slide: Any, feet: Feet, width: int) -> None:
    """Written at the foot of the slide; the number of each opens its figure."""
    for place, part in enumerate(feet.parts):
        left = int(MARGIN) + place * (feet.each + int(GUTTER))
        box = frame(slide, Room(left, feet.top, feet.each, feet.tall))
        for nth, note in enumerate(part):
            paragraph = box.paragraphs[0] if nth == 0 else box.add_paragraph()
            number = run(paragraph, str(note.number), NOTE_SIZE, look.INK, bold=True)
            if note.address.startswith("http"):
                number.hyperlink.address = note.address
            run(paragraph, f" {note.short}", NOTE_SIZE, look.MUTED)
    told = shared([note for part in feet.parts for note in part])
    room = Room(int(MARGIN), feet.top + feet.tall, width - 2 * int(MARGIN) - int(Inches(1.2)), feet.shared)
    write(slide, room, [[(told, False)]], NOTE_SIZE, look.MUTED)
