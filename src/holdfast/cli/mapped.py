"""How the columns of files were understood, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli import figures

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.files.guess import Guess
    from holdfast.sources.files.load import Looked

_SHOWN = 28  # characters of an example cell


def show_mapping(out: Console, looked: Looked, *, currency: str | None) -> None:
    """Header → field, what was not used, what is missing. currency: as said on the command line."""
    from holdfast.sources.files.guess import CURRENCY

    guessed = looked.guessed
    if guessed is None:
        _kept(out, looked)
        return
    sure = {"certain": "recognised", "likely": "guessed", "unsure": "guessed, not surely"}.get(guessed.confidence, "")
    for file, grain in guessed.rows.items():
        out.print(f"{file}: one row is one of the {grain.replace('_', ' ')} ({sure})", style="bold", markup=False)
        _table(out, file, guessed)
    for missing in guessed.missing:
        if missing.what == CURRENCY and currency:
            continue
        colour = "red" if missing.required else "yellow"
        out.print(f"  missing: {missing.what}; {missing.to_do}", style=colour, markup=False)


def _kept(out: Console, looked: Looked) -> None:
    """A line or two a file: nobody looks at a whole table every month, and nobody should have to guess either."""
    out.print(f"Reading as the mapping {looked.mapping.name!r} says.", markup=False)
    for file, headers in looked.headers.items():
        fed = looked.mapping.fed_by(headers)
        if not fed:
            out.print(f"  {file}: nothing in it is mapped", style="yellow", markup=False)
            continue
        grain = next(iter(fed.values())).partition(".")[0].replace("_", " ")
        said = ", ".join(f"{' '.join(h.split())} → {to.partition('.')[2].replace('_', ' ')}" for h, to in fed.items())
        unused = len(headers) - len(fed)
        rest = f"; {figures.plural(unused, 'columns')} not used" if unused else ""
        out.print(f"  {file}, {grain}: {said}{rest}", style="dim", markup=False)


def _table(out: Console, file: str, guessed: Guess) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for column in guessed.columns:
        if column.file == file and column.became:
            header = Text(" ".join(column.header.split()))
            field = Text(column.became.partition(".")[2].replace("_", " "))
            table.add_row(Text("  "), header, Text("→", style="dim"), field, Text(_cell(column.sample), style="dim"))
    out.print(table)
    unused = [" ".join(c.header.split()) for c in guessed.unused if c.file == file]
    if unused:
        out.print(f"  not used: {', '.join(unused)}", style="dim", markup=False)


def _cell(sample: str | None) -> str:
    written = " ".join((sample or "").split())
    return written if len(written) <= _SHOWN else written[: _SHOWN - 1] + "…"
