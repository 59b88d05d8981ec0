"""What was done, by whom: written once with the deed, never rewritten."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class NeverRewritten(Exception):
    """An audit entry was about to be changed or removed."""


class _OnlyAdded(models.QuerySet["Audit"]):
    def update(self, **fields: Any) -> int:
        raise NeverRewritten("audit entries stay as they were written")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise NeverRewritten("audit entries stay as they were written")


class Audit(models.Model):
    """One deed: who, through which door, and each row it changed with what it was before and after."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=80)  # stays when the person goes
    via = models.CharField(max_length=16)
    verb = models.CharField(max_length=60)  # "change account"
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.SET_NULL, related_name="audits")
    about = models.CharField(max_length=60, blank=True, db_index=True)  # the row it was all about: "WorkObject:12"
    note = models.TextField(blank=True)
    changes = models.JSONField(default=list)  # of {"model", "id", "before": {…} | null, "after": {…} | null}
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    objects = _OnlyAdded.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "-id"])]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise NeverRewritten("audit entries stay as they were written")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise NeverRewritten("audit entries stay as they were written")
