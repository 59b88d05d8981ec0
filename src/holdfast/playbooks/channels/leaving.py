"""What a person says about being written to, by a link in a message: no sign-in, the token is the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from holdfast.accounts.act import By, keep_marks, mark
from holdfast.playbooks.channels.links import CONFIRM, PREFERENCES, UNSUBSCRIBE, key_in, link
from holdfast.playbooks.channels.settings import messages
from holdfast.playbooks.models import Consent, MessageEvent, Outbox, Suppression
from holdfast.playbooks.restraint.keys import key_of
from holdfast.playbooks.restraint.people import person
from holdfast.playbooks.restraint.profiling import PROFILING
from holdfast.playbooks.restraint.words import EMAIL, MARKETING, SMS, Word, address_hash, say
from holdfast.warehouse.home import Home, HomeProblem

ASKED_AGAIN_AFTER = timedelta(days=1)
PERSON = By(AnonymousUser(), "link", "the person")
WAYS = {EMAIL: "E-mail", SMS: "Text messages"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a person can say yes or no, and what holds now: "yes", "no" or "" where they never said."""

    name: str
    label: str
    holds: str


def message_of(purpose: str, token: str) -> Outbox | None:
    """The message whose link this is. None for a link that is none of ours."""
    key = key_in(purpose, token)
    return None if key is None else Outbox.objects.filter(message_key=key).first()


def unsubscribe(token: str, *, at: datetime) -> bool:
    """No more marketing by the channel of the message. False where the link is none of ours. Doing it twice is once."""
    message = message_of(UNSUBSCRIBE, token)
    if message is None:
        return False
    channel = way_of(message)
    if _holds(message, MARKETING, channel) != Consent.Word.NO:
        _say(message, Consent.Word.NO, channel, MARKETING, "unsubscribe link", at)
    if not message.events.filter(type="unsubscribe").exists():
        keep_marks([MessageEvent(message=message, type="unsubscribe", at=at)])
    return True


def way_of(message: Outbox) -> str:
    """The channel of consent that a message went by."""
    return message.channel if message.channel in WAYS else EMAIL


def choices(message: Outbox) -> tuple[Choice, ...]:
    """Whoever was written to by a channel and said nothing here had said yes to the shop; nobody objected unasked."""
    ways = [
        Choice(name, label, _holds(message, MARKETING, name) or ("yes" if name == message.channel else ""))
        for name, label in WAYS.items()
    ]
    return (*ways, Choice(PROFILING, "Messages chosen by what I bought", _holds(message, PROFILING, "") or "yes"))


def choose(token: str, chosen: Mapping[str, bool], *, at: datetime) -> bool:
    """Say yes or no to each that is named; what holds already is not said again. False for a link that is none."""
    message = message_of(PREFERENCES, token)
    if message is None:
        return False
    for choice in choices(message):
        word = Consent.Word.YES if chosen.get(choice.name, choice.holds != "no") else Consent.Word.NO
        if word == choice.holds:
            continue
        channel, purpose = ("", PROFILING) if choice.name == PROFILING else (choice.name, MARKETING)
        _say(message, word, channel, purpose, "preference page", at)
    return True


def ask_to_confirm(
    home: Home, public_url: str, email: str, *, shop_id: int, wording: str, source: str, at: datetime, by: By,
    customer_id: int | None = None,
) -> Outbox:  # fmt: skip
    """Double opt-in: a word that waits for its confirmation, and the mail that asks for it, put in the outbox.

    Somebody who was asked within a day is not asked again: a form that others fill in must not flood an address.
    """
    hashed = address_hash(home, email)
    if (asked := _asked_since(hashed, at - ASKED_AGAIN_AFTER)) is not None:
        return asked
    word = Word(
        Consent.Word.PENDING, EMAIL, customer_id=customer_id, shop_id=shop_id, address_hash=hashed, basis="consent",
        source=source, wording=wording,
    )  # fmt: skip
    say([word], by=by, at=at)
    pending = Consent.objects.filter(address_hash=hashed, word=Consent.Word.PENDING).order_by("id").last()
    assert pending is not None  # noqa: S101 (it was added a moment ago)
    key = key_of(home, "consent", 1, pending.pk, "confirm", 1, EMAIL)
    keep_marks([Outbox(
        playbook="consent", version=1, run=pending.pk, step="confirm", turn=1, channel=EMAIL, shop_id=shop_id,
        customer_id=customer_id, service=True, template="confirm", message_key=key, address=email.strip(),
        address_hash=hashed, put_at=at, not_before=at, variables={"confirm_link": link(public_url, CONFIRM, key)},
    )])  # fmt: skip
    return Outbox.objects.get(message_key=key)


def _asked_since(hashed: str, since: datetime) -> Outbox | None:
    rows = Outbox.objects.filter(playbook="consent", address_hash=hashed, put_at__gt=since)
    return rows.exclude(state=Outbox.State.DROPPED).order_by("id").last()


def ask_for_confirmation(home: Home, told: Mapping[str, object], *, by: By, at: datetime) -> Outbox:
    """What a sign-up form tells: shop, email, source; wording and customer where known.

    Raises KeyError for what is missing, ValidationError for what cannot be, HomeProblem where nobody said where links
    of messages lead.
    """
    shop_id, email, public_url = told["shop"], str(told["email"]).strip(), messages(home).public_url
    if shop_id not in {shop.shop_id for shop in home.shops()} or not isinstance(shop_id, int):
        raise ValidationError(f"there is no shop {shop_id}")
    validate_email(email)
    if not public_url:
        raise HomeProblem("say in holdfast.toml, under [messages], public_url: where the link to confirm leads")
    who = person(home, shop_id, str(told["customer"])) if told.get("customer") else None
    return ask_to_confirm(
        home, public_url, email, shop_id=shop_id, wording=str(told.get("wording", "")), source=str(told["source"]),
        at=at, by=by, customer_id=who.key if who else None,
    )  # fmt: skip


def confirm(token: str, *, at: datetime) -> bool:
    """The yes that was asked for. False for a link that is none, or where they said no meanwhile."""
    message = message_of(CONFIRM, token)
    pending = None if message is None else Consent.objects.filter(pk=message.run, word=Consent.Word.PENDING).first()
    if message is None or pending is None:
        return False
    holds = _holds(message, MARKETING, pending.channel, since=pending.at)
    if holds == "":
        say([Word(
            Consent.Word.YES, pending.channel, customer_id=pending.customer_id, shop_id=pending.shop_id,
            address_hash=pending.address_hash, basis=pending.basis, source="confirmed by link", wording=pending.wording,
        )], by=PERSON, at=at)  # fmt: skip
        mine = Suppression.objects.filter(address_hash=pending.address_hash, lifted_at=None)
        mark(mine.filter(why__in=[Suppression.Why.ERASED, Suppression.Why.ASKED]), lifted_at=at)
    return holds != Consent.Word.NO


def _say(message: Outbox, word: str, channel: str, purpose: str, source: str, at: datetime) -> None:
    if message.customer_id is None and not message.address_hash:
        return  # they were erased, and their address is suppressed
    told = Word(
        word, channel, purpose, customer_id=message.customer_id, shop_id=message.shop_id,
        address_hash=message.address_hash, basis="consent" if word == Consent.Word.YES else "", source=source,
    )  # fmt: skip
    say([told], by=PERSON, at=at)


def _holds(message: Outbox, purpose: str, channel: str, since: datetime | None = None) -> str:
    """The newest yes or no of whoever the message went to; empty where there is none."""
    theirs = Q(pk__in=[])
    if message.customer_id is not None:
        theirs |= Q(customer_id=message.customer_id)
    if message.address_hash:
        theirs |= Q(address_hash=message.address_hash)
    words = Consent.objects.filter(theirs, purpose=purpose, channel__in=["", channel])
    words = words.exclude(word=Consent.Word.PENDING)
    found = (words if since is None else words.filter(at__gte=since)).order_by("at", "id").last()
    return "" if found is None else found.word
