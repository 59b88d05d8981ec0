"""The canonical tables, one declaration each, in the order they are landed."""

from holdfast.warehouse.tables.customer import CUSTOMER, CUSTOMER_CONTACT
from holdfast.warehouse.tables.declare import RECORDED, Column, Table
from holdfast.warehouse.tables.order import DISCOUNT, ORDER, ORDER_LINE, TRANSACTION
from holdfast.warehouse.tables.product import PRODUCT
from holdfast.warehouse.tables.refund import ORDER_ADJUSTMENT, REFUND, REFUND_LINE
from holdfast.warehouse.tables.shop import SHOP

LANDED: tuple[Table, ...] = (
    CUSTOMER,
    CUSTOMER_CONTACT,
    PRODUCT,
    ORDER,
    ORDER_LINE,
    DISCOUNT,
    REFUND,
    REFUND_LINE,
    ORDER_ADJUSTMENT,
    TRANSACTION,
)
TABLES: dict[str, Table] = {table.name: table for table in (SHOP, *LANDED)}

__all__ = ["LANDED", "RECORDED", "TABLES", "Column", "Table"]
