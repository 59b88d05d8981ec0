"""The public shops, imported and built once a test run; values are then measured one by one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
from paper_shop import build_rows

import holdfast
from holdfast.sources.files.mapping import preset
from holdfast.sources.files.stage import stage
from holdfast.warehouse.home import Home
from holdfast.warehouse.landing import land
from holdfast.warehouse.lock import writing

RETAIL = Path(holdfast.__file__).parent / "examples" / "online_retail_ii"
CDNOW = Path(__file__).parents[1] / "data" / "cdnow" / "cdnow_master.csv"


def imported(folder: Path, paths: Iterable[Path], mapping: str, zone: str, currency: str) -> Home:
    home = Home(folder / "home")
    home.create()
    shop = home.add_shop(mapping, account=mapping, zone=zone, currency=currency)
    connection = duckdb.connect()
    try:
        with writing(home, "import"):
            staged = stage(connection, paths, preset(mapping), shop=shop, salt=home.salt())
            land(home, shop, staged, connection, mapping_name=mapping)
    finally:
        connection.close()
    build_rows(home)
    return home
