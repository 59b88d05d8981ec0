"""scorecard, explain, rows, series, breakdown: on CDNOW, whose counts are published."""

import csv
import io
import json
import re

import duckdb
import pytest

from holdfast.metrics.registry import METRICS, find


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
    assert "c01 came back after 22 days" in out
    assert "a simulated shop" in " ".join(out.split())
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
    assert "import a file of tickets" in out
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


BUYERS = """order id,email,order date,sku,quantity,price
1,ana@example.com,2025-01-05,mug,1,10.00
2,,2025-01-06,mug,1,20.00
3,,2025-01-07,mug,1,30.00
"""


@pytest.fixture(scope="module")
def of_two_currencies(terminal_at, tmp_path_factory):
    """Two shops of the same lines, in euros and in dollars."""
    folder = tmp_path_factory.mktemp("currencies")
    (folder / "orders.csv").write_text(BUYERS)
    terminal = terminal_at(folder / "home")
    terminal("import", folder / "orders.csv", "--shop", "a", "--currency", "EUR")
    terminal("import", folder / "orders.csv", "--shop", "b", "--currency", "USD")
    terminal("build")
    return terminal


def test_orders_of_unknown_buyers_are_not_called_customers(of_two_currencies):
    split = "1 customer and 2 orders of unknown buyers"
    assert split in of_two_currencies("explain", "M11", "--shop", "a").out
    assert split in of_two_currencies("rows", "M11", "--shop", "a").out
    assert of_two_currencies("explain", "M11", "--shop", "a", "--json").json["value"]["strangers"] == 2


def test_money_of_two_currencies_is_not_summed_to_nought(of_two_currencies):
    said = of_two_currencies("explain", "M11").out
    assert "EUR and USD, which cannot be added" in " ".join(said.split())
    assert "0 merchandise" not in said
    assert of_two_currencies("explain", "M11", "--json").json["value"]["counted"] is None


ACCOUNTS = """customer id,email,account created at
1,ana@example.com,2025-01-01
2,bo@example.com,2025-01-01
3,cy@example.com,2025-01-01
4,dee@example.com,2025-01-01
"""


def test_a_waiting_time_says_how_many_still_wait_and_how_many_bought(terminal, tmp_path):
    lines = "order id,customer id,email,order date,sku,quantity,price\n"
    lines += "1,1,ana@example.com,2025-01-05,mug,1,10.00\n2,2,bo@example.com,2025-01-09,mug,1,10.00\n"
    (tmp_path / "customers.csv").write_text(ACCOUNTS)
    (tmp_path / "orders.csv").write_text(lines)
    terminal("import", tmp_path / "customers.csv", tmp_path / "orders.csv", "--currency", "EUR")
    terminal("build")
    said = terminal("explain", "M03").out
    assert "2 of 4 accounts have bought; 2 still waiting" in said
    assert "still open" not in said
    assert [r["status"] for r in terminal("rows", "M03", "--json").json["rows"]].count("still waiting") == 2
    assert terminal("rows", "M03", "--status", "open", "--json").json["total"] == 2
    assert any("of 4" in line and "2 open" in line for line in terminal("scorecard").out.splitlines())


def test_what_would_settle_an_early_reading_is_the_day_its_first_window_closes(mugs):
    said = " ".join(mugs("scorecard").out.split())
    assert "data up to 2026-01-05, when the first window closes" in said
    assert "to count →" not in said


WIDTHS = (76, 80, 92, 100, 113, 120, 122, 131, 140, 172)


@pytest.mark.parametrize(
    "columns", [*WIDTHS, *(pytest.param(n, marks=pytest.mark.slow) for n in range(76, 176, 4) if n not in WIDTHS)]
)
def test_the_scorecard_cuts_no_number_at_any_width(shown, columns):
    lines = shown(columns, "scorecard")
    assert not [line for line in lines if "…" in line]
    assert max(map(len, lines)) <= columns
    (rate,) = [n for n, line in enumerate(lines) if "Repeat purchase rate" in line or "buy again within" in line][:1]
    beside = " ".join(lines[rate : rate + 3])
    assert "23,570" in beside and "45.8 %" in beside


COMMANDS = [
    ("explain", "M11"), ("rows", "M18", "--limit", "5"), ("rows", "M18", "--unit", "17"), ("series", "M18"),
    ("breakdown", "M18", "cohort"), ("loads",), ("rejects",), ("doctor",), ("metrics",),
]  # fmt: skip


@pytest.mark.parametrize("columns", [80, 100, 120, 140, 160])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_table_cuts_a_number_or_an_id_at_a_usual_width(shown, command, columns):
    lines = [line for line in shown(columns, *command) if " … " not in line]  # "Jan 1997 … Jun 1998" is a span
    table = lines[: lines.index("SQL")] if "SQL" in lines else lines  # SQL is to be copied and runs on
    assert not [line for line in table if "…" in line]
    assert not [line for line in table if len(line) > columns and "holdfast " not in line]


def test_a_unit_opens_by_its_id_or_by_the_shops_own_customer_number_and_says_which(terminal, tmp_path):
    lines = "order id,customer id,order date,sku,quantity,price\n"
    lines += "1,12942,2025-01-05,mug,1,10.00\n2,1,2025-01-09,mug,1,10.00\n3,A-7,2025-01-09,mug,1,10.00\n"
    (tmp_path / "orders.csv").write_text(lines)
    terminal("import", tmp_path / "orders.csv", "--currency", "EUR")
    terminal("build")
    rows = terminal("rows", "M11", "--json").json["rows"]
    unit_of = {row["customer"]: row["unit_id"] for row in rows}
    said = terminal("rows", "M11", "--unit", "12942")
    assert f"Unit {unit_of['12942']}, customer 12942" in said.out
    assert "taken as the shop's own customer number" in said.out
    by_id = terminal("rows", "M11", "--unit", unit_of["A-7"], "--json").json
    assert (by_id["customer"], by_id["taken_as"]) == ("A-7", "unit")
    assert terminal("rows", "M11", "--unit", "A-7", "--json").json["unit"] == unit_of["A-7"]
    one = terminal("rows", "M11", "--unit", "customer:1", "--json").json
    assert (one["unit"], one["orders"][0]["order_number"]) == (unit_of["1"], "2")
    if unit_of["1"] != 1:
        assert "for the customer of that number: --unit customer:1" in terminal("rows", "M11", "--unit", "1").out
    assert "nothing stands behind unit nobody" in terminal("rows", "M11", "--unit", "nobody", code=1).err


def test_a_csv_file_carries_the_mark_that_spreadsheets_need_and_a_stream_does_not(mugs, tmp_path):
    for name, command in (("rows", ("rows", "M11")), ("series", ("series", "M11"))):
        mugs(*command, "--out", tmp_path / f"{name}.csv")
        assert (tmp_path / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not mugs("scorecard", "--csv").out.startswith("\ufeff")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("aov", "average_order_value"), ("AOV", "average_order_value"), ("aov_net", "average_order_value_net"),
     ("aov-net", "average_order_value_net"), ("M11b", "average_order_value_net")],
)  # fmt: skip
def test_a_metric_opens_by_the_name_people_have_for_it(said, meant):
    assert find(said).id == meant


def test_no_two_metrics_share_a_name():
    names = [name for m in METRICS.values() for name in {m.id, m.number.lower(), *m.aliases}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("columns", [80, 100, 120, 140])
@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] not in ("doctor", "metrics")], ids=" ".join)
def test_every_number_of_a_wide_table_stands_whole_in_a_narrow_one(shown, command, columns):
    def numbers(width):
        return set(re.findall(r"\d[\d,.]*\d", " ".join(shown(width, *command)).split(" SQL ")[0]))

    assert numbers(200) <= numbers(columns)
