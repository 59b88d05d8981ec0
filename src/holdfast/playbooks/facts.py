"""What playbooks may ask of a customer or an account: a name, a kind and words for it, each."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from holdfast.segments.facts.registry import FACTS as SEGMENT_FACTS

Who = Literal["customers", "accounts"]
Kind = Literal["number", "day", "flag", "word"]
SEGMENT, EVENT = "segment:", "event:"  # begin facts whose names the merchant's own data give


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that is known of somebody on a day, or not known.

    kind: "day" a calendar day · "flag" true or false · "word" a text that is compared as it is written.
    of_data: it comes from what was imported, and so is as old as that; else from the book of work or the calendar.
    """

    id: str
    kind: Kind
    says: str
    of_data: bool = False


class UnknownFact(Exception):
    """Nobody knows a fact of that name; the message says which there are."""


_OWN = (
    Fact("next_purchase_on", "day", "day of the next purchase, if it comes after their usual gap"),
    Fact("account_opened_on", "day", "day on which they opened an account"),
    Fact("refused_email", "flag", "said no to marketing by e-mail"),
    Fact("loyalty_member", "flag", "took part in the loyalty programme of their own accord"),
    Fact("cancel_on", "day", "day on which a running subscription is to end"),
    Fact("payment_failed_on", "day", "day of the oldest invoice of a subscription that is due and was not paid"),
    Fact("delivered_on", "day", "day of the last delivery"),
    Fact("dispute_on", "day", "day of the last dispute that is not settled"),
    Fact("in_peak", "flag", "a peak of the shop's market is on"),
)
# What segments can be made of, playbooks can ask; those of several words only by way of a segment.
_OF_SEGMENTS = tuple(Fact(one.id, one.kind, one.name) for one in SEGMENT_FACTS.values() if one.kind != "words")
_CUSTOMERS = (*_OF_SEGMENTS, *_OWN)
_ACCOUNTS = (
    Fact("health", "number", "score of health, 0 … 100", True),
    Fact("health_status", "word", "good, watch, risk or unknown; as a person said, where one did", True),
    Fact("days_at_risk", "number", "days since the status became risk", True),
    Fact("tier", "word", "named, pooled or automated"),
    Fact("segment", "word", "segment of the account"),
    Fact("stage", "word", "onboarding, steady, leaving or left"),
    Fact("days_as_account", "number", "days since it became an account"),
    Fact("renewal_on", "day", "last day of the contract in force"),
    Fact("value_year", "number", "value of a year of its contracts, in their currency"),
    Fact("steps_undone", "number", "required steps of its onboarding that are not done", True),
    Fact("onboarding_due_on", "day", "day by which its onboarding is to be over", True),
    Fact("champion", "flag", "somebody there stands up for us"),
    Fact("champion_left_on", "day", "day on which the last champion left"),
    Fact("days_since_talk", "number", "days since a touchpoint was held"),
    Fact("open_escalation", "flag", "an escalation is under way"),
    Fact("urgent_ticket_on", "day", "day of the newest urgent request that is not solved", True),
    Fact("in_peak", "flag", "a peak of the market of one of its shops is on"),
)
FACTS: dict[Who, dict[str, Fact]] = {
    "customers": {fact.id: fact for fact in _CUSTOMERS},
    "accounts": {fact.id: fact for fact in _ACCOUNTS},
}


def find(who: Who, id: str) -> Fact:
    """Raises UnknownFact. Segments are of customers, and so is whoever an event names."""
    if who == "accounts" and id.startswith((SEGMENT, EVENT)):
        raise UnknownFact(f"{id.partition(':')[0]}s are of customers: no fact of accounts is called {id!r}")
    if id.startswith(SEGMENT) and id != SEGMENT:
        return Fact(id, "flag", f"belongs to the segment {id.removeprefix(SEGMENT)}")
    if id.startswith(EVENT) and id != EVENT:
        return Fact(id, "day", f"day of the last {id.removeprefix(EVENT)}")
    known = FACTS[who]
    if id not in known:
        near = get_close_matches(id, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        raise UnknownFact(f"no fact of {who} is called {id!r}; {meant}")
    return known[id]
