"""What people are told, and how: notices, digests by mail, the calendar feed, what they put out of sight."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """One thing a person should know. `key` tells it from others: nobody is told the same twice."""

    of_the_machine = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    account = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    key = models.CharField(max_length=80)  # "approval:12:asked"
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "seen_at"])]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="nobody_is_told_twice")]


class MailChoice(models.Model):
    """Whether somebody wants the day's mail. Nobody who said nothing is without it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choice")
    digest = models.BooleanField(default=True)


class Digest(models.Model):
    """One person's mail of one day: begun before it is handed to the mail server, sent after it was taken."""

    of_the_machine = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()
    begun_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-day", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_digest_a_person_and_day")]


class CalendarFeed(models.Model):
    """A secret address under which a person's calendar may be read. Only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feeds")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)


class Snooze(models.Model):
    """Something in a person's queue that is out of their sight until a day. `item`: as the queue names it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="snoozes")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="snoozes")
    item = models.CharField(max_length=80)  # "touchpoint:12"
    until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "item"], name="one_snooze_an_item")]
