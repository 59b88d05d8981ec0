"""Features from what had been recorded by each day: its snapshot is built anew, outcomes are as known now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.drill import opened
from holdfast.predictions.features.frame import Frame, frame, joined
from holdfast.predictions.label import Label
from holdfast.predictions.shop import ShopRows
from holdfast.warehouse.build import NothingToBuild
from holdfast.warehouse.home import Home


def frame_as_known_then(home: Home, rows: ShopRows, label: Label, days: Sequence[date]) -> Frame | Unknown:
    """As `frame`, each day from the loads known at its end, at the price of a build a day.

    Who became one person with somebody since is left out: what they did afterwards is another's. Unknown where nothing
    had been recorded by any of the days.
    """
    now, parts = frame(rows, label.who, days, label), []
    for place, day in enumerate(days):
        known_at = datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(seconds=1)
        try:
            with opened(home, known_at) as (connection, _):
                then = frame(replace(rows, connection=connection), label.who, [day])
        except NothingToBuild:
            continue
        then = then.only(np.isin(then.customer, now.customer[now.day == place]))
        ours = now.only((now.day == place) & np.isin(now.customer, then.customer))
        parts.append(replace(then, came_in=ours.came_in, lot=ours.lot))  # both are sorted by customer
    if not parts:
        return Unknown("nothing had been recorded by any of these days", "data imported while things happen")
    return joined(tuple(days), parts)
