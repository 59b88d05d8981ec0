"""How the pages write their log: lines for people or objects for programs, and nothing private (decision 0158)."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from jinja2 import UndefinedError

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
LINK = re.compile(r"(/(?:guest|calendar|unsubscribe|confirm|preferences)/)[^/\s?\"']+")  # it lets in whoever holds it
MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# What an error was about: somebody's words, or the row that a database names.
# An apostrophe within a word opens nothing; what is not closed on its line goes to the end of it.
QUOTED = re.compile(r"(?<!\w)[bru]?'[^'\n]*(?:'|$)|\"[^\"\n]*\"|“[^”\n]*”|=\([^)\n]*\)")


# Errors that are about the code: what they quote are its own names.
OF_THE_CODE = (AttributeError, ImportError, NameError, TypeError, UndefinedError)


def public(text: str) -> str:
    """Without keys of links and mail addresses: /guest/… stands for all."""
    return MAIL.sub("…", LINK.sub(r"\1…", text))


def error_said(error: BaseException) -> str:
    """What an error says, without what was quoted in it."""
    said = str(error).partition("\n")[0]
    return public(said if isinstance(error, OF_THE_CODE) else QUOTED.sub("…", said))


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(trace)]


class Lines(logging.Formatter):
    """For people: an error with where it passed, without what it was about."""

    def formatException(self, ei: _Caught) -> str:
        if ei[1] is None:
            return ""
        told = [*(f"  {frame}" for frame in _frames(ei[2])), f"{type(ei[1]).__name__}: {error_said(ei[1])}"]
        return "\n".join(told)


class OneLine(logging.Formatter):
    """Without frames: for what a stranger's request brings about, such as a wrong host name, again and again."""

    def formatException(self, ei: _Caught) -> str:
        return ""

    def format(self, record: logging.LogRecord) -> str:
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record).rstrip("\n")
        finally:
            record.exc_text = kept


class Objects(logging.Formatter):
    """For programs: one JSON object a line. at: UTC; status and method: of the request it is about, where it is one."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "logger": record.name, "process": record.process,
            "message": record.getMessage(),
        }  # fmt: skip
        if (status := getattr(record, "status_code", None)) is not None:
            told["status"] = status
        if (method := getattr(getattr(record, "request", None), "method", None)) is not None:
            told["method"] = method
        if record.exc_info and (error := record.exc_info[1]) is not None:
            told |= {"error": type(error).__name__, "said": error_said(error), "passed": _frames(record.exc_info[2])}
        return json.dumps(told, ensure_ascii=False)


class NothingPrivate(logging.Filter):
    """No log names a link that lets somebody in, or a mail address."""

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        hidden = public(told)
        if hidden != told:
            record.msg, record.args = hidden, ()
        return True
