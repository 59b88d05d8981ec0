"""`holdfast rows --cohort`: the customers behind one cell of the cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.cli import asked, figures
from holdfast.cli.failure import CannotBeDone
from holdfast.cli.pages import as_records, say_written, show_page

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.cli.speech import Speech
    from holdfast.metrics.published import Published
    from holdfast.metrics.values import Scope


@dataclass(frozen=True)
class Cell:
    """A first-purchase month and a month since; `bought`: only who bought in it."""

    found: Published
    scope: Scope
    cohort: date
    after: int
    bought: bool


def show_cell(speech: Speech, cell: Cell, limit: int, offset: int, out: Path | None) -> None:
    """Rows on the terminal or in a file."""
    from holdfast.metrics import drill

    found = cell.found
    where = (found.home, cell.scope, cell.cohort, cell.after)
    document = {"cohort": cell.cohort, "after": cell.after, "scope": cell.scope, "as_of": found.as_of}
    try:
        if out is not None:
            written = drill.export_cohort(*where, out.absolute(), asked.format_of(out), bought=cell.bought)
            say_written(speech, document | {"rows": written, "file": out.absolute()}, written, out)
            return
        page = drill.cohort_units(*where, limit=limit, offset=offset, bought=cell.bought)
    except LookupError as problem:
        raise CannotBeDone(str(problem.args[0])) from None

    def show(console: Console) -> None:
        first = f"First bought in {figures.month(str(cell.cohort))}"
        title = f"{first}, {figures.plural(cell.after, 'months')} after: {figures.plural(page.total, 'customers')}"
        said = "bought in that month" if cell.bought else "the whole cohort, with the days on which they bought"
        show_page(console, found, page, offset, title, f"{said} · as of {figures.day(found.as_of)}")

    speech.answer(document | {"total": page.total, "offset": offset, "rows": as_records(page)}, show)
