"""What people said to being written to, and addresses that nothing is sent to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from holdfast.accounts.models import NeverRewritten
from holdfast.accounts.models.audit import Kept

KEPT = "a word of consent stays as it was said: add the newer one"


class _OnlyAdded(models.QuerySet["Consent"]):
    def update(self, **fields: Any) -> int:
        raise NeverRewritten(KEPT)


class Consent(models.Model):
    """One word of one person: yes, no, or a yes that is to be confirmed. Only added to; erasure alone removes it.

    customer_id is the key that the profile had when it was said: merges since are followed when it is read.
    """

    of_the_machine = True

    class Word(models.TextChoices):
        YES = "yes"
        NO = "no"
        PENDING = "pending"  # counts from the day it is confirmed, with a YES of its own

    customer_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    shop_id = models.BigIntegerField(null=True, blank=True)
    address_hash = models.CharField(max_length=64, blank=True, db_index=True)  # as the warehouse hashes it
    purpose = models.CharField(max_length=20)  # "marketing"; "profiling": a no is an objection (GDPR, article 21)
    channel = models.CharField(max_length=20, blank=True)  # "email", "sms"; empty for all
    word = models.CharField(max_length=8, choices=Word.choices)
    basis = models.CharField(max_length=40, blank=True)  # "consent", "legitimate interest", "contract"
    source = models.CharField(max_length=80)  # "preference page", "unsubscribe link", "file of 2026-03-01"
    wording = models.CharField(max_length=80, blank=True)  # which text the person agreed to
    at = models.DateTimeField()
    by_name = models.CharField(max_length=80)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = _OnlyAdded.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise NeverRewritten(KEPT)
        super().save(*args, **kwargs)


class Suppression(models.Model):
    """An address, as a hash, that is written to no more. Dead: by nobody and for nothing; else not for marketing."""

    of_the_machine = True
    DEAD: ClassVar = frozenset({"hard bounce", "soft bounces"})

    class Why(models.TextChoices):
        HARD = "hard bounce"
        SOFT = "soft bounces"
        COMPLAINT = "complaint"
        ASKED = "asked"
        ERASED = "erased"

    address_hash = models.CharField(max_length=64)
    why = models.CharField(max_length=20, choices=Why.choices)
    at = models.DateTimeField()
    source = models.CharField(max_length=80, blank=True)
    by_name = models.CharField(max_length=80)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["address_hash", "why"], name="suppressed_once_for_a_reason")]


class Erasure(Kept):
    """That somebody was erased: no name and no address, only how much went and who did it."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    words = models.PositiveIntegerField()  # of consent
    messages = models.PositiveIntegerField()

    class Meta:
        ordering = ["-at", "-id"]
