"""Shades of a table of cohorts, and an ink that can be read on each."""

from __future__ import annotations

PALE, DEEP = (234, 243, 246), (21, 90, 114)
INKS = ("1C2126", "FFFFFF", "000000")
FULL = 0.5  # the share at which a cell is as deep as it gets


def shade(share: float) -> str:
    """ "EAF3F6" at nothing to "155A72" at half and more."""
    deep = min(max(share / FULL, 0.0), 1.0)
    return "".join(f"{round(a + (b - a) * deep):02X}" for a, b in zip(PALE, DEEP, strict=True))


def ink_on(fill: str) -> str:
    """The ink with more contrast."""
    return max(INKS, key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2 reckons it: 1 … 21."""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def _light(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
