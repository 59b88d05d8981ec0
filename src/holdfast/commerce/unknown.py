"""A value that is not known, and what would settle it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """Said instead of a number: too few, too early, not measured.

    why: a short sentence a person can read ("no tickets connected").
    would_need: what would settle it ("import a customer file with an account creation column").
    """

    why: str
    would_need: str = ""

    def __bool__(self) -> bool:
        raise TypeError(f"an Unknown is neither true nor false ({self.why}); ask isinstance(x, Unknown)")

    def __str__(self) -> str:
        return f"unknown: {self.why}" + (f" ({self.would_need})" if self.would_need else "")
