"""Whom somebody had begun to keep, so that what they did afterwards says nothing of their health score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from holdfast.accounts.models import COMPANY, HealthOverride, WorkObject


def treated(flagged: Mapping[int, date]) -> dict[int, date]:
    """Key of a company → the day from which it was worked on because of how it was.

    flagged: by the same key, the first day on which its score was at risk; a person's word that it is counts as one. A
    plan or log made, or an override said, from that day on begins the work; one from before is the care that every
    account gets. Of a shop's own customers the book of work knows nothing.
    """
    of_companies = {"account__source__startswith": COMPANY}
    said = [
        (_key(source), status, since)
        for source, status, since in HealthOverride.objects.filter(**of_companies).values_list(
            "account__source", "status", "since"
        )
    ]
    made = WorkObject.objects.filter(**of_companies).values_list("account__source", "created_on")
    flags = dict(flagged)
    for company, status, since in said:
        if status == HealthOverride.Status.RISK:
            flags[company] = min(since, flags.get(company, since))
    begun: dict[int, date] = {}
    for company, on in [*((company, since) for company, _, since in said), *((_key(s), on) for s, on in made)]:
        if company in flags and on >= flags[company]:
            begun[company] = min(on, begun.get(company, on))
    return begun


def _key(source: str) -> int:
    return int(source.removeprefix(COMPANY))
