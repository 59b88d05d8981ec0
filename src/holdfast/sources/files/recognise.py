"""Which export files are: by headers only that export has, else by what their columns can be."""

from __future__ import annotations

from holdfast.sources.files.dialect import folded
from holdfast.sources.files.fields import CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, REFUNDS, TRANSACTIONS
from holdfast.sources.files.mapping import Mapping, preset
from holdfast.sources.files.read import RawFile
from holdfast.sources.files.synonyms import matched
from holdfast.sources.files.tablefile import plain_table

# Headers that only this export has: any one group is enough, all of its headers are needed.
MARKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "shopify": (
        ("Name", "Lineitem name", "Financial Status"),
        ("Email", "Accepts Email Marketing", "Total Orders"),
        ("Email", "Accepts Marketing", "Total Orders"),
        ("Handle", "Variant SKU", "Title"),
    ),
    "woocommerce": (
        ("Order #", "N. Revenue", "Customer type"),
        ("Order #", "N. Revenue (formatted)", "Customer type"),
        ("Order Number", "Email (Billing)"),
        ("Order ID", "Email (Billing)"),
        ("Order Number", "Order Total Amount"),
        ("Username", "Sign Up", "Total Spend"),
    ),
    "uci-online-retail": (("StockCode", "InvoiceDate", "Quantity"),),
    "incident-log": (("number", "ident_state", "sys_updated_at"), ("number", "incident_state", "sys_updated_at")),
    "sfo-survey-2017": (("RESPNUM", "INTDATE", "NETPRO", "METHOD", "Q17ZIP"),),
    "sfo-survey-2018": (("RESPNUM", "INTDATE", "NETPRO", "METH", "Q18ZIP"),),
    "cdnow": (("customer_id", "date", "number_of_cds", "dollar_value"),),
}

# Presets that say what no cell says, so that they speak for files with their marks only.
ALONE = ("sfo-survey-2017", "sfo-survey-2018")


def is_preset(name: str, files: list[RawFile]) -> bool:
    """All files fit the preset and at least one carries its marks; all do where the preset says so."""
    mapping = preset(name)
    heads = [{folded(header) for header in file.columns} for file in files]
    carry = [any({folded(h) for h in mark} <= head for mark in MARKS[name]) for head in heads]
    marked = all(carry) if name in ALONE else any(carry)
    return marked and all(mapping.grain_of(file.columns) for file in files)


def generic(files: list[RawFile]) -> Mapping:
    columns: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in files:
        if grain := _grain(file):
            part = columns.setdefault(grain, {})
            for name, header in matched(grain, list(file.columns)).items():
                part[name] = tuple(dict.fromkeys((*part.get(name, ()), header)))
    stem = files[0].name.split(".")[0].lower()
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-") or "files"
    return Mapping(name=slug, columns=columns)


def _grain(file: RawFile) -> str | None:
    """What one row of an unknown file is, by what its columns can be."""
    if plain := plain_table(file):
        return plain
    headers = list(file.columns)
    lines, refunds, payments = (set(matched(g, headers)) for g in (ORDER_LINES, REFUNDS, TRANSACTIONS))
    whole = set(matched(ORDERS, headers))
    words = folded(file.name)
    if (
        "refund_id" in refunds
        and {"amount", "price", "line_total"} & refunds
        and ("refund" in words or _says(headers, "refund", "credit"))
    ):
        return REFUNDS
    if {"order_id", "amount"} <= refunds and any(word in words for word in ("refund", "return", "credit")):
        return REFUNDS
    if "amount" in payments and (
        {"transaction_id", "gateway"} <= payments or any(w in words for w in ("transaction", "payment"))
    ):
        return TRANSACTIONS
    money = {"price", "line_total"} & lines
    if money and {"sku", "title", "product_id", "quantity"} & lines and {"order_id", "customer_id", "email"} & lines:
        return ORDER_LINES
    if (
        "placed_at" in whole
        and {"order_id", "customer_id", "email"} & whole
        and {"order_id", "total", "subtotal"} & whole
    ):
        return ORDERS
    if {"customer_id", "email"} & (people := set(matched(CUSTOMERS, headers))):
        # A number of a buyer alone stands in many kinds of file: taken for people, its orders would be lost unsaid.
        return CUSTOMERS if {"email", "first_name", "last_name"} & people or 2 * len(people) >= len(headers) else None
    return PRODUCTS if {"sku", "product_id", "title"} & set(matched(PRODUCTS, headers)) else None


def _says(headers: list[str], *words: str) -> bool:
    return any(word in folded(header) for header in headers for word in words)
