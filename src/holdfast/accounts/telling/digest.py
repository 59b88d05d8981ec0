"""The day's mail to one person, as plain text and as HTML that needs nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape

from holdfast.commerce import writing


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is due. why: its evidence, as sentences."""

    what: str
    account: str
    due: date
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What somebody's morning looks like. more: how many lines are left out; notices: what they were told since."""

    name: str
    day: date
    lines: tuple[Line, ...]
    more: int
    notices: tuple[str, ...]
    address: str  # where Holdfast answers; empty: nobody said

    @property
    def subject(self) -> str:
        n = len(self.lines) + self.more
        return f"{n} {'thing is' if n == 1 else 'things are'} due on {writing.day(self.day)}"


ORDER = "What would lose the most comes first."
STOP = "You can turn this mail off in Holdfast, under your own settings."


def digest_text(page: Page) -> str:
    told = [f"Good morning, {_flat(page.name)}.", "", f"{page.subject}. {ORDER}", ""]
    for place, line in enumerate(page.lines, start=1):
        told.append(f"{place}. {_flat(line.account)}: {_flat(line.what)} ({writing.day(line.due)})")
        told += [f"   {_flat(sentence)}" for sentence in line.why]
    if page.more:
        told.append(f"And {page.more} more.")
    if page.notices:
        told += ["", "New since you looked:", *(f"- {_flat(notice)}" for notice in page.notices)]
    told += ["", *([page.address] if page.address else []), STOP]
    return "\n".join(told) + "\n"


def digest_html(page: Page) -> str:
    lines = "".join(
        f"<li><b>{_safe(line.account)}</b>: {_safe(line.what)} ({writing.day(line.due)})"
        f'<br><span style="color:#555">{"<br>".join(_safe(sentence) for sentence in line.why)}</span></li>'
        for line in page.lines
    )
    more = f"<p>And {page.more} more.</p>" if page.more else ""
    notices = "".join(f"<li>{_safe(notice)}</li>" for notice in page.notices)
    told = f"<h2>New since you looked</h2><ul>{notices}</ul>" if notices else ""
    where = f'<p><a href="{escape(page.address)}">Open Holdfast</a></p>' if page.address else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{_safe(page.subject)}</title></head><body>"
        f"<p>Good morning, {_safe(page.name)}.</p><p>{_safe(page.subject)}. {ORDER}</p>"
        f"<ol>{lines}</ol>{more}{told}{where}<p>{STOP}</p></body></html>\n"
    )


def _flat(text: str) -> str:
    """On one line, with days and amounts as pages write them."""
    return writing.dated(" ".join(text.split()), writing.HARD)


def _safe(text: str) -> str:
    return escape(_flat(text))
