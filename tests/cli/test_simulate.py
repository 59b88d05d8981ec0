"""`holdfast simulate`, and an invented shop beside a real one."""

import csv
import io
import json

import duckdb


def test_an_invented_shop_is_written_imported_and_told_apart_from_a_real_one(terminal, orders, tmp_path):
    """The label follows the scope: on the answer, in JSON and in each row of an export."""
    out = tmp_path / "invented"
    made = terminal(
        "simulate", out, "--kind", "marketplace", "--customers", 40, "--months", 12, "--until", "2025-02-05",
        "--treat", "rate=1.5", "--trouble-days", 30, "--json",
    ).json  # fmt: skip
    assert made["simulated"] is True
    assert made["shops"]["marketplace"]["truth"]["customers"] == 40
    laws = json.loads((out / "truth.json").read_text())["laws"]
    assert (laws["treatment"]["rate"], laws["trouble"]["days"]) == (1.5, 30)
    terminal("import", orders, "--shop", "Mugs", "--currency", "EUR")
    files = [out / f"simulated_{name}.parquet" for name in ("orders", "order_lines")]
    assert "every page says so" in terminal("import", *files).out
    assert "PARTLY SIMULATED" in terminal("build").out
    assert terminal("scorecard").out.startswith(" PARTLY SIMULATED: some of these shops are invented")
    assert "SIMULATED" not in terminal("scorecard", "--shop", "Mugs").out
    for command in (["explain", "M11"], ["series", "M11"], ["rows", "M11"], ["breakdown", "M11", "--by", "cohort"]):
        said = terminal(*command, "--shop", "Simulated marketplace").out
        assert said.startswith(" SIMULATED: these data are invented"), command
        answers = [terminal(*command, "--json", *scope).json for scope in _SCOPES]
        assert [bool(a.get("simulated")) for a in answers] == [False, True, True], command
    for name in ("csv", "parquet"):
        taken = tmp_path / f"taken.{name}"
        terminal("rows", "M11", "--shop", "Simulated marketplace", "--out", taken)
        with duckdb.connect() as connection:
            assert connection.execute(f"SELECT DISTINCT simulated FROM '{taken}'").fetchall() == [("simulated",)]
    card = list(csv.DictReader(io.StringIO(terminal("scorecard", "--csv").out)))
    assert {row["simulated"] for row in card} == {"partly simulated"}
    assert "simulated" not in terminal("scorecard", "--csv", "--shop", "Mugs").out


_SCOPES = (("--shop", "Mugs"), ("--shop", "Simulated marketplace"), ())


def test_what_cannot_be_invented_is_said_in_a_sentence(terminal, tmp_path):
    assert "write rate=1.2" in terminal("simulate", tmp_path / "out", "--treat", "luck=2", code=2).err
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("mine")
    said = terminal("simulate", tmp_path / "theirs", "--customers", 30, code=1).err
    assert "thesis.txt, which `holdfast simulate` did not write" in said


def test_a_portfolio_says_how_its_shops_are_imported(terminal, tmp_path):
    terminal("simulate", tmp_path / "out", "--customers", 30, "--months", 2, "--quiet")
    assert f"holdfast import {tmp_path / 'out' / 'b2b'}" in terminal("import", tmp_path / "out", code=1).err
