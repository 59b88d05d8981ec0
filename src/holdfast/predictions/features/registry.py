"""Every source of features, and the groups in which reasons are told."""

from __future__ import annotations

from holdfast.predictions.features.contacts import ANSWERS, MESSAGES, SUPPORT
from holdfast.predictions.features.contracts import CONTRACTS
from holdfast.predictions.features.declare import Feature, Group, Source
from holdfast.predictions.features.purchases import GOODS, PURCHASES, REFUNDS
from holdfast.predictions.features.subscriptions import INVOICES, SUBSCRIPTIONS

SOURCES: tuple[Source, ...] = (
    PURCHASES, REFUNDS, GOODS, SUPPORT, ANSWERS, MESSAGES, SUBSCRIPTIONS, INVOICES, CONTRACTS,
)  # fmt: skip
GROUPS: dict[str, Group] = {group.id: group for source in SOURCES for group in source.groups}
FEATURES: dict[str, Feature] = {feature.id: feature for group in GROUPS.values() for feature in group.features}
GROUP_OF: dict[str, str] = {feature.id: group.id for group in GROUPS.values() for feature in group.features}
