"""Promises about subscriptions and their ledger: name, promise, severity, the rows that break it, a quick question."""

from __future__ import annotations

from typing import Literal

from holdfast.warehouse.marts.movements import COLUMNS

_SUM = " + ".join(COLUMNS)
_ANY = "SELECT EXISTS (SELECT 1 FROM subscription)"

RECURRING: tuple[tuple[str, str, Literal["error", "warning"], str, str], ...] = (
    (
        "mrr_adds_up", "Recurring revenue before a movement and the movement make what is there after it.", "error",
        "SELECT 'subscription' AS what, subscription_id AS whose, day FROM subscription_ledger"
        f" WHERE before_minor + {_SUM} <> after_minor UNION ALL SELECT 'payer', payer_id, day FROM mrr_ledger"
        f" WHERE before_minor + {_SUM} <> after_minor UNION ALL SELECT 'shop', shop_id, NULL FROM"
        " (SELECT shop_id, after_minor - before_minor AS moved FROM subscription_ledger"
        " UNION ALL SELECT shop_id, before_minor - after_minor FROM mrr_ledger)"
        " GROUP BY shop_id HAVING sum(moved) <> 0",
        _ANY,
    ),
    (
        "subscription_currency", "Subscriptions are billed in the shop's currency.", "warning",
        "SELECT s.subscription_number, i.price, i.currency, s.load_id FROM subscription_item AS i"
        " JOIN subscription AS s USING (subscription_id) JOIN shop ON shop.shop_id = s.shop_id"
        " WHERE i.currency <> shop.currency OR s.currency <> shop.currency",
        _ANY,
    ),
    (
        "subscription_without_price", "Every subscription has items or movements.", "warning",
        "SELECT s.subscription_number, s.started_at, s.load_id FROM subscription AS s"
        " ANTI JOIN subscription_item USING (subscription_id) ANTI JOIN subscription_event USING (subscription_id)",
        _ANY,
    ),
    (
        "ended_before_it_started", "No subscription ends before it starts.", "warning",
        "SELECT subscription_number, started_at, ended_at, load_id FROM subscription WHERE ended_at < started_at",
        _ANY,
    ),
    (
        "movement_gap", "A movement that the source tells begins where the one before ended.", "warning",
        "SELECT subscription_id, type, effective_at, ended AS ended_minor, mrr_before_minor, load_id FROM (SELECT *,"
        " lag(mrr_after_minor) OVER (PARTITION BY subscription_id ORDER BY effective_at) AS ended,"
        " count(*) OVER (PARTITION BY subscription_id, effective_at) AS at_once FROM subscription_event"
        " WHERE type <> 'cancel_scheduled') WHERE ended <> mrr_before_minor AND at_once = 1",
        'SELECT EXISTS (SELECT 1 FROM subscription_event)',
    ),
)  # fmt: skip
