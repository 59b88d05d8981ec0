"""scorecard, explain, rows, series, breakdown: on CDNOW, whose counts are published."""

import csv
import io
import json

import duckdb
import pytest


def test_the_repeat_purchase_rate_of_cdnow_is_the_published_one(cdnow):
    """Fader and Hardie's CDNOW cohort: 10,796 of 23,570 buyers bought again within a year."""
    said = cdnow("explain", "repeat_purchase_rate", "--json").json
    assert (said["value"]["counted"], said["value"]["out_of"]) == (10_796, 23_570)
    assert said["value"]["reading"]["point"] == pytest.approx(0.458, abs=5e-4)
    assert said["targets"][0]["verdict"] == "missed"
    assert "10,796 of 23,570" in cdnow("explain", "M18").out


def test_an_early_reading_is_unknown_and_says_how_many_are_still_open(cdnow):
    said = cdnow("explain", "repeat_purchase_rate", "--as-of", "1997-03-31", "--json").json
    assert said["value"]["still_open"] == 23_570
    assert "too early" in said["value"]["reading"]["unknown"]
    assert "point" not in said["value"]["reading"]
    assert "23,570 customers still open" in cdnow("explain", "M18", "--as-of", "1997-03-31").out


def test_explain_opens_the_number_to_its_definition_its_sql_and_its_rows(cdnow):
    out = cdnow("explain", "M18").out
    for part in ("365 days", "version 1", "Wilson", "SELECT", "snapshot 000001", "holdfast rows repeat_purchase_rate"):
        assert part in out
    sql = cdnow("explain", "M18", "--sql").out
    assert sql.startswith("WITH")
    assert cdnow("explain", "M18", "--json").json["sql"] == sql.rstrip("\n")


def test_explain_keeps_what_was_reported_and_what_was_known(cdnow):
    said = cdnow("explain", "M18", "--json").json
    assert said["reported"][0]["counted"] == 10_796
    refused = cdnow("explain", "M18", "--known-at", "2001-01-01", code=1)
    assert "nothing was known yet" in refused.err
    then = cdnow("explain", "M18", "--known-at", "2099-01-01", "--json").json
    assert then["value"]["counted"] == 10_796


def test_a_day_after_the_data_is_refused_rather_than_guessed(cdnow):
    assert "the data end on 1998-06-30" in cdnow("scorecard", "--as-of", "2020-01-01", code=1).err


def test_the_scorecard_shows_every_verdict_with_shape_and_word(cdnow):
    out = cdnow("scorecard").out
    assert "▲ missed" in out
    assert "– unknown" in out
    assert "45.8 %" in out
    assert "connect the help desk" in out
    assert "Data as of 30 Jun 1998" in out


def test_the_scorecard_fits_eighty_columns(cdnow, monkeypatch):
    from typer.testing import CliRunner

    from holdfast.cli.app import app

    env = {"HOLDFAST_HOME": str(cdnow.home), "COLUMNS": "80"}
    out = CliRunner().invoke(app, ["scorecard"], env=env).stdout
    assert max(map(len, out.splitlines())) <= 80
    assert "45.2 to 46.4 %" in out


def test_the_scorecard_for_machines_and_for_spreadsheets_agree(cdnow):
    card = cdnow("scorecard", "--json").json
    by_metric = {line["metric"]: line for group in card["groups"] for line in group["lines"] if line["metric"]}
    rows = list(csv.DictReader(io.StringIO(cdnow("scorecard", "--csv").out)))
    (row,) = [r for r in rows if r["metric"] == "repeat_purchase_rate"]
    assert float(row["point"]) == by_metric["repeat_purchase_rate"]["value"]["reading"]["point"]
    assert (row["verdict"], row["n"], row["acceptable"]) == ("missed", "23570", "0.6")


def test_the_scorecard_of_another_day_is_measured_as_of_it(cdnow):
    card = cdnow("scorecard", "--as-of", "1998-02-28", "--json").json
    assert card["as_of"] == "1998-02-28"
    (line,) = [ln for g in card["groups"] for ln in g["lines"] if ln["metric"] == "repeat_purchase_rate"]
    value = line["value"]
    assert 0 < value["n"] < 23_570
    assert value["n"] + value["still_open"] == 23_570


def test_rows_are_the_units_and_their_counts_add_up(cdnow, tmp_path):
    page = cdnow("rows", "M18", "--limit", 3, "--json").json
    assert (page["total"], len(page["rows"])) == (23_570, 3)
    out = tmp_path / "units.parquet"
    written = cdnow("rows", "M18", "--out", out, "--json").json
    assert written["rows"] == 23_570
    assert duckdb.connect().sql(f"SELECT sum(counted)::INT FROM '{out}'").fetchall() == [(10_796,)]


def test_a_month_of_a_series_opens_its_own_units(cdnow, tmp_path):
    values = cdnow("series", "M18", "--json").json["values"]
    (march,) = [v for v in values if v["member"] == "1997-03-01"]
    for said in ("1997-03", "1997-03-01"):
        page = cdnow("rows", "M18", "--month", said, "--limit", 2, "--json").json
        assert (page["total"], page["month"]) == (march["n"], "1997-03-01")
    out = tmp_path / "march.csv"
    cdnow("rows", "M18", "--month", "1997-03", "--out", out)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == march["n"]
    assert sum(float(row["counted"]) for row in rows) == march["counted"]
    assert {row["anchor"][:7] for row in rows} == {"1997-03"}
    assert "it has 1997-01-01 to 1997-03-01" in cdnow("rows", "M18", "--month", "1999-01", code=1).err
    assert "--month 1998-06" in " ".join(cdnow("series", "M11").out.split())


def test_a_member_of_a_breakdown_opens_its_own_units(cdnow):
    for value in cdnow("breakdown", "M18", "--by", "cohort", "--json").json["values"]:
        page = cdnow("rows", "M18", "--by", f"cohort={value['member']}", "--limit", 1, "--json").json
        assert page["total"] == value["n"]
    assert "--by country=France" in " ".join(cdnow("rows", "M18", "--by", "country", code=2).err.split())
    assert "no customers" in cdnow("rows", "M18", "--by", "country=France", code=1).err


def test_a_cell_of_the_cohorts_opens_who_bought_in_it(cdnow, tmp_path):
    said = cdnow("rows", "--cohort", "1997-01", "--after", 3, "--limit", 5, "--json").json
    assert said["total"] > 100
    assert all(row["first_bought_on"].startswith("1997-01") for row in said["rows"])
    assert all(row["bought_on"].startswith("1997-04") for row in said["rows"])
    out = tmp_path / "cell.parquet"
    whole = cdnow("rows", "--cohort", "1997-01", "--after", 3, "--status", "all", "--out", out, "--json").json
    assert whole["rows"] == 7846  # all who began in January 1997
    (bought,) = duckdb.connect().sql(f"SELECT count(bought_on) FROM '{out}'").fetchall()
    assert bought == (said["total"],)
    assert "nobody first bought in 2001-01" in cdnow("rows", "--cohort", "2001-01", code=1).err
    assert "say which METRIC" in " ".join(cdnow("rows", code=2).err.split())


def test_one_unit_opens_to_its_orders(cdnow):
    said = cdnow("rows", "M18", "--unit", 1, "--json").json
    assert said["orders"][0]["currency"] == "USD"
    assert "orders: " in cdnow("rows", "M18", "--unit", 1).out
    assert "nothing stands behind unit 99999999" in cdnow("rows", "M18", "--unit", 99_999_999, code=1).err


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_series_and_breakdowns_are_written_as_files(cdnow, tmp_path, ending):
    out = tmp_path / f"months.{ending}"
    values = cdnow("series", "M11", "--out", out, "--json").json["values"]
    assert out.stat().st_size > 0
    if ending != "xlsx":
        assert duckdb.connect().sql(f"SELECT count(*) FROM '{out}'").fetchall() == [(len(values),)]


def test_a_series_says_why_a_month_is_not_known_instead_of_a_number(cdnow):
    values = cdnow("series", "M18", "--as-of", "1998-01-31", "--json").json["values"]
    (open_month,) = [v for v in values if v["member"] == "1997-03-01"]
    assert open_month["still_open"] > 0
    assert "unknown" in open_month["reading"]
    assert "too early" in cdnow("series", "M18", "--as-of", "1998-01-31").out


def test_a_breakdown_along_what_the_data_do_not_name_says_what_they_do(cdnow):
    assert "there are members along cohort" in cdnow("breakdown", "M18", "--by", "country", code=1).err
    assert "--by cohort" in " ".join(cdnow("breakdown", "M18", code=2).err.split())
    values = cdnow("breakdown", "M18", "--by", "cohort", "--json").json["values"]
    assert sum(v["n"] for v in values) == 23_570


def test_names_that_are_nearly_right_get_a_hint(cdnow):
    assert "repeat_purchase_rate" in cdnow("explain", "repeat_purchase", code=1).err
    assert "CDNOW" in cdnow("scorecard", "--shop", "CDNOV", code=1).err
    assert "b2b_platform" in cdnow("scorecard", "--segment", "b2b", code=1).err


def test_every_answer_for_machines_is_one_document_without_infinities(cdnow):
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for words in (
        ["metrics"],
        ["scorecard"],
        ["explain", "M03"],
        ["series", "M11"],
        ["breakdown", "M18", "--by", "cohort"],
        ["loads"],
        ["rejects"],
    ):
        json.loads(cdnow(*words, "--json").out, parse_constant=refuse)


def test_both_scopes_at_once_is_wrong_use(cdnow):
    assert cdnow("scorecard", "--shop", "CDNOW", "--account", "CDNOW", "--json", code=2).json["exit_code"] == 2
