"""Audits: questions whose answer should be no rows. They return the rows that break a promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from holdfast.warehouse.audits.recurring import RECURRING


@dataclass(frozen=True, slots=True)
class Audit:
    """One promise. An `error` stops a snapshot from being published; a `warning` is shown with it."""

    name: str
    promise: str
    severity: Literal["error", "warning"]
    sql: str  # SELECT of the offending rows, over canonical tables and marts
    cheap: str = "SELECT true"  # a quick question; where it says false nothing can be wrong and `sql` is not asked


@dataclass(frozen=True, slots=True)
class Finding:
    """What an audit found: how many rows, and the first few."""

    audit: str
    promise: str
    severity: str
    rows: int
    columns: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]


# The ids of a table as bits, a string of them for every million ids: sets compare and duplicates show without a sort.
_IDS = (
    "SELECT order_id // 1000000 AS million, count(*) AS times,"
    " bitstring_agg(CAST(order_id % 1000000 AS INTEGER), 0, 999999) AS ids FROM {} GROUP BY ALL"
)
_KNOWN = '"order" SEMI JOIN shop USING (shop_id)'

FEWEST_MERGES = 10  # fewer are no flood, however quiet the days before
DAYS_TO_KNOW = 5  # days with builds, after the first, before anything is usual
# Merges of the newest day of builds, and their median over the days before; the first day joined all there was.
_MERGES = (
    "SELECT max(day) AS day, arg_max(merges, day) AS merges, median(merges) FILTER (nth > 1 AND later > 0) AS usual,"
    " count(*) FILTER (nth > 1 AND later > 0) AS days FROM (SELECT CAST(built_at AS DATE) AS day,"
    " sum(merges) AS merges, row_number() OVER (ORDER BY CAST(built_at AS DATE)) AS nth,"
    " row_number() OVER (ORDER BY CAST(built_at AS DATE) DESC) - 1 AS later FROM identity_batch GROUP BY 1)"
)

AUDITS: tuple[Audit, ...] = (
    Audit(
        "lines_without_order", "Every order line belongs to an order.", "warning",
        "SELECT l.order_id, l.product_id, l.load_id FROM order_line AS l ANTI JOIN \"order\" AS o USING (order_id)",
        "SELECT (SELECT count(*) FROM order_line) IS DISTINCT FROM (SELECT sum(lines) FROM order_value)",
    ),
    Audit(
        "orders_without_lines", "Every order has lines or says what its merchandise cost.", "warning",
        'SELECT o.order_number, o.load_id FROM "order" AS o'
        " SEMI JOIN (SELECT order_id FROM order_value WHERE lines = 0)"
        " AS v USING (order_id) WHERE o.subtotal_minor IS NULL AND o.total_minor IS NULL",
        "SELECT count(*) > 0 FROM order_value WHERE lines = 0",
    ),
    Audit(
        "one_value_per_order", "An order is valued once.", "error",
        "SELECT order_id, count(*) AS times FROM order_value GROUP BY order_id HAVING count(*) > 1"
        ' UNION ALL SELECT order_id, 0 FROM "order" SEMI JOIN shop USING (shop_id)'
        " ANTI JOIN order_value USING (order_id)",
        f"SELECT count(*) > 0 FROM ({_IDS.format('order_value')}) AS valued FULL JOIN"
         f" ({_IDS.format(_KNOWN)}) AS known USING (million)"
        " WHERE valued.ids IS DISTINCT FROM known.ids OR bit_count(valued.ids) IS DISTINCT FROM valued.times",
    ),
    Audit(
        "placed_adds_up", "Merchandise by order adds up to merchandise by line.", "error",
        "SELECT (SELECT coalesce(sum(gross_minor), 0) FROM order_value WHERE lines > 0) AS by_order,"
        " (SELECT coalesce(sum(gross_minor), 0) FROM order_line SEMI JOIN order_value USING (order_id)"
        " WHERE kind = 'merchandise') AS by_line"
        " WHERE by_order <> by_line",
        # Where every line has its order, the plain sums must agree already.
        "SELECT (SELECT coalesce(sum(gross_minor), 0) FROM order_line WHERE kind = 'merchandise') <>"
        " (SELECT coalesce(sum(gross_minor), 0) FROM order_value WHERE lines > 0)",
    ),
    Audit(
        "other_currency", "Orders are in the shop's currency.", "warning",
        'SELECT order_id, o.currency, v.placed_on FROM order_value AS v JOIN "order" AS o USING (order_id)'
        " WHERE NOT v.shop_money",
        "SELECT count(*) > 0 FROM order_value WHERE NOT shop_money",
    ),
    Audit(
        "unmatched_credits", "Every credit line finds the order it gives back.", "warning",
        "SELECT r.refund_number, l.product_id, l.quantity, l.subtotal_minor FROM refund_line AS l"
        " JOIN refund AS r USING (refund_id) ANTI JOIN credit_match AS m USING (refund_id, product_id, place)"
        " WHERE r.order_id IS NULL AND l.kind = 'merchandise'",
    ),
    Audit(
        "refunds_of_unknown_orders", "Every refund that names an order finds it.", "warning",
        "SELECT refund_number, currency, amount_minor, load_id FROM refund ANTI JOIN order_value USING (order_id)"
        " WHERE order_id IS NOT NULL",
        "SELECT count(*) > 0 FROM refund WHERE order_id IS NOT NULL",
    ),
    Audit(
        "refund_above_order", "No more comes back than was bought.", "warning",
        "SELECT order_id, sum(merch_minor) AS back_minor, any_value(placed_minor) AS placed_minor FROM refund_value"
        " JOIN order_value USING (order_id) WHERE NOT only_amount GROUP BY order_id HAVING back_minor > placed_minor",
    ),
    Audit(
        "orders_in_the_future", "No order is placed after the day the data end.", "warning",
        "SELECT order_id, placed_on FROM order_value WHERE placed_on > (SELECT as_of FROM built)",
    ),
    Audit(
        "stated_subtotal", "Lines less discounts add up to the subtotal the source states.", "warning",
        'SELECT o.order_number, o.subtotal_minor, v.gross_minor - v.discount_minor AS ours FROM "order" AS o'
        " JOIN order_value AS v USING (order_id) WHERE o.subtotal_minor IS NOT NULL"
        " AND abs(o.subtotal_minor - (v.gross_minor - v.discount_minor)) > 1",
    ),
    Audit(
        "one_time_per_ticket", "A ticket is timed once.", "error",
        "SELECT ticket_id, count(*) AS times FROM ticket_times GROUP BY ticket_id HAVING count(*) > 1",
    ),
    Audit(
        "solved_without_moment", "A ticket that is solved or closed says when.", "warning",
        "SELECT t.ticket_number, t.status, t.load_id FROM ticket AS t SEMI JOIN ticket_times USING (ticket_id)"
        " ANTI JOIN ticket_solve USING (ticket_id) WHERE t.status IN ('solved', 'closed')",
    ),
    Audit(
        "solved_before_opened", "No ticket is solved before it is opened.", "warning",
        "SELECT ticket_id, created_at, first_solved_at FROM ticket_times"
        " WHERE first_solved_at < created_at - INTERVAL 1 MINUTE",
    ),
    Audit(
        "schedule_without_hours", "A schedule that a ticket names has business hours.", "warning",
        "SELECT schedule_id, count(*) AS tickets FROM ticket_times WHERE schedule_id <> 0 AND created_open IS NULL"
        " GROUP BY schedule_id",
    ),
    Audit(
        "sudden_merges", "No day joins more than three times as many profiles as is usual.", "warning",
        f"SELECT customer_id, became AS customer_key, rule, batch FROM identity_change WHERE was = customer_id AND"
        f" CAST(built_at AS DATE) = (SELECT day FROM ({_MERGES}))",
        f"SELECT coalesce((SELECT merges >= {FEWEST_MERGES} AND merges > 3 * usual AND days >= {DAYS_TO_KNOW}"
        f" FROM ({_MERGES})), false)",
    ),
    Audit(
        "answers_on_scale", "Every answer lies on the scale of its survey.", "warning",
        "SELECT survey_response_id, type, score, scale_min, scale_max, answered_on FROM survey_answer"
        " WHERE score NOT BETWEEN scale_min AND scale_max",
    ),
    Audit(
        "answers_understood", "Every answer belongs to a survey that says what it asks and on which scale.", "warning",
        "SELECT survey_id, any_value(type) AS type, count(*) AS answers FROM survey_answer"
        " WHERE type IS NULL OR scale_min IS NULL OR scale_max IS NULL GROUP BY survey_id",
    ),
    Audit(
        "satisfaction_scale", "Every satisfaction survey runs from 1 to 5, or declares that it may be moved.",
        "warning",
        "SELECT survey_id, scale_min, scale_max, low_is_good, count(*) AS answers FROM survey_answer"
        " WHERE type = 'csat' AND NOT rescale AND (scale_min <> 1 OR scale_max <> 5 OR low_is_good)"
        " GROUP BY ALL",
    ),
    Audit(
        "spend_below_zero", "No day's advertising gives money back.", "warning",
        "SELECT spent_on, platform, campaign, amount_minor, load_id FROM ad_spend WHERE amount_minor < 0",
    ),
    Audit(
        "spend_in_the_future", "No advertising is dated after the day on which it was imported.", "warning",
        # The day is the shop's and the moment in UTC: somewhere it is tomorrow already.
        "SELECT spent_on, platform, campaign, amount_minor, recorded_at, load_id FROM ad_spend"
        " WHERE spent_on > CAST(recorded_at AS DATE) + 1",
    ),
    *(Audit(*told) for told in RECURRING),
)  # fmt: skip


def run_audits(connection: duckdb.DuckDBPyConnection, examples: int = 5) -> list[Finding]:
    """Ask every audit; return those that found rows."""
    findings = []
    for audit in AUDITS:
        (worth_asking,) = connection.execute(audit.cheap).fetchone() or (True,)
        if not worth_asking:
            continue
        result = connection.execute(f"SELECT *, count(*) OVER () AS found FROM ({audit.sql}) LIMIT {examples}")
        columns = tuple(str(d[0]) for d in result.description or ())[:-1]
        rows = result.fetchall()
        if rows:
            shown = tuple(tuple(str(cell) for cell in row[:-1]) for row in rows)
            findings.append(Finding(audit.name, audit.promise, audit.severity, int(rows[0][-1]), columns, shown))
    return findings
