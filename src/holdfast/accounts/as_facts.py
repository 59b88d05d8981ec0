"""Rows of work objects as the facts that rules decide on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from holdfast.accounts.decide.cadence import Told, standing
from holdfast.accounts.kinds import facts
from holdfast.accounts.kinds.catalog import kind_of
from holdfast.accounts.models import Line, Rating, Remark, WorkObject


def object_facts(work: WorkObject, at: datetime) -> facts.Object:
    """A work object as it stands at a moment, which carries its zone: its day is the object's today."""
    remarks = list(work.remarks.all())
    told: defaultdict[str, list[date]] = defaultdict(list)
    for remark in remarks:
        told[remark.kind].append(remark.at.date())
    promise, owes = standing(updates(remarks), at)
    return facts.Object(
        state=work.state, today=at.date(), created=work.created_on, owner=work.owner_id, fields=work.fields,
        lines=line_facts(work), evidence=work.evidence.count(),
        decision=(work.decision, work.decision_on, work.decider), decided_on=work.decided_on,
        expires_on=work.expires_on, close=close_to(work), raters=raters_of(work), assent_to=work.assent_to,
        assents=frozenset(one["voice"] for one in work.assents),
        told={kind: tuple(sorted(days, reverse=True)) for kind, days in told.items()}, promise=promise, owes=owes,
        labels=kind_of(work.kind).labels,
    )  # fmt: skip


def updates(remarks: Iterable[Remark]) -> list[Told]:
    """Those of a log that are updates, and by when each promised the next."""
    return [Told(one.at, one.promised_at) for one in remarks if one.kind == Remark.Kind.UPDATE]


def line_facts(work: WorkObject) -> tuple[facts.Line, ...]:
    lines = list(work.lines.all())
    below: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for line in lines:
        if line.under_id is not None:
            below[line.under_id].append((line.part, line.state))
    return tuple(one_line(line, tuple(below[line.pk])) for line in lines)


def one_line(line: Line, below: tuple[tuple[str, str], ...] = ()) -> facts.Line:
    return facts.Line(
        line.pk, line.part, line.state, line.what, line.our_owner_id, line.customer_owner_id, line.due,
        line.finished_on is None, line.fields, below,
    )  # fmt: skip


def close_to(work: WorkObject) -> frozenset[int]:
    """Those of us who had a hand in it: who cannot be the one that checks it."""
    taking_part = work.participants.exclude(user=None).values_list("user_id", flat=True)
    near = {work.owner_id, work.made_by_id, *taking_part}
    return frozenset(key for key in near if key is not None)


def raters_of(work: WorkObject) -> int:
    """How many people have scored every sample of a calibration; 0 for other kinds."""
    if "sample" not in {part.name for part in kind_of(work.kind).parts}:
        return 0
    samples = [line.pk for line in work.lines.all() if line.part == "sample" and line.state != "dropped"]
    scored = Counter(Rating.objects.filter(sample__in=samples).values_list("rater_id", flat=True))
    return sum(count == len(samples) for count in scored.values())
