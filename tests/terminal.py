"""A terminal at a home: commands as people type them, in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from holdfast.cli.app import app


@dataclass(frozen=True)
class Said:
    """What one run of a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Types commands at one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: object, code: int = 0, columns: int = 100) -> Said:
        env = {"HOLDFAST_HOME": str(self.home), "COLUMNS": str(columns)}
        result = CliRunner().invoke(app, [str(word) for word in words], env=env)
        said = Said(result.exit_code, result.stdout, result.stderr)
        assert said.code == code, f"{words} ended with {said.code}: {said.err or said.out} {result.exception!r}"
        assert "Traceback" not in said.err + said.out
        return said
