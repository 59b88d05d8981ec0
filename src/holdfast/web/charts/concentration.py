"""Over how few of the holders a whole lies: the curve from those with most, against the line where all hold alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from holdfast.web.charts.svg import dot, line, path_of, picture, text

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 18, 26, 44
MARKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def concentration(
    curve: Sequence[tuple[float, float]], marked: Sequence[tuple[float, float, str]], *, title: str, description: str,
    holders: str, whole: str, write: Callable[[float], str],
) -> Markup:  # fmt: skip
    """curve: shares of the holders and of the whole, 0…1, rising. marked: points of it with what they say. holders,
    whole: what the axes are shares of."""
    if len(curve) < 2:
        return Markup("")

    def across(share: float) -> float:
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def level(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts: list[str] = []
    for mark in MARKS:
        parts.append(line(LEFT, level(mark), WIDTH - RIGHT, level(mark), "grid"))
        parts.append(text(LEFT - 8, level(mark) + 4, write(mark), "lab num", "end"))
        anchor = "end" if mark == 1 else "middle"
        parts.append(text(across(mark), HEIGHT - BOTTOM + 16, write(mark), "lab num", anchor))
    parts.append(line(across(0), level(0), across(1), level(1), "zero"))
    parts.append(path_of([(across(x), level(y)) for x, y in curve], "ln"))
    parts += [dot(across(x), level(y), 4.5, "pt", tip) for x, y, tip in marked]
    parts.append(text(LEFT, 12, whole, "nm"))
    parts.append(text(WIDTH - RIGHT, HEIGHT - 8, holders, "nm", "end"))
    return picture(WIDTH, HEIGHT, title, description, parts, "forest reliability")
