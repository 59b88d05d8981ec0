"""How a command says that it could not: one sentence on stderr, an exit code, never a traceback.

Exit codes: 0 done; 1 the thing asked could not be done; 2 the command was written wrongly;
3 another writer is at work; 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable
from contextvars import copy_context
from typing import Any

import typer
from typer.core import TyperGroup

DONE, FAILED, WRONG_USE, BUSY = 0, 1, 2, 3


class CannotBeDone(Exception):
    """What was asked cannot be done; the message says what can."""


class Commands(TyperGroup):
    """The command group: every failure below it becomes a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        as_json = "--json" in (*ctx._protected_args, *ctx.args)
        try:
            return copy_context().run(super().invoke, ctx)  # of which shops a command speaks ends with it
        except (typer.Exit, typer.Abort, EOFError, KeyboardInterrupt):
            raise
        except Exception as problem:
            if _is_usage(problem):
                if not as_json:
                    raise
                raise typer.Exit(tell(problem.format_message(), WRONG_USE, as_json=True)) from None  # type: ignore[attr-defined]
            if isinstance(problem, OSError) and problem.errno == errno.EPIPE:
                raise  # the reader of a pipe left: Typer ends quietly
            if os.environ.get("HOLDFAST_TRACEBACK"):
                raise
            raise typer.Exit(tell(sentence(problem), _code(problem), as_json=as_json)) from None


def _is_usage(problem: Exception) -> bool:
    return hasattr(problem, "format_message") and hasattr(problem, "exit_code")


def tell(said: str, code: int, *, as_json: bool) -> int:
    """Say it on stderr, and as one document on stdout when machines listen; returns the exit code."""
    if as_json:
        import json

        sys.stdout.write(json.dumps({"error": said, "exit_code": code}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"holdfast: {said}\n")
    return code


def sentence(problem: Exception) -> str:
    """What a person can act on. Errors of ours carry it; the operating system's are put into words."""
    if type(problem).__module__.startswith("holdfast."):
        said = str(problem).strip() or type(problem).__name__
    elif isinstance(problem, OSError):
        where = f"{problem.filename}: " if problem.filename else ""
        said = f"{where}{(problem.strerror or str(problem)).lower()}"
    else:
        said = (
            f"something unexpected happened ({type(problem).__name__}: {_first_line(problem)});"
            " set HOLDFAST_TRACEBACK=1 to see where, and please report it"
        )
    return said if re.search(r"[.!?]$", said) else said + "."


def _first_line(problem: Exception) -> str:
    return next(iter(str(problem).splitlines()), "")[:200]


def _code(problem: Exception) -> int:
    return BUSY if type(problem).__name__ == "AnotherWriter" else FAILED


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known."""
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(word, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none yet'}"
