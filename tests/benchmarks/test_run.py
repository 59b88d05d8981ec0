"""The benchmark measures the whole child process, and its page keeps one section a size."""

import sys

import pytest


def test_cost_counts_the_childs_cpu_and_memory_and_keeps_what_it_said(bench, tmp_path):
    code = "import json; x = bytearray(120 * 2**20); sum(range(6_000_000)); print(json.dumps({'steps': []}))"
    cost = bench.cost_of("busy", [sys.executable, "-c", code], tmp_path)
    assert cost.cpu > 0.03
    assert cost.wall >= 0.03
    assert 120 < cost.peak_mb < 1000
    assert cost.said == {"steps": []}


def test_cpu_of_a_grandchild_is_counted_too(bench, tmp_path):
    busy = "sum(range(20_000_000))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    assert bench.cost_of("parent", [sys.executable, "-c", code], tmp_path).cpu > 0.15


def test_a_failing_step_stops_the_benchmark_with_its_output(bench, tmp_path):
    with pytest.raises(SystemExit, match="import ended with 3: no such shop"):
        bench.cost_of("import", [sys.executable, "-c", "print('no such shop'); raise SystemExit(3)"], tmp_path)


def test_saving_a_size_again_replaces_its_section_and_sizes_stay_in_order(bench, tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\nHow.\n")
    for orders, text in ((10_000_000, "ten"), (1_000_000, "one"), (10_000_000, "ten again")):
        bench.save(page, orders, f"## {orders:,} orders\n\n{text}\n")
    assert page.read_text() == (
        "# Benchmarks\n\nHow.\n\n## 1,000,000 orders\n\none\n\n## 10,000,000 orders\n\nten again\n"
    )


def test_the_profile_names_the_dearest_part_first_and_the_rest_last(bench):
    steps = [
        {"name": "read", "cpu_seconds": 1.0, "wall_seconds": 0.5},
        {"name": "keys", "cpu_seconds": 3.0, "wall_seconds": 2.0},
    ]
    table = bench.profile_table(bench.Cost("import", 5.0, 3.0, 10.0, {"steps": steps}))
    assert [row.split(" | ")[0] for row in table.splitlines()[-3:]] == ["| keys", "| read", "| start-up and the rest"]
    assert "| 3.0 | 2.0 | 60% |" in table


def test_pandas_and_polars_count_the_same_shop_alike(bench, shop, tmp_path):
    shop.generate(shop.Shape(customers=300, orders=2_000, lines=4_000, duplicates=20, bad=6), tmp_path)
    said = [
        bench.cost_of(name, [sys.executable, bench.HERE / f"peer_{name}.py", tmp_path / "lines"], tmp_path).said
        for name in ("pandas", "polars")
    ]
    pandas, polars = said
    assert pandas.keys() == polars.keys()
    assert [name for name in pandas if pandas[name] != pytest.approx(polars[name], rel=1e-9)] == []
    assert pandas["repeat_365"][1] > 0


def test_an_import_that_lost_rows_is_told_in_bold(bench):
    truth = {"lines": 100, "duplicate_rows": 5, "bad_rows": 2}
    assert "**" not in bench.receipt_check({"rows_read": 107, "rows_rejected": 2}, truth)
    assert "**Import read 106 rows" in bench.receipt_check({"rows_read": 106, "rows_rejected": 2}, truth)


def test_reading_many_files_is_one_line_of_the_profile(bench):
    steps = [{"name": f"reading {n:03}.parquet", "cpu_seconds": 0.3, "wall_seconds": 0.2} for n in range(20)]
    table = bench.profile_table(bench.Cost("import", 10.0, 5.0, 100.0, {"steps": steps}))
    assert "| reading the files | 6.0 | 4.0 | 60% |" in table
    assert ".parquet" not in table
