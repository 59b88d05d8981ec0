"""The tables of an account's page as files: ?as=csv&of=contacts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from holdfast.accounts.access import accounts_of
from holdfast.accounts.models import Account
from holdfast.accounts.reading import exports
from holdfast.accounts.reading.exports import File
from holdfast.accounts.reading.stakeholders import stakeholder_map
from holdfast.accounts.reading.whole import timeline
from holdfast.web import wellbeing
from holdfast.web.tables import Table

if TYPE_CHECKING:
    from holdfast.accounts.access import Anybody

MOMENTS = ("at", "kind", "text", "by")
MOST = 100_000  # lines of a timeline in a file
STAKEHOLDERS = (
    "id", "name", "title", "part", "influence", "interest", "stance", "stance_why", "stance_on", "concern",
    "reports_to", "last_heard", "left_on", "stale",
)  # fmt: skip
INPUTS = ("as_of", "scorecard", "input", "name", "dimension", "points", "points_lost", "value", "said", "known")


def table(user: Anybody, account: Account, of: str, today: date) -> Table:
    """of: a key of NAMES. The account is one that the person sees."""
    return Table(of, *TABLES[of](user, account, today))


def _timeline(user: Anybody, account: Account, today: date) -> File:
    return MOMENTS, [(one.at, one.kind, one.text, one.by) for one in timeline(user, account, limit=MOST)]


def _stakeholders(user: Anybody, account: Account, today: date) -> File:
    rows = [
        (
            one.id, one.name, one.title, one.part, one.influence, one.interest, one.stance, one.stance_why,
            one.stance_on, one.concern, one.reports_to, one.seen_on, one.left_on, one.stale,
        )
        for one in stakeholder_map(user, account.pk, today).people
    ]  # fmt: skip
    return STAKEHOLDERS, rows


def _health(user: Anybody, account: Account, today: date) -> File:
    """The inputs of the newest reading, those of which nothing is known too. Points of 100."""
    found = wellbeing.of_account(account, today)
    if found is None:
        return INPUTS, []
    now = found.now
    known = [
        (now.as_of, now.scorecard, r.input, r.name, r.dimension, r.points, r.lost / 10, r.value, r.sentence, True)
        for r in now.reasons
    ]  # fmt: skip
    unknown = [
        (now.as_of, now.scorecard, m.input, m.name, m.dimension, m.points, None, None, m.unknown.why, False)
        for m in now.missing
    ]
    return INPUTS, [*known, *unknown]


def _hanging(rows: Callable[..., File]) -> Callable[[Anybody, Account, date], File]:
    return lambda user, account, today: rows(accounts_of(user).filter(pk=account.pk))


TABLES: dict[str, Callable[[Anybody, Account, date], File]] = {
    "timeline": _timeline, "stakeholders": _stakeholders, "health": _health,
    **{of: _hanging(rows) for of, rows in exports.FILES.items()},
}  # fmt: skip
NAMES = {
    "timeline": "Timeline", "contacts": "People", "stakeholders": "Stakeholder map", "steps": "Next steps",
    "touchpoints": "Contacts due and held", "contracts": "Contracts", "growth": "Growth", "health": "Inputs of health",
}  # fmt: skip
