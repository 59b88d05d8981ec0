"""Words on being profiled, handed to the models, which know nothing of the book of work (decision 0118)."""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.playbooks.models import Consent, Suppression
from holdfast.predictions.objections import Word, hand_over
from holdfast.warehouse.erasure import erased
from holdfast.warehouse.home import Home

PROFILING = "profiling"
FOR_EVER = datetime.max.replace(tzinfo=UTC)


def tell_models(home: Home) -> bool:
    """All words there are. Of who was erased the no stays for ever, whatever they had said before: of their addresses,
    which others may have too, and of their keys, as the facts know their addresses no more. False where the models know
    them already."""
    said = Consent.objects.filter(purpose=PROFILING).exclude(word=Consent.Word.PENDING).order_by("at", "id")
    gone = Suppression.objects.filter(why=Suppression.Why.ERASED, lifted_at=None).order_by("at", "id")
    words = [
        Word(one.customer_id, one.address_hash, one.channel, one.word == Consent.Word.NO, one.at)
        for one in said.iterator()
    ]
    words += [Word(None, one.address_hash, "", True, one.at) for one in gone.iterator()]
    words += [Word(key, "", "", True, FOR_EVER) for key in sorted(erased(home))]
    return hand_over(home, words)
