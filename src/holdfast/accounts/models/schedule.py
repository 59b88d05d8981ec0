"""What runs by itself, and when it did."""

from __future__ import annotations

from django.db import models


class Schedule(models.Model):
    """One job by name. began_at stands while it runs, and still when whoever ran it was killed."""

    of_the_machine = True

    name = models.CharField(max_length=60, unique=True)
    every_minutes = models.PositiveIntegerField()
    next_run = models.DateTimeField()
    last_run = models.DateTimeField(null=True, blank=True)  # when the last one that ended well began
    began_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=300, blank=True)  # by the last run: what it did, or what was wrong
    failed = models.BooleanField(default=False)
    paused = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
