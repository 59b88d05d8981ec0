"""What happens with an account: the people there, contacts with them, what is due, and what was noted."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Contact(models.Model):
    """A person on the account's side. Only facts of work; what we think of them needs a dated reason."""

    class Part(models.TextChoices):
        BUYER = "buyer", "Economic buyer"
        CHAMPION = "champion", "Champion"
        APPROVER = "approver", "Approver"
        EVALUATOR = "evaluator", "Technical evaluator"
        USER = "user", "User"
        BLOCKER = "blocker", "Blocker"
        PROCUREMENT = "procurement", "Procurement"
        SECURITY = "security", "Security"
        FINANCE = "finance", "Finance"

    class Stance(models.TextChoices):
        SUPPORT = "support", "Supports"
        NEUTRAL = "neutral", "Neutral"
        AGAINST = "against", "Against"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    part = models.CharField(max_length=16, choices=Part, blank=True)
    influence = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 none … 5 decides
    interest = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 … 5
    stance = models.CharField(max_length=8, choices=Stance, blank=True)
    stance_why = models.TextField(blank=True)  # what they said or did
    stance_on = models.DateField(null=True, blank=True)
    concern = models.TextField(blank=True)
    reports_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    left_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One line of an account's timeline that somebody wrote."""

    class Kind(models.TextChoices):
        NOTE = "note", "Note"
        CALL = "call", "Call"
        MAIL = "mail", "E-mail"
        MEETING = "meeting", "Meeting"
        RISK = "risk", "Risk"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.NOTE)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["account", "-at", "-id"])]


class Task(models.Model):
    """A next step: one person, one day."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="tasks")
    what = models.CharField(max_length=200)
    why = models.TextField(blank=True)  # what asked for it
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks"
    )
    due = models.DateField()
    snoozed_until = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    dropped_why = models.TextField(blank=True)  # decided against, and why
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["due", "id"]
        indexes = [models.Index(fields=["owner", "done_at", "due"]), models.Index(fields=["account", "done_at", "due"])]


class Touchpoint(models.Model):
    """A contact with an account: due, then held with a recap and a next step, or called off."""

    class Kind(models.TextChoices):
        CHECK_IN = "check_in", "Check-in"
        REVIEW = "review", "Review"
        ONBOARDING = "onboarding", "Onboarding call"
        RENEWAL = "renewal", "Renewal talk"
        UPDATE = "update", "Written update"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="touchpoints")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CHECK_IN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="touchpoints"
    )
    due = models.DateField()
    at = models.DateTimeField(null=True, blank=True)  # when it begins, once that is agreed
    agenda = models.TextField(blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    recap = models.TextField(blank=True)
    next_step = models.ForeignKey(Task, null=True, blank=True, on_delete=models.SET_NULL, related_name="agreed_in")
    called_off = models.TextField(blank=True)  # why it was not held

    class Meta:
        ordering = ["due", "id"]
        indexes = [models.Index(fields=["account", "held_at", "due"]), models.Index(fields=["owner", "held_at", "due"])]
