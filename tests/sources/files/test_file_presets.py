"""Exports of known platforms, with invented rows in their real headers."""

import datetime as dt
import hashlib
from decimal import Decimal

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Billing Country,Shipping Zip,Shipping Country,Notes,Cancelled at,Refunded Amount,Vendor,Id,Tags,Source,"
    "Lineitem discount,Phone\n"
    "#1001,Ana@Example.test,paid,2025-10-02 17:09:40 -0300,fulfilled,yes,BRL,90.00,10.00,0.00,100.00,"
    'WELCOME,10.00,2025-10-02 17:09:34 -0300,2,Mug - Red,30.00,MUG-R,BR,\'75008,BR,"Ring twice,\nplease",,'
    "25.50,Acme,'5551001,vip,web,"
    "0.00,'+5511999\n"
    "#1001,Ana@Example.test,,,,,,,,,,,,,1,Plate,45.00,,,,,,,,Acme,,,,5.00,\n"
    "#1002,,pending,,,no,BRL,5.00,0.00,0.00,5.00,,0.00,2025-11-03 09:00:00 -0200,1,Sticker,5.00,ST,BR,,,,"
    "2025-11-04 09:00:00 -0200,0.00,Acme,'5551002,,pos,0.00,\n"
)

SHOPIFY_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Default"
    " Address Phone,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n"
    "'9013808660771,Ana,Alves,ana@example.test,yes,BR,,'+5511999,no,100.00,1,,no,vip\n"
)

HASH = hashlib.sha256(b"pepperana@example.test").hexdigest()


def test_a_shopify_order_is_put_together_from_its_rows(staging):
    result = staging({"orders_export.csv": SHOPIFY})
    assert result.staged.rows_rejected == 0
    first, second = result.rows(
        "SELECT order_source, order_number, customer_source, processed_at, cancelled_at, financial_status,"
        " channel, country,"
        " currency, subtotal_minor, discount_minor, shipping_minor, total_minor, free_counts FROM stage_order"
        " ORDER BY 1"
    )
    assert first == (
        "#1001", "#1001", f"email:{HASH}", dt.datetime(2025, 10, 2, 20, 9, 34), None, "paid", "web", "BR",
        "BRL", 9000, 1000, 1000, 10000, False,
    )  # fmt: skip
    assert second[:5] == ("#1002", "#1002", None, dt.datetime(2025, 11, 3, 11), dt.datetime(2025, 11, 4, 11))


def test_shopify_lines_take_currency_and_order_from_the_first_row(staging):
    lines = staging({"orders_export.csv": SHOPIFY}).rows(
        "SELECT order_source, product_source, quantity, price, gross_minor, discount_minor FROM"
        " stage_order_line ORDER BY ALL"
    )
    assert lines == [
        ("#1001", "MUG-R", Decimal(2), Decimal(30), 6000, 0),
        ("#1001", "Plate", Decimal(1), Decimal(45), 4500, 500),
        ("#1002", "ST", Decimal(1), Decimal(5), 500, 0),
    ]


def test_a_shopify_refunded_amount_is_one_refund_at_an_unknown_moment(staging):
    result = staging({"orders_export.csv": SHOPIFY})
    refunds = result.rows("SELECT refund_source, order_source, processed_at, amount_minor, currency FROM stage_refund")
    assert refunds == [("#1001:refunded", "#1001", None, 2550, "BRL")]
    assert result.rows("SELECT order_source, code, source, amount_minor FROM stage_discount") == [
        ("#1001", "WELCOME", "code", 1000)
    ]


def test_a_readable_email_stands_in_the_contacts_and_nowhere_else(staging):
    result = staging({"orders_export.csv": SHOPIFY})
    contact = result.one("SELECT email, phone FROM stage_customer_contact")
    assert contact == ("Ana@Example.test", "+5511999")
    for table in result.staged.tables:
        if table != "customer_contact":
            assert "example.test" not in str(result.rows(f"SELECT * FROM stage_{table}")).lower()


def test_shopify_orders_and_customers_of_one_folder_are_one_batch(staging):
    files = {"customers_export.csv": SHOPIFY_CUSTOMERS, "orders_export.csv": SHOPIFY}
    result = staging(files, whole_folder=True)
    people = result.rows(
        "SELECT customer_source, email_hash, email_consent, sms_consent, tags FROM stage_customer ORDER BY 1"
    )
    assert people == [("9013808660771", HASH, "yes", "no", "vip")]
    assert result.one("SELECT customer_source FROM stage_order WHERE order_number = '#1001'") == ("9013808660771",)


def test_an_old_shopify_export_without_ids_and_a_newer_one_tell_of_the_same_orders(staging):
    old = SHOPIFY.replace(",Id,", ",Ids,")
    result = staging({"a_old.csv": old, "b_new.csv": SHOPIFY})
    assert result.rows("SELECT order_source FROM stage_order ORDER BY 1") == [("#1001",), ("#1002",)]


WOO_LINES = (
    "Order Number,Order Status,Order Date,First Name (Billing),Last Name (Billing),Country Code (Billing),"
    "Email (Billing),"
    "Customer User ID,SKU,Item Name,Quantity,Item Cost,Order Line (w/o tax),Order Line Tax,Coupons Used,Cart"
    " Discount Amount,"
    "Order Subtotal Amount,Order Total Tax Amount,Order Shipping Amount,Order Refund Amount,Order Total Amount\n"
    "355,completed,2026-11-21 22:09:55,P,X,US,Person2@Example.test,4,SKU-0039,Product 39,3,81.99,245.97,21.83,,"
    "0,245.97,22.27,5.00,81.99,273.24\n"
    "356,wc-processing,2026-11-21 22:10:55,G,Y,US,guest3@example.test,0,SKU-0039,Product 39,1,81.99,81.99,7.28,"
    "SAVE,5,81.99,7.28,5.00,0,89.27\n"
    "356,wc-processing,2026-11-21 22:10:55,G,Y,US,guest3@example.test,0,SKU-0001,Product 1,2,10.00,20.00,,SAVE,"
    "5,81.99,7.28,5.00,0,89.27\n"
)


def test_a_woocommerce_line_export_knows_guests_refunds_and_statuses(staging):
    result = staging({"orders.csv": WOO_LINES})
    orders = result.rows(
        "SELECT order_source, financial_status, total_minor, discount_minor FROM stage_order ORDER BY 1"
    )
    assert orders == [("355", "completed", 27324, 0), ("356", "processing", 8927, 500)]
    assert result.rows("SELECT order_source, amount_minor FROM stage_refund") == [("355", 8199)]
    people = dict(result.rows("SELECT customer_source, is_guest FROM stage_customer"))
    assert people.pop("4") is False
    assert list(people.values()) == [True]
    assert result.one("SELECT count(*), sum(gross_minor) FROM stage_order_line") == (3, 24597 + 8199 + 2000)


def test_woocommerce_prices_are_those_before_the_cart_discount_that_is_taken_off_once(staging):
    head = WOO_LINES.splitlines()[0].replace("Item Cost", "Item Cost,Item Cost Before Discount")
    row = "356,completed,2026-11-21 22:10:55,G,Y,US,guest3@example.test,0,SKU-0039,Product 39,1,76.99,81.99,81.99,7.28,"
    result = staging({"orders.csv": f"{head}\n{row}SAVE,5,81.99,7.28,5.00,0,84.27\n"})
    assert result.one("SELECT gross_minor FROM stage_order_line") == (8199,)
    assert result.one("SELECT discount_minor FROM stage_order") == (500,)


WOO_ANALYTICS = (
    "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net"
    " Sales,Attribution\n"
    '"2026-11-21 22:09:55",355,"$268.24",completed,"P X",new,"3× Product 39",3,"SAVE, MORE",245.97,Direct\n'
)


def test_the_woocommerce_analytics_export_has_no_lines_so_an_order_is_worth_its_net_sales(staging):
    result = staging({"orders.csv": WOO_ANALYTICS})
    assert "order_line" not in result.staged.tables
    assert result.one("SELECT subtotal_minor FROM stage_order") == (24597,)
    assert result.rows("SELECT code, amount_minor FROM stage_discount ORDER BY 1") == [("MORE", None), ("SAVE", None)]
    assert result.one("SELECT customer_source, channel FROM stage_order") == (None, "Direct")


def test_woocommerce_customers_bring_the_day_they_signed_up(staging):
    text = (
        "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,Country / Region,City,Region,Postal Code\n"
        "Ana A,ana,2026-01-01,2025-05-06 07:08:09,ana@example.test,3,10.00,3.33,DE,Bonn,NW,53111\n"
    )
    result = staging({"customers.csv": text})
    assert result.one("SELECT customer_source, account_created_at, country FROM stage_customer") == (
        f"email:{HASH}", dt.datetime(2025, 5, 6, 5, 8, 9), "DE",
    )  # fmt: skip


def test_the_older_spelling_of_the_retail_file_is_known_too(staging):
    text = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom\n"
        "536414,22139,nan,56,2010-12-01 11:52:00,0.0,,United Kingdom\n"
        "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom\n"
    )
    result = staging({"retail.csv": text})
    assert result.rows("SELECT order_source, customer_source FROM stage_order ORDER BY 1") == [
        ("536365", "17850"), ("536414", None), ("536589", None),
    ]  # fmt: skip
    assert result.rows("SELECT product_source, kind, quantity, subtotal_minor FROM stage_refund_line") == [
        ("D", "discount", Decimal(1), 2750)
    ]
    assert result.rows("SELECT kind FROM stage_order_line WHERE quantity < 0") == [("stock",)]


def test_orders_lines_refunds_payments_and_products_in_files_of_their_own(staging):
    files = {
        "customers.csv": "customer_id,email,account created,country\n7,ana@example.test,2024-01-02,DE\n",
        "order_lines.csv": "order_id,sku,qty,unit price,unit cost\nA,MUG,2,9.50,4\nA,TEA,1,3.00,1\n",
        "orders.csv": "order_id,placed_at,customer_id,currency,total,discount\nA,2025-01-01 12:00,7,EUR,20.00,2.00\n",
        "payments.csv": "payment id,order_id,amount,currency,payment date,gateway,kind\n"
        "P1,A,20.00,EUR,2025-01-01,card,sale\n",
        "products.csv": "sku,title,category,brand\nMUG,Big mug,Kitchen,Acme\n",
        "refunds.csv": "refund id,order_id,refund date,amount,currency,reason\nR1,A,2025-02-01,9.50,EUR,broken\n",
    }
    result = staging(files, whole_folder=True)
    assert result.staged.rows_rejected == 0
    assert result.rows("SELECT product_source, gross_minor, unit_cost_minor FROM stage_order_line ORDER BY 1") == [
        ("MUG", 1900, 400), ("TEA", 300, 100),
    ]  # fmt: skip
    assert result.one("SELECT customer_source, total_minor, discount_minor FROM stage_order") == ("7", 2000, 200)
    assert result.one("SELECT refund_source, order_source, amount_minor, note FROM stage_refund") == (
        "R1",
        "A",
        950,
        "broken",
    )
    assert result.one("SELECT transaction_source, kind, amount_minor FROM stage_transaction") == ("P1", "sale", 2000)
    assert result.rows("SELECT product_source, title FROM stage_product ORDER BY 1") == [
        ("MUG", "Big mug"),
        ("TEA", None),
    ]
    assert result.one("SELECT email_hash, account_created_at FROM stage_customer") == (
        HASH,
        dt.datetime(2024, 1, 1, 23),
    )


def test_pieces_below_zero_in_a_plain_file_came_back(staging):
    text = "order_id,date,customer_id,sku,qty,price\nA,2025-01-01,7,MUG,2,9.50\nA,2025-01-01,7,MUG,-1,9.50\n"
    result = staging({"sales.csv": text})
    assert result.rows("SELECT quantity FROM stage_order_line") == [(Decimal(2),)]
    assert result.one("SELECT refund_source, quantity, subtotal_minor FROM stage_refund_line") == (
        "A:returned",
        Decimal(1),
        950,
    )
    assert result.one("SELECT order_source, customer_source FROM stage_refund") == ("A", "7")


def test_pieces_below_zero_came_back_on_the_day_their_row_says(staging):
    """Two came back with the order, one on each of two later days; the order keeps its own day."""
    text = (
        "order_id,date,customer_id,sku,qty,price\n"
        "A,2025-01-01,7,MUG,5,9.50\nA,2025-01-01,7,MUG,-2,9.50\nA,2025-02-03,7,MUG,-1,9.50\n"
        "A,2025-03-04,7,MUG,-1,9.50\nA,2025-03-04,7,TEA,-1,1.00\n"
    )
    result = staging({"sales.csv": text})
    assert result.rows("SELECT refund_source, order_source, customer_source, processed_at, line FROM stage_refund ORDER BY 1") == [
        ("A:returned", "A", "7", dt.datetime(2024, 12, 31, 23), 3),
        ("A:returned@2025-02-02T23:00:00", "A", "7", dt.datetime(2025, 2, 2, 23), 4),
        ("A:returned@2025-03-03T23:00:00", "A", "7", dt.datetime(2025, 3, 3, 23), 5),
    ]  # fmt: skip
    assert result.rows("SELECT refund_source, sum(subtotal_minor) FROM stage_refund_line GROUP BY 1 ORDER BY 1") == [
        ("A:returned", 1900), ("A:returned@2025-02-02T23:00:00", 950), ("A:returned@2025-03-03T23:00:00", 1050),
    ]  # fmt: skip
    assert result.rows("SELECT processed_at FROM stage_order") == [(dt.datetime(2024, 12, 31, 23),)]


def test_a_column_with_the_day_of_the_refund_dates_the_pieces_below_zero_and_nothing_else(staging):
    text = (
        "order_id,date,customer_id,sku,qty,price,refund date\n"
        "A,2025-01-01,7,MUG,2,9.50,\nA,2025-01-01,7,MUG,-1,9.50,2025-02-03\nB,2025-01-02,8,MUG,1,9.50,2025-02-09\n"
    )
    result = staging({"sales.csv": text})
    assert result.rows("SELECT order_source, processed_at FROM stage_refund") == [("A", dt.datetime(2025, 2, 2, 23))]
    assert result.rows("SELECT processed_at FROM stage_order ORDER BY 1") == [
        (dt.datetime(2024, 12, 31, 23),), (dt.datetime(2025, 1, 1, 23),),
    ]  # fmt: skip


def test_a_german_export_with_semicolons_and_commas_needs_no_help(staging):
    text = (
        "Bestellnummer;Bestelldatum;E-Mail-Adresse;Artikelnummer;Menge;Einzelpreis;Währung\n"
        "B1;31.12.2024;ana@example.test;MUG;2;1.009,50;EUR\n"
    )
    result = staging({"bestellungen.csv": text.encode("cp1252")})
    assert result.one("SELECT order_source, processed_at, customer_source FROM stage_order") == (
        "B1", dt.datetime(2024, 12, 30, 23), f"email:{HASH}",
    )  # fmt: skip
    assert result.one("SELECT gross_minor FROM stage_order_line") == (201900,)
