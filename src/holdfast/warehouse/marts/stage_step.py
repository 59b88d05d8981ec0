"""stage_step: what moved through a pipeline: when it entered a stage, when it moved on, when it was lost."""

from __future__ import annotations

import ibis

from holdfast.warehouse.marts.declare import Given, mart
from holdfast.warehouse.marts.real_people import real_accounts, real_people

_THING = ("shop_id", "pipeline", "thing")


@mart
def stage_step(given: Given) -> ibis.Table:
    """One row per thing and stage it entered, by the first entry; no tests and none of the merchant's own people.

    next_on: the day it first entered a later stage from there on, skipping any between. lost_on: the day it left the
    pipeline otherwise. last_stage: nothing comes after this stage in its pipeline.
    """
    entry = real_accounts(real_people(given.table("stage_entry")), given.table("account"))
    out = entry.lost.fill_null(False)
    moved = entry.filter(~out)
    step = moved.group_by(*_THING, "position").agg(
        stage=moved.stage.argmin(moved.entered_at),
        entered_at=moved.entered_at.min(),
        account_id=moved.account_id.max(),
        customer_id=moved.customer_id.max(),
    )
    step = step.mutate(
        step_id=ibis.row_number().over(order_by=[*_THING, "position"]) + 1,
        last_stage=step.position == step.position.max().over(group_by=["shop_id", "pipeline"]),
    )
    later = moved.select(*_THING, next_position="position", next_at="entered_at")
    after = step.select(*_THING, "position", "step_id", "entered_at").join(later, _THING)
    after = after.filter(after.next_position > after.position, after.next_at >= after.entered_at)
    after = after.group_by("step_id").agg(next_at=after.next_at.min())
    lost = entry.filter(out).select(*_THING, lost_at="entered_at")
    left = step.select(*_THING, "step_id", "entered_at").join(lost, _THING)
    left = left.filter(left.lost_at >= left.entered_at).group_by("step_id").agg(lost_at=lambda t: t.lost_at.min())
    told = step.left_join(after, "step_id").drop("step_id_right").left_join(left, "step_id").drop("step_id_right")
    return told.select(
        *_THING, "step_id", "position", "stage", "last_stage", "account_id", "customer_id",
        entered_on=given.day(told.entered_at, told.shop_id),
        next_on=given.day(told.next_at, told.shop_id),
        lost_on=given.day(told.lost_at, told.shop_id),
    )  # fmt: skip
