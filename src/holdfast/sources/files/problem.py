"""The one error a person sees when files cannot be used at all."""

from __future__ import annotations


class FileProblem(Exception):
    """The files cannot be read or mapped, so nothing was staged; the message says what to do."""
