"""`holdfast experiments pool`, and what several lots show that are read as one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, figures
from holdfast.cli.claims import between, writer_for
from holdfast.cli.speech import Speech, plain
from holdfast.cli.targets import ByOption, who

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.evidence.pool import Pool
    from holdfast.evidence.together import Together
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import Snapshot


def pool(
    file: Annotated[Path, typer.Argument(help="What is declared, as TOML.", exists=True, dir_okay=False)],
    by: ByOption = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Declare that several lots are read as one: id, name, hypothesis, owner, lots and effect ("fixed" or "random").

    Example: holdfast experiments pool codes-together.toml
    """
    from holdfast.evidence.pool import declare_pool

    made = declare_pool(
        asked.need_home(home), file.read_text(encoding="utf-8"), by=who(by), now=datetime.now(UTC)
    )  # fmt: skip
    said = f"{made.name}: {figures.plural(len(made.lots), 'lots')} are read as one, as {made.effect} effects."
    late = "" if made.foreseen else " Somebody's horizon was over already, so that it gets no verdict."
    Speech(json).answer({"pool": made}, lambda out: out.print(said + late, markup=False, soft_wrap=True))


def show_pool(place: Home, snapshot: Snapshot, it: Pool, json: bool) -> None:
    from holdfast.evidence.sentence import together
    from holdfast.evidence.together import read_together

    found = read_together(place, snapshot, it)
    said = together(found, writer_for(place, found.parts[0].registration.shop))
    weights = dict(zip((one.registration.id for one in found.parts), found.weights, strict=True))
    document = {"sentence": said, **plain(found), "grade": str(found.grade or ""), "weights": weights}
    Speech(json).answer(document, lambda out: _show(out, found, said))


def _show(out: Console, found: Together, said: str) -> None:
    grade = f" ({found.grade})" if found.grade else ""
    out.print(f"{found.verdict.word}{grade}: {found.verdict.why}", style="bold", markup=False)
    out.print(f"\n{said}\n", markup=False, soft_wrap=True)
    for check in found.checks:
        mark, style = ("● yes", "green") if check.passed else ("▲ no", "red")
        out.print(f"  {mark:<6} {check.name}: {check.found}", style=style, markup=False, soft_wrap=True)
    for part, weight in zip(found.parts, found.weights, strict=True):
        told = "withheld" if part.verdict.word == "broken" else between(part.relative)
        share = "no weight" if weight is None else f"weight {weight:.0%}"
        out.print(f"  {part.registration.id}: {told}, {share}", style="dim", markup=False)
