"""The bank of questions that are asked of customers, and what they answered."""

from __future__ import annotations

from django.db import models


class Question(models.Model):
    """One question. Its fields and states are those of the kind A03."""

    slug = models.CharField(max_length=60, blank=True)  # of the starting questions; empty: the house's own
    persona = models.CharField(max_length=60)
    text = models.TextField()
    fields = models.JSONField(default=dict, blank=True)  # the other fields of its kind
    state = models.CharField(max_length=12, default="candidate")

    class Meta:
        ordering = ["persona", "id"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=~models.Q(slug=""), name="one_starting_question_a_slug")
        ]

    def __str__(self) -> str:
        return self.text


class Heard(models.Model):
    """An answer. used_in: the plan in which the fact was used; without one the question has not paid yet."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="heard")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="heard")
    contact = models.ForeignKey(
        "accounts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="heard"
    )
    at = models.DateTimeField()
    answer = models.TextField(blank=True)  # empty: asked, and nothing came
    used_in = models.ForeignKey(
        "accounts.WorkObject", null=True, blank=True, on_delete=models.SET_NULL, related_name="heard"
    )
    used_as = models.CharField(max_length=40, blank=True)  # the field of the plan

    class Meta:
        ordering = ["-at", "-id"]
