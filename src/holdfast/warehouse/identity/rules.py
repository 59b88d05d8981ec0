"""The kinds of evidence, from the surest to the weakest, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of evidence. strength: larger is surer; of: the kind of identifier that carries it."""

    name: str
    strength: int
    of: str
    words: str


RULES: tuple[Rule, ...] = (
    Rule("decided", 9, "decision", "a person said that they are one"),
    Rule("email_verified", 8, "email", "the e-mail is verified"),
    Rule("email_paid", 7, "email", "the e-mail stood on a paid order"),
    Rule("email", 6, "email", "the e-mail was given"),
    Rule("phone_verified", 5, "phone", "the phone is verified"),
    Rule("phone", 4, "phone", "the phone was given"),
    Rule("loyalty", 3, "loyalty", "the loyalty card was used"),
    Rule("relay", 2, "relay", "the relay address was given"),
    Rule("device", 1, "device", "somebody signed in on the device"),
)
STRENGTH = {rule.name: rule.strength for rule in RULES}
BY_STRENGTH = {rule.strength: rule for rule in RULES}
# In this order identifiers are looked at; a limit on persons counts those that surer evidence has made one.
KINDS = ("email", "phone", "loyalty", "relay", "device")
