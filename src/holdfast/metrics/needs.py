"""What metrics need, which shops have it, and what to bring where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import duckdb

from holdfast.commerce.unknown import Unknown
from holdfast.metrics.registry import METRICS
from holdfast.warehouse.engine import quoted, text
from holdfast.warehouse.marts.checkout_visit import CHECKOUT_EVENTS
from holdfast.warehouse.marts.kb_visit import ARTICLE_EVENTS
from holdfast.warehouse.tables import TABLES

FEW = 4  # shops that are asked for one by one
_CHECKOUTS = (
    "SELECT shop_id FROM event WHERE session_id IS NOT NULL"
    f" AND regexp_replace(lower(event), '[^a-z]', '', 'g') IN ({', '.join(map(text, CHECKOUT_EVENTS))})"
)
# A need in words of its own → the shops that have it, and what to say of a shop that does not.
_SAID = {
    "subscription_price": (
        "SELECT shop_id FROM subscription_item UNION ALL SELECT shop_id FROM subscription_event",
        Unknown(
            "no prices or movements of subscriptions connected",
            "import a file of subscription items, or one of subscription movements",
        ),
    ),
    "account_activity": (
        "SELECT shop_id FROM contract WHERE account_id IS NOT NULL"
        ' UNION ALL SELECT shop_id FROM "order" WHERE account_id IS NOT NULL',
        Unknown("no contracts or orders of accounts connected", "import contracts, or orders with an account column"),
    ),
    "acquisition_cost": (
        "SELECT shop_id FROM cost_event WHERE purpose = 'acquisition'",
        Unknown(
            "no other costs of winning customers connected",
            "import a file of costs with agency, tools and salaries whose purpose is acquisition",
        ),
    ),
    "session.checkout": (
        f"SELECT shop_id FROM session WHERE orders IS NOT NULL UNION ALL {_CHECKOUTS}",
        Unknown(
            "nothing says in which visits something was bought",
            "import visits with their number of orders, or events with completed orders and the visit of each",
        ),
    ),
    "session.portal": (
        f"SELECT s.shop_id FROM session AS s WHERE is_portal AND (orders IS NOT NULL OR shop_id IN ({_CHECKOUTS}))",
        Unknown("no visits to B2B portals connected", "import visits that say which were to a signed-in portal"),
    ),
    "order": ('SELECT shop_id FROM "order"', Unknown("no orders connected", "import a file of orders")),
    "order.customer_id": (
        'SELECT shop_id FROM "order" WHERE customer_id IS NOT NULL',
        Unknown("the orders name no customers", "import orders with a customer id or an e-mail column"),
    ),
    "order.integrated": (
        'SELECT shop_id FROM "order" WHERE integrated IS NOT NULL',
        Unknown(
            "nothing says which orders came through an integration",
            "import orders with a column that says whether each came through punch-out, EDI or a procurement API",
        ),
    ),
    "value_event": (
        "SELECT shop_id FROM declared_act WHERE means = 'value'",
        Unknown(
            "no events of value declared",
            "import events, with a file of declared acts that calls those value which accounts came for",
        ),
    ),
    "order_line": (
        "SELECT shop_id FROM order_line",
        Unknown("the orders have no lines", "import orders with one row per product"),
    ),
    "product.type": (
        "SELECT shop_id FROM product WHERE type IS NOT NULL",
        Unknown("nothing says of what kind the goods are", "import products with a column for their type"),
    ),
    "unit_cost": (
        "SELECT shop_id FROM order_line WHERE unit_cost_minor IS NOT NULL UNION ALL SELECT shop_id FROM product_cost",
        Unknown("no costs of products connected", "import a file of product costs, or order lines with a unit cost"),
    ),
    "serving_cost": (
        "SELECT shop_id FROM cost_told WHERE purpose IN ('support', 'success', 'automation')",
        Unknown(
            "no costs of support, success or automation connected",
            "import a file of costs whose purpose is support, success or automation",
        ),
    ),
    "transaction": (
        'SELECT shop_id FROM "transaction"',
        Unknown("no payments connected", "import a file of payments"),
    ),
    "payment": (
        "SELECT shop_id FROM payment",
        Unknown("no payments that went through", "import payments with their kind and status"),
    ),
    "transaction.network": (
        "SELECT shop_id FROM payment WHERE network IS NOT NULL",
        Unknown("the payments name no card network", "import payments with a column for the card network"),
    ),
    "order.channel": (
        'SELECT shop_id FROM "order" WHERE channel IS NOT NULL',
        Unknown("the orders name no channel", "import orders with the channel they came through"),
    ),
    "relationship_answer": (
        "SELECT shop_id FROM nps_answer WHERE sort = 'relationship'",
        Unknown("no answers from 0 to 10 about the shop connected", "import answers to a 0–10 recommendation survey"),
    ),
    "transactional_answer": (
        "SELECT shop_id FROM nps_answer WHERE sort = 'transactional'",
        Unknown(
            "no answers from 0 to 10 about a transaction connected",
            "import answers to a 0–10 recommendation survey that is about purchases or support",
        ),
    ),
    "satisfaction_answer": (
        "SELECT shop_id FROM csat_answer WHERE NOT for_account",
        Unknown(
            "no satisfaction answers from 1 to 5 connected",
            "import answers to a satisfaction survey; one on another scale has to declare `rescale`",
        ),
    ),
    "retained_answer": (
        "SELECT shop_id FROM csat_answer WHERE about = 'retained'",
        Unknown(
            "no satisfaction answers of retained customers connected",
            "import answers to a 1–5 satisfaction survey that is about retained customers",
        ),
    ),
    "onboarding_answer": (
        "SELECT shop_id FROM csat_answer WHERE about = 'onboarding'",
        Unknown(
            "no satisfaction answers about the onboarding connected",
            "import answers to a 1–5 satisfaction survey that is about the onboarding, with its invitations",
        ),
    ),
    "business_answer": (
        "SELECT shop_id FROM csat_answer WHERE for_account AND account_id IS NOT NULL",
        Unknown(
            "no satisfaction answers of accounts connected",
            "import answers of contacts of accounts to a 1–5 relationship survey",
        ),
    ),
    "effort_answer": (
        "SELECT shop_id FROM survey_answer WHERE type = 'ces' AND scale_max = 7 AND score IS NOT NULL",
        Unknown("no effort answers from 1 to 7 connected", "import answers to a 1–7 effort survey"),
    ),
    "welcome_series": (
        "SELECT shop_id FROM message_told WHERE series LIKE 'welcome%'",
        Unknown("no welcome series connected", "import messages whose series begins with “welcome”"),
    ),
    "post_purchase_act": (
        "SELECT shop_id FROM customer_act WHERE act NOT IN ('reference', 'value')",
        Unknown(
            "no acts after a purchase connected",
            "import reviews, or events with a file of declared acts that says what they mean",
        ),
    ),
    "reference": (
        "SELECT shop_id FROM customer_act WHERE act = 'reference'",
        Unknown("no references connected", "import events, with a file of declared acts that calls one a reference"),
    ),
    "refund": (
        "SELECT shop_id FROM refund UNION ALL SELECT shop_id FROM order_value WHERE returned_minor > 0",
        Unknown("no refunds or credit notes connected", "import a file of refunds, or orders with a refunded amount"),
    ),
    "ticket.first_reply_at": (
        "SELECT shop_id FROM ticket WHERE first_reply_at IS NOT NULL UNION ALL SELECT shop_id FROM ticket_comment",
        Unknown(
            "nothing says when tickets were answered",
            "import a file of ticket comments, or tickets with their first reply",
        ),
    ),
    "ticket.solved_at": (
        "SELECT shop_id FROM ticket WHERE solved_at IS NOT NULL OR closed_at IS NOT NULL"
        " UNION ALL SELECT shop_id FROM ticket_status_history",
        Unknown(
            "nothing says when tickets were solved",
            "import a file of ticket status changes, or tickets with the moments they were solved",
        ),
    ),
    "event.article": (
        "SELECT shop_id FROM event WHERE customer_id IS NOT NULL"
        f" AND regexp_replace(lower(event), '[^a-z]', '', 'g') IN ({', '.join(map(text, ARTICLE_EVENTS))})",
        Unknown(
            "no visits of known people to help articles connected",
            "import a file of events with article views (“article viewed”) and who viewed them",
        ),
    ),
    "customer.account_created_at": (
        "SELECT shop_id FROM customer WHERE account_created_at IS NOT NULL",
        Unknown(
            "no account creation dates connected", "import a customer file with the moment each account was created"
        ),
    ),
}


@cache
def needs() -> dict[str, tuple[str, Unknown]]:
    """Each need that some metric has → a query of the shops that have it, and why the others do not."""
    asked = dict.fromkeys(need for metric in METRICS.values() for need in metric.needs)
    return {need: shops_with(need) for need in asked}


def shops_that_have(connection: duckdb.DuckDBPyConnection, query: str, shops: Sequence[int]) -> set[int]:
    """Those of some shops of which a query has a row. Of few shops each is asked: one row is soon found."""
    if len(shops) <= FEW:
        return {shop for shop in shops if _there(connection, f"SELECT 1 FROM ({query}) WHERE shop_id = {shop}")}
    return {shop for (shop,) in connection.execute(f"SELECT DISTINCT shop_id FROM ({query})").fetchall()}


def _there(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return connection.execute(f"{query} LIMIT 1").fetchone() is not None


def shops_with(need: str) -> tuple[str, Unknown]:
    """A query of the shops that have what a need names, a row or more of each, and what to say of the others."""
    return _SAID.get(need) or _table(need)


def _table(need: str) -> tuple[str, Unknown]:
    """A need for a table, or for a column of it that some row fills ("ticket.severity")."""
    name, _, column = need.partition(".")
    table = TABLES[name]
    filled = f" WHERE {quoted(table.column(column).name)} IS NOT NULL" if column else ""
    words = column.removesuffix("_id").removesuffix("_minor").replace("_", " ")
    what = f"{table.rows} with {words}" if column else table.rows
    why = f"no {what} connected"
    return f"SELECT shop_id FROM {quoted(name)}{filled}", Unknown(why, f"import a file of {what}")


_Days = dict[str, dict[int, date]]


def spans(connection: duckdb.DuckDBPyConnection, until: date) -> tuple[_Days, _Days]:
    """table → shop → day of its first row, and of its last one up to a day, for the tables that metrics rest on.

    A first order is one that counts; a last day is told only where rows keep coming.
    """
    first, last, known = {}, {}, dict[str, list[tuple[int, date | None, date | None]]]()
    for name in dict.fromkeys(metric.rests_on for metric in METRICS.values()):
        table, day = TABLES[name], f"CAST({quoted(TABLES[name].dated)} AS DATE)"
        source, counted = (quoted(name), "true") if table.plain else ("order_value", "counts")
        day = day if table.plain else "placed_on"
        if not table.dated and table.plain:
            continue
        bounds = f"min({day}) FILTER ({counted}), max({day}) FILTER ({day} <= ?)"
        asked = f"SELECT shop_id, {bounds} FROM {source} GROUP BY 1 ORDER BY 1"
        found = known.get(asked) or connection.execute(asked, [until]).fetchall()
        known[asked] = found
        first[name] = {shop: begins for shop, begins, _ in found if begins}
        if (table.steady and not table.waves) or not table.plain:
            last[name] = {shop: ends for shop, _, ends in found if ends}
    return first, last
