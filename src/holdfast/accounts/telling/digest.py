"""The day's mail to one person, as plain text and as HTML that needs nothing from elsewhere.

Mail programs know little: the HTML is a table with its styles in the tags, wide enough for a desk and narrow enough for
a phone. Dark colours stand in the head: programs that leave the head out turn light ones dark themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from urllib.parse import quote

from holdfast.commerce import writing


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is due. why: its evidence, as sentences. key: of the queue; loss: what would be lost, if known."""

    what: str
    account: str
    due: date
    why: tuple[str, ...]
    key: str = ""
    loss: str = ""
    rings: bool = False  # an alarm that rings since that day, and is due on none


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
        if not n:
            new = len(self.notices)
            return f"{new} {'thing is' if new == 1 else 'things are'} new on {writing.day(self.day)}"
        return f"{n} {'thing is' if n == 1 else 'things are'} due on {writing.day(self.day)}"

    def at(self, path: str) -> str:
        """An address of Holdfast; empty where nobody said where it answers."""
        return f"{self.address.rstrip('/')}/{path}" if self.address else ""

    def when(self, line: Line) -> str:
        days = (self.day - line.due).days
        if line.rings:
            return f"since {writing.day(line.due)}"
        if days > 0:
            return f"{days} {'day' if days == 1 else 'days'} late"
        return "today" if not days else f"by {writing.day(line.due)}"


ORDER = "What would lose the most comes first."
STOP = "You can turn this mail off in Holdfast, under your own settings."
LEFT = "And {} more in Holdfast."


def digest_text(page: Page) -> str:
    told = [f"Good morning, {_flat(page.name)}.", "", f"{page.subject}. {ORDER if page.lines else ''}".rstrip(), ""]
    for place, line in enumerate(page.lines, start=1):
        loss = f"; {_flat(line.loss)} would be lost on average" if line.loss else ""
        told.append(f"{place}. {_flat(line.account)}: {_flat(line.what)} ({page.when(line)}{loss})")
        told += [f"   {_flat(sentence)}" for sentence in line.why]
        told.append("")
    if page.more:
        told += [LEFT.format(page.more), ""]
    if page.notices:
        told += ["New since you looked:", *(f"- {_flat(notice)}" for notice in page.notices), ""]
    told += [*([page.at("today/")] if page.address else []), STOP]
    return "\n".join(told) + "\n"


INK, SOFT, LINK, LATE, RULE = "#191e22", "#5b636a", "#0e5c71", "#840616", "#e3e0d8"
_DARK = (
    "<style>@media (prefers-color-scheme: dark) {"
    "body, td, h1, h2, p, li, div { background: #0f1316 !important; border-color: #283037 !important;"
    " color: #e8ebee !important }"
    ".soft, .soft a { color: #97a1aa !important } .late { color: #e57c6c !important } a { color: #74c4db !important }"
    " .open { background: #74c4db !important; color: #06222b !important } }</style>"
)
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_CELL = f"padding:14px 0;border-top:1px solid {RULE};vertical-align:top"


def digest_html(page: Page) -> str:
    told = [
        f'<p class="soft" style="margin:0 0 4px;color:{SOFT}">Good morning, {_safe(page.name)}.</p>',
        f'<h1 style="margin:0 0 4px;font-size:20px;line-height:1.3">{_safe(page.subject)}</h1>',
    ]
    if page.lines:
        told.append(f'<p class="soft" style="margin:0 0 16px;color:{SOFT}">{ORDER}</p>')
        told.append(f"{_table()}{''.join(_row(page, line) for line in page.lines)}</table>")
    if page.more:
        told.append(f'<p style="margin:0 0 16px">{_linked(page.at("today/"), LEFT.format(page.more))}</p>')
    if page.notices:
        items = "".join(f'<li style="margin:0 0 6px">{_safe(notice)}</li>' for notice in page.notices)
        told.append('<h2 style="margin:24px 0 8px;font-size:16px">New since you looked</h2>')
        told.append(f'<ul style="margin:0 0 16px;padding:0 0 0 18px">{items}</ul>')
    if page.address:
        told.append(
            f'<p style="margin:24px 0"><a class="open" href="{escape(page.at("today/"))}" style="background:{LINK};'
            'color:#ffffff;padding:10px 16px;border-radius:6px;text-decoration:none;display:inline-block">'
            "Open Holdfast</a></p>"
        )
    told.append(
        f'<p class="soft" style="margin:24px 0 0;font-size:12px;color:{SOFT}">{_linked(page.at("settings/"), STOP)}</p>'
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{_safe(page.subject)}</title>{_DARK}</head>"
        f'<body style="margin:0;background:#ffffff;padding:24px 16px;font-size:14px;line-height:1.5;color:{INK};'
        f'{_FONT}">{_hidden(page)}'
        f'<div style="max-width:600px;margin:0 auto">{"".join(told)}</div></body></html>\n'
    )


def _row(page: Page, line: Line) -> str:
    late = line.due < page.day and not line.rings
    what = _linked(page.at(f"today/?item={quote(line.key)}") if line.key else "", line.what)
    why = "".join(f"<br>{_safe(sentence)}" for sentence in line.why)
    loss = f'<b style="white-space:nowrap">{_safe(line.loss)}</b><br>' if line.loss else ""
    return (
        f'<tr><td style="{_CELL}"><b>{_safe(line.account)}</b> {what}'
        f'<span class="soft" style="color:{SOFT};font-size:13px">{why}</span></td>'
        f'<td align="right" style="{_CELL};padding-left:16px">{loss}'
        f'<span class="{"late" if late else "soft"}" style="white-space:nowrap;font-size:13px;'
        f'color:{LATE if late else SOFT}">{page.when(line)}</span></td></tr>'
    )


def _table() -> str:
    return (
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="font-size:14px;color:{INK}">'
    )


def _linked(address: str, words: str) -> str:
    if not address:
        return _safe(words)
    return f'<a href="{escape(address)}" style="color:{LINK}">{_safe(words)}</a>'


def _hidden(page: Page) -> str:
    """What a list of mails shows after the subject: the first thing, not the greeting again."""
    first = f"{page.lines[0].account}: {page.lines[0].what}" if page.lines else page.notices[0] if page.notices else ""
    return f'<div style="display:none;max-height:0;overflow:hidden">{_safe(first)}</div>'


def _flat(text: str) -> str:
    """On one line, with days and amounts as pages write them."""
    return writing.dated(" ".join(text.split()), writing.HARD)


def _safe(text: str) -> str:
    return escape(_flat(text))
