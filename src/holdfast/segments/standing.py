"""How one buyer stands among the others: their state and its rule, how often they buy, scores, what they prefer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from holdfast.segments.facts.registry import FACTS
from holdfast.segments.members import asked, row_of
from holdfast.segments.states import RULES
from holdfast.warehouse.home import Home, Shop

TOLD = (
    "state", "recency", "usual_gap", "overdue", "recency_score", "frequency_score", "money_score", "value_decile",
    "prefers", "main_kind", "main_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One field a fact (facts/purchases.py, facts/goods.py). usual_gap: None where nobody in the shop bought twice;
    main_kind, main_share: None where no kind of goods is known of them."""

    as_of: date
    state: str
    recency: int
    usual_gap: float | None
    overdue: float | None
    recency_score: int
    frequency_score: int
    money_score: int
    value_decile: int
    prefers: tuple[str, ...]
    main_kind: str | None
    main_share: float | None

    @property
    def says(self) -> str:
        """The rule that names their state."""
        return next(rule.says for rule in RULES if rule.state == self.state)


def standing(home: Home, customer_id: int, shop: Shop, as_of: date | None = None) -> Standing | None:
    """None of who had bought nothing by the day. Raises as `members`."""
    told = [FACTS[id] for id in TOLD]
    with asked(home, (), [as_of] if as_of else None, shops=(shop,)) as ground:
        columns = {fact.id: ground.asking.value(fact) for fact in told}
        row: dict[str, Any] | None = row_of(ground, customer_id, told, columns)
        if row is None:
            return None
        return Standing(ground.asking.days[0], **row | {"prefers": tuple(sorted(row["prefers"] or ()))})
