"""Work objects: plans, logs, memos and packs of a declared kind (holdfast.accounts.kinds), with their lines."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class WorkObject(models.Model):
    """One of them. It belongs to an account or to a book; its fields, parts and states are its kind's."""

    class Visibility(models.TextChoices):
        INTERNAL = "internal", "Only us"
        CUSTOMER = "customer", "The customer too"

    class Redaction(models.TextChoices):
        """What is blackened in a copy that leaves the house."""

        NOTHING = "nothing", "Nothing"
        NAMES = "names", "Names of people"
        MONEY = "money", "Money"
        BOTH = "both", "Names and money"

    kind = models.CharField(max_length=4)  # "A01"
    account = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="work_objects"
    )
    book = models.ForeignKey(
        "accounts.Book", null=True, blank=True, on_delete=models.CASCADE, related_name="work_objects"
    )
    title = models.CharField(max_length=160)
    objective = models.ForeignKey(  # of a success plan: what it serves
        "accounts.Line", null=True, blank=True, on_delete=models.SET_NULL, related_name="served_by"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="work_objects"
    )
    state = models.CharField(max_length=24)
    fields = models.JSONField(default=dict, blank=True)  # as its kind declares them
    decision = models.CharField(max_length=200, blank=True)  # the next one
    decision_on = models.DateField(null=True, blank=True)
    decider = models.CharField(max_length=120, blank=True)
    review_by = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)  # the first day on which it no longer holds
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.INTERNAL)
    redaction = models.CharField(max_length=8, choices=Redaction, default=Redaction.NOTHING)
    decided_on = models.DateField(null=True, blank=True)  # it last changed a decision
    ended_on = models.DateField(null=True, blank=True)  # it came to a final state
    assent_to = models.CharField(max_length=24, blank=True)  # the state that some have agreed to and others not yet
    assents = models.JSONField(default=list, blank=True)  # of {"voice", "name", "at"}
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_on = models.DateField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [
            models.Index(fields=["account", "kind", "-changed_at"]),
            models.Index(fields=["owner", "ended_on", "review_by"]),
            models.Index(fields=["kind", "state"]),
            models.Index(fields=["expires_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account=None, book__isnull=False) | models.Q(account__isnull=False, book=None),
                name="work_belongs_to_an_account_or_a_book",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Participant(models.Model):
    """Somebody with a part in it: one of us, or a person on the account's side."""

    work = models.ForeignKey(WorkObject, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    contact = models.ForeignKey("accounts.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["work", "user"], name="one_part_a_user"),
            models.UniqueConstraint(fields=["work", "contact"], name="one_part_a_contact"),
            models.CheckConstraint(
                condition=models.Q(user=None, contact__isnull=False) | models.Q(user__isnull=False, contact=None),
                name="a_participant_is_ours_or_theirs",
            ),
        ]


class Line(models.Model):
    """A line of a work object's part: a step, an outcome, an option. Most parts' open lines need a person and a day."""

    work = models.ForeignKey(WorkObject, on_delete=models.CASCADE, related_name="lines")
    part = models.CharField(max_length=16)
    under = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="below")
    depends_on = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="waiting")
    what = models.CharField(max_length=300)
    our_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="work_lines"
    )
    customer_owner = models.ForeignKey(
        "accounts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="work_lines"
    )
    due = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=24)
    fields = models.JSONField(default=dict, blank=True)  # the part's columns
    finished_on = models.DateField(null=True, blank=True)  # done, or decided against

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["our_owner", "finished_on", "due"]), models.Index(fields=["work", "id"])]

    def __str__(self) -> str:
        return self.what


class Evidence(models.Model):
    """What shows it: a value that can be found again, a document, a dated quote, or what a comparison has shown."""

    class What(models.TextChoices):
        VALUE = "value", "Value"
        DOCUMENT = "document", "Document"
        QUOTE = "quote", "Quote"
        CLAIM = "claim", "Claim of value"

    work = models.ForeignKey(WorkObject, on_delete=models.CASCADE, related_name="evidence")
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.SET_NULL, related_name="evidence")
    what = models.CharField(max_length=8, choices=What)
    metric = models.CharField(max_length=80, blank=True)  # its id
    version = models.PositiveSmallIntegerField(null=True, blank=True)
    scope = models.CharField(max_length=140, blank=True)  # whose numbers
    as_of = models.DateField(null=True, blank=True)
    snapshot = models.CharField(max_length=80, blank=True)
    address = models.URLField(max_length=500, blank=True)
    text = models.TextField(blank=True)  # the quote word for word, or what the document is called
    said_by = models.CharField(max_length=120, blank=True)
    said_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]


class Remark(models.Model):
    """One line of a work object's log."""

    class Kind(models.TextChoices):
        UPDATE = "update", "Update"
        COMMENT = "comment", "Comment"
        CORRECTION = "correction", "Correction"
        CHANGE = "change", "Change of what was agreed"
        SHARED = "shared", "Shared"
        DECISION = "decision", "Changed a decision"

    work = models.ForeignKey(WorkObject, on_delete=models.CASCADE, related_name="remarks")
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.SET_NULL, related_name="remarks")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.TextField()
    by_name = models.CharField(max_length=120)
    from_customer = models.BooleanField(default=False)
    internal = models.BooleanField(default=False)  # never shown to the customer
    promised_at = models.DateTimeField(null=True, blank=True)  # of an update: by when the next one comes
    shared_with = models.ForeignKey(
        "accounts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["work", "at"])]


class Rating(models.Model):
    """One person's score of one sample of a calibration; the others' are hidden until two have scored them all."""

    sample = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="ratings")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(4)])

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["sample", "rater"], name="one_score_a_rater_and_sample")]


class Attendance(models.Model):
    """A person on the account's side took part in a touchpoint."""

    touchpoint = models.ForeignKey("accounts.Touchpoint", on_delete=models.CASCADE, related_name="attendances")
    contact = models.ForeignKey("accounts.Contact", on_delete=models.CASCADE, related_name="attendances")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["touchpoint", "contact"], name="one_attendance_a_contact")]
