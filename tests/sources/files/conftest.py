"""Stage a few small files in one line."""

from __future__ import annotations

import duckdb
import pytest
from small_files import SHOP, Result, write

from holdfast.sources.files.guess import guess
from holdfast.sources.files.mapping import Mapping
from holdfast.sources.files.stage import stage
from holdfast.warehouse.home import Shop


@pytest.fixture
def staging(tmp_path):
    """Stage files given as name → content; by a mapping's TOML, or by what is guessed."""

    def run(
        files: dict[str, str | bytes], toml: str | None = None, shop: Shop = SHOP, whole_folder: bool = False
    ) -> Result:
        paths = write(tmp_path, files)
        mapping = Mapping.parse(toml) if toml else guess(paths).mapping
        con = duckdb.connect()
        staged = stage(con, [tmp_path] if whole_folder else paths, mapping, shop=shop, salt="pepper")
        return Result(con, staged)

    return run
