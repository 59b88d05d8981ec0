"""A trial of what had been recorded by each day: the facts of that day are built anew, outcomes are as known now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from holdfast.commerce.unknown import Unknown
from holdfast.health.facts import Facts
from holdfast.health.many import days_of
from holdfast.health.scorecard import Scorecard
from holdfast.health.trial.frame import Frame, frame, joined
from holdfast.health.trial.label import Label, people
from holdfast.metrics.drill import opened
from holdfast.warehouse.build import NothingToBuild
from holdfast.warehouse.home import Home


def frame_as_known_then(
    home: Home, facts: Facts, scorecard: Scorecard, label: Label, days: Sequence[date]
) -> Frame | Unknown:  # fmt: skip
    """As `frame`, with the inputs of each day from the loads known at its end.

    Who is nobody of that day by what is known now, or became one person with somebody since, is left out. Each day
    costs a build. Unknown where nothing had been recorded by any of them.
    """
    now, lots, parts = people(facts, label, days), facts.lots(label.kind), []
    for place, day in enumerate(days):
        known_at = datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(seconds=1)
        try:
            with opened(home, known_at) as (connection, _):
                then = frame(replace(facts, connection=connection), scorecard, label, [day], lots)
        except NothingToBuild:
            continue
        party, left, left_on = (now[name][now["as_of"] == np.datetime64(day)] for name in ("party", "left", "left_on"))
        then, both = then.only(np.isin(then.party, party)), np.isin(party, then.party)
        parts.append((place, then.with_left(left[both].astype(bool), days_of(left_on[both]))))
    if not parts:
        return Unknown("nothing had been recorded by any of these days", "data imported while things happen")
    return joined(tuple(days), parts)
