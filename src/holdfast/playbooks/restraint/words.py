"""Words of consent and suppressed addresses: how they are written down. Nothing is ever changed, only added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from holdfast.accounts.access import must
from holdfast.accounts.act import By, keep_marks, mark
from holdfast.playbooks.models import Consent, Suppression
from holdfast.playbooks.restraint.profiling import PROFILING, tell_models
from holdfast.warehouse.home import Home

MARKETING = "marketing"
EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS, "")
BASES = ("consent", "legitimate interest", "contract", "")


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said. Whose it is: a customer's, or an address's of which no customer is known."""

    word: str  # yes, no or pending
    channel: str = ""  # "email", "sms"; empty for all
    purpose: str = MARKETING
    customer_id: int | None = None
    shop_id: int | None = None
    address_hash: str = ""
    basis: str = ""
    source: str = ""
    wording: str = ""


def address_hash(home: Home, address: str) -> str:
    """As the warehouse hashes it: an e-mail without regard to case and spaces, a telephone number in E.164."""
    return sha256((home.salt() + address.strip().lower()).encode()).hexdigest()


def say(words: Sequence[Word], *, by: By, at: datetime) -> int:
    """Write them down; the models hear of what was said of profiling. Raises ValidationError for a word that is none,
    or nobody's."""
    for one in words:
        _checked(one)
    keep_marks([Consent(**_fields(one), at=at, by_name=by.called[:80]) for one in words])
    if any(one.purpose == PROFILING for one in words):
        transaction.on_commit(partial(tell_models, settings.HOME))
    return len(words)


def suppress(hashes: Iterable[str], why: str, *, by: By, at: datetime, source: str = "") -> int:
    """Write to these addresses no more; one that was lifted is suppressed again."""
    wanted = [*dict.fromkeys(hashes)]
    if why not in Suppression.Why.values:
        raise ValidationError(f"a reason is one of {', '.join(Suppression.Why.values)}")
    keep_marks([
        Suppression(address_hash=one, why=why, at=at, source=source[:80], by_name=by.called[:80]) for one in wanted
    ])  # fmt: skip
    mark(Suppression.objects.filter(address_hash__in=wanted, why=why, lifted_at__isnull=False), lifted_at=None, at=at)
    return len(wanted)


def lift(hashed: str, *, by: By, at: datetime) -> int:
    """An address may be written to again: it was a mistake, or it works again. Complaints stay."""
    must(by.user, "assign")
    found = Suppression.objects.filter(address_hash=hashed, lifted_at=None).exclude(why=Suppression.Why.COMPLAINT)
    return mark(found, lifted_at=at)


def _checked(one: Word) -> None:
    if one.word not in Consent.Word.values:
        raise ValidationError(f"a word is one of {', '.join(Consent.Word.values)}, not {one.word!r}")
    if one.channel not in CHANNELS:
        raise ValidationError(f"consent is to email or sms, not to {one.channel!r}")
    if one.purpose not in (MARKETING, PROFILING):
        raise ValidationError(f"consent is to {MARKETING} or {PROFILING}, not to {one.purpose!r}")
    if one.basis not in BASES:
        raise ValidationError(f"a lawful basis is one of {', '.join(BASES[:-1])}, not {one.basis!r}")
    if one.customer_id is None and not one.address_hash:
        raise ValidationError("say whose word it is: a customer or an address")


def _fields(one: Word) -> dict[str, object]:
    return {
        "customer_id": one.customer_id, "shop_id": one.shop_id, "address_hash": one.address_hash,
        "purpose": one.purpose, "channel": one.channel, "word": one.word, "basis": one.basis,
        "source": one.source[:80], "wording": one.wording[:80],
    }  # fmt: skip
