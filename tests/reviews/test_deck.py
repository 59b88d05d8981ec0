"""The deck, opened again: native charts with workbooks whose numbers are the values, footnotes, looks, and a printed
HTML."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise

import pytest
from pptx import Presentation
from pptx.util import Emu, Inches
from python_calamine import CalamineWorkbook

from holdfast.reviews.deck import deck_of
from holdfast.reviews.look import TemplateProblem
from holdfast.reviews.printed import CannotPrint, pdf_of
from holdfast.reviews.reckoning import crowded
from holdfast.reviews.shades import contrast, ink_on, shade
from holdfast.reviews.sheets import file_of
from holdfast.reviews.story import Intervals, Months, Waterfall, parts_in, slots_of, with_words


@pytest.fixture(scope="module")
def deck(story):
    return Presentation(io.BytesIO(deck_of(story)))


def slide(deck, story, key):
    return deck.slides[[page.key for page in story.pages].index(key)]


def charts(slide):
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def told(slide) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def cells_of(workbook: bytes) -> list[object]:
    """Everything that stands in the cells of a workbook."""
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return [cell for row in sheets.get_sheet_by_index(0).to_python() for cell in row]


def block(story, kind):
    return next(part for part in parts_in(story.pages) if isinstance(part, kind))


def test_every_slide_has_its_title_says_simulated_and_lists_the_footnotes_of_its_figures(deck, story):
    assert len(deck.slides) == len(story.pages)
    for one, page in zip(deck.slides, story.pages, strict=True):
        assert one.shapes.title.text == page.title
        assert "SIMULATED DATA" in told(one)
        for note in story.notes_of(page):
            assert f"{note.number} {note.short}" in told(one)
            assert f"{note.number}. {note.whole}" in one.notes_slide.notes_text_frame.text


def test_the_interval_chart_holds_the_values_their_intervals_and_the_targets(deck, story):
    (chart,) = charts(slide(deck, story, "targets"))
    series = {one.name: one for one in chart.plots[0].series}
    for row in block(story, Intervals).rows:
        assert list(series[row.label].iter_values()) and xs(series[row.label]) == [row.figure.point]
        assert xs(series[f"{row.label}: 95 % interval"]) == [row.figure.low, row.figure.high]
        assert set(xs(series[f"{row.label}: target"])) == {row.acceptable}
    xml = chart._chartSpace.xml
    assert "errBars" not in xml
    assert all("noFill" not in one._element.xml for one in series.values())  # one such line and none is drawn
    assert not any(s.marker.format.fill.type is None and s.marker.style is None for s in series.values())


def xs(series) -> list[float]:
    found = series._element.xpath("c:xVal//c:pt/c:v")
    return [float(one.text) for one in found]


def test_months_and_movements_are_the_published_ones_also_in_the_workbooks(deck, story):
    line, bars = charts(slide(deck, story, "months"))
    months, movements = block(story, Months), block(story, Waterfall)
    assert list(line.plots[0].series[0].values) == [one.point for one in months.points]
    assert line.value_axis.minimum_scale == 0
    base, level, more, less = (list(one.values) for one in bars.plots[0].series)
    assert level[0] == 40_000.0 and level[-1] == pytest.approx(40_000 + 12 * 740.25)
    assert more[1:3] == [10_800.0, 3_006.0] and less[3] == 4_923.0
    assert base[1] == 40_000.0 and base[3] == pytest.approx(40_000 + 10_800 + 3_006 - 4_923)
    assert [step.figure.point for step in movements.steps][1:-1] == [10_800.0, 3_006.0, -4_923.0]
    held = cells_of(line.part.chart_workbook.xlsx_part.blob)
    assert pytest.approx(months.points[0].point) in held and months.name in held
    assert 10_800.0 in cells_of(bars.part.chart_workbook.xlsx_part.blob)


def test_an_axis_that_does_not_begin_at_zero_is_said_to(deck, story):
    bars = charts(slide(deck, story, "months"))[1]
    assert bars.value_axis.minimum_scale > 0
    assert "The axis begins at €" in told(slide(deck, story, "months")) and "not at 0" in told(
        slide(deck, story, "months")
    )


def test_a_page_of_which_words_would_stand_over_the_footnotes_is_named(story):
    assert crowded(story) == ()
    causes = {
        own.slot: "The season, and a carrier that was late. " * 50 for own in slots_of(story) if own.slot[:5] == "cause"
    }
    assert causes and crowded(with_words(story, causes)) == (next(p.title for p in story.pages if p.key == "misses"),)


def test_the_cohort_table_is_a_table_and_can_be_read_on_every_shade(deck, story):
    (table,) = [shape.table for shape in slide(deck, story, "cohorts").shapes if shape.has_table]
    assert table.cell(1, 0).text == "Jan 2026" and table.cell(1, 1).text == "41" and table.cell(1, 3).text == "27"
    shades = [shade(step / 100) for step in range(0, 101, 2)]
    assert min(contrast(ink_on(one), one) for one in shades) >= 4.5


def test_nothing_stands_off_the_slide_or_over_its_footnotes(deck, story):
    for one in deck.slides:
        boxes = [(s.top, s.top + s.height, s.left, s.left + s.width) for s in one.shapes]
        assert all(top >= 0 and bottom <= deck.slide_height for top, bottom, _, _ in boxes)
        assert all(left >= 0 and right <= deck.slide_width for _, _, left, right in boxes)
    for one in deck.slides:  # columns of tables add up to their frame
        for table in (s.table for s in one.shapes if s.has_table):
            assert all(a.width > 0 for a, _ in pairwise(table.columns))


def template(layouts: dict[str, str], *, kinds: bool = True) -> bytes:
    """The library's own deck with some layouts called otherwise, and a slide that shows its looks.

    kinds: layouts say what they are in a way that no language changes.
    """
    made = Presentation()
    for layout in made.slide_layouts:
        layout.name = layouts.get(layout.name, layout.name)
        if not kinds:
            layout._element.attrib.pop("type", None)
    shown = made.slides.add_slide(made.slide_layouts[5])
    shown.shapes.title.text = "How we look"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_a_template_gives_its_layouts_and_loses_its_own_slides(story):
    made = deck_of(story, template({}))
    deck = Presentation(io.BytesIO(made))
    assert len(deck.slides) == len(story.pages) and deck.slide_width == Presentation().slide_width
    assert {one.slide_layout.name for one in deck.slides} == {"Title Slide", "Title Only"}
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert not any(b"How we look" in packed.read(name) for name in packed.namelist())
        assert not {"docProps/app.xml", "docProps/thumbnail.jpeg"} & set(packed.namelist())
        assert len(packed.namelist()) == len(set(packed.namelist()))


def test_a_template_without_the_layouts_is_refused_in_words_that_help(story):
    with pytest.raises(TemplateProblem, match=r"no layout called “Title Only”.*“Kapitel”.*slide master"):
        deck_of(story, template({"Title Only": "Kapitel"}, kinds=False))
    with pytest.raises(TemplateProblem, match="no PowerPoint file"):
        deck_of(story, b"PK not a deck")


def test_layouts_are_known_by_their_kind_in_any_language_and_of_any_master(story):
    made = template({"Title Slide": "Titelfolie", "Title Only": "Nur Titel"})
    assert {one.slide_layout.name for one in Presentation(io.BytesIO(deck_of(story, made))).slides} == {
        "Titelfolie", "Nur Titel"}  # fmt: skip


@pytest.mark.parametrize(
    ("size", "title", "says"),
    [
        ((10, 7.5), (0.0, 1.0), "“Title Only” reaches into the lower half"),
        ((10, 7.5), (0.85, 0.1), "“Title Only” reaches into the lower half"),
        ((3, 2), (0.05, 0.2), "3.0 by 2.0 inches: a review needs 7 by 5"),
    ],
)
def test_a_template_that_leaves_no_room_below_the_title_is_refused(story, size, title, says):
    made = Presentation()
    made.slide_width, made.slide_height = (Inches(one) for one in size)
    layout = next(one for one in made.slide_layouts if one.name == "Title Only")
    place = next(one for one in layout.placeholders if one.placeholder_format.idx == 0)
    place.left, place.width = 0, made.slide_width
    place.top, place.height = (Emu(int(made.slide_height * part)) for part in title)
    file = io.BytesIO()
    made.save(file)
    with pytest.raises(TemplateProblem, match=says):
        deck_of(story, file.getvalue())


def test_the_html_stands_alone_and_holds_every_figure_and_footnote(story):
    html = file_of(story)
    assert not re.search(r"(?:src|url\(|@import)", html) and "<script" not in html and 'style="' not in html
    for note in story.notes:
        assert note.address.replace("&", "&amp;") in html
    assert html.count('class="sim"') == len(story.pages) and "simulated data" in html
    assert "14.1\u00a0%" in html and "size:A4 landscape" in html


def test_without_an_office_the_pdf_says_what_to_do_instead(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CannotPrint, match=r"no LibreOffice.*print the HTML"):
        pdf_of(b"")
