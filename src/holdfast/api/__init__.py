"""Holdfast from Python: what is known and foretold of the customers of a shop, as Arrow tables.

from holdfast.api import shop

ours = shop("My shop")  # of the home in HOLDFAST_HOME, else ~/.holdfast
ours.customers(by="stake", limit=20)
"""

from holdfast.api.shop_tables import NotKnown, ShopTables, shop, shops

__all__ = ["NotKnown", "ShopTables", "shop", "shops"]
