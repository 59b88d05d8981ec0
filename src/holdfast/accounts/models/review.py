"""Reviews: drafts that are worked on, and what was issued, which stays as it was."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.accounts.models.audit import Kept


class ReviewDraft(models.Model):
    """A review being written. words: a person's own, by slot of the story; the story is drawn anew, they stay."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="review_drafts")
    title = models.CharField(max_length=160)
    as_of = models.DateField(null=True, blank=True)  # the day of its numbers; null: it has none
    snapshot = models.CharField(max_length=80, blank=True)
    story = models.JSONField()  # as holdfast.reviews.story writes it
    words = models.JSONField(default=dict, blank=True)  # slot → text
    supersedes = models.ForeignKey(
        "accounts.IssuedReview", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-id"]

    def __str__(self) -> str:
        return self.title


class IssuedReview(Kept):
    """A review as it was given to the customer, with every figure. Another one may supersede it; nothing changes it."""

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="issued_reviews")
    title = models.CharField(max_length=160)
    as_of = models.DateField(null=True, blank=True)
    snapshot = models.CharField(max_length=80, blank=True)
    story = models.JSONField()
    words = models.JSONField(default=dict, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=80)  # stays when the person goes
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-issued_at", "-id"]
        indexes = [models.Index(fields=["account", "-issued_at"])]

    def __str__(self) -> str:
        return self.title
