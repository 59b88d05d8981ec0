"""Links that let one person of a customer into one work object, for a time."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class GuestLink(models.Model):
    """A link. Of its token only a digest is kept: whoever reads this table cannot use it."""

    work = models.ForeignKey("accounts.WorkObject", on_delete=models.CASCADE, related_name="guest_links")
    contact = models.ForeignKey("accounts.Contact", on_delete=models.CASCADE, related_name="guest_links")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]


class GuestVisit(models.Model):
    """A link was used."""

    link = models.ForeignKey(GuestLink, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
