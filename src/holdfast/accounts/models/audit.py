"""What was done, by whom: written once with the deed, never rewritten."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.db import models

M = TypeVar("M", bound=models.Model)


class NeverRewritten(Exception):
    """An audit entry, or another row that is kept as it was written, was about to be changed or removed."""


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


class _OnlyKept(models.QuerySet[M]):
    def update(self, **fields: Any) -> int:
        raise NeverRewritten(_told(self.model))

    def delete(self) -> tuple[int, dict[str, int]]:
        raise NeverRewritten(_told(self.model))


class Kept(models.Model):
    """Something that was said on a day: it stays as it was said, also when it turns out to be wrong."""

    objects = _OnlyKept.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverRewritten(_told(type(self)))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise NeverRewritten(_told(type(self)))


def _told(model: type[models.Model]) -> str:
    return f"a {model._meta.verbose_name} stays as it was written: add another that says better"
