"""A story as HTML: one file that fetches nothing, prints one page a sheet, and opens every figure."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files

from holdfast.reviews import charts, drawings, written
from holdfast.reviews.figure import Figure, Footnote
from holdfast.reviews.shades import ink_on, shade
from holdfast.reviews.story import (
    Block,
    Cohorts,
    Grid,
    Intervals,
    Months,
    Own,
    Page,
    Points,
    Said,
    Story,
    Waterfall,
    Words,
)

STYLE = files("holdfast.reviews").joinpath("review.css")


def style() -> str:
    return STYLE.read_text(encoding="utf-8")


def file_of(story: Story) -> str:
    """The whole file."""
    mark = f" ({escape(story.mark)})" if story.mark else ""
    body = body_of(story).replace("<h2>", "<h1>", 1).replace("</h2>", "</h1>", 1)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(story.title)}{mark}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>body{{margin:0;background:#f6f5f1}}\n{style()}</style></head><body><main>{body}</main></body></html>\n"
    )


def body_of(story: Story) -> str:
    """The pages, for a file or for a page of the product; their style is `style`."""
    return f'<div class="rv">{"".join(_sheet(story, page, n) for n, page in enumerate(story.pages, 1))}</div>'


def _sheet(story: Story, page: Page, number: int) -> str:
    mark = f'<p class="sim">{escape(story.mark)}</p>' if story.mark else ""
    widths = "-".join(str(round(share * 100)) for share in page.widths)
    columns = "".join(f"<div>{''.join(_block(block) for block in blocks)}</div>" for blocks in page.columns)
    columns = re.sub(r"<sup>(\d+)</sup>", rf'<sup><a href="#n{number}-\1">\1</a></sup>', columns)
    first = " first" if number == 1 else ""
    return (
        f'<section class="sheet{first}">{mark}<h2>{escape(page.title)}</h2>'
        f'<div class="columns c-{widths}">{columns}</div>{_foot(story.notes_of(page), number)}</section>'
    )


def _foot(notes: tuple[Footnote, ...], page: int) -> str:
    if not notes:
        return ""
    lines = "".join(f'<p id="n{page}-{n.number}">{n.number} {_note(n)}</p>' for n in notes)
    return f"<footer{' class=one' if len(notes) < 3 else ''}>{lines}</footer>"


def _note(note: Footnote) -> str:
    told = escape(f"{note.short}; {note.scope}, as of {written.day(note.as_of)}; snapshot {note.snapshot}")
    if not note.address:
        return told
    shown = escape(note.address)
    return f'{told}; <a href="{shown}">{shown}</a>'


def _block(block: Block) -> str:
    match block:
        case Words(tone="head"):
            return f"<h3>{_lines(block.said)[0]}</h3>"
        case Words():
            tone = f' class="{block.tone}"' if block.tone != "plain" else ""
            return "".join(f"<p{tone}>{line}</p>" for line in _lines(block.said))
        case Points():
            return f"<ul>{''.join(f'<li>{line}</li>' for item in block.items for line in _lines(item))}</ul>"
        case Grid():
            return _grid(block)
        case Cohorts():
            return _cohorts(block)
        case Intervals():
            return drawings.intervals(block)
        case Months():
            unit = charts.unit_of(block.points)
            note = block.points[-1].note if block.points else 0
            return f"<h3>{escape(block.name)}, by month{', ' + unit if unit else ''}{_mark(note)}</h3>" + (
                drawings.months(block)
            )
        case Waterfall():
            return f"<h3>{escape(block.name)}{_mark(block.steps[0].figure.note)}</h3>" + drawings.waterfall(block)


def _grid(block: Grid) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{_said(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    sizes = "".join(f'<col width="{round(share * 100)}%">' for share in block.widths)
    return _scrolls(
        block.columns[0],
        f"<table><colgroup>{sizes}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>",
    )


def _cohorts(block: Cohorts) -> str:
    most = max(len(shares) for _, _, shares in block.rows)
    heads = "".join(f'<th scope="col">{f"+{m}" if m else "0"}</th>' for m in range(most))
    rows = []
    for label, customers, shares in block.rows:
        cells = "".join(_shaded(share, place) for place, share in enumerate(shares))
        rows.append(f'<tr><th scope="row">{escape(label)}</th><td>{written.count(customers)}</td>{cells}</tr>')
    return _scrolls(
        "Cohorts",
        '<table class="cohorts"><thead><tr><th scope="col">First bought</th>'
        f'<th scope="col">n{_mark(block.note)}</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>',
    )


def _scrolls(name: str, table: str) -> str:
    """A table that is wider than a small screen can be reached by the keyboard."""
    return f'<div class="tw" tabindex="0" role="region" aria-label="{escape(name)}">{table}</div>'


def _shaded(share: float | None, place: int) -> str:
    if share is None:
        return "<td></td>"
    fill = shade(share) if place else "FFFFFF"
    return f'<td bgcolor="#{fill}"><font color="#{ink_on(fill)}">{written.number(share * 100)}</font></td>'


def _said(said: Said) -> str:
    return "<br>".join(_lines(said))


def _lines(said: Said) -> list[str]:
    """Paragraphs, as HTML."""
    lines = [""]
    for part in said:
        if isinstance(part, Figure):
            lines[-1] += f"<b>{escape(part.text)}</b>{_mark(part.note)}"
            continue
        text, asks = (part.text, part.asks) if isinstance(part, Own) else (part, False)
        pieces = [f'<span class="asks">{escape(one)}</span>' if asks else escape(one) for one in text.split("\n")]
        lines[-1] += pieces[0]
        lines += pieces[1:]
    return [line for line in lines if line] or [""]


def _mark(note: int) -> str:
    return f"&nbsp;<sup>{note}</sup>" if note else ""
