"""How the pages write their log."""

from __future__ import annotations

import logging
import re
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


class NoTokens(logging.Filter):
    """Links of guests, calendars and messages let in whoever holds them: no log names one; /guest/… stands for all."""

    LINK = re.compile(r"(/(?:guest|calendar|unsubscribe|confirm|preferences)/)[^/\s?\"']+")

    def filter(self, record: logging.LogRecord) -> bool:
        told = record.getMessage()
        hidden = self.LINK.sub(r"\1…", told)
        if hidden != told:
            record.msg, record.args = hidden, ()
        return True
