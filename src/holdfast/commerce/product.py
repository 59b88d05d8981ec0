"""A thing that is sold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    product_id: str  # the source's own id of one sellable item
    sku: str | None = None  # the merchant's code
    title: str | None = None  # name as sold
    type: str | None = None  # category as the merchant writes it
    vendor: str | None = None  # maker
