"""By what a file knows the product of a row."""

from __future__ import annotations

from holdfast.sources.files.rows import Rows

UNNAMED = "(unnamed)"


def product_source(rows: Rows, alias: str = "") -> str:
    """SQL: the merchant's code, else the platform's number, else the name as sold."""
    return (
        f"coalesce({rows.col('sku', alias)}, {rows.col('product_id', alias)}, {rows.col('title', alias)}, '{UNNAMED}')"
    )
