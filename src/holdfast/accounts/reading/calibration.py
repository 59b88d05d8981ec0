"""What two people who scored the same samples say, once both have said it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from holdfast.accounts.access import NotThere, access_work
from holdfast.accounts.models import Rating
from holdfast.commerce.unknown import Unknown
from holdfast.estimates.agreement import cohens_kappa
from holdfast.estimates.estimate import Estimate

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody


@dataclass(frozen=True, slots=True)
class SampleScores:
    """scores: name → score; while it is being scored, one's own alone."""

    id: int
    what: str
    scores: dict[str, int]
    differ: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    first: str
    second: str
    kappa: Estimate | Unknown


@dataclass(frozen=True, slots=True)
class Calibration:
    samples: tuple[SampleScores, ...]
    finished: int  # people who have scored every sample
    blind: bool  # the others' scores are hidden
    agreements: tuple[Agreement, ...]


def calibration(user: Anybody, work_id: int) -> Calibration:
    """Raises NotThere."""
    work = access_work(user, work_id)
    if work.kind != "A10":
        raise NotThere(f"there is no calibration {work_id}")
    samples = [line for line in work.lines.all() if line.part == "sample" and line.state != "dropped"]
    given: defaultdict[str, dict[int, int]] = defaultdict(dict)
    mine = user.get_username() if user.is_authenticated else ""
    for rating in Rating.objects.filter(sample__in=samples).select_related("rater"):
        given[rating.rater.get_username()][rating.sample_id] = rating.score
    whole = sorted(name for name, scores in given.items() if len(scores) == len(samples))
    blind = work.state == "scoring"
    shown = {name: scores for name, scores in given.items() if not blind or name == mine}
    rows = []
    for line in samples:
        scores = {name: scores[line.pk] for name, scores in sorted(shown.items()) if line.pk in scores}
        rows.append(SampleScores(line.pk, line.what, scores, len(set(scores.values())) > 1))
    keys = [line.pk for line in samples]
    agreements = [
        Agreement(one, two, cohens_kappa([given[one][key] for key in keys], [given[two][key] for key in keys]))
        for one, two in combinations(whole, 2)
    ]
    return Calibration(tuple(rows), len(whole), blind, () if blind else tuple(agreements))
