"""Stages and how things move through them: M47 and M52."""

from __future__ import annotations

from datetime import date

import ibis

from holdfast.metrics.declare import Facts, metric
from holdfast.warehouse.marts.month_bucket import as_day

DAYS = 90
OURS = "tests and staff"


@metric(
    number="M47",
    name="Stage conversion",
    question="Of what enters a stage, how much reaches the next within 90 days?",
    unit="entries into stages",
    counted="reached a later stage within 90 days",
    out_of="first entries into a stage that is not the last, 90 days ago or earlier",
    window=f"{DAYS} days of the shop from entering the stage",
    kind="proportion",
    scale="share",
    span="matured",
    version=1,
    decision="0045",
    needs=("stage_entry",),
    left_out=(OURS, "a second entry into the same stage", "the last stage of a pipeline"),
    differs=(
        "Tools divide what stands in one stage by what stands in another, which mixes what came at different times."
        " What skips a stage has reached the next; what is lost has not."
    ),
    own=("pipeline", "stage"),
    opens="stage",
)
def stage_conversion(facts: Facts, as_of: date) -> ibis.Table:
    s = facts.mart("stage_step")
    s = s.filter(s.entered_on <= as_of, ~s.last_stage)
    closes = as_day(s.entered_on + ibis.interval(days=DAYS))
    return s.select(
        "shop_id",
        "customer_id",
        "pipeline",
        "stage",
        unit_id=s.step_id,
        anchor=s.entered_on,
        matures_on=closes,
        counted=(s.next_on < closes).fill_null(False).cast("float64"),
        out_of=ibis.literal(1.0),
    )


def _waits(rows: ibis.Table, as_of: date, *own: str) -> ibis.Table:
    """Days from entered_on to reached_on; what was lost was followed to that day, the rest to as_of."""
    come = (rows.reached_on <= as_of).fill_null(False)
    followed = ibis.least(rows.lost_on.fill_null(ibis.literal(as_of)), ibis.literal(as_of))
    until = ibis.cases((come, rows.reached_on), else_=followed)
    return rows.select(
        "shop_id",
        "customer_id",
        *own,
        unit_id=rows.step_id,
        anchor=rows.entered_on,
        matures_on=rows.entered_on,
        counted=come.cast("float64"),
        out_of=ibis.greatest(until.delta(rows.entered_on, unit="day"), 0).cast("float64"),
    )


_WAIT = {
    "kind": "median",
    "scale": "days",
    "span": "trailing",
    "version": 1,
    "decision": "0045",
    "needs": ("stage_entry",),
    "better": "down",
    "opens": "stage",
    "left_out": (OURS,),
}


@metric(
    number="M52",
    name="Cycle time",
    question="How long does it take from entering a pipeline to its last stage?",
    unit="things",
    counted="reached the last stage",
    out_of="days from entering the pipeline to its last stage, or followed so far",
    window="entered in the twelve months ending on the day; what was lost is followed to that day",
    differs="A mean of what was won leaves out what still takes long, and looks faster the slower it gets.",
    own=("pipeline",),
    **_WAIT,
)
def cycle_time(facts: Facts, as_of: date) -> ibis.Table:
    s = facts.mart("stage_step")
    things = s.group_by("shop_id", "pipeline", "thing").agg(
        step_id=s.step_id.min(),
        customer_id=s.customer_id.max(),
        began_on=s.entered_on.min(where=~s.last_stage),
        reached_on=s.entered_on.min(where=s.last_stage),
        lost_on=s.lost_on.max(where=s.next_on.isnull()),
    )
    things = things.rename(entered_on="began_on").filter(lambda t: t.entered_on <= as_of)
    return _waits(things, as_of, "pipeline")


@metric(
    number="M52b",
    name="Time in a stage",
    question="How long does what enters a stage stay in it before it moves on?",
    unit="entries into stages",
    counted="reached a later stage",
    out_of="days from entering a stage to entering a later one, or followed so far",
    window="entered in the twelve months ending on the day; what was lost is followed to that day",
    differs="Read it by stage; the headline mixes quick stages with slow ones.",
    own=("pipeline", "stage"),
    **_WAIT,
)
def time_in_stage(facts: Facts, as_of: date) -> ibis.Table:
    s = facts.mart("stage_step")
    s = s.filter(s.entered_on <= as_of, ~s.last_stage)
    return _waits(s.mutate(reached_on=s.next_on), as_of, "pipeline", "stage")
