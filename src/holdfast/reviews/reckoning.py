"""How much room words and tables take on a slide, as far as that can be reckoned without drawing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from pptx.util import Emu, Inches, Pt

from holdfast.reviews import written
from holdfast.reviews.figure import Figure, Footnote
from holdfast.reviews.story import Block, Cohorts, Grid, Own, Page, Part, Points, Said, Story, Words

SIZES = {"lead": 20, "plain": 14, "table": 12, "quiet": 11, "head": 13}
MARGIN, GUTTER, GAP, BOTTOM = Inches(0.6), Inches(0.4), Inches(0.12), Inches(0.36)
WIDE, HIGH = Inches(13.333), Inches(7.5)  # the quiet look
TITLE = (Inches(0.45), Inches(0.8))  # its top and height there
OPENING = (Inches(2.0), Inches(1.1))
NOTE_SIZE = 8
LETTER = 0.5  # mean width of a letter of the quiet look, in parts of its size
LESS = (-2, -1, 0, 1, 2, 3, 4, 5)  # points by which letters may become smaller


@dataclass(frozen=True, slots=True)
class Room:
    """A rectangle on a slide, in EMU."""

    left: int
    top: int
    width: int
    height: int

    def box(self) -> tuple[Emu, Emu, Emu, Emu]:
        return Emu(self.left), Emu(self.top), Emu(self.width), Emu(max(self.height, 1))


@dataclass(frozen=True, slots=True)
class Feet:
    """The footnotes of a slide: which stand in which column, and where they begin."""

    top: int
    each: int  # width of a column
    tall: int
    shared: int  # height of what they have in common
    parts: tuple[tuple[Footnote, ...], ...]


def feet_of(notes: Sequence[Footnote], width: int, height: int, letter: float) -> Feet:
    bottom = height - int(BOTTOM)
    if not notes:
        return Feet(bottom, width, 0, 0, ())
    wide, columns = width - 2 * int(MARGIN), 2 if len(notes) > 2 else 1
    each = (wide - int(GUTTER) * (columns - 1)) // columns
    half, line = ceil(len(notes) / columns), int(Pt(NOTE_SIZE) * 1.22)
    parts = (tuple(notes[:half]), tuple(notes[half:]))[:columns]
    tall = line * max(
        sum(lines_of(f"{note.number} {note.short}", each, NOTE_SIZE, letter) for note in part) for part in parts
    )
    told = line * lines_of(shared(notes), wide - int(Inches(1.2)), NOTE_SIZE, letter)
    return Feet(bottom - tall - told, each, tall, told, parts)


def shared(notes: Sequence[Footnote]) -> str:
    first = notes[0]
    told = f"All: {first.scope}, as of {written.day(first.as_of)}, snapshot {first.snapshot}."
    opens = (
        " Each opens at the address behind its number, which is in the notes of this slide." if first.address else ""
    )
    return told + opens


def columns_of(page: Page, room: Room) -> list[Room]:
    free = room.width - int(GUTTER) * (len(page.columns) - 1)
    found, left = [], room.left
    for share in page.widths:
        wide = int(free * share)
        found.append(Room(left, room.top, wide, room.height))
        left += wide + int(GUTTER)
    return found


def fit(blocks: Sequence[Block], room: Room, letter: float) -> tuple[int, list[int], int]:
    """How much smaller letters become, the height of each block, and what is left over: below 0 where it is crowded."""
    less, heights, left = 0, [0], 0
    for less in LESS:
        heights = [height_of(block, room.width, less, letter) for block in blocks]
        left = room.height - int(GAP) * (len(blocks) - 1) - sum(heights)
        if left >= 0:
            break
    return less, heights, left


def crowded(story: Story) -> tuple[str, ...]:
    """Titles of pages that hold more than a slide of the quiet look can."""
    found = []
    for number, page in enumerate(story.pages):
        top, tall = TITLE if number else OPENING
        feet = feet_of(story.notes_of(page), int(WIDE), int(HIGH), LETTER)
        rooms = columns_of(page, body_of(int(top + tall), feet.top, int(WIDE)))
        if any(fit(blocks, room, LETTER)[2] < 0 for blocks, room in zip(page.columns, rooms, strict=True)):
            found.append(page.title)
    return tuple(found)


def body_of(title_ends: int, foot: int, width: int) -> Room:
    """What is left between title and footnotes."""
    top = title_ends + int(Inches(0.15))
    return Room(int(MARGIN), top, width - 2 * int(MARGIN), foot - top - int(Inches(0.1)))


def height_of(block: Block, width: int, less: int, letter: float) -> int:
    match block:
        case Words():
            size = size_of(block.tone, less)
            return sum(lines_of(plain(line), width, size, letter) for line in paragraphs(block.said)) * int(
                Pt(size) * 1.25
            )
        case Points():
            size = size_of("plain", less)
            lines = [line for item in block.items for line in paragraphs(item)]
            inner, tall = width - int(Inches(0.25)), int(Pt(size) * 1.25)
            return sum(lines_of(plain(line), inner, size, letter) * tall + int(Pt(3)) for line in lines)
        case Grid():
            return sum(row_height(block, row, width, less, letter) for row in (heads(block), *block.rows))
        case Cohorts():
            return int(Inches(0.31)) * (len(block.rows) + 1)
    return int(Inches(1.5))


def heads(block: Grid) -> tuple[Said, ...]:
    return tuple((name,) for name in block.columns)


def row_height(block: Grid, row: tuple[Said, ...], width: int, less: int, letter: float) -> int:
    size = size_of("table", less)
    lines = [
        sum(lines_of(plain(line), int(width * share) - int(Inches(0.15)), size, letter) for line in paragraphs(cell))
        for cell, share in zip(row, block.widths, strict=True)
    ]
    return max(lines) * int(Pt(size) * 1.22) + int(Inches(0.12))


def size_of(tone: str, less: int) -> int:
    return max(SIZES[tone] - (less if tone in ("plain", "table", "lead") or less > 0 else 0), 9)


def paragraphs(said: Said) -> list[list[tuple[Part, bool]]]:
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


def plain(line: list[tuple[Part, bool]]) -> str:
    return "".join(f"{part.text}{part.note or ''}" if isinstance(part, Figure) else str(part) for part, _ in line)


def lines_of(text: str, width: int, size: float, letter: float) -> int:
    fits = max(width / (Pt(1) * size * letter), 1)
    return max(ceil(len(text) / fits), 1)
