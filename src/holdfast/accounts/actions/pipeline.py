"""The pipeline, frozen once a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from holdfast.accounts.access import must
from holdfast.accounts.act import By, Meanwhile, act
from holdfast.accounts.actions.scheduled import SCHEDULE
from holdfast.accounts.decide.slipping import iso_week
from holdfast.accounts.models import PipelineLine, PipelineSnapshot, Renewal
from holdfast.accounts.reading.renewals import Standing, standings


def take_snapshot(*, today: date, by: By) -> PipelineSnapshot:
    """The renewals that are open, and those that ended since the snapshot before; one a week, whoever asks again."""
    if not (by.via == SCHEDULE and by.key is None):
        must(by.user, "people")  # it is of everybody's accounts
    week = iso_week(today)
    weeks = PipelineSnapshot.objects
    if (found := weeks.filter(week=week).first()) is not None:
        return found
    before = weeks.filter(taken_on__lt=today).order_by("-week").first()
    wanted = Q(stage__in=Renewal.OPEN) | (Q(ended_on__gte=before.taken_on) if before else Q(pk__in=[]))
    # Read before anything is written: nobody else can write to SQLite until the action is over.
    held = standings(Renewal.objects.filter(wanted, account__merged_into=None), today)
    try:
        return _freeze(week, today, held, by)
    except Meanwhile:  # somebody froze it since we looked
        return weeks.get(week=week)


def _freeze(week: str, today: date, held: Sequence[Standing], by: By) -> PipelineSnapshot:
    with act("freeze pipeline", by=by) as doing:
        if (found := PipelineSnapshot.objects.filter(week=week).first()) is not None:
            return found
        frozen = doing.create(PipelineSnapshot, week=week, taken_on=today)
        doing.create_all(PipelineLine, [
            {
                "snapshot": frozen, "renewal_id": one.renewal_id, "stage": one.stage, "closes_on": one.closes_on,
                "value_minor": one.amount_minor, "currency": one.currency, "probability": one.probability,
                "owner_name": one.owner,
            }
            for one in held
        ])  # fmt: skip
        return frozen
