"""Where a person says otherwise than an account's health score."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class HealthOverride(models.Model):
    """Holds from `since` up to the day before `until`; the score stands beside it, and trials never see it."""

    class Status(models.TextChoices):
        GOOD = "good", "Good"
        WATCH = "watch", "To be watched"
        RISK = "risk", "At risk"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="health_overrides")
    status = models.CharField(max_length=8, choices=Status)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateField()
    until = models.DateField()

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["account", "until"])]
