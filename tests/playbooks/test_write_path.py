"""What playbooks keep in the book of work is written by its one write path too, and no secret is in a log."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest

import holdfast
from holdfast.web.logs import NothingPrivate

WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
ON_ROWS = {"update", "add", "set"}  # sets and dictionaries have them too
SRC = Path(holdfast.__file__).parent


def _writes(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on, name = ast.unparse(node.func.value), node.func.attr
            if (
                not on.endswith("doing")
                and on != "super()"
                and (name in WRITES or (name in ON_ROWS and "objects" in on))
            ):
                found.append(f"{path.name}:{node.lineno} {on}.{name}")
    return found


def test_messages_and_words_are_written_through_the_write_path_alone():
    files = [path for part in ("restraint", "channels", "models") for path in (SRC / "playbooks" / part).rglob("*.py")]
    assert len(files) > 25 and [line for path in files for line in _writes(path)] == []


@pytest.mark.parametrize("purpose", ["unsubscribe", "confirm", "preferences"])
def test_no_log_names_a_token(purpose):
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "Not Found: /%s/%s/", (purpose, "abc.def"), None)
    NothingPrivate().filter(record)
    assert "abc" not in record.getMessage() and f"/{purpose}/…" in record.getMessage()
