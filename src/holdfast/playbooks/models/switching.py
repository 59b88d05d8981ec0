"""Who switched a playbook on or off, so that the activity tells it; what is on stands in a file of the home."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Switching(models.Model):
    """One switch. version: of the text that was taken up; of one that went off, the one that was on."""

    stands: ClassVar[str] = "switch the playbook the other way: who began with it meanwhile has begun"

    playbook = models.CharField(max_length=80)
    on = models.BooleanField()
    version = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
