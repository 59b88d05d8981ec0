"""Fits of two more real shops, as lifetimes prints them: in days, ages to the last day of the data."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

import holdfast
from holdfast.estimates.buying_model import fit
from holdfast.estimates.gamma_gamma import spend
from holdfast.estimates.repeat_buying import group
from holdfast.estimates.residual_value import fit_spend

SAID = json.loads(Path(__file__).with_name("buying_reference.json").read_text())["real_data_fits"]
RETAIL = Path(holdfast.__file__).parent / "examples" / "online_retail_ii"
GROCER = Path(__file__).parents[1] / "data" / "complete_journey" / "histories.csv"


def online_retail():
    """x, t_x, T and what was paid at repeats. Invoices in both of its sheets are read from the second; known customers,
    pieces and prices above 0, no credits."""
    one, two = (f"'{RETAIL / f'year_{years}.parquet'}'" for years in ("2009_2010", "2010_2011"))
    found = duckdb.sql(
        f"WITH line AS (FROM {one} WHERE Invoice NOT IN (SELECT Invoice FROM {two}) UNION ALL FROM {two}),"
        ' day AS (SELECT "Customer ID" AS id, InvoiceDate::DATE AS day, sum(Quantity * Price) AS paid FROM line WHERE'
        " \"Customer ID\" IS NOT NULL AND Quantity > 0 AND Price > 0 AND Invoice NOT LIKE 'C%' GROUP BY ALL)"
        " SELECT count(*) - 1 AS x, max(day) - min(day) AS t_x, (SELECT max(day) FROM day) - min(day) AS T,"
        " sum(paid) - arg_min(paid, day) AS paid FROM day GROUP BY id"
    ).fetchnumpy()
    return [np.asarray(found[name], dtype=float) for name in ("x", "t_x", "T", "paid")]


def test_online_retail_fits_as_lifetimes_says():
    x, t_x, T, paid = online_retail()
    assert len(x) == 5878
    found = fit(group(x, t_x, T), "BG/NBD").maximum
    assert [*found.parameters, found.log_likelihood] == pytest.approx(SAID["online_retail_ii"], rel=1e-6, abs=6e-5)
    found = fit_spend(spend(x[x > 0], paid[x > 0])).maximum
    told = SAID["online_retail_ii_gg"]
    assert [*found.parameters, found.log_likelihood] == pytest.approx(told, rel=1e-6, abs=6e-5)


def test_a_grocer_whose_households_never_leave_fits_and_is_said_not_to_tell_who_left():
    x, t_x, T = np.loadtxt(GROCER, delimiter=",", skiprows=1).T
    found = fit(group(x, t_x, T), "BG/NBD")
    told = [*found.maximum.parameters, found.maximum.log_likelihood]
    assert told == pytest.approx(SAID["dunnhumby"], rel=1e-5, abs=6e-5)
    assert found.warnings[0] == "BG/NBD hardly tells a, b from these data"
    assert found.alive(x, t_x, T).why == "how customers differ in stopping for good is not told by these data"
