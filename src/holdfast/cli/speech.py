"""What a command says: answers on stdout, progress and notes on stderr, one JSON document for machines."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[str, float], None]
WIDE_WITHOUT_A_TERMINAL = 120  # columns, when stdout is a pipe or a file
INVENTED = {"simulated": "these data are invented", "partly simulated": "some of these shops are invented"}


@dataclass(frozen=True, slots=True)
class Speech:
    """How this run speaks."""

    json: bool = False
    quiet: bool = False

    @property
    def out(self) -> Console:
        return _console(sys.stdout)

    @property
    def err(self) -> Console:
        return _console(sys.stderr)

    def answer(self, document: object, show: Callable[[Console], None]) -> None:
        """The answer, once: as JSON, or as `show` prints it. Where it speaks of invented data it says so first."""
        from holdfast.warehouse.simulated import told

        if self.json:
            sys.stdout.write(json.dumps(_labelled(plain(document)), indent=2, ensure_ascii=False) + "\n")
            return
        if label := told():
            self.out.print(f" {label.upper()}: {INVENTED[label]} ", style="bold white on magenta")
        show(self.out)

    def note(self, said: str) -> None:
        """Something beside the answer: on stderr, and not when machines listen."""
        if not (self.json or self.quiet):
            self.err.print(said, style="dim", highlight=False, markup=False)

    @contextmanager
    def progress(self, what: str) -> Iterator[Progress]:
        """A bar on a terminal, plain lines in a log, nothing with --json or --quiet."""
        if self.json or self.quiet:
            yield lambda step, share: None
        elif sys.stderr.isatty():
            with _bar(self.err, what) as told:
                yield told
        else:
            yield _lines(what)


def _labelled(document: Any) -> Any:
    """A document with a flag for invented data, where it is about some or already has one."""
    from holdfast.warehouse.simulated import said_of_which, told

    label = told()
    if not isinstance(document, dict) or not said_of_which() or not (label or "simulated" in document):
        return document
    return document | {"simulated": bool(label)} | ({"label": label} if label else {})


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else shutil.get_terminal_size((WIDE_WITHOUT_A_TERMINAL, 40)).columns
    return Console(file=stream, width=width, highlight=False, emoji=False)


@contextmanager
def _bar(console: Console, what: str) -> Iterator[Progress]:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(), TextColumn("{task.fields[step]}", style="dim", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=1.0, step="")
        furthest = 0.0

        def told(step: str, share: float) -> None:
            nonlocal furthest
            furthest = max(furthest, min(share, 1.0))
            bar.update(task, completed=furthest, step=step)

        yield told


def _lines(what: str) -> Progress:
    last = ""

    def told(step: str, share: float) -> None:
        nonlocal last
        if step != last:
            sys.stderr.write(f"{what}: {step}\n")
            sys.stderr.flush()
        last = step

    return told


def plain(thing: Any) -> Any:
    """Anything the layers answer with, as JSON can hold it: no NaN, no infinity, Unknown said as such."""
    match thing:
        case None | bool() | int() | str():
            return thing.value if isinstance(thing, Enum) else thing
        case float():
            return thing if math.isfinite(thing) else None
        case Decimal():
            return str(thing)
        case datetime() | date():
            return thing.isoformat()
        case Path():
            return str(thing)
        case Mapping():
            return {str(key): plain(value) for key, value in thing.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in thing]
    if type(thing).__name__ == "Unknown":
        return {"unknown": thing.why, "would_need": thing.would_need}
    if is_dataclass(thing):
        return {field.name: plain(getattr(thing, field.name)) for field in fields(thing)}
    return str(thing)
