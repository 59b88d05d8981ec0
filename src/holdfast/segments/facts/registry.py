"""Every source and every fact: a new one is imported here."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.segments.facts.contacts import ANSWERS, MESSAGES, TICKETS
from holdfast.segments.facts.declare import Fact, Source
from holdfast.segments.facts.goods import GOODS
from holdfast.segments.facts.predicted import RISKS, VALUES
from holdfast.segments.facts.profile import COMPANIES, PROFILE
from holdfast.segments.facts.purchases import PURCHASES
from holdfast.segments.facts.subscriptions import SUBSCRIPTIONS

SOURCES: tuple[Source, ...] = (
    PURCHASES, GOODS, SUBSCRIPTIONS, TICKETS, ANSWERS, MESSAGES, PROFILE, COMPANIES, RISKS, VALUES,
)  # fmt: skip
FACTS: Mapping[str, Fact] = {fact.id: fact for source in SOURCES for fact in source.facts}
SOURCE_OF: Mapping[str, Source] = {fact.id: source for source in SOURCES for fact in source.facts}
