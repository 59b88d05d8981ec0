"""How the pages write their log."""

from __future__ import annotations

import logging
from types import TracebackType

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


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
