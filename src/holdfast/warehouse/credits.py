"""Credit notes without an order find the order they give back, where that can be done.

A credit line of a known customer belongs to the latest earlier order in which that customer bought the
same product at the same price, in at least that quantity, not yet given back by another credit. Every
round gives each open credit its latest candidate; an order line takes credits in their own order for as
long as pieces are left. What finds nothing stays unmatched and is shown as such.
"""

from __future__ import annotations

import duckdb

_CREDITS = """
CREATE OR REPLACE TEMP TABLE credit AS
SELECT l.refund_id, l.product_id, l.place, r.shop_id, r.customer_id, l.price, l.quantity, r.processed_at AS moment
FROM refund_line AS l JOIN refund AS r USING (refund_id)
WHERE r.order_id IS NULL AND r.customer_id IS NOT NULL AND l.quantity > 0 AND l.kind = 'merchandise'
"""
_SALES = """
CREATE OR REPLACE TEMP TABLE sale AS
SELECT l.order_id, l.product_id, l.place, o.customer_id, l.price, o.processed_at AS moment, l.quantity AS remaining
FROM order_line AS l JOIN "order" AS o USING (order_id)
WHERE l.quantity > 0 AND l.kind = 'merchandise'
AND EXISTS (SELECT 1 FROM credit AS c
            WHERE c.customer_id = o.customer_id AND c.product_id = l.product_id AND c.price = l.price)
"""
_ROUND = """
CREATE OR REPLACE TEMP TABLE taken AS
WITH candidate AS (
    SELECT c.refund_id, c.product_id, c.place, c.quantity, c.moment,
           arg_max(struct_pack(order_id := s.order_id, place := s.place), (s.moment, s.order_id, -s.place)) AS line
    FROM credit AS c JOIN sale AS s
      ON c.customer_id = s.customer_id AND c.product_id = s.product_id AND c.price = s.price
     AND s.moment <= c.moment AND s.remaining >= c.quantity
    GROUP BY ALL),
queue AS (
    SELECT *, sum(quantity) OVER (
        PARTITION BY line.order_id, product_id, line.place ORDER BY moment, refund_id, place) AS asked
    FROM candidate)
SELECT q.refund_id, q.product_id, q.place, s.order_id, s.place AS order_place, q.quantity
FROM queue AS q JOIN sale AS s
  ON s.order_id = q.line.order_id AND s.product_id = q.product_id AND s.place = q.line.place
WHERE q.asked <= s.remaining
"""


def match_credits(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave `credit_match` (refund_id, product_id, place → order_id, order_place) in the connection."""
    connection.execute(_CREDITS)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE credit_match (refund_id BIGINT, product_id BIGINT, place BIGINT,"
        " order_id BIGINT, order_place BIGINT)"
    )
    (open_credits,) = connection.execute("SELECT count(*) FROM credit").fetchone() or (0,)
    if not open_credits:
        return
    connection.execute(_SALES)
    while True:  # each round places at least one credit or ends; real shops need a handful
        connection.execute(_ROUND)
        (placed,) = connection.execute("SELECT count(*) FROM taken").fetchone() or (0,)
        if not placed:
            return
        connection.execute(
            "INSERT INTO credit_match SELECT refund_id, product_id, place, order_id, order_place FROM taken"
        )
        connection.execute(
            "UPDATE sale SET remaining = remaining - t.quantity FROM"
            " (SELECT order_id, product_id, order_place, sum(quantity) AS quantity FROM taken GROUP BY ALL) AS t"
            " WHERE sale.order_id = t.order_id AND sale.product_id = t.product_id AND sale.place = t.order_place"
        )
        connection.execute(
            "DELETE FROM credit USING taken AS t WHERE credit.refund_id = t.refund_id"
            " AND credit.product_id = t.product_id AND credit.place = t.place"
        )
