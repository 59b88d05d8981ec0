"""What happened with one customer in one shop: orders, refunds, tickets, answers and subscriptions, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa

LISTED = 50  # the newest
_ORDER = (
    "SELECT v.placed_on AS day, 'order' AS kind, concat(o.order_number, ', ', v.lines, CASE v.lines WHEN 1"
    " THEN ' line' ELSE ' lines' END, CASE WHEN NOT v.valid THEN ', not valid' WHEN v.void_on IS NOT NULL"
    " THEN ', given back whole' ELSE '' END) AS said, CASE WHEN v.shop_money THEN v.placed_minor END AS minor"
    ' FROM order_value AS v JOIN "order" AS o USING (order_id) WHERE v.customer_id = $id AND v.shop_id = $shop'
)
_REFUND = (
    "SELECT r.refunded_on, 'refund', coalesce('of order ' || n.order_number, 'of an order that is not known'),"
    " CASE WHEN r.shop_money THEN r.merch_minor END FROM refund_value AS r LEFT JOIN order_value AS o USING (order_id)"
    ' LEFT JOIN "order" AS n ON n.order_id = r.order_id WHERE coalesce(o.customer_id, r.customer_id) = $id'
    " AND r.shop_id = $shop AND r.refunded_on IS NOT NULL AND r.merch_minor > 0"
)
_TICKET = (
    "SELECT t.created_on, 'ticket', concat(coalesce(t.type, 'ticket'), ' by ' || t.channel, ', severity ' ||"
    " t.severity, CASE WHEN t.last_solved_on IS NULL THEN ', ' || t.status"
    " ELSE ', solved on ' || t.last_solved_on::VARCHAR END,"
    " CASE WHEN t.reopened_count > 0 THEN ', opened again' END), NULL FROM ticket_times AS t"
    " WHERE t.customer_id = $id AND t.shop_id = $shop"
)
_ANSWER = (
    "SELECT answered_on, 'answer', concat(CASE type WHEN 'nps' THEN 'would recommend' WHEN 'csat' THEN 'satisfied'"
    " WHEN 'ces' THEN 'easy' ELSE type END, ': ', coalesce(printf('%g', score::DOUBLE), 'not said'),"
    " ' of ' || printf('%g', scale_max::DOUBLE), ', about ' || about), NULL FROM survey_answer"
    " WHERE customer_id = $id AND shop_id = $shop"
)
_SUBSCRIPTION = (
    "SELECT day, 'subscription', concat(was, ' to ', standing, ', a month'), after_minor FROM mrr_ledger"
    " WHERE customer_id = $id AND shop_id = $shop"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: kind "order", "refund", "ticket", "answer" or "subscription". minor: of the shop's
    currency; None where there is no money in it, or of another currency."""

    day: date
    kind: str
    said: str
    minor: int | None = None


def timeline(
    connection: duckdb.DuckDBPyConnection, customer_id: int, shop_id: int, upto: date, limit: int | None = LISTED
) -> Sequence[Event]:
    """The newest first, up to a day. connection: over a snapshot."""
    told = " UNION ALL ".join(f"SELECT * FROM ({one})" for one in (_ORDER, _REFUND, _TICKET, _ANSWER, _SUBSCRIPTION))
    last = f"SELECT * FROM ({told}) WHERE day <= $upto ORDER BY day DESC, kind, said"
    last += "" if limit is None else f" LIMIT {int(limit)}"
    found = connection.execute(last, {"id": customer_id, "shop": shop_id, "upto": upto}).fetchall()
    return [Event(_day(day), kind, said, minor) for day, kind, said, minor in found]


def event_table(events: Sequence[Event]) -> pa.Table:
    """day, kind, said, minor: a row an event."""
    kinds = {"day": pa.date32(), "kind": pa.string(), "said": pa.string(), "minor": pa.int64()}
    return pa.table({name: pa.array([getattr(e, name) for e in events], kind) for name, kind in kinds.items()})


def _day(day: date | datetime) -> date:
    return day.date() if isinstance(day, datetime) else day
