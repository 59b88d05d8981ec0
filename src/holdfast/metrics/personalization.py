"""Do people click what was chosen for them? M41, and the same slot shown the same to all beside it."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day, bucket

ARMS = {True: "personalized", False: "the same for all"}
PERIOD = "shown in the twelve months ending on the day"


def _shown(facts: Facts, as_of: date) -> ibis.Table:
    """Exposures by as_of, with the rolling year (0 the newest) and whether they were clicked by then."""
    e = facts.mart("exposure_day").mutate(back=lambda t: bucket(t.shown_on, as_of) // 12)
    return e.filter(e.shown_on <= as_of).mutate(clicked=(e.clicked_on <= as_of).fill_null(False))


def _people(shown: ibis.Table, *own: str, **period: ibis.Value) -> ibis.Table:
    """One row per person, period and `own`."""
    rows = shown.group_by("shop_id", "person", *own, **period).agg(
        customer_id=shown.customer_id.max(),
        unit_id=shown.exposure_id.min(),
        anchor=shown.shown_on.max(),
        counted=shown.clicked.max().cast("float64"),
    )
    return rows.mutate(matures_on=rows.anchor, out_of=ibis.literal(1.0)).drop("person", *period)


def _newest(shown: ibis.Table) -> ibis.Table:
    return shown.filter(shown.back <= 1)


def _month(shown: ibis.Table) -> ibis.Value:
    return as_day(shown.shown_on.truncate("M"))


def _chosen(facts: Facts, as_of: date) -> ibis.Table:
    shown = _shown(facts, as_of)
    return shown.filter(shown.personalized)


@metric(
    number="M41",
    name="Personalization engagement",
    question="Of the people who were shown something chosen for them, how many clicked on it?",
    unit="people",
    counted="clicked at least once on something chosen for them",
    out_of="people who were shown something chosen for them",
    window=PERIOD,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("exposure",),
    left_out=("what was shown the same to all: see slot_click_rate (M41b)",),
    differs=(
        "Tools divide clicks by impressions, so that one eager person counts many times. A device that nobody signed"
        " in on is a person of its own."
    ),
    opens="exposure",
    series=lambda facts, as_of: _people(s := _chosen(facts, as_of), month=_month(s)),
)
def personalized_click_rate(facts: Facts, as_of: date) -> ibis.Table:
    shown = _newest(_chosen(facts, as_of))
    return _people(shown, back=shown.back)


def _arms(facts: Facts, as_of: date) -> ibis.Table:
    """Exposures in slots that are shown both ways."""
    shown = _shown(facts, as_of)
    both = shown.group_by("shop_id", "slot").agg(ways=shown.personalized.nunique())
    shown = shown.semi_join(both.filter(both.ways == 2), ["shop_id", "slot"])
    arm = ibis.cases((shown.personalized, ARMS[True]), else_=ARMS[False])
    return shown.mutate(arm=arm, slot_and_arm=shown.slot + ": " + arm)


@metric(
    number="M41b",
    name="Clicks in slots shown both ways",
    question="In the same slot, do more people click on what was chosen for them than on what all are shown?",
    unit="people in a slot",
    counted="clicked at least once",
    out_of="people who were shown the slot one way",
    window=PERIOD,
    kind="proportion",
    scale="share",
    span="trailing",
    version=1,
    decision="0028",
    needs=("exposure",),
    better="neither",
    left_out=("slots that are shown in one way only",),
    differs=(
        "Read it by arm. A difference is an effect of personalization only where chance decided who saw which: see"
        " personalization_conversion_effect (M42)."
    ),
    own=("arm", "slot_and_arm"),
    opens="exposure",
    series=lambda facts, as_of: _people(s := _arms(facts, as_of), "arm", "slot_and_arm", month=_month(s)),
)
def slot_click_rate(facts: Facts, as_of: date) -> ibis.Table:
    shown = _newest(_arms(facts, as_of))
    return _people(shown, "arm", "slot_and_arm", back=shown.back)
