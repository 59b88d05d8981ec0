"""A line the height of a row, with the target as a band behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from markupsafe import Markup

from holdfast.web.charts.svg import box, dot, line, path_of, picture


def spark(
    points: Sequence[float | None],
    *,
    title: str,
    description: str,
    target: tuple[float | None, float | None] = (None, None),
    open_from: int | None = None,
    changed_at: Collection[int] = (),
    width: int = 92,
    height: int = 26,
) -> Markup:
    """`points` oldest first, None where nothing is known; `target` (low, high), None where it has no bound.

    From index `open_from` the line is dashed: those months are not complete. At `changed_at` the rule is another one:
    a line across, and the points on both sides are not joined.
    """
    known = [point for point in points if point is not None]
    if len(known) < 2:
        return Markup("")
    bounds = [bound for bound in target if bound is not None]
    low, high = min(known + bounds), max(known + bounds)
    spread = (high - low) or 1.0

    def place(index: int) -> float:
        return 2 + index / (len(points) - 1) * (width - 7)

    def level(value: float) -> float:
        return 3 + (high - value) / spread * (height - 6)

    parts = [_band(target, level, width, height)] if bounds else []
    parts += [line(_between(place, index), 0, _between(place, index), height, "rule") for index in changed_at]
    parts += _lines(points, open_from, changed_at, place, level)
    last = max(index for index, point in enumerate(points) if point is not None)
    parts.append(dot(place(last), level(points[last] or 0.0), 2.6, "end"))
    return picture(width, height, title, description, parts, "sp")


def _between(place: Callable[[int], float], index: int) -> float:
    return (place(index - 1) + place(index)) / 2


def _band(target: tuple[float | None, float | None], level: Callable[[float], float], width: int, height: int) -> str:
    low, high = target
    top = level(high) if high is not None else 0.0
    bottom = level(low) if low is not None else float(height)
    return box(0, top, width, max(1.0, bottom - top), "band")


def _lines(
    points: Sequence[float | None],
    open_from: int | None,
    changed_at: Collection[int],
    place: Callable[[int], float],
    level: Callable[[float], float],
) -> list[str]:
    """Unbroken runs of known points, split where the months begin to be open."""
    runs: list[tuple[bool, list[tuple[float, float]]]] = []
    before: tuple[int, tuple[float, float]] | None = None
    for index, point in enumerate(points):
        if point is None:
            continue
        still_open = open_from is not None and index >= open_from
        here = (place(index), level(point))
        joins = before is not None and before[0] == index - 1 and index not in changed_at
        if joins and runs and runs[-1][0] == still_open:
            runs[-1][1].append(here)
        else:
            joined = [before[1]] if before is not None and joins else []
            runs.append((still_open, [*joined, here]))
        before = (index, here)
    return [path_of(run, "ln open" if still_open else "ln") for still_open, run in runs if len(run) > 1]
