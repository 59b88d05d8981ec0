"""What several metrics share, declared as Ibis expressions and built once per snapshot."""

from holdfast.warehouse.marts.account_opening import account_opening
from holdfast.warehouse.marts.customer_month import customer_month, customer_week, customer_year
from holdfast.warehouse.marts.customer_window import customer_period, customer_window
from holdfast.warehouse.marts.history import history, months_moved
from holdfast.warehouse.marts.order_value import order_value
from holdfast.warehouse.marts.product_year import product_year
from holdfast.warehouse.marts.purchase import purchase
from holdfast.warehouse.marts.refund_value import refund_value
from holdfast.warehouse.marts.usual_gap import usual_gap

__all__ = [
    "account_opening", "customer_month", "customer_period", "customer_week", "customer_window", "customer_year",
    "history", "months_moved", "order_value", "product_year", "purchase", "refund_value", "usual_gap",
]  # fmt: skip
