"""What a deck looks like: the user's own template, or a quiet one. Both through the theme, so that a deck can be put
into other clothes later by changing its theme."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx import Presentation
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.exc import PackageNotFoundError
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches

OPENING, PAGE = "Title Slide", "Title Only"  # layouts by the names that PowerPoint and LibreOffice give them
KINDS = {OPENING: "title", PAGE: "titleOnly"}  # what layouts call themselves in the file, whatever their name is
INK, MUTED = MSO_THEME_COLOR.TEXT_1, MSO_THEME_COLOR.TEXT_2
PAPER, LINE = MSO_THEME_COLOR.BACKGROUND_1, MSO_THEME_COLOR.BACKGROUND_2
ACCENT, GOOD, WATCH, RISK = (
    MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2, MSO_THEME_COLOR.ACCENT_3, MSO_THEME_COLOR.ACCENT_4,
)  # fmt: skip
QUIET = {
    "dk1": "1C2126", "lt1": "FFFFFF", "dk2": "5A6470", "lt2": "E3E1DC", "accent1": "1F6F8B", "accent2": "036D55",
    "accent3": "8F5A00", "accent4": "840616", "hlink": "1F6F8B", "folHlink": "1F6F8B",
}  # fmt: skip
FONT = "Arial"  # on every machine, or one of the same widths
TELLTALE = ("extended-properties", "custom-properties", "thumbnail", "commentAuthors", "authors")
LEAST = (Inches(7), Inches(5))  # of a slide
TITLE_ABOVE = 0.5  # of the height of a slide, where the title of a page ends at the latest
LARGEST = 40_000_000  # bytes of a template, and of each file in it once unpacked


class TemplateProblem(ValueError):
    """A template that cannot be used; the message says what to change in it."""


@dataclass(frozen=True, slots=True)
class Look:
    """An empty presentation and the two layouts that its slides are made from. own: the user's.

    Accents of a user's theme mean nothing: there what is good is the first of them, and what is not is ink.
    """

    deck: Any
    opening: Any
    page: Any
    own: bool

    @property
    def good(self) -> Any:
        return ACCENT if self.own else GOOD

    @property
    def risk(self) -> Any:
        return INK if self.own else RISK

    @property
    def letter(self) -> float:
        """Mean width of a letter, in parts of its size: nobody knows which font stands in for a template's."""
        return 0.56 if self.own else 0.5  # as reckoning.LETTER


def look_of(template: bytes | None = None) -> Look:
    """The template's look, without the slides it holds; the quiet one without a template. Raises TemplateProblem."""
    if template is None:
        deck = Presentation()
        deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
        _dress(deck)
    else:
        deck = _opened(template)
        _emptied(deck)
    _strip(deck)
    layouts = [layout for master in deck.slide_masters for layout in master.slide_layouts]
    found = Look(deck, _layout(layouts, OPENING), _layout(layouts, PAGE), template is not None)
    _must_hold_a_page(found)
    return found


def _must_hold_a_page(look: Look) -> None:
    """What a review says stands below the title, and needs a slide of some size. Raises TemplateProblem."""
    width, height = int(look.deck.slide_width), int(look.deck.slide_height)
    if width < LEAST[0] or height < LEAST[1]:
        size = f"{Emu(width).inches:.1f} by {Emu(height).inches:.1f} inches"
        raise TemplateProblem(f"The slides of the template are {size}: a review needs 7 by 5 at least.")
    title = next(one for one in look.page.placeholders if one.placeholder_format.idx == 0)
    if title.top + title.height > height * TITLE_ABOVE:
        raise TemplateProblem(
            f"The title of the layout “{look.page.name}” reaches into the lower half of the slide, and what a review"
            " says stands below it. Move the title up in the slide master view."
        )


def _layout(layouts: Sequence[Any], name: str) -> Any:
    """The layout of that name, of whichever master; else the one that says by its kind what it is, in any language."""
    named = [one for one in layouts if one.name == name]
    found = next(iter(named or [one for one in layouts if one._element.get("type") == KINDS[name]]), None)
    if found is None:
        known = ", ".join(f"“{one.name}”" for one in layouts) or "none"
        raise TemplateProblem(
            f"The template has no layout called “{name}”. Its layouts are {known}. Give one of them that name in"
            " the slide master view and save the template again."
        )
    if not any(one.placeholder_format.idx == 0 for one in found.placeholders):
        raise TemplateProblem(
            f"The layout “{found.name}” of the template has no place for a title. Add one in the slide master view."
        )
    return found


def _opened(template: bytes) -> Any:
    wrong = "The template is no PowerPoint file (.pptx or .potx saved as .pptx)."
    if len(template) > LARGEST:
        raise TemplateProblem(f"The template is larger than {LARGEST // 1_000_000} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as packed:
            if any(one.file_size > LARGEST for one in packed.infolist()):
                raise TemplateProblem("Something in the template unpacks to more than a template can be.")
        return Presentation(io.BytesIO(template))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError) as problem:
        raise problem if isinstance(problem, TemplateProblem) else TemplateProblem(wrong) from problem


def _emptied(deck: Any) -> None:
    """The slides that a template shows its looks with are not part of a review."""
    slides = deck.slides._sldIdLst
    for one in list(slides):
        deck.part.drop_rel(one.rId)
        slides.remove(one)
    for name in ("p:extLst", "p:custShowLst"):  # sections and shows name the slides that are gone
        listed = deck.part._element.find(qn(name))
        if listed is not None:
            deck.part._element.remove(listed)


def _strip(deck: Any) -> None:
    """What a file tells of those who made it: titles of its old slides, a picture of the first, who commented."""
    for holder in (deck.part.package, deck.part):
        for key, rel in list(holder._rels.items()):
            if rel.reltype.rpartition("/")[2] in TELLTALE:
                holder._rels.pop(key)


def _dress(deck: Any) -> None:
    """Colours and font of the quiet look, written into the theme."""
    for rel in deck.slide_master.part.rels.values():
        if rel.reltype.endswith("/theme"):
            theme = rel.target_part.blob.decode()
            for name, colour in QUIET.items():
                theme = re.sub(
                    rf"<a:{name}>.*?</a:{name}>", f'<a:{name}><a:srgbClr val="{colour}"/></a:{name}>', theme, flags=re.S
                )
            theme = re.sub(r'(<a:m(?:aj|in)orFont>\s*<a:latin typeface=")[^"]*', rf"\g<1>{FONT}", theme)
            rel.target_part._blob = theme.encode()
