"""Values carried to a day of new data, and measured anew where that is not sure to be right: a full build says the same."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from paper_shop import land_rows, paper_home, sold

import holdfast
from holdfast.cli.building import carried_over
from holdfast.metrics import framework, kept, publish, tallies
from holdfast.metrics.carry import UNDECLARED
from holdfast.warehouse import made, sales
from holdfast.warehouse.build import WHOLE, construct
from holdfast.warehouse.home import Home, scratch
from holdfast.warehouse.snapshot import current_snapshot

NOON = datetime(2024, 8, 1, 12, tzinfo=UTC)
LAST = date(2024, 7, 31)
ASKED = (
    "average_order_value", "net_revenue", "revenue_growth", "active_customers", "lapsed_share", "value_to_date",
    "second_purchase_within_30_days", "growth_from_price", "cost_coverage",
)  # fmt: skip
PRICES, COSTS = "headline of growth_from_price", "headline of cost_coverage"
LAPSED, GROWTH, MONEY = (
    "headline of lapsed_share",
    "months of revenue_growth",
    "headline of average_order_value, net_revenue",
)
WEEKS = "weeks of average_order_value"


def slow(value):
    return pytest.param(value, marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Thirty buyers who come every twenty days, and others who stay away; built up to the last day of July."""
    with pytest.MonkeyPatch.context() as patch:
        few_metrics(patch)
        home, shop = paper_home(tmp_path_factory.mktemp("carry"))
        days = [date(2023, 1, 2) + timedelta(days=n) for n in range(0, (LAST - date(2023, 1, 2)).days, 20)]
        regular = [(f"{who} {day}", f"c{who}", day + timedelta(days=who % 19)) for who in range(30) for day in days]
        gone = [(f"gone {n}", f"g{n}", date(2023, 2, 1) + timedelta(days=n)) for n in range(40)]
        land_rows(home, shop, sold(*regular, *gone, ("guest", None, date(2024, 3, 3))), now=NOON)
        publish.build(home, today=LAST, now=NOON)
        yield home.path, shop


@pytest.fixture(autouse=True)
def few(monkeypatch):
    few_metrics(monkeypatch)


def few_metrics(patch) -> None:
    few = {name: metric for name, metric in tallies.METRICS.items() if name in ASKED}
    patch.setattr(tallies, "METRICS", few)
    patch.setattr(publish, "METRICS", few)


@pytest.fixture
def there(base, tmp_path):
    """A copy of that home, and its shop."""
    place, shop = base
    shutil.copytree(place, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home"), shop


def sell(there, *orders, price="10.00") -> None:
    home, shop = there
    land_rows(
        home, shop, sold(*orders, price=price), now=NOON, name=f"{len(list((home.path / 'landed').iterdir()))}.csv"
    )


def next_build(there, today=LAST + timedelta(days=1), digits=17, **more) -> dict[str, tuple[str, str]]:
    """How each value came to be and why, once all of them are found to be those of a full build, to so many digits."""
    home, _ = there
    moment = NOON + timedelta(days=1)

    def finish(connection, snapshot, folder, steps, making):
        phases = framework.load_for(home.path).phases
        return publish.measure_all(connection, snapshot, folder, steps, making, home, phases)

    with scratch(home, "whole") as beside:
        whole = published(construct(home, beside, today=today, finish=finish, now=moment, whole=WHOLE).path, digits)
    snapshot = publish.build(home, today=today, now=moment, **more)
    assert published(snapshot.path, digits) == whole
    return {one["value"]: (one["how"], one["why"]) for one in snapshot.measured}


def published(folder: Path, digits: int) -> dict[str, Counter]:
    """Rows of everything that readers read of values."""
    names = ("values", "cohorts", "parity", "phases", "newest_units")
    files = {name: folder / f"{name}.parquet" for name in names}
    told = {name: duckdb.execute(f"FROM read_parquet('{path}')").fetchall() for name, path in files.items()}

    def plain(cell):
        return f"{cell:.{digits}g}" if isinstance(cell, float) else cell

    return {name: Counter(tuple(map(plain, row)) for row in rows) for name, rows in told.items()}


def everything(said) -> set[tuple[str, str]]:
    """How all values came to be that may be carried."""
    return {how for how in said.values() if how[1] != UNDECLARED}


def test_a_day_carries_what_rests_on_one_buyers_rows_and_says_why_the_rest_is_measured_anew(there):
    sell(there, ("new", "c1", LAST + timedelta(days=1)), ("first", "nobody yet", LAST + timedelta(days=1)))
    said = next_build(there)
    assert said[LAPSED] == said["cohorts"] == said["sums"] == said["phases"] == ("carried", "")
    assert said[PRICES] == said[COSTS] == ("carried", "")
    assert said["months of lapsed_share"] == ("measured", UNDECLARED)
    assert said[GROWTH] == ("measured", "another month has begun")


def test_a_day_without_news_is_carried_too(there):
    assert everything(next_build(there)) == {("carried", ""), ("measured", "another month has begun")}
    assert everything(next_build(there, today=LAST + timedelta(days=1))) == {("carried", "")}


def test_a_late_correction_of_old_orders_is_carried(there):
    old = [(f"{who} 2023-02-11", f"c{who}", date(2023, 2, 12)) for who in (3, 4)]
    sell(there, *old, ("late", "g7", date(2023, 1, 15)), price="3.00")
    said = next_build(there)
    assert said[MONEY] == said[COSTS] == ("carried", "")
    assert said[PRICES] == ("measured", "product_year changed")


def test_prices_are_those_of_closed_months_and_are_measured_anew_when_one_closes(there, monkeypatch):
    monkeypatch.setattr(sales, "MOST", 9.0)
    sell(there, ("new", "c1", date(2024, 8, 30)), price="12.00")
    assert next_build(there, date(2024, 8, 30))[PRICES] == ("carried", "")
    sell(there, ("last", "c2", date(2024, 8, 31)))
    assert next_build(there, date(2024, 8, 31))[PRICES] == ("measured", "product_year changed")


def test_costs_that_come_to_be_told_have_their_coverage_measured_anew(there):
    home, shop = there
    mug = {"product_source": "mug", "since": date(2024, 1, 1), "unit_cost_minor": 400, "currency": "EUR"}
    told = {"product": [{"product_source": "mug", "sku": "mug"}], "product_cost": [mug]}
    land_rows(home, shop, told, now=NOON, name="costs.csv")
    assert next_build(there)[COSTS] == ("measured", "product_cost changed")


def test_two_profiles_found_to_be_one_person_are_taken_off_and_added_as_one(there):
    home, shop = there
    mail = {"type": "email", "identifier_hash": "a" * 64, "local_hash": "b" * 16, "domain_hash": "c" * 16,
            "seen_in": "order", "first_seen": datetime(2024, 7, 1), "last_seen": datetime(2024, 7, 1)}  # fmt: skip
    who = ("c1", "c2")
    told = {
        "customer": [{"customer_source": one, "customer_number": one} for one in who],
        "customer_identifier": [{"customer_source": one} | mail for one in who],
    }
    land_rows(home, shop, told, now=NOON, name="mail.csv")
    said = next_build(there)
    assert current_snapshot(home).merged
    assert said[MONEY] == said[LAPSED] == ("carried", "")


@pytest.mark.parametrize("today", [date(2024, 8, 4), *map(slow, (date(2024, 8, 3), date(2024, 9, 1)))])
def test_weeks_that_come_to_be_told_are_asked_of_everybody_and_the_others_carried(there, today):
    sell(there, ("new", "c1", date(2024, 8, 2)), ("sunday", "c2", date(2024, 8, 4)))
    assert next_build(there, today)[WEEKS] == ("carried", "")


@pytest.mark.slow
def test_weeks_none_of_which_was_told_before_are_measured_anew(there, monkeypatch):
    monkeypatch.setattr(sales, "MOST", 9.0)  # in so long a time everybody is another than they were
    sell(there, ("new", "c1", date(2026, 3, 2)))
    assert next_build(there, date(2026, 3, 2))[WEEKS] == ("measured", "no week that is told was told before")


@pytest.mark.slow
def test_a_gap_that_came_to_be_usual_has_those_measured_anew_who_are_away_by_it(there):
    sell(there, *((f"{who} {year}", f"c{who}", date(year, 6, 1)) for who in range(9) for year in range(2002, 2020)))
    said = next_build(there)
    assert said[LAPSED] == ("measured", "usual_gap changed")
    assert said["phases"][0] == "measured"
    assert said[MONEY] == ("carried", "")


@pytest.mark.slow
def test_phases_that_the_framework_tells_otherwise_are_measured_anew(there):
    home, _ = there
    built_in = Path(framework.__file__).parent / "frameworks" / "ecommerce.toml"
    text = built_in.read_text()
    assert text.count("until_day = 30\n") and text.count("from_day = 30\n")
    edited = text.replace("until_day = 30\n", "until_day = 40\n").replace("from_day = 30\n", "from_day = 40\n")
    (home.path / framework.OWN_COPY).write_text(edited)
    said = next_build(there)
    assert said["phases"][0] == "measured"
    assert said[LAPSED] == said["cohorts"] == ("carried", "")


@pytest.mark.slow
def test_other_code_or_another_version_of_a_metric_has_everything_measured_anew(there, tmp_path, monkeypatch):
    package = tmp_path / "holdfast"
    shutil.copytree(Path(holdfast.__file__).parent / "metrics", package / "metrics")
    monkeypatch.setattr(made.holdfast, "__file__", str(package / "__init__.py"))
    known = made.code.__wrapped__()
    money = package / "metrics" / "money.py"
    money.write_text(money.read_text().replace("version=1", "version=2"))
    assert made.code.__wrapped__() != known
    monkeypatch.setattr(kept, "code", made.code.__wrapped__)
    why = "the code, or a tool that it rests on, has changed"
    assert everything(next_build(there)) == {("measured", why)}
    assert everything(next_build(there)) == {("carried", "")}


def test_a_new_shop_has_everything_measured_anew(there):
    home, _ = there
    land_rows(home, home.add_shop("second", account="second", zone="Asia/Tokyo", currency="EUR"), sold(
        ("1", "c1", date(2024, 7, 30))), now=NOON, name="second.csv")  # fmt: skip
    assert everything(next_build(there)) == {("measured", "the settings of the shops have changed")}


@pytest.mark.slow
def test_an_import_that_is_not_as_it_was_has_everything_measured_anew(there):
    home, _ = there
    landed = next((home.path / "landed" / "000001").glob("order_line.parquet"))
    landed.touch()
    assert everything(next_build(there)) == {("measured", "the imports it was built from are not as they were")}


@pytest.mark.slow
def test_without_the_snapshot_before_everything_is_measured_anew(there):
    home, _ = there
    shutil.rmtree(current_snapshot(home).path)
    assert everything(next_build(there)) == {("measured", "nothing was built before")}


@pytest.mark.parametrize("name", [kept.CELLS, *map(slow, sorted(kept.ALWAYS - {kept.CELLS}))])
def test_a_kept_file_that_rots_is_found_and_one_that_is_gone_is_missed(there, name):
    home, _ = there
    path = current_snapshot(home).path / name
    path.chmod(0o600)
    held = path.read_bytes()
    path.write_bytes(held[:40] + bytes([held[40] ^ 1]) + held[41:])
    why = "what was kept before is gone or damaged"
    assert everything(next_build(there)) == {("measured", why)}
    (current_snapshot(home).path / name).unlink()
    assert everything(next_build(there)) == {("measured", why)}


@pytest.mark.slow
def test_a_snapshot_that_kept_nothing_has_everything_measured_anew(there):
    home, _ = there
    told = current_snapshot(home).path / kept.FILE
    said = json.loads(told.read_text())
    why = "the snapshot before kept nothing to carry"
    for damage in ("", json.dumps(said | {"scans": 7}), json.dumps(said | {"files": []})):
        told = current_snapshot(home).path / kept.FILE
        told.chmod(0o600)
        told.write_text(damage)
        assert everything(next_build(there)) == {("measured", why)}


@pytest.mark.slow
def test_a_mart_made_anew_has_everything_measured_anew(there):
    home, _ = there
    mart = current_snapshot(home).path / "purchase.parquet"
    mart.chmod(0o600)
    mart.write_bytes(mart.read_bytes() + b"x")
    sell(there, ("new", "c1", LAST))
    why = "purchase was made anew: the one before is gone or damaged"
    assert everything(next_build(there)) == {("measured", why)}


@pytest.mark.slow
def test_a_day_before_that_of_the_snapshot_has_everything_measured_anew(there):
    ((how, why),) = everything(next_build(there, LAST - timedelta(days=1)))
    assert how == "measured" and "made anew" in why


@pytest.mark.slow
def test_a_day_that_touches_most_buyers_has_everything_measured_anew(there, monkeypatch):
    monkeypatch.setattr(sales, "MOST", 0.3)
    sell(there, *((f"new {who}", f"c{who}", LAST) for who in range(22)))
    ((how, why),) = everything(next_build(there))
    assert how == "measured" and "touch" in why


@pytest.mark.slow
def test_sums_too_large_to_be_exact_are_never_subtracted_from(there):
    sell(there, ("large", "c1", LAST), price="200000000.00")
    said = next_build(there, digits=14)  # such sums depend on the order in which they are added up
    assert said[LAPSED] == ("carried", "")
    assert said["headline of revenue_growth"] == ("measured", "its sums are too large to be exact")
    assert next_build(there, digits=14)["headline of revenue_growth"] == ("measured", "it was not asked so before")


def test_a_full_build_carries_nothing_and_says_so(there):
    assert everything(next_build(there, full=True)) == {("measured", WHOLE)}


def test_the_command_counts_what_was_carried_and_names_what_was_not_by_its_reason():
    def one(value, how, why=""):
        return {"value": value, "how": how, "why": why}

    many = [one(f"months of m{n}", "measured", "another month has begun") for n in range(7)]
    assert carried_over((one("cohorts", "carried"), one("sums", "carried"), *many)) == [
        "values: 2 carried, 7 measured anew",
        "  another month has begun: months of m0; months of m1; months of m2; months of m3; months of m4; and 2 more",
    ]
    assert carried_over((one("cohorts", "carried"),)) == ["values: 1 carried"]
    assert carried_over(()) == []
