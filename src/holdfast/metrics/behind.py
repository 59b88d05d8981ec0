"""The source rows behind a unit that is no customer: by the noun whose key the unit holds, a SELECT for each table.

$unit is the unit's id. Money in minor units, as everywhere in rows.
"""

from __future__ import annotations

from holdfast.warehouse.engine import quoted
from holdfast.warehouse.marts.movements import MOVES
from holdfast.warehouse.tables import TABLES, Table

_KINDS = ", ".join(f"'{move}'" for move in MOVES)
_MINOR = ", ".join(f"{move}_minor" for move in MOVES)


def _movements(ledger: str, whose: str) -> str:
    """A ledger's wide rows as one row per movement."""
    return (
        "SELECT day, movement, moved_minor, before_minor, after_minor, standing FROM (SELECT *,"
        f" unnest([{_KINDS}]) AS movement, unnest([{_MINOR}]) AS moved_minor FROM {ledger} WHERE {whose} = $unit)"
        " WHERE moved_minor <> 0 OR (standing = 'gone' AND before_minor = after_minor AND movement = 'churn_voluntary')"
        " ORDER BY day, movement"
    )


_PARTY = "coalesce(account_id * 2, customer_id * 2 + 1)"
_SHOP, _MONTH = "$unit // 100000000", "$unit // 1000 % 100000"


def _months_on(day: str) -> str:
    return f"(year({day}) * 12 + month({day}) - 1)"


_SUBSCRIPTIONS = (
    "SELECT s.subscription_number, s.plan, s.status, s.started_at, s.trial_end_at, s.canceled_at, s.ended_at,"
    " s.paused_at, s.resumes_at, s.load_id, s.file_no, s.line FROM subscription AS s"
)
_ITEMS = (
    "SELECT i.price, i.quantity, i.unit_amount_minor, i.discount_minor, i.billing_interval, i.interval_count,"
    " i.currency, i.started_at, i.ended_at, i.change, i.load_id, i.file_no, i.line FROM subscription_item AS i"
)
_CONTRACTS = (
    "SELECT c.contract_number, t.starts_on, c.ends_on, t.due_on, t.until_on, t.how, c.value_minor, c.committed_minor,"
    " c.currency, c.renews_contract_number, c.load_id, c.file_no, c.line FROM contract_term AS t"
    " JOIN contract AS c USING (contract_id)"
)
_OF_PAYER = "JOIN agreement AS a USING (subscription_id) WHERE a.payer_id = $unit"

_PAYMENTS = (
    "SELECT t.processed_at, t.kind, t.status, t.gateway, t.network, t.amount_minor, t.currency, o.order_number,"
    ' t.load_id, t.file_no, t.line FROM "transaction" AS t LEFT JOIN "order" AS o USING (order_id)'
)
_DISPUTES = (
    "SELECT d.opened_at, d.charge_at, d.reason, d.status, d.amount_minor, d.currency, c.network, c.is_fraud_report,"
    " d.charge, d.load_id, d.file_no, d.line FROM dispute AS d JOIN dispute_case AS c USING (dispute_id)"
)

BEHIND: dict[str, dict[str, str]] = {
    "payment": {
        "payments": f"{_PAYMENTS} WHERE t.transaction_id = $unit",
        "disputes": f"{_DISPUTES} WHERE c.paid_id = $unit ORDER BY d.opened_at",
    },
    "payment or dispute": {  # a payment's key twice; a dispute's twice and one
        "payments": f"{_PAYMENTS} WHERE t.transaction_id * 2 = $unit",
        "disputes": f"{_DISPUTES} WHERE d.dispute_id * 2 + 1 = $unit",
    },
    "payer": {
        "movements": _movements("mrr_ledger", "payer_id"),
        "subscriptions": f"{_SUBSCRIPTIONS} {_OF_PAYER} ORDER BY s.started_at",
        "items": f"{_ITEMS} {_OF_PAYER} ORDER BY i.started_at",
    },
    "subscription": {
        "movements": _movements("subscription_ledger", "subscription_id"),
        "subscriptions": f"{_SUBSCRIPTIONS} WHERE s.subscription_id = $unit",
        "items": f"{_ITEMS} WHERE i.subscription_id = $unit ORDER BY i.started_at",
        "invoices": "SELECT v.invoice_number, v.status, v.issued_at, v.paid_at, v.total_minor, v.currency,"
        " v.load_id, v.file_no, v.line FROM invoice AS v WHERE v.subscription_id = $unit ORDER BY v.issued_at",
    },
    "ticket": {
        "ticket": "SELECT t.ticket_number, t.channel, t.status, t.priority, t.team, m.created_at, m.first_reply_at,"
        " m.first_solved_at, m.last_solved_at, m.reopened_count, m.reply_minutes, m.business_reply_minutes,"
        " m.resolution_minutes, m.business_resolution_minutes, t.load_id, t.file_no, t.line"
        " FROM ticket AS t JOIN ticket_times AS m USING (ticket_id) WHERE ticket_id = $unit",
        "comments": "SELECT created_at, author_role, coalesce(public, true) AS public, load_id, file_no, line"
        " FROM ticket_comment WHERE ticket_id = $unit ORDER BY created_at, ticket_comment_id",
        "statuses": "SELECT status, since, until, minutes, business_minutes FROM ticket_spell WHERE ticket_id = $unit"
        " ORDER BY place",
    },
    "acquisition_month": {  # the unit's id holds shop and month: see metrics/acquisition.py
        "advertising": "SELECT spent_on, platform, campaign, channel, purpose, amount_minor, currency, load_id,"
        f" file_no, line FROM ad_spend WHERE shop_id = {_SHOP} AND {_months_on('spent_on')} = {_MONTH} ORDER BY 1",
        "other costs": "SELECT spent_on, until, type, purpose, amount_minor, currency, note, load_id, file_no, line"
        f" FROM cost_event WHERE shop_id = {_SHOP} AND purpose = 'acquisition' AND {_months_on('spent_on')} <= {_MONTH}"
        f" AND {_months_on('coalesce(until, spent_on)')} >= {_MONTH} ORDER BY spent_on",
        "new customers": "SELECT c.customer_number, h.first_on, h.channel, h.first_minor FROM history AS h"
        f" LEFT JOIN customer AS c USING (customer_id) WHERE h.shop_id = {_SHOP}"
        f" AND {_months_on('h.first_on')} = {_MONTH} ORDER BY h.first_on",
    },
    "lead": {
        "leads": "SELECT l.created_at, l.origin, l.is_bot, l.load_id, l.file_no, l.line FROM lead AS l"
        " JOIN lead AS own USING (shop_id, customer_id) WHERE own.lead_id = $unit ORDER BY l.created_at",
        "orders": "SELECT o.order_number, v.placed_on, v.placed_minor, o.currency, v.counts, o.load_id, o.file_no,"
        ' o.line FROM lead AS l JOIN "order" AS o USING (shop_id, customer_id) JOIN order_value AS v USING (order_id)'
        " WHERE l.lead_id = $unit ORDER BY v.placed_on",
    },
    "profile": {
        "changes of profile fields": "SELECT field, coalesce(is_set, true) AS is_set, changed_at, load_id, file_no,"
        " line FROM profile_field_event WHERE customer_id = $unit ORDER BY changed_at",
        "account": "SELECT opened_on, closes_on, required, filled FROM account_completion WHERE customer_id = $unit",
    },
    "onboarding": {
        "onboarding steps": "SELECT step, coalesce(required, true) AS required, started_at, due_at, done_at, skipped,"
        f" load_id, file_no, line FROM onboarding_step WHERE {_PARTY} = $unit ORDER BY started_at, step",
    },
    "capability_party": {
        "access": "SELECT capability, uses_needed, since_on FROM capability_open WHERE party_id = $unit ORDER BY 1",
        "uses": "SELECT c.name, u.used_at, coalesce(u.uses, 1) AS uses, u.load_id, u.file_no, u.line"
        f" FROM capability_use AS u JOIN capability AS c USING (capability_id) WHERE {_PARTY} = $unit ORDER BY 2",
    },
    "loyalty_member": {
        "loyalty events": "SELECT type, happened_at, points, auto_enrolled, load_id, file_no, line FROM loyalty_event"
        " WHERE customer_id = $unit ORDER BY happened_at",
        "orders": "SELECT o.order_number, v.placed_on, v.placed_minor, o.currency, v.counts, o.load_id, o.file_no,"
        ' o.line FROM "order" AS o JOIN order_value AS v USING (order_id) WHERE o.customer_id = $unit ORDER BY 2',
    },
    "account_value": {
        "milestones": "SELECT starts_on, ends_on, engaged_on, onboarded_on, value_on, verified_on"
        " FROM account_milestone WHERE account_id = $unit",
        "contracts": f"{_CONTRACTS} WHERE t.account_id = $unit ORDER BY t.starts_on",
    },
    "stage": {
        "stage entries": "SELECT e.pipeline, e.thing, e.stage, e.position, e.entered_at, e.lost, e.load_id, e.file_no,"
        " e.line FROM stage_step AS s JOIN stage_entry AS e USING (shop_id, pipeline, thing) WHERE s.step_id = $unit"
        " ORDER BY e.entered_at",
    },
    "visit": {
        "visits": "SELECT v.viewed_on, v.first_at, v.articles, v.wrote, e.load_id, e.file_no, e.line FROM kb_visit AS v"
        " JOIN event AS e ON e.event_id = v.visit_id WHERE v.visit_id = $unit",
    },
    "contract": {"contracts": f"{_CONTRACTS} WHERE c.contract_id = $unit"},
    "account": {
        "accounts": "SELECT a.account_number, a.name, a.segment, a.customer_since_at, a.merged_into,"
        " a.load_id, a.file_no, a.line FROM account AS a LEFT JOIN account_survivor AS m USING (account_id)"
        " WHERE a.account_id = $unit OR m.survivor_id = $unit ORDER BY a.customer_since_at",
        "contracts": f"{_CONTRACTS} WHERE t.account_id = $unit ORDER BY t.starts_on",
        "orders": 'SELECT o.order_number, v.placed_on, o.po_number, o.integrated, o.currency, v.placed_minor,'
        ' v.returned_minor, v.counts, o.load_id, o.file_no, o.line'
        ' FROM "order" AS o JOIN order_value AS v USING (order_id)'
        " LEFT JOIN account_survivor AS m ON m.account_id = o.account_id"
        " WHERE coalesce(m.survivor_id, o.account_id) = $unit ORDER BY v.placed_on",
    },
}  # fmt: skip


def of_noun(noun: str) -> dict[str, str]:
    """SELECTs by the name of what they give; a noun that says nothing of its own stands for one row of its table."""
    return BEHIND[noun] if noun in BEHIND else {TABLES[noun].rows: _own_row(TABLES[noun])}


def _own_row(table: Table) -> str:
    """The row without what may name people; a table without keys has a shop's rows."""
    key = f"{table.owner}_id" if table.owner else "shop_id"
    shown = ", ".join(quoted(column.name) for column in table.columns if not column.pii)
    return f"SELECT {shown}, load_id, file_no, line FROM {quoted(table.name)} WHERE {quoted(key)} = $unit"
