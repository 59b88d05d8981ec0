"""`holdfast doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from holdfast.cli import asked
from holdfast.cli.failure import FAILED
from holdfast.cli.speech import Speech

if TYPE_CHECKING:
    from rich.console import Console

_MARKS = {"ok": ("●", "green"), "warn": ("◆", "yellow"), "fail": ("▲", "red")}


def doctor(home: asked.HomeOption = None, json: asked.JsonOption = False) -> None:
    """Check the home, its secrets and settings, the disk, the snapshot, the audits and the database.

    Each check is ok, warn or fail, with what to do. Exits with 1 when one fails.

    Example: holdfast doctor
    """
    from holdfast.cli.checks import Check, examine
    from holdfast.warehouse.home import Home

    place = Home.find(home)
    checks = examine(place)
    failed = any(check.state == "fail" for check in checks)

    def show(out: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for column in ({"no_wrap": True}, {"no_wrap": True, "style": "bold"}, {"overflow": "fold"}):
            table.add_column(**column)
        for check in checks:
            shape, colour = _MARKS[check.state]
            said = Text(check.said).append(f"\n→ {check.to_do}" if check.to_do else "", colour)
            table.add_row(Text(f"{shape} {check.state}", colour), check.name, said)
        out.print(table)
        out.print(_verdict(checks), style="bold")

    def _verdict(checks: list[Check]) -> str:
        worst = {state: sum(c.state == state for c in checks) for state in _MARKS}
        return f"{worst['ok']} ok, {worst['warn']} to look at, {worst['fail']} failed"

    Speech(json).answer({"home": place.path, "healthy": not failed, "checks": checks}, show)
    if failed:
        raise typer.Exit(FAILED)
