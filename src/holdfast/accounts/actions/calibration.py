"""Scores of a calibration: given blind, by at least two people, before anybody sees the other's."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from holdfast.accounts.access import MayNot, NotThere
from holdfast.accounts.act import By, act
from holdfast.accounts.actions.works import open_of_work
from holdfast.accounts.models import Line, Rating


def score_sample(line_id: int, score: int, *, by: By) -> Rating:
    """One's own score, from 1 to 4, of one sample; it can be changed until the scores are compared."""
    if by.key is None:
        raise MayNot("a score is somebody's")
    sample, work, _ = open_of_work(Line, line_id, by)
    if sample.part != "sample":
        raise NotThere(f"there is no sample {line_id}")
    if work.state != "scoring" or sample.state == "dropped":
        raise ValidationError("scores are given while it is being scored blind")
    with act("score sample", by=by, about=work) as doing:
        mine = Rating.objects.filter(sample=sample, rater_id=by.key).first()
        if mine is None:
            return doing.create(Rating, sample=sample, rater_id=by.key, score=score)
        doing.change(mine, score=score)
        return mine
