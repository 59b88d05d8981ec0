"""What the browser door remembers: how a person likes to see pages, files on their way in, and what the worker does."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """How one person likes to see Holdfast."""

    class Theme(models.TextChoices):
        AUTO = "auto", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.AUTO)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    shortcuts = models.BooleanField(default=True)


class Import(models.Model):
    """One import from first file to finished build. The row is the job: pages read it, the worker writes it."""

    class State(models.TextChoices):
        MAPPING = "mapping", "Waiting for you"
        WAITING = "waiting", "Waiting to start"
        READING = "reading", "Reading files"
        BUILDING = "building", "Building"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    paths = models.JSONField(default=list)
    shop = models.CharField(max_length=80, blank=True)
    account = models.CharField(max_length=80, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    step = models.CharField(max_length=200, blank=True)  # "12,000 rows read"
    problem = models.TextField(blank=True)  # a sentence, when it stopped
    load_id = models.BigIntegerField(null=True)  # 0: nothing was new
    rows_read = models.BigIntegerField(null=True)
    rows_rejected = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-created_at"]

    @property
    def running(self) -> bool:
        return self.state in (self.State.WAITING, self.State.READING, self.State.BUILDING)


class TrialRun(models.Model):
    """One trial of a health scorecard, asked for on its page. What came out is a file in the home; this is the way."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to start"
        RUNNING = "running", "Trying"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scorecard = models.CharField(max_length=60)  # its id, which is that of a segment
    capacity = models.FloatField()  # people that can be looked after a week
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)  # a sentence: why it stopped, or could not be judged

    class Meta:
        ordering = ["-created_at"]

    @property
    def running(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)


class BookFile(models.Model):
    """A file of accounts, people or contracts: only who uploaded it sees it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    path = models.CharField(max_length=400)  # of the upload; gone after an hour, or when it was taken in
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    sheet = models.CharField(max_length=80, blank=True)  # of a workbook
    columns = models.JSONField(null=True)  # header → column, as the person said; null: as guessed
    book_id = models.BigIntegerField(null=True)  # of new accounts that say none
    taken_at = models.DateTimeField(null=True)  # begun, so that it is not begun twice
    entry_id = models.BigIntegerField(null=True)  # of the activity
    counts = models.JSONField(default=dict)  # outcome → rows
    rejects = models.JSONField(default=list)  # header, then the rows that were refused

    class Meta:
        ordering = ["-created_at"]


class LookAhead(models.Model):
    """What the start page of a playbook says, worked out by the worker once for each text, snapshot, tick and day."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to start"
        RUNNING = "running", "Looking ahead"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    playbook = models.CharField(max_length=80)
    stamp = models.CharField(max_length=64, unique=True)  # SHA-256 of what decides the answer
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=200, blank=True)
    problem = models.TextField(blank=True)
    told = models.TextField(blank=True)  # the part of the page, as it is shown

    class Meta:
        ordering = ["-created_at"]

    @property
    def running(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
