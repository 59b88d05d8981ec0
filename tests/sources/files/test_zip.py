"""A zip with one CSV inside is that CSV; anything else inside is said."""

import io
import zipfile

import pytest
from small_files import GENERIC, write

from holdfast.sources.files.guess import guess
from holdfast.sources.files.problem import FileProblem

CSV = "order,date,email,sku,qty,price,currency\n1,2025-01-02,a@b.example,MUG,2,10.00,EUR\n"


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/").replace("_csv", ".csv"), text)
    return out.getvalue()


def test_the_csv_inside_a_zip_is_read_also_from_a_folder_and_beside_what_systems_add(staging):
    inside = zipped(
        export__orders_csv=CSV, **{"__MACOSX/export/._orders.csv": "x", "export/.DS_Store": "x", "read me.pdf": "x"}
    )
    result = staging({"orders.zip": inside}, GENERIC)
    assert result.rows("SELECT order_source, quantity FROM stage_order_line") == [("1", 2)]


def test_a_reject_names_the_zip_and_the_line_inside(staging):
    result = staging({"orders.zip": zipped(orders_csv=CSV + "2,2025-01-03,a@b.example,MUG,many,10.00,EUR\n")}, GENERIC)
    assert result.rejects() == [("orders.zip", 3, "qty", "many")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zipped(a_csv=CSV, b_csv=CSV), "holds 2 CSV files; unpack it"),
        (zipped(**{"a.pdf": "x"}), "holds no CSV file; unpack it"),
        (zipped(a_csv=CSV)[:-30], "broken or cut short"),
        (b"not a zip", "broken or cut short"),
    ],
)
def test_a_zip_that_is_not_one_csv_says_so(tmp_path, content, why):
    paths = write(tmp_path, {"orders.zip": content})
    with pytest.raises(FileProblem, match=why):
        guess(paths)
