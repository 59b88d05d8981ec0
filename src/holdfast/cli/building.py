"""`holdfast build`: a snapshot of all that has landed, with every value over all past time."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, figures
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.warehouse.audits import Finding
    from holdfast.warehouse.home import Home
    from holdfast.warehouse.snapshot import Snapshot


NAMED = 5  # values of which a line says that they were measured anew


def build(
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Leave out orders after it (default today)."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Make everything anew, taking nothing over.")] = False,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
    quiet: asked.QuietOption = False,
) -> None:
    """Build a snapshot and switch to it; readers keep the old one until then.

    What new imports leave as it was is taken over from the snapshot before; the result is that of a full build.
    Audits run first: what they find is listed, and a broken promise stops the switch.

    Example: holdfast build
    """
    from holdfast.metrics.publish import build as build_all
    from holdfast.metrics.settled import FOLDER
    from holdfast.warehouse.simulated import tell

    speech, place = Speech(json, quiet), asked.need_home(home)
    began = time.perf_counter()
    with speech.progress("building") as told:
        day = (today or datetime.now().astimezone()).date()
        snapshot = build_all(place, today=day, progress=told, full=full)
        if (place.path / FOLDER).is_dir():  # to load what lots rest on takes a second
            from holdfast.evidence.settling import settle

            settle(place)
    seconds = round(time.perf_counter() - began, 1)
    tell(snapshot.shops)
    document = {
        "snapshot": snapshot.id, "as_of": snapshot.as_of, "built_at": snapshot.built_at, "seconds": seconds,
        "simulated": snapshot.simulated, "loads": len(snapshot.loads), "shops": [s.name for s in snapshot.shops],
        "findings": snapshot.findings, "steps": snapshot.steps, "made": snapshot.made,
        "measured": snapshot.measured, "next": "holdfast scorecard",
    }  # fmt: skip

    def show(out: Console) -> None:
        out.print(f"Snapshot {snapshot.id} serves, as of {figures.day(snapshot.as_of)}", style="bold", markup=False)
        shops = ", ".join(shop.name for shop in snapshot.shops)
        out.print(f"  {shops}: {figures.plural(len(snapshot.loads), 'loads')}, built in {seconds} s", markup=False)
        out.print(f"  marts: {taken_over(snapshot.made)}", markup=False, soft_wrap=True)
        for line in carried_over(snapshot.measured):
            out.print(f"  {line}", markup=False, soft_wrap=True)
        show_findings(out, snapshot.findings)
        out.print("Next: holdfast scorecard, or holdfast serve for the pages", style="bold")

    speech.answer(document, show)
    for name in _taken_for_real(place, snapshot):
        speech.note(f"{name} stays simulated, as its files were, though holdfast.toml says otherwise")


def carried_over(measured: tuple[dict[str, str], ...]) -> list[str]:
    """How many values were carried from the snapshot before and how many measured anew; of these a line per reason."""
    anew = dict[str, list[str]]()
    for one in measured:
        if one["how"] != "carried":
            anew.setdefault(one["why"], []).append(one["value"])
    counts = Counter("carried" if one["how"] == "carried" else "measured anew" for one in measured)
    lines = [f"values: {', '.join(f'{counts[how]} {how}' for how in ('carried', 'measured anew') if counts[how])}"]
    for why, values in sorted(anew.items()):
        some, more = "; ".join(values[:NAMED]), len(values) - NAMED
        lines.append(f"  {why}: {some}{f'; and {more} more' if more > 0 else ''}")
    return lines if measured else []


def _taken_for_real(home: Home, snapshot: Snapshot) -> list[str]:
    """Shops that the settings call real although what was imported for them is not."""
    real = {shop.name for shop in home.shops() if not shop.simulated}
    return [shop.name for shop in snapshot.shops if shop.simulated and shop.name in real]


def taken_over(made: tuple[dict[str, str], ...]) -> str:
    """How many marts were reused, mended and rebuilt, and why those that could have been mended were not."""
    counts = Counter(one["how"] for one in made)
    said = ", ".join(f"{counts[how]} {how}" for how in ("reused", "mended", "rebuilt") if counts[how])
    reasons = sorted({one["why"] for one in made if one["why"]})
    return f"{said} ({'; '.join(reasons)})" if reasons else said


def show_findings(out: Console, findings: tuple[Finding, ...]) -> None:
    if not findings:
        out.print("  audits: every promise holds")
        return
    out.print("  audits: some rows break a promise; they are in the numbers as they stand", style="yellow")
    for finding in findings:
        example = ", ".join(f"{c} {v}" for c, v in zip(finding.columns, finding.examples[0], strict=False))
        said = f"    {finding.promise} Not {figures.plural(finding.rows, 'rows')}, such as {example}"
        out.print(said, markup=False, soft_wrap=True)
