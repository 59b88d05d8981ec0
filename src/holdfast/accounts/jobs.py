"""The jobs of the book of work, by name."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import mail

from holdfast.accounts.act import By
from holdfast.accounts.actions.commercial import expire_approvals
from holdfast.accounts.actions.digests import Sender, send_digests
from holdfast.accounts.actions.due import plan_due_touchpoints
from holdfast.accounts.actions.expiry import expire
from holdfast.accounts.actions.notices import make_notices
from holdfast.accounts.actions.pipeline import take_snapshot
from holdfast.accounts.decide.due import rules
from holdfast.accounts.schedule import Job, Look, Ran, nothing_given, run_due_schedules

NOBODY = By(AnonymousUser(), "schedule", "the schedule")
MAIL_FROM_HOUR = 5  # UTC: the day's mail is there before the day
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def _touchpoints(now: datetime, look: Look) -> str:
    statuses = {account_id: health.for_the_rule for account_id, health in look().health.items()}
    known = rules(settings.HOME.path)
    made = plan_due_touchpoints(today=now.date(), known=known, by=NOBODY, statuses=statuses)
    return f"{len(made)} touchpoints planned"


def _pipeline(now: datetime, look: Look) -> str:
    return f"the pipeline of {take_snapshot(today=now.date(), by=NOBODY).week} is frozen"


def _approvals(now: datetime, look: Look) -> str:
    return f"{expire_approvals(today=now.date(), by=NOBODY)} approvals expired"


def _notices(now: datetime, look: Look) -> str:
    return f"{make_notices(now=now, by=NOBODY)} notices"


def _digests(now: datetime, look: Look) -> str:
    if settings.EMAIL_BACKEND == NO_MAIL:
        return "no mail server is set"
    if now.hour < MAIL_FROM_HOUR:
        return "too early"
    sender = Sender(settings.DEFAULT_FROM_EMAIL, settings.PUBLIC_URL)
    done = send_digests(now=now, connection=mail.get_connection(), sender=sender, given=look(), by=NOBODY)
    return "; ".join((f"{done.sent} mails sent", *done.refused))


def _expiry(now: datetime, look: Look) -> str:
    return f"{expire(by=NOBODY, at=now)} work objects past their day"


JOBS = {
    "expire work": Job(60, _expiry),
    "expire approvals": Job(60, _approvals),
    "plan touchpoints": Job(60, _touchpoints),
    "freeze pipeline": Job(60, _pipeline),
    "make notices": Job(15, _notices),
    "send digests": Job(30, _digests),
}


def run_due(now: datetime, look: Look = nothing_given) -> tuple[Ran, ...]:
    """What a door calls each minute. look: what other layers know of the accounts by now."""
    return run_due_schedules(now, JOBS, look)
