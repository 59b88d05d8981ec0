"""Erasure of one person: of what playbooks keep, their words, their addresses, what was written to them; of the facts,
what names them (warehouse/erasure.py).

What stays: that messages of a playbook went, under no person's name, so that counts of the past hold; and the hash of
each address, suppressed, so that a later import does not begin to write to them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from holdfast.accounts.access import must
from holdfast.accounts.act import By, act, forget, mark
from holdfast.playbooks.channels import audience
from holdfast.playbooks.models import Consent, Erasure, Outbox, SlotContent, Suppression
from holdfast.playbooks.restraint.people import Person
from holdfast.playbooks.restraint.profiling import tell_models
from holdfast.playbooks.restraint.words import suppress
from holdfast.warehouse.erasure import erase_facts
from holdfast.warehouse.home import Home

WAITS = (Outbox.State.WAITING, Outbox.State.CLAIMED)


@dataclass(frozen=True, slots=True)
class Theirs:
    """How much is kept of a person."""

    words: int
    messages: int
    waiting: int  # of the messages: would still go
    slots: int
    suppressed: int


def theirs(who: Person) -> Theirs:
    messages = Outbox.objects.filter(_of(who))
    return Theirs(
        Consent.objects.filter(_of(who)).count(), messages.count(), messages.filter(state__in=WAITS).count(),
        SlotContent.objects.filter(customer_id__in=who.keys).count(),
        Suppression.objects.filter(address_hash__in=who.hashes, lifted_at=None).count(),
    )  # fmt: skip


def erase(home: Home, who: Person, *, by: By, at: datetime) -> Theirs:
    """Whoever looks after people may; it cannot be taken back. Says how much went. Of the facts first: whoever is
    killed in between is still in the book of work, by "#" and their key. Raises AnotherWriter."""
    must(by.user, "people")
    found = theirs(who)
    erase_facts(home, who.keys)
    with act("erase person", by=by, note="their words of consent, addresses and messages") as doing:
        messages = Outbox.objects.filter(_of(who))
        mark(
            messages.filter(state__in=WAITS),
            state=Outbox.State.DROPPED,
            lease_until=None,
            problem="the person was erased",
        )
        mark(messages, customer_id=None, account_id=None, address="", address_hash="", variables={})
        forget(Consent.objects.filter(_of(who)))
        forget(SlotContent.objects.filter(customer_id__in=who.keys))
        suppress(who.hashes, Suppression.Why.ERASED, by=by, at=at)
        transaction.on_commit(partial(tell_models, home))
        doing.create(Erasure, at=at, by_id=by.key, words=found.words, messages=found.messages)
    _from_audiences(home, who.emails)
    return found


def _from_audiences(home: Home, emails: Sequence[str]) -> None:
    for path in audience.files(home):
        for email in emails:
            audience.change(path, remove=audience.hashed(email))


def _of(who: Person) -> Q:
    return Q(customer_id__in=who.keys) | Q(address_hash__in=[hashed for hashed in who.hashes if hashed])
