"""Contracts, their renewals, what was forecast about them, and the pipeline as it stood each week."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from holdfast.accounts.models.audit import Kept


class Contract(models.Model):
    """One term of an agreement.

    `source`: the contract's number in the facts where it was taken in from there, empty where a person entered it.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="contracts")
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=140, blank=True)
    value_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])  # of a year
    currency = models.CharField(max_length=3)
    starts = models.DateField()
    ends = models.DateField()  # last day of the term
    notice_on = models.DateField(null=True, blank=True)  # last day for notice
    auto_renew = models.BooleanField(default=False)
    budget_cycle = models.CharField(max_length=120, blank=True)  # when they decide about money
    price_rights = models.TextField(blank=True)  # what the contract lets us or them change
    approver = models.ForeignKey(  # of discounts and prices; null: whoever the limits of roles allow
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["ends", "id"]
        indexes = [models.Index(fields=["account", "ends"])]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "source"], condition=~models.Q(source=""), name="one_contract_a_source"
            ),
            models.CheckConstraint(condition=models.Q(ends__gte=models.F("starts")), name="a_term_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return self.name


class Renewal(models.Model):
    """What becomes of a contract at its end, from the first review to the post-mortem."""

    class Stage(models.TextChoices):
        AHEAD = "ahead", "Not begun"
        REVIEW = "review", "Internal review"
        ASKED = "asked", "Soft question asked"
        CONTACT = "contact", "Commercial contact"
        COMMITTED = "committed", "Committed"
        SIGNED = "signed", "Signed"
        LOST = "lost", "Lost"
        REVIEWED = "reviewed", "Post-mortem held"

    OPEN = (Stage.AHEAD, Stage.REVIEW, Stage.ASKED, Stage.CONTACT, Stage.COMMITTED)

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="renewals")
    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="renewal")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="renewals"
    )
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.AHEAD)
    closes_on = models.DateField()  # when it is expected to be signed; at first the last day of the term
    options = models.JSONField(default=list, blank=True)  # of {"kind", "consequences", "value_minor" | null}
    chosen = models.CharField(max_length=8, blank=True)  # the kind of an option
    walk_away = models.TextField(blank=True)  # where we would rather let it go
    answer = models.TextField(blank=True)  # to the soft question, in their words
    yes_from = models.ForeignKey(
        "accounts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # who committed on their side
    signed = models.BooleanField(null=True, blank=True)  # how it ended; null while it is open
    ended_on = models.DateField(null=True, blank=True)
    signed_minor = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])  # of a year
    why_lost = models.TextField(blank=True)
    learned = models.TextField(blank=True)  # the post-mortem

    class Meta:
        ordering = ["closes_on", "id"]
        indexes = [models.Index(fields=["account", "stage"]), models.Index(fields=["stage", "closes_on"])]

    def __str__(self) -> str:
        return f"renewal of {self.contract}"


class StageMove(Kept):
    """A renewal entered a stage. findings: what was late or missing about it, as sentences."""

    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="moves")
    was = models.CharField(max_length=12, choices=Renewal.Stage)
    to = models.CharField(max_length=12, choices=Renewal.Stage)
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True)
    findings = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]


class Forecast(Kept):
    """What a person said on a day about a renewal. Another day, another row."""

    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="forecasts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="forecasts")
    on = models.DateField()
    probability = models.DecimalField(
        max_digits=4, decimal_places=3, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    amount_minor = models.BigIntegerField(validators=[MinValueValidator(0)])  # of a year, in the contract's currency
    because = models.TextField(blank=True)

    class Meta:
        ordering = ["on", "id"]
        indexes = [models.Index(fields=["renewal", "on", "id"])]


class PipelineSnapshot(Kept):
    """The pipeline of everybody, as it stood once in an ISO week ("2026-W10")."""

    week = models.CharField(max_length=8, unique=True)
    taken_on = models.DateField()

    class Meta:
        ordering = ["week"]


class PipelineLine(Kept):
    """One renewal in a snapshot. What it says is a copy: the renewal went on since."""

    snapshot = models.ForeignKey(PipelineSnapshot, on_delete=models.PROTECT, related_name="lines")
    renewal = models.ForeignKey(Renewal, on_delete=models.PROTECT, related_name="lines")
    stage = models.CharField(max_length=12, choices=Renewal.Stage)
    closes_on = models.DateField()
    value_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    probability = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    owner_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["snapshot", "renewal"], name="one_line_a_renewal_and_week")]
