"""Messages on their way, codes that are given once, and what a slot of the shop shows to whom."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """One message of one step of one run. The six columns of its key make it one: putting it twice is nothing.

    Its address stands here only until it went, or is known not to go.
    """

    of_the_machine = True

    class State(models.TextChoices):
        WAITING = "waiting"
        CLAIMED = "claimed"  # somebody is about to send it: nothing left this machine
        SENDING = "sending"  # being handed over: after a crash nobody knows
        SENT = "sent"
        UNKNOWN = "unknown"  # whether it went is for a person to find out
        REFUSED = "refused"  # the other side said no for good
        DROPPED = "dropped"  # not sent: too late, erased, or a person said so

    playbook = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    run = models.BigIntegerField()
    step = models.CharField(max_length=80)
    turn = models.PositiveIntegerField()
    channel = models.CharField(max_length=20)
    shop_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True, blank=True)
    account_id = models.BigIntegerField(null=True, blank=True)
    contact_id = models.BigIntegerField(null=True, blank=True)  # of an account's person, whom it goes to
    service = models.BooleanField(default=False)  # a service message; else marketing
    template = models.CharField(max_length=80, blank=True)
    variables = models.JSONField(default=dict, blank=True)
    message_key = models.CharField(max_length=32, unique=True)  # the stable part of its Message-ID
    address = models.CharField(max_length=320, blank=True)
    address_hash = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    put_at = models.DateTimeField()
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=40, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)  # what was wrong, without the address
    told_in = models.PositiveIntegerField(null=True, blank=True)  # the batch in which it was told to the facts

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "version", "run", "step", "turn", "channel"], name="one_message_a_step_and_turn"
            )
        ]
        indexes = [
            models.Index(fields=["state", "not_before"]),
            models.Index(fields=["customer_id", "sent_at"]),
            models.Index(fields=["sent_at"]),
        ]


class MessageEvent(models.Model):
    """What came back of a message that was sent: a bounce, a complaint, that somebody opened it or wants no more."""

    of_the_machine = True

    message = models.ForeignKey(Outbox, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=16)  # as the facts have it, and "shown" of a slot: see channels/events.py
    at = models.DateTimeField()
    detail = models.CharField(max_length=80, blank=True)  # "hard", "soft", a status such as 5.1.1, "machine"
    told_in = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["message", "type", "at"], name="one_event_once")]


class Code(models.Model):
    """A coupon code of a pool. Given once, to the message it was drawn for."""

    of_the_machine = True

    pool = models.CharField(max_length=80)
    code = models.CharField(max_length=80)
    given_to = models.CharField(max_length=32, null=True, blank=True)  # a message_key
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "code"], name="a_code_once_in_a_pool"),
            models.UniqueConstraint(fields=["pool", "given_to"], name="one_code_a_message"),
        ]


class SlotContent(models.Model):
    """What a slot of the shop shows to one customer, until a moment."""

    of_the_machine = True

    shop_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    slot = models.CharField(max_length=80)
    message_key = models.CharField(max_length=32, unique=True)
    content = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["shop_id", "customer_id", "slot"])]
