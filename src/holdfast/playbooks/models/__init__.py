"""What playbooks keep in the book of work: words of consent, dead addresses, messages on their way, codes, slots."""

from holdfast.playbooks.models.consent import Consent, Erasure, Suppression
from holdfast.playbooks.models.deed import Deed
from holdfast.playbooks.models.outbox import Code, MessageEvent, Outbox, SlotContent
from holdfast.playbooks.models.switching import Switching

__all__ = ["Code", "Consent", "Deed", "Erasure", "MessageEvent", "Outbox", "SlotContent", "Suppression", "Switching"]
