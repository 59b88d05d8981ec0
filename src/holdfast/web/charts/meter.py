"""How full something is: a bar on a track, with a mark where it is full; what is more than that runs past the mark."""

from __future__ import annotations

from markupsafe import Markup

from holdfast.web.charts.svg import box, line, picture

WIDTH, HEIGHT = 96, 14
MOST = 1.5  # times full, at the end of the track


def meter(share: float, *, title: str, description: str) -> Markup:
    full = WIDTH / MOST
    reach = min(share, MOST) * full
    parts = [box(0, 4, WIDTH, 6, "track", 3), box(0, 4, reach, 6, "over" if share > 1 else "fill", 3)]
    parts.append(line(full, 1, full, HEIGHT - 1, "full"))
    return picture(WIDTH, HEIGHT, title, description, parts, "meter")
