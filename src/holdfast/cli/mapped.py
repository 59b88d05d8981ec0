"""How the columns of files were understood, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.sources.files.guess import Guess
    from holdfast.sources.files.mapping import Mapping

_SHOWN = 24  # characters of an example cell


def show_mapping(out: Console, mapping: Mapping, guessed: Guess | None) -> None:
    """Header → field, what was not used, what is missing; for a given mapping only its name."""
    if guessed is None:
        fields = sum(len(columns) for columns in mapping.columns.values())
        out.print(f"Reading as the mapping {mapping.name!r} says ({fields} fields).", markup=False)
        return
    sure = {"certain": "recognised", "likely": "guessed", "unsure": "guessed, not surely"}.get(guessed.confidence, "")
    for file, grain in guessed.rows.items():
        out.print(f"{file}: one row is one of the {grain.replace('_', ' ')} ({sure})", style="bold", markup=False)
        _table(out, file, guessed)
    for missing in guessed.missing:
        colour = "red" if missing.required else "yellow"
        out.print(f"  missing: {missing.what}; {missing.to_do}", style=colour, markup=False)


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
