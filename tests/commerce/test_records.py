from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from holdfast.commerce.customer import Customer, CustomerContact, CustomerIdentifier
from holdfast.commerce.money import Money
from holdfast.commerce.order import WOOCOMMERCE_VOID, Discount, Order, OrderLine
from holdfast.commerce.product import Product
from holdfast.commerce.refund import OrderAdjustment, Refund, RefundLine
from holdfast.commerce.shop import Shop
from holdfast.commerce.transaction import Transaction
from holdfast.warehouse.tables import TABLES

RECORDS = {
    "customer": Customer,
    "customer_contact": CustomerContact,
    "customer_identifier": CustomerIdentifier,
    "product": Product,
    "order": Order,
    "order_line": OrderLine,
    "discount": Discount,
    "refund": Refund,
    "refund_line": RefundLine,
    "order_adjustment": OrderAdjustment,
    "transaction": Transaction,
}
SPRING = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)


def order(**said):
    return Order(order_id="9", order_number="#1009", processed_at=SPRING, currency="EUR", **said)


@pytest.mark.parametrize(("table", "record"), RECORDS.items(), ids=RECORDS)
def test_a_record_has_a_field_for_every_column_a_source_fills_and_no_other(table, record):
    landing_adds = {"shop_id", "place"}
    columns = {c.name.removesuffix("_minor") for c in TABLES[table].columns} - landing_adds
    assert {field.name for field in fields(record)} == columns


def test_a_shop_has_the_columns_of_its_table():
    assert {field.name for field in fields(Shop)} == {c.name for c in TABLES["shop"].columns}


@pytest.mark.parametrize(("table", "record"), RECORDS.items(), ids=RECORDS)
def test_what_the_table_requires_a_record_cannot_leave_out(table, record):
    required = {c.name.removesuffix("_minor") for c in TABLES[table].columns if c.required} - {"shop_id", "place"}
    with pytest.raises(TypeError) as refusal:
        record()
    assert {name for name in required if f"'{name}'" in str(refusal.value)} == required


def test_a_placed_order_is_valid():
    assert order().is_valid()
    assert order(financial_status="paid", test=False).is_valid()
    assert order(financial_status="refunded").is_valid()  # refunded is still a purchase made


@pytest.mark.parametrize("status", ["voided", "expired", "failed", "cancelled", "canceled", "pending_payment", "fraud"])
def test_an_order_with_a_void_status_is_not_valid(status):
    assert not order(financial_status=status).is_valid()


def test_a_test_order_and_a_cancelled_order_are_not_valid():
    assert not order(test=True).is_valid()
    assert not order(cancelled_at=SPRING).is_valid()


def test_pending_is_a_sale_in_one_platform_and_none_in_another():
    assert order(financial_status="pending").is_valid()
    assert not order(financial_status="pending").is_valid(WOOCOMMERCE_VOID)


def test_a_printed_contact_shows_nothing_about_the_person():
    contact = CustomerContact(customer_id="7", email="ana@example.com", phone="+351 1", first_name="Ana", last_name="Z")
    assert repr(contact) == "CustomerContact(customer_id='7')"


def test_a_record_cannot_be_changed():
    two, price, gross = Decimal(2), Decimal("4.95"), Money(990, "EUR")
    line = OrderLine(order_id="9", product_id="mug", kind="merchandise", quantity=two, price=price, gross=gross)
    with pytest.raises(FrozenInstanceError):
        line.quantity = Decimal(3)
