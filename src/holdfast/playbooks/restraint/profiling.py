"""Words on being profiled, handed to the models, which know nothing of the book of work (decision 0118)."""

from __future__ import annotations

from holdfast.playbooks.models import Consent, Suppression
from holdfast.predictions.objections import Word, hand_over
from holdfast.warehouse.home import Home

PROFILING = "profiling"


def tell_models(home: Home) -> bool:
    """All words there are; of who was erased the no of their address stays, whatever they had said before. False where
    the models know them already."""
    said = Consent.objects.filter(purpose=PROFILING).exclude(word=Consent.Word.PENDING).order_by("at", "id")
    erased = Suppression.objects.filter(why=Suppression.Why.ERASED, lifted_at=None).order_by("at", "id")
    words = [
        Word(one.customer_id, one.address_hash, one.channel, one.word == Consent.Word.NO, one.at)
        for one in said.iterator()
    ]
    words += [Word(None, one.address_hash, "", True, one.at) for one in erased.iterator()]
    return hand_over(home, words)
