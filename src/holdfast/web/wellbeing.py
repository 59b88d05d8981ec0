"""How accounts are: readings of health kept once a snapshot, with what people say otherwise beside them.

The join of two books: what the book of work knows of an account is handed to health, and health's readings to the
pages and the queue of the book of work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from holdfast.accounts.decide.stakeholders import Stakeholder, threads
from holdfast.accounts.models import SHOPS, Account, Contact, HealthOverride, Task, source_of
from holdfast.accounts.reading.item import Given
from holdfast.accounts.reading.item import Health as Told
from holdfast.accounts.reading.stakeholders import all_known, held_lately
from holdfast.commerce.unknown import Unknown
from holdfast.commerce.writing import MINUS
from holdfast.health.words import STATUSES
from holdfast.warehouse.home import Home
from holdfast.web import predicted, reading

if TYPE_CHECKING:
    from holdfast.health.comparison import Comparison
    from holdfast.health.history import Kept
    from holdfast.health.override import Standing
    from holdfast.health.reading import Reading
    from holdfast.health.work import Work

FELL = 50  # tenths: a score that is lower by so much than the one before is a fall
REASONS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """An account's newest reading, the one before, what moved, the newest of every day, and what holds.

    all_kept: those of a day that were taken again too.
    """

    now: Reading
    before: Reading | None
    moved: Comparison | Unknown | None
    kept: tuple[Kept, ...]
    formula_changes: tuple[date, ...]
    standing: Standing
    all_kept: tuple[Kept, ...] = ()


def keep(now: datetime) -> int:
    """Read and keep the health of every account of the snapshot that serves; 0 where that was done already."""
    from holdfast.health.history import are_kept, keep_readings

    home = reading.home()
    if are_kept(home):  # as they mostly are: a worker asks every minute, and the book is not read for it
        return 0
    return keep_readings(home, now=now, work=works(now.date()))[1]


def works(today: date) -> dict[str, Work]:
    """What the book of work says of each account, by the name under which the data know it."""
    from holdfast.health.work import Work

    accounts = Account.objects.filter(source__startswith=SHOPS, merged_into=None)
    ids = accounts.order_by().values("pk")
    people = all_known(accounts)
    steps = dict(Task.objects.filter(account__in=ids, done_at=None).order_by("-due").values_list("account", "due"))
    foretold = predicted.at_stake()
    unattended = set(held_lately(ids, today).filter(attendances=None).values_list("account", flat=True))
    return {
        account.facts_name: Work(
            told_on=today,
            has_next_step=account.pk in steps,
            next_step_on=steps.get(account.pk),
            at_stake=_at_stake(foretold.get(account.facts_name)),
            still_to_come=_still_to_come(foretold.get(account.facts_name)),
            **_of_people(people.get(account.pk, ()), account.pk in unattended, today),
        )
        for account in accounts
    }


def _at_stake(told: predicted.AtStake | None) -> tuple[float, int] | None:
    return None if told is None else (told.share, told.customers)


def _still_to_come(told: predicted.AtStake | None) -> tuple[float, int] | None:
    return None if told is None else predicted.still_to_come(told)


def _of_people(known: Sequence[Stakeholder], unattended: bool, today: date) -> dict[str, Any]:
    """What of `Work` follows from who is there and who took part; unattended: a recent talk says nothing of that."""
    here = [one for one in known if not one.gone(today)]
    sponsors = [one.seen_on for one in here if one.part == Contact.Part.BUYER and one.seen_on is not None]
    return {
        "champion": any(one.part == Contact.Part.CHAMPION for one in here) if here else None,
        "threads": threads(known, today, unattended=unattended),
        "sponsor_on": max(sponsors, default=None),
    }


def of_account(account: Account, today: date) -> Wellbeing | None:
    """None where nothing was read yet, or the data do not know the account."""
    said = list(HealthOverride.objects.filter(account=account).select_related("by"))
    return _wellbeing(account, _kept().get(account.source, ()), said, today)


def of_accounts(accounts: Sequence[Account], today: date) -> Mapping[int, Wellbeing]:
    """By account; one query, whatever there is."""
    said: dict[int, list[HealthOverride]] = {}
    for one in HealthOverride.objects.filter(account__in=[a.pk for a in accounts], until__gt=today).select_related(
        "by"
    ):
        said.setdefault(one.account_id, []).append(one)
    kept = _kept()
    found = {a.pk: _wellbeing(a, kept.get(a.source, ()), said.get(a.pk, ()), today) for a in accounts}
    return {pk: one for pk, one in found.items() if one is not None}


def at_risk(accounts: QuerySet[Account], today: date) -> frozenset[int]:
    """Of these accounts, those whose health is at risk, by their score or by somebody's word."""
    kept = _kept()
    read = list(accounts.filter(source__in=list(kept)).order_by()) if kept else []
    return frozenset(pk for pk, one in of_accounts(read, today).items() if one.standing.status == "risk")


def given(accounts: Sequence[Account], today: date) -> Given:
    """For the queue of the day: how each account is, why, and whether that is news."""
    told, foretold = {}, predicted.at_stake()
    named = {account.pk: account.facts_name for account in accounts}
    for pk, one in of_accounts(accounts, today).items():
        fell = one.before is not None and _fell(one.now, one.before, one.moved)
        first = min((k.taken_at.date() for k in one.all_kept if k.reading.as_of == one.now.as_of), default=None)
        lost = [reason for reason in one.now.reasons if reason.lost]
        told[pk] = Told(
            status=STATUSES[one.standing.status],
            at_risk=one.standing.status == "risk",
            score=None if one.now.score is None else round(one.now.score / 10),
            reasons=tuple(f"{MINUS}{reason.lost / 10:.0f}: {reason.sentence}." for reason in lost[:REASONS_TOLD]),
            loss=_loss(foretold.get(named[pk])),
            fell_on=one.now.as_of if fell else None,
            told_on=first if fell else None,
        )
    return Given(health=told)


def _loss(told: predicted.AtStake | None) -> float | None:
    """Decision 0116: what is foretold ranks the day only where it may be called predictive."""
    return told.share if told is not None and told.word == "predictive" else None


def _fell(now: Reading, before: Reading, moved: Comparison | Unknown | None) -> bool:
    """By what happened: a scorecard that was edited in between makes no fall.

    What was looked back at has nothing of the book of work in it, and so what the book says now is left out as well.
    """
    if moved is None or isinstance(moved, Unknown) or moved.formula_changed:
        return False
    book = {r.input for r in now.reasons if r.evidence.source == "book"} if before.known == "now" else frozenset[str]()
    return -sum(m.tenths for m in moved.moved if m.input not in book) >= FELL


def _wellbeing(
    account: Account, kept: tuple[Kept, ...], said: Sequence[HealthOverride], today: date
) -> Wellbeing | None:
    from holdfast.health.comparison import compare
    from holdfast.health.history import formula_changes, newest
    from holdfast.health.override import Override, standing

    days = newest(kept)
    if not days:
        return None
    now, before = days[-1].reading, days[-2].reading if len(days) > 1 else None
    overrides = [
        Override(o.status, o.reason, o.by.get_username() if o.by else "", o.since, o.until)  # type: ignore[arg-type]
        for o in said
    ]
    moved = compare(before, now) if before is not None else None
    return Wellbeing(now, before, moved, days, formula_changes(days), standing(now, overrides, today), kept)


def _kept() -> Mapping[str, tuple[Kept, ...]]:
    """Every kept reading of accounts, by the source of the account; the folder is looked at once."""
    from holdfast.health.history import READINGS
    from holdfast.health.scorecard import FOLDER

    home = reading.home()
    files = (home.path / FOLDER / READINGS).glob("*.parquet")
    return _by_source(home, tuple(sorted((p.name, p.stat().st_mtime_ns) for p in files)))


@lru_cache(maxsize=1)
def _by_source(home: Home, stamp: tuple[tuple[str, int], ...]) -> Mapping[str, tuple[Kept, ...]]:
    """Read anew when a file is added."""
    from holdfast.health.history import history

    found: dict[str, list[Kept]] = {}
    for one in history(home, kind="account") if stamp else ():
        found.setdefault(source_of(one.reading.subject.key), []).append(one)
    return {source: tuple(held) for source, held in found.items()}
