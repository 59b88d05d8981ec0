"""`holdfast init`: a home, and the next step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli import asked, defaults
from holdfast.cli.failure import CannotBeDone, did_you_mean
from holdfast.cli.scorecard import segment_ids
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.warehouse.home import Home


def init(
    path: Annotated[Path | None, typer.Argument(help="The folder to make (default --home).", metavar="[PATH]")] = None,
    currency: Annotated[str | None, typer.Option(help="Of new shops, when a file does not say.", metavar="EUR")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Of new shops, when a file does not say.", metavar="Europe/London")
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(
            help="Whose targets accounts have, such as subscription.", metavar="ID", autocompletion=segment_ids
        ),
    ] = None,
    home: asked.HomeOption = None,
    json: asked.JsonOption = False,
) -> None:
    """Make a home: one folder for everything Holdfast knows.

    What is already there stays, so running it twice is safe.

    Example: holdfast init --currency EUR --zone Europe/Berlin
    """
    from holdfast.metrics.merchant import keep_segment
    from holdfast.warehouse.home import Home

    currency, zone = defaults.checked_currency(currency), defaults.checked_zone(zone)
    place = Home.find(path or home)
    was_there = place.exists
    if segment is not None:
        _known_segment(place, segment)
    place.create()
    defaults.keep(place, currency, zone)
    if segment is not None:
        keep_segment(place.path, segment)
    kept = defaults.read(place)
    document = {
        "home": place.path, "made": not was_there, "shops": place.shops(),
        "currency": kept.currency or None, "zone": kept.zone or None, "next": f"holdfast import FILE{_flag(place)}",
    }  # fmt: skip

    def show(out: Console) -> None:
        out.print(f"{'Home found' if was_there else 'Home made'}: {place.path}", markup=False, soft_wrap=True)
        said = [f"currency {kept.currency}"] if kept.currency else []
        said += [f"time zone {kept.zone}"] if kept.zone else []
        if said:
            out.print(f"New shops: {', '.join(said)}, unless a file says otherwise.", markup=False)
        if segment is not None:
            out.print(f"Targets: those of {segment}, for every account without its own.", markup=False)
        out.print(f"Next: holdfast import FILE{_flag(place)}", style="bold", markup=False, soft_wrap=True)

    Speech(json).answer(document, show)


def _known_segment(place: Home, segment: str) -> None:
    from holdfast.metrics.framework import load_for

    known = [one.id for one in load_for(place.path).segments]
    if segment not in known:
        raise CannotBeDone(f"no segment is called {segment!r}; {did_you_mean(segment, known)}")


def _flag(place: Home) -> str:
    """How to name this home in later commands, when it is not the one they would find."""
    from holdfast.warehouse.home import Home

    return "" if Home.find().path == place.path else f" --home {place.path}"
