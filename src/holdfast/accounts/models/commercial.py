"""Growth a customer agreed to, and prices that need somebody's yes."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from holdfast.accounts.models.renewal import Contract, Renewal


class Expansion(models.Model):
    """More business with an account, for the sake of an objective that the customer accepted (G5)."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WON = "won", "Won"
        DROPPED = "dropped", "Dropped"

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="expansions")
    what = models.CharField(max_length=200)
    objective = models.TextField()  # the customer's, in their words
    objective_key = models.CharField(max_length=60, blank=True)  # where a success plan holds it
    accepted_by = models.ForeignKey("accounts.Contact", on_delete=models.PROTECT, related_name="+")
    accepted_on = models.DateField()
    value_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])  # of a year
    currency = models.CharField(max_length=3)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    ended_on = models.DateField(null=True, blank=True)
    why = models.TextField(blank=True)  # it was dropped

    class Meta:
        ordering = ["id"]


class Approval(models.Model):
    """A change of price that somebody asked for, and whether one who may said yes."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        EXPIRED = "expired", "Expired"
        WITHDRAWN = "withdrawn", "Withdrawn"

    UNRESOLVED = (State.ASKED, State.REFUSED, State.EXPIRED)  # nothing is signed over these

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="approvals")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="approvals")
    renewal = models.ForeignKey(Renewal, null=True, blank=True, on_delete=models.PROTECT, related_name="approvals")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_on = models.DateField()
    percent = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)  # −10: a tenth off
    amount_minor = models.BigIntegerField(null=True, blank=True)  # of a year; signed alike
    reason = models.TextField()
    roles = models.JSONField(default=list)  # whose yes it needed by the limits of that day
    expires_on = models.DateField()  # the last day on which it holds
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "expires_on"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent=None, amount_minor__isnull=False)
                | models.Q(percent__isnull=False, amount_minor=None),
                name="a_change_is_in_percent_or_an_amount",
            )
        ]
