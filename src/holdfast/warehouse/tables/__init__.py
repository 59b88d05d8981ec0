"""The canonical tables, one declaration each, in the order they are landed."""

from holdfast.warehouse.tables.account import (
    ACCOUNT,
    ACCOUNT_CONTACT,
    ESCALATION,
    OBJECTIVE,
    ONBOARDING_STEP,
    STAGE_ENTRY,
    TOUCHPOINT,
)
from holdfast.warehouse.tables.behaviour import (
    CAPABILITY,
    CAPABILITY_ACCESS,
    CAPABILITY_USE,
    EVENT,
    LEAD,
    LOYALTY_EVENT,
    PROFILE_FIELD_EVENT,
    REQUIRED_FIELD,
    SESSION,
)
from holdfast.warehouse.tables.cost import AD_SPEND, COST_EVENT, OUTSIDE_FIGURE, PRODUCT_COST
from holdfast.warehouse.tables.customer import CUSTOMER, CUSTOMER_CONTACT, CUSTOMER_IDENTIFIER
from holdfast.warehouse.tables.declare import RECORDED, Column, Table
from holdfast.warehouse.tables.fulfilment import DISPUTE, FULFILLMENT, INVENTORY_LEVEL
from holdfast.warehouse.tables.message import EXPOSURE, MESSAGE, MESSAGE_EVENT
from holdfast.warehouse.tables.order import DISCOUNT, ORDER, ORDER_LINE, TRANSACTION
from holdfast.warehouse.tables.product import PRODUCT
from holdfast.warehouse.tables.refund import ORDER_ADJUSTMENT, REFUND, REFUND_LINE
from holdfast.warehouse.tables.shop import SHOP
from holdfast.warehouse.tables.subscription import (
    CONTRACT,
    INVOICE,
    INVOICE_LINE,
    SUBSCRIPTION,
    SUBSCRIPTION_EVENT,
    SUBSCRIPTION_ITEM,
)
from holdfast.warehouse.tables.support import SCHEDULE, SCHEDULE_HOLIDAY, TICKET, TICKET_COMMENT, TICKET_STATUS_HISTORY
from holdfast.warehouse.tables.voice import DECLARED_ACT, REVIEW, SURVEY, SURVEY_INVITATION, SURVEY_RESPONSE

_SALES: tuple[Table, ...] = (
    CUSTOMER,
    CUSTOMER_CONTACT,
    CUSTOMER_IDENTIFIER,
    PRODUCT,
    ORDER,
    ORDER_LINE,
    DISCOUNT,
    REFUND,
    REFUND_LINE,
    ORDER_ADJUSTMENT,
    TRANSACTION,
)
# Read from files just as they are declared, a column a header.
PLAIN: tuple[Table, ...] = (
    ACCOUNT,
    ACCOUNT_CONTACT,
    CONTRACT,
    SUBSCRIPTION,
    SUBSCRIPTION_ITEM,
    SUBSCRIPTION_EVENT,
    INVOICE,
    INVOICE_LINE,
    FULFILLMENT,
    INVENTORY_LEVEL,
    DISPUTE,
    TICKET,
    TICKET_COMMENT,
    TICKET_STATUS_HISTORY,
    SCHEDULE,
    SCHEDULE_HOLIDAY,
    SURVEY,
    SURVEY_INVITATION,
    SURVEY_RESPONSE,
    REVIEW,
    DECLARED_ACT,
    MESSAGE,
    MESSAGE_EVENT,
    EXPOSURE,
    SESSION,
    EVENT,
    CAPABILITY,
    CAPABILITY_ACCESS,
    CAPABILITY_USE,
    PROFILE_FIELD_EVENT,
    REQUIRED_FIELD,
    LEAD,
    LOYALTY_EVENT,
    ONBOARDING_STEP,
    TOUCHPOINT,
    OBJECTIVE,
    ESCALATION,
    STAGE_ENTRY,
    AD_SPEND,
    COST_EVENT,
    PRODUCT_COST,
    OUTSIDE_FIGURE,
)
LANDED: tuple[Table, ...] = (*_SALES, *PLAIN)
TABLES: dict[str, Table] = {table.name: table for table in (SHOP, *LANDED)}

__all__ = ["LANDED", "PLAIN", "RECORDED", "TABLES", "Column", "Table"]
